"""The words the grammar knows, and what they mean for it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.messages import BASIC_COLOURS


def _table(text: str) -> dict[str, str]:
    """Read lines 'meaning: word word …' into word → meaning."""
    result: dict[str, str] = {}
    for line in text.strip().splitlines():
        meaning, words = line.split(':')
        result |= dict.fromkeys(words.split(), meaning.strip())
    return result


def _row(text: str) -> list[str]:
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """Read words separated by blanks."""
    return frozenset(text.split())


def base(word: str) -> str:
    """Give the base form of a verb, and other words as they are."""
    return GERUNDS.get(word, word)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


COLOURS: dict[str, frozenset[str]] = {name: frozenset({name}) for name in BASIC_COLOURS} | {
    word: frozenset(meaning.split('/'))
    for word, meaning in _table("""
    grey: gray silver
    red: crimson scarlet ruby
    blue: navy azure
    purple: violet lilac lavender indigo
    yellow: golden gold lemon
    green: lime olive emerald
    orange: amber tangerine
    pink: rose
    purple/pink: magenta fuchsia
    red/brown: maroon
    blue/green: cyan turquoise teal
    brown/yellow/white: beige tan
    """).items()
}
# What an object is made of cannot be seen; which one is meant must follow from the rest.
MATERIALS = _set('wooden wood plastic rubber metal metallic foam shiny glossy matte toy')
SHADES = _set('dark light bright pale deep')
# These name a thing of their own where no noun follows: 'the lemon' is no yellow cube.
ALSO_THINGS = _set('lemon lime olive rose amber ruby tangerine')

# Each word's shapes in order of preference: the first set with a fitting object wins.
_SHAPE_WORDS = {
    'cube dice die': 'cube',
    'block brick': 'cube+box',
    'box': 'box|bin',
    'carton case chest': 'box|bin',
    'cuboid': 'box',
    'cylinder tube pillar rod drum': 'cylinder',
    'ball sphere orb globe marble': 'ball',
    'bowl basin': 'bowl',
    'bin bucket': 'bin',
    'tray': 'tray',
    'plate platter': 'tray|bowl',
    'dish': 'tray+bowl',
    'basket crate': 'bin|bowl|tray',
    'container receptacle vessel': 'bowl+bin+tray',
}
SHAPES: dict[str, tuple[frozenset[str], ...]] = {
    word: tuple(frozenset(rank.split('+')) for rank in shapes.split('|'))
    for words, shapes in _SHAPE_WORDS.items()
    for word in words.split()
}
SHAPE_ADJECTIVES: dict[str, tuple[frozenset[str], ...]] = {
    'cubic': (frozenset({'cube'}),),
    'cubical': (frozenset({'cube'}),),
    'cylindrical': (frozenset({'cylinder'}),),
    'spherical': (frozenset({'ball'}),),
    'round': (frozenset({'ball'}), frozenset({'cylinder', 'bowl'})),
    'rectangular': (frozenset({'box'}),),
}
PLURALS: dict[str, str] = {
    **{word + 's': word for word in SHAPES if word not in ('box', 'dish', 'die', 'dice')},
    'boxes': 'box', 'dishes': 'dish',
    'objects': 'object', 'things': 'object', 'items': 'object', 'pieces': 'object',
    'stuff': 'object', 'toys': 'object', 'ones': 'one',
    **{word + 's': word for word in COLOURS},
}  # fmt: skip
GENERIC = dict.fromkeys(('object', 'thing', 'item', 'piece', 'toy'), 'object')

# Superlatives: word → (what is measured, whether the largest value wins).
EXTREMES: dict[str, tuple[str, bool]] = {
    word: (meaning.rstrip('+-'), meaning.endswith('+'))
    for word, meaning in _table("""
    volume+: big bigger biggest large larger largest huge
    volume-: small smaller smallest little tiny tiniest littlest
    height+: tall taller tallest highest higher
    height-: short shorter shortest low lowest flat flattest
    length+: long longer longest
    y+: left leftmost
    y-: right rightmost
    x-: front frontmost foremost
    x+: back rear backmost hindmost rearmost
    reach-: near nearer nearest close closer closest
    reach+: far farther farthest further furthest
    middle-: middle central middlemost
    level+: top topmost upper uppermost
    level-: bottom bottommost lower lowermost
    """).items()
}
# Comparatives: what may be followed by 'than'.
COMPARED = _set('bigger larger smaller taller higher shorter lower longer')
ORDINALS = {
    word: number
    for number, word in enumerate(
        _row('first second third fourth fifth sixth seventh eighth'), start=1
    )
} | {'last': -1, 'last_but_one': -2, '1st': 1, '2nd': 2, '3rd': 3, '4th': 4, '5th': 5, '6th': 6}
NUMBERS = {
    word: number
    for number, word in enumerate(
        _row('one two three four five six seven eight nine ten eleven twelve'), start=1
    )
} | {'twenty': 20, 'thirty': 30}
UNITS = _table("""
1.0: m metre metres meter meters
0.01: cm centimetre centimetres centimeter centimeters centimetres
0.001: mm millimetre millimetres millimeter millimeters
0.0254: inch inches
""")
TIMES = _table("""
1.0: second seconds sec secs s
60.0: minute minutes min mins
0.001: ms millisecond milliseconds
""")

ARTICLES = _table("""
the: the my your this that these those its their
a: a an some another
""")
QUANTIFIERS = _table("""
all: all every each everything any anything
both: both
rest: rest remaining remainder
other: other
some: something
""")
PRONOUNS = _table("""
it: it this that itself
them: them these those both themselves they
""")

# Verbs: base form → the kind of clause it opens.
VERBS = _table("""
put: put place set move bring drop throw lay transfer deposit insert stick relocate carry shift
put: return toss stow pack load position dump pop slot gather collect assemble
put: distribute store stash tuck plop chuck slip transport situate send haul lodge settle
put: convey deliver drag
fill: fill
take: take get fetch remove retrieve obtain extract
pick: pick grab grasp lift hold raise seize grip snatch clutch
release: release
stack: stack pile
build: build make construct form create erect
push: push slide shove nudge scoot pull tug
sort: sort separate organise organize group categorise categorize classify
wait: wait pause
go: go park home walk navigate
stop: stop halt freeze
swap: swap exchange switch interchange trade
empty: empty clear clean tidy
row: arrange rearrange align order line line_up
unstack: unstack dismantle disassemble take_apart
see: see describe list
leave: leave touch avoid skip ignore spare
look: look find locate spot identify approach
want: want like need have
start: start begin keep continue
ensure: ensure
""")


def _gerunds(verb: str) -> tuple[str, ...]:
    """Spell a verb with -ing in all ways that may be right: placing, putting, holding."""
    return (f'{verb}ing', f'{verb.removesuffix("e")}ing', f'{verb}{verb[-1]}ing')


GERUNDS: dict[str, str] = {
    gerund: verb for verb in (*VERBS, 'touch') if '_' not in verb for gerund in _gerunds(verb)
}
STATES = _set('be is are lie lies lying sit sits sitting stand stands standing go goes')
STATES |= _set('belong belongs placed put stacked located resting rests was were situated')
STATES |= _set('stored kept stationed found positioned')

RELATION_WORDS = _set('in on left_of right_of in_front_of behind next_to at to from')
SIDES: dict[str, tuple[str, ...]] = {
    'left': ('left',),
    'right': ('right',),
    'front': ('front', 'near'),
    'back': ('back', 'far', 'rear'),
    'middle': ('middle', 'center', 'centre'),
}
DIRECTION_WORDS = _table("""
left: left leftward leftwards to_left on_left
right: right rightward rightwards to_right on_right
forward: forward forwards away to_back on_back farther further
back: backward backwards back closer nearer to_front on_front to_robot
""")
TABLE_WORDS = _set('table tabletop desk surface workspace board counter countertop worktop bench')
FILLERS = _set("""please kindly robot hey hi hello ok okay now just simply also too thanks thank
    well alright so carefully gently slowly quickly immediately sir dear buddy yes actually
    straight directly exactly right_away arm again asap possibly neatly safely nicely
    here_we_go first_of_all""")
QUESTION_WORDS = _set('what where which who how why when is are do does')
UNSUPPORTED_PLACES = _set('above around against among beyond opposite across')
CONDITIONS = _set('if unless until when whenever while or because')
GLUE = _set("""and then , ; . of not no never except but that which by colour with matching same
    corner corners table size order before after you i have to out_of home position each_other
    there down up back off over away tower pile heap coloured half bit for about should would
    could can will must let us me do does be done too is are robot alone around x y non nor neither
    next last only either using who from_left from_right from_front from_back kind type held own
    their respective corresponding top bottom way as seen my your how none nothing having been
    farthest_from nearest_to doing did want wants like am was were its in it coordinates
    supposed holding between among row line column in_row in_column descending ascending
    by_size by_height on_top on_bottom from_top from_bottom order places positions location
    locations place level levels high storey horizontal vertical straight stacked single
    every_corner starting_with in_order apart than towers stacks piles so_that otherwise more_than
    fewer_than at_least at_most last_but_one same_colour_as under together remains remain gone
    contain going ranging anymore still has u on_middle out closer_to toward nothing_else
    whichever contains containing holds empty let make instead
    upward upwards downward downwards""")
