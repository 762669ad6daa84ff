"""Word sequences that mean one thing, written as 'words > meaning'."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import product

from qwen_embodied.planning.grammar.phrases_more import more_phrases
from qwen_embodied.planning.grammar.words import SIDES


def _phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Give word sequences with the words they stand for."""
    lines = """
    in front of > in_front_of
    front of > front_of
    on top of each other > each_other | on top of one another > each_other
    onto each other > each_other | on each other > each_other | upon each other > each_other
    next to each other > side_by_side | next to one another > side_by_side
    beside each other > side_by_side | side by side > side_by_side
    in the front of > front_of | at the front of > front_of | to the front of > front_of
    on top of > on | on the top of > on | atop of > on | atop > on | onto > on | on to > on
    upon > on
    into > in | inside of > in | inside > in | in to > in | within > in
    next to > next_to | beside > next_to | alongside > next_to | adjacent to > next_to
    close to > next_to | near to > next_to | right next to > next_to | by the side of > next_to
    directly next to > next_to | near > next_to
    nearest to > nearest_to | closest to > nearest_to | nearer to > closer_to
    farthest from > farthest_from | furthest from > farthest_from
    farthest away from > farthest_from | furthest away from > farthest_from
    in back of > behind | in the back of > back_of | at the back of > back_of
    on the back of > back_of | behind of > behind
    out of > out_of | off of > from | off > from
    in the middle of > middle_of | in the center of > middle_of | in the centre of > middle_of
    at the center of > middle_of | at the centre of > middle_of | to the center of > middle_of
    to the centre of > middle_of | to the middle of > middle_of | at the middle of > middle_of
    pick up > pick | picks up > pick | picking up > picking | take hold of > pick | lift up > lift
    put down > put down | let go of > release | let go > release
    get rid of > get_rid_of
    all of the > all | all of > all | all the > all | each of the > all | each of > all
    every one of the > all | any of the > all | each one of > all | all my > all
    both of the > both | both of > both | both the > both
    everything else > rest | the rest of the > rest | the rest of > rest | the rest > rest
    all others > all other ones | all the others > all other ones | the others > all other ones
    the other ones > all other ones | the remaining ones > all other ones
    all remaining > all other | every other > all other
    whatever is left > rest | what is left > rest | anything else > rest
    all the other > all other
    other than > except | apart from > except | aside from > except | except for > except
    excluding > except | but not > except | and not > except | everything but > everything except
    all but > all except | besides > except | with the exception of > except
    not counting > except | leaving out > except | anything but > anything except
    as well as > and | along with > and | together with > and | plus > and | & > and
    followed by > then | and then > then | after that > then | afterwards > then
    after this > then
    once that is done > then | when that is done > then | once done > then | when done > then
    when you are done > then | once you are done > then | when finished > then
    when you have finished > then | after doing that > then | after doing so > then
    subsequently > then | thereafter > then | finally > then | lastly > then | at last > then
    next , > then | at the end > then | in the end > then | last of all > then | to finish > then
    to begin with > , | first of all > , | firstly > , | secondly > then | thirdly > then
    and finally > then | and lastly > then | and next > then | and afterwards > then
    and after that > then | later > then | in addition > and | additionally > and
    one by one > | one at a time > | one after another > | one after the other > | in turn >
    in the given order > | in order > | as well > too
    right away > | right now > | at once > | for me > | thank you > | if you can > | if possible >
    if you would > | if you please > | would you mind > | do you mind > | at a time >
    i am asking you to > | you are to > | your task is to > | your job is to > | be so kind as to >
    i would like you to > | i want you to > | i need you to > | i would love you to >
    you need to >
    i wish you to > | i would like to > i_want_to | you should > | you must > | you have to >
    can you > | could you > | would you > | will you > | may you > | you can > | you could >
    go ahead and > | go and > | try to > | i ask you to > | let us > | try and > | remember to >
    i would like to have > want | i want to have > want
    i would like > want | i want > want | i need > want | i would love > want
    make sure that > want | make sure > want | see to it that > want | ensure that > want
    ensure > want | i would prefer > want | it would be nice if > want | be careful >
    and the like > and_the_like
    do not > not | does not > not | should not > not | must not > not | is not > is not
    never > not | without > without | instead of > instead_of
    start by > then | begin by > then | start off by > then | finish by > then | end by > then
    conclude by > then | and start by > then
    same colour > same_colour | same color > same_colour
    of the same colour > matching | with the same colour > matching | of same colour > matching
    of the same color > matching | with the same color > matching | in the same colour > matching
    that has the same colour > matching | that matches its colour > matching
    that matches their colour > matching | of matching colour > matching | of its colour > matching
    that matches > matching | which matches > matching | of its own colour > matching
    of their colour > matching | of their own colour > matching | with its colour > matching
    of the matching colour > matching | with the matching colour > matching
    with matching colours > matching | of their respective colour > matching
    by colour > by_colour | by color > by_colour | by their colour > by_colour
    by their color > by_colour | by colours > by_colour | according to colour > by_colour
    according to their colour > by_colour | based on colour > by_colour
    by their colours > by_colour
    based on their colour > by_colour | according to color > by_colour
    by their colors > by_colour
    color > colour | colored > coloured | colors > colours
    of the table > of table | home position > home | starting position > home
    start position > home | rest position > home | resting position > home
    initial position > home
    initial pose > home | home pose > home | go back home > go home | return home > go home
    return to home > go home | go back to home > go home | move home > go home
    go to home > go home | move to home > go home | back to home > to home | to the home > to home
    drive home > go home | go back to the home > go home | return to the home > go home
    return to your home > go home | go to the home > go home | go to your home > go home
    move to the home > go home | move to your home > go home | move back home > go home
    go back to your home > go home | move the arm home > go home | return to start > go home
    move back to home > go home | come home > go home | come back home > go home
    one and a half > 1.5 | two and a half > 2.5 | three and a half > 3.5
    half a > 0.5 | half of a > 0.5 | a couple of > two | a pair of > two | a few > a_few
    a bit > a_bit | a little bit > a_bit | a little > a_bit | slightly > a_bit | a touch > a_bit
    away from you > away | away from yourself > away | away from the robot > away
    towards you > to_robot | toward you > to_robot | towards yourself > to_robot
    toward yourself > to_robot | towards the robot > to_robot | toward the robot > to_robot
    closer to you > to_robot | closer to the robot > to_robot
    nearest to you > nearest | closest to you > closest | nearest you > nearest
    nearest to the robot > nearest | closest to the robot > closest | closest to yourself > closest
    farthest from you > farthest | furthest from you > furthest | farthest away > farthest
    farthest from the robot > farthest | furthest from the robot > furthest
    furthest away > furthest
    far left > leftmost | far right > rightmost | left most > leftmost | right most > rightmost
    over there > there | over here > unknown_here
    what do you see > see | what can you see > see | what is on the table > see
    describe the scene > see | what is there > see | look around > see
    list the objects > see | what objects do you see > see | what objects are there > see
    tell me what you see > see | what are you seeing > see | what is in front of you > see
    in there > there | on there > there | in it there > there
    get me > hand_over | fetch me > hand_over | hand it over > hand_over | whatever is > what is
    what you are holding > it | what you hold > it | what is in your hand > it
    but first > but_first | but first of all > but_first | but before > but before
    that you are holding > held | which you are holding > held | you are holding > held
    that you hold > held | you hold > held | in your hand > held | in your gripper > held
    that you have in your hand > held | in the gripper > held | currently held > held
    give me > hand_over | hand me > hand_over | bring me > hand_over | pass me > hand_over
    hand over > hand_over | give it to me > hand_over
    in a row > in_row | in one row > in_row | in a line > in_row | in a straight line > in_row
    in a horizontal line > in_row | in a horizontal row > in_row | in line > in_row
    into a row > in_row | into a line > in_row | into a straight line > in_row
    in a single row > in_row | in a single line > in_row | in a straight row > in_row
    in a column > in_column | in a vertical line > in_column | into a column > in_column
    into a vertical line > in_column | in a vertical row > in_column
    line up > line_up | lines up > line_up | lining up > line_up | lay out > arrange
    take apart > take_apart | break down > unstack | break up > unstack | tear down > unstack
    collapse > unstack | un stack > unstack | tidy up > tidy | clean up > clean | clean off > clean
    clear off > clear | clear up > clear | clear out > empty | empty out > empty
    clear away > clear | put away everything > clear the table
    put everything away > clear the table
    put all the objects away > clear the table | put all objects away > clear the table
    by size > by_size | by their size > by_size | by their sizes > by_size | by sizes > by_size
    in order of size > by_size | according to size > by_size | based on size > by_size
    according to their size > by_size | based on their size > by_size | in size order > by_size
    in order of their size > by_size | in order of sizes > by_size | by volume > by_size
    by height > by_height | by their height > by_height | in order of height > by_height
    according to height > by_height | in order of their height > by_height
    in descending order > descending | in decreasing order > descending
    in ascending order > ascending | in increasing order > ascending
    in descending order of size > descending | in ascending order of size > ascending
    in decreasing order of size > descending | in increasing order of size > ascending
    in decreasing size > descending | in increasing size > ascending
    in order of decreasing size > descending | in order of increasing size > ascending
    in order of increasing height > by_height ascending
    in order of decreasing height > by_height descending
    largest first > descending | biggest first > descending | smallest first > ascending
    ordered > | sorted > | arranged >
    on top > on_top | on the top > on_top | at the top > on_top | as the top one > on_top
    on the very top > on_top | at the very top > on_top
    at the bottom > on_bottom | on the bottom > on_bottom | as the base > on_bottom
    as the bottom one > on_bottom | at the base > on_bottom | at the very bottom > on_bottom
    from bottom to top > from_bottom | from the bottom to the top > from_bottom
    from the bottom up > from_bottom | bottom to top > from_bottom
    from top to bottom > from_top | from the top to the bottom > from_top
    from the top down > from_top | top to bottom > from_top | from left to right > from_left
    from the left to the right > from_left | left to right > from_left
    from right to left > from_right | from the right to the left > from_right
    right to left > from_right
    in the order > in_order | in the order of > in_order | in the following order > in_order
    in this order > in_order | in that order > in_order
    in between > between | midway between > between | halfway between > between
    in the middle of > middle_of | in the middle between > between | centered between > between
    centred between > between | in the gap between > between | to between > between
    in the space between > between | among > between
    in different corners > every_corner | in the corners > every_corner
    into the corners > every_corner | in the different corners > every_corner
    in separate corners > every_corner | to different corners > every_corner
    in the four corners > every_corner | to the corners > every_corner
    on different corners > every_corner | into different corners > every_corner
    in all the corners > every_corner | at the corners > every_corner
    one in each corner > every_corner | each in a different corner > every_corner
    in a stack > each_other | in a tower > each_other | into a stack > each_other
    into a tower > each_other | in a pile > each_other | into a pile > each_other
    in one stack > each_other | in a single stack > each_other | into one stack > each_other
    in a single tower > each_other | into a single tower > each_other
    with matching colors > matching | with matching color > matching
    with matching colour > matching | with the matching color > matching
    of matching color > matching | of the matching color > matching | of its color > matching
    of their color > matching | with the corresponding colour > matching
    with the corresponding color > matching | of the corresponding colour > matching
    of the corresponding color > matching | that match their colour > matching
    that match their color > matching | that matches its color > matching
    that matches their color > matching | that is the same colour > matching
    that is the same color > matching | of the same colors > matching
    with the same colors > matching | with the same colours > matching
    that have the same colour > matching | that have the same color > matching
    that has the same color > matching | matching in colour > matching
    matching in color > matching | by matching colours > by_colour
    by matching colors > by_colour | by matching colour > by_colour
    off the stack > | off the tower > | off the pile > | from the stack > | from the tower >
    of the tower > | of the stack > | of the pile > | in the tower > | in the stack >
    alone > alone | as it is > alone | as they are > alone | where it is > alone
    where they are > alone | in place > alone | where it belongs > unknown_place
    """
    table: dict[tuple[str, ...], tuple[str, ...]] = {}
    for entry in lines.replace('\n', '|').split('|'):
        if '>' in entry:
            left, right = entry.split('>')
            table[tuple(left.split())] = tuple(right.split())
    return dict(_side_phrases()) | dict(_size_phrases()) | table | more_phrases()


Phrase = tuple[tuple[str, ...], tuple[str, ...]]

_HEADS = {'to': 'to', 'towards': 'to', 'toward': 'to', 'from': 'from'}
_ARTICLES: tuple[tuple[str, ...], ...] = ((), ('the',), ('your',), ('my',), ('its',))
_TAILS: tuple[tuple[str, ...], ...] = (
    (), ('side',), ('hand', 'side'), ('half',), ('end',), ('part',), ('edge',), ('most', 'side'),
)  # fmt: skip
_OF = {'front': 'front_of', 'back': 'back_of', 'middle': 'middle_of'}


_BIG = {'': ('largest', 'biggest', 'big', 'large'), 'by_height': ('tallest', 'highest', 'tall')}
_SMALL = {'': ('smallest', 'small', 'littlest', 'tiniest'), 'by_height': ('shortest', 'lowest')}


_FROM: tuple[tuple[str, ...], ...] = ((), ('from',), ('in', 'order', 'from'))


def _size_phrases() -> list[Phrase]:
    """Spell out 'from largest to smallest', 'tallest to shortest' and their like."""
    found: list[Phrase] = []
    for measure in _BIG:
        before = (measure,) if measure else ()
        for big, small in product(_BIG[measure], _SMALL[measure]):
            for word, (one, two) in {
                'descending': (big, small), 'ascending': (small, big),
            }.items():  # fmt: skip
                for article, start in product(
                    ((), ('the',)), ((), ('from',), ('in', 'order', 'from'))
                ):
                    said = (*start, *article, one, 'to', *article, two)
                    found.append((said, (*before, word)))
    return found


def _side_phrases() -> list[Phrase]:
    """Spell out 'on the left', 'to the left side of', 'back left corner' and their like."""
    found: list[Phrase] = []
    for side, words in SIDES.items():
        for word, article, tail in product(words, _ARTICLES, _TAILS):
            if tail or word in ('left', 'right') or (article and word not in ('near', 'far')):
                found += _with_prepositions(side, (*article, word, *tail), bool(tail))
    for side in ('left', 'right'):
        found += [((side, 'of'), (f'{side}_of',)), ((side, 'from'), (f'{side}_of',))]
    for depth, side in product(('front', 'back'), ('left', 'right')):
        found += _corners(depth, side)
    return found


def _with_prepositions(side: str, name: tuple[str, ...], has_tail: bool) -> list[Phrase]:
    found: list[Phrase] = []
    for preposition in ('on', 'at', 'in', 'over', 'onto', 'to', 'towards', 'toward', 'from'):
        head = _HEADS.get(preposition, 'on')
        head = 'on' if has_tail and head == 'to' else head
        found.append(((preposition, *name), (f'{head}_{side}',)))
        if head != 'from' and (has_tail or side in ('left', 'right')):
            found.append(((preposition, *name, 'of'), (_OF.get(side, f'{side}_of'),)))
            found.append(((preposition, *name, 'from'), (_OF.get(side, f'{side}_of'),)))
        far = name[:-1] if has_tail else name
        if side in ('left', 'right') and not has_tail:
            where = 'from' if head == 'from' else 'on'
            found.append(((preposition, *far[:-1], 'far', far[-1]), (f'{where}_{side}',)))
            found.append(((preposition, *far[:-1], 'far', far[-1], 'side'), (f'on_{side}',)))
    return found


def _corners(depth: str, side: str) -> list[Phrase]:
    extra = {'front': ('bottom', 'lower', 'close'), 'back': ('top', 'upper')}
    found: list[Phrase] = []
    for word in (*SIDES[depth], *extra[depth]):
        for pair in ((word, side), (side, word)):
            found.append(((*pair, 'corner'), (f'corner_{depth}_{side}',)))
            for preposition, article in product(('in', 'on', 'at', 'to', 'into'), _ARTICLES):
                head = (preposition, *article, *pair, 'corner')
                found.append((head, ('at', f'corner_{depth}_{side}')))
    return found


PHRASES = _phrases()
LONGEST_PHRASE = max(map(len, PHRASES))
