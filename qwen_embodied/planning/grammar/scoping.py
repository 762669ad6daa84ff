"""Reads from an operator's words what they allow; see `planning.scope`."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.grammar import lexer, words
from qwen_embodied.planning.grammar.chinese import is_chinese, to_english
from qwen_embodied.planning.grammar.clauses import ClauseReader
from qwen_embodied.planning.grammar.history import instructions_of
from qwen_embodied.planning.grammar.resolve import Resolver, completed
from qwen_embodied.planning.grammar.sentences import read
from qwen_embodied.planning.grammar.syntax import Clause, Noun, Place, Unclear
from qwen_embodied.planning.grammar.table import Table
from qwen_embodied.planning.request import PlanRequest
from qwen_embodied.planning.schema import DIRECTIONS, RELATIONS
from qwen_embodied.planning.scope import Allowance, Scope

HARM = frozenset(
    """hit hurt harm smash crush stab poison burn attack kill punch slap strangle injure wound
    beat maim murder shoot explode bomb threaten scald electrocute choke assault weapon
    break destroy shatter demolish wreck sabotage""".split()
)
PEOPLE = frozenset(
    """person people human humans man woman men women child children kid kids baby operator
    someone somebody anyone face head eye eyes finger fingers neck throat body arm's skin hair
    cat dog pet animal worker visitor bystander hand hands""".split()
)
NO_RULES = frozenset(
    """ignore disregard override bypass jailbreak unrestricted pretend roleplay hypothetically
    base64 decode uncensored""".split()
)
_ALL_PLACES = frozenset(RELATIONS)
_SIDES = frozenset({'left_of', 'right_of', 'in_front_of', 'behind', 'next_to'})
_BY_KIND: dict[str, frozenset[str]] = {
    'stack': frozenset({'on', 'in'}), 'build': frozenset({'on', 'at'}),
    'sort': frozenset({'in', 'on'}), 'swap': frozenset({'at', 'in', 'on'}),
    'clear': frozenset({'in', 'on'}), 'row': frozenset({'at'}), 'unstack': frozenset({'at'}),
    'pick': frozenset({'held'}), 'release': frozenset({'at'}),
}  # fmt: skip
_BY_PLACE: dict[str, frozenset[str]] = {
    'side': frozenset({'at'}), 'corner': frozenset({'at'}), 'corners': frozenset({'at'}),
    'table': frozenset({'at'}), 'point': frozenset({'at'}), 'direction': frozenset({'at'}),
    'between': frozenset({'at'}), 'row': frozenset({'at'}), 'column': frozenset({'at'}),
    'each_other': frozenset({'on'}), 'side_by_side': frozenset({'next_to'}),
    'by_colour': frozenset({'in', 'on'}), 'there': _ALL_PLACES, 'from': frozenset(),
    'held': frozenset(),
}  # fmt: skip
_NEAR: dict[str, frozenset[str]] = {
    'in': frozenset({'in', 'on'}), 'on': frozenset({'in', 'on'}),
    'to': frozenset({'in', 'on', 'next_to'}),
}  # fmt: skip


def scope_of(request: PlanRequest, workspace: Workspace | None = None) -> Scope:
    """Give what the words of a request allow.

    Where the grammar reads them, each clause allows its own objects, relations and targets. Where
    it does not, verbs and nouns are collected one by one; words that it does not know may stand
    for any object, but never for a verb.
    """
    scopes = [_scope(text, request, workspace) for text in instructions_of(request)]
    refused = next((scope for scope in scopes if scope.refusal), None)
    if refused is not None:
        return refused
    return Scope(
        tuple(allowed for scope in scopes for allowed in scope.allowances),
        frozenset().union(*(scope.protected for scope in scopes)),
        any(scope.may_wait for scope in scopes),
    )


def _scope(text: str, request: PlanRequest, workspace: Workspace | None) -> Scope:
    english = text
    if is_chinese(text):
        english = to_english(text) or ''
        if not english:
            return Scope(refusal='I did not understand the instruction, so I do nothing')
    table = Table.of(request, workspace or Workspace())
    tokens = lexer.tokens_of(english)
    refusal = _refusal([token.word for token in tokens])
    if refusal:
        return Scope(refusal=refusal)
    may_wait = any(words.VERBS.get(_base(token.word)) == 'wait' for token in tokens)
    try:
        clauses = read(english, frozenset(table.items), '')
    except Unclear:
        allowed, protected = _loosely(tokens, table)
        return Scope(allowed, protected, may_wait)
    return _Strict(table).scope(clauses, may_wait)


def _base(word: str) -> str:
    return words.GERUNDS.get(word, word)


def _refusal(said: list[str]) -> str:
    for word in said:
        if word in HARM or word in NO_RULES:
            return f"I do not act on instructions with '{word}'"
        if word in PEOPLE:
            return f"I move things on the table only, never to or at '{word}'"
    return ''


class _Strict:
    """Reads allowances from clauses."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.everything = frozenset(table.items)
        self.seen: frozenset[str] = frozenset(table.movers)
        self.relations: frozenset[str] = frozenset()
        self.targets: frozenset[str] = frozenset()

    def scope(self, clauses: tuple[Clause, ...], may_wait: bool) -> Scope:
        found: list[Allowance] = []
        protected: frozenset[str] = frozenset()
        for clause in clauses:
            if clause.kind == 'forbid':
                protected |= self._forbidden(clause)
            else:
                found.append(self._allowance(clause))
        return Scope(tuple(found), protected, may_wait)

    def _forbidden(self, clause: Clause) -> frozenset[str]:
        has_goal = any(place.noun is not None for place in clause.places)
        is_rest = any(noun.quantifier == 'rest' for noun in clause.movers)
        return frozenset() if has_goal or is_rest else self._nouns(clause.movers)

    def _allowance(self, clause: Clause) -> Allowance:
        movers = self._nouns(clause.movers) if clause.movers else self._unsaid(clause)
        targets = self._targets(clause.places)
        if clause.kind == 'push':
            ways = frozenset(p.word for p in clause.places if p.word in DIRECTIONS)
            self.seen |= movers
            return Allowance(movers, directions=ways)
        relations = frozenset().union(*(self._relations(place) for place in clause.places))
        relations |= _BY_KIND.get(clause.kind, frozenset())
        if clause.kind in ('take', 'pick') and not relations - {'held'}:
            relations |= {'held', 'at', 'next_to'} if clause.kind == 'take' else {'held'}
        if clause.kind in ('stack', 'build'):
            targets |= movers
        if clause.kind == 'swap':
            targets |= self.everything
        if clause.kind in ('sort', 'clear') or any(p.kind == 'by_colour' for p in clause.places):
            targets |= self._containers()
            relations |= {'in', 'on'}
        if any(place.kind in ('side_by_side', 'each_other') for place in clause.places):
            targets |= movers
        if not clause.places and clause.kind in ('put', 'take'):
            relations |= self.relations | {'at'}
            targets |= self.targets
        self.seen |= movers | targets
        self.relations, self.targets = relations, targets
        return Allowance(movers, relations, targets)

    def _unsaid(self, clause: Clause) -> frozenset[str]:
        if clause.order.first:
            return self._nouns(clause.order.first)
        if clause.kind in ('clear', 'unstack', 'stack', 'build', 'row'):
            return self.everything
        return self.seen

    def _relations(self, place: Place) -> frozenset[str]:
        if place.kind != 'near':
            return _BY_PLACE.get(place.kind, frozenset())
        relations = _NEAR.get(place.relation, frozenset({place.relation}))
        return relations | ({'in', 'on'} if place.noun and place.noun.is_matching else frozenset())

    def _targets(self, places: tuple[Place, ...]) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for place in places:
            if place.kind == 'near' and place.noun is None:
                found |= self.seen | self._containers()
            elif place.kind == 'there':
                found |= self.seen
            nouns = (noun for noun in (place.noun, place.other) if noun is not None)
            found |= self._nouns(tuple(nouns))
        return found

    def _containers(self) -> frozenset[str]:
        return frozenset(n for n, item in self.table.items.items() if item.is_container)

    def _nouns(self, nouns: tuple[Noun, ...]) -> frozenset[str]:
        return frozenset().union(*(self._fitting(noun) for noun in nouns))

    def _fitting(self, noun: Noun) -> frozenset[str]:
        """Give what fits the description; choices such as 'the largest' are left open."""
        if noun.is_pronoun:
            return self.seen if self.seen else self.everything
        if noun.name is not None:
            return frozenset({noun.name})
        left_out = frozenset().union(*(self._left_out(other, noun) for other in noun.without))
        exact = self._exact(noun)
        if exact is not None:
            return exact - left_out
        shapes = frozenset().union(*noun.shapes)
        for other in noun.like:
            shapes |= frozenset().union(*other.shapes) if not noun.shapes else frozenset()
        found = {
            name for name, item in self.table.items.items()
            if (not shapes or item.shape in shapes)
            and (not noun.colours or any(item.colour in c for c in noun.colours))
            and item.colour not in noun.not_colours and item.shape not in noun.not_shapes
        }  # fmt: skip
        return frozenset(found) - left_out

    def _left_out(self, other: Noun, noun: Noun) -> frozenset[str]:
        """Give what is excepted for certain."""
        shared = completed(other, noun)
        if shared.extremes or shared.ordinal or shared.where or shared.reference:
            return self._exact(shared) or frozenset()
        return self._fitting(shared)

    def _exact(self, noun: Noun) -> frozenset[str] | None:
        """Choose as the planner does where the words choose; None where they leave it open."""
        chooses = noun.extremes or noun.ordinal or noun.reference or noun.where
        if not chooses or not (noun.shapes or noun.colours) or noun.quantifier in ('other', 'rest', 'another'):
            return None
        try:
            return frozenset(Resolver(self.table.copy()).resolve(noun, 'any'))
        except Unclear:
            return None


def _loosely(
    tokens: tuple[lexer.Token, ...], table: Table
) -> tuple[tuple[Allowance, ...], frozenset[str]]:
    """Collect verbs and nouns of words that the grammar cannot read as a whole."""
    said = [token.word for token in tokens]
    kinds = {words.VERBS.get(_base(word), '') for word in said}
    handling = kinds & {
        'put', 'take', 'pick', 'stack', 'build', 'sort', 'swap', 'empty', 'row', 'unstack',
        'release',
    }  # fmt: skip
    if not handling and 'push' not in kinds:
        return (), frozenset()
    named, protected = _named(tokens, table)
    is_open = any(not lexer.is_known(word) and word not in table.items for word in said)
    movers = (frozenset(table.items) if is_open else named) - protected
    relations = _said_relations(said) if handling - {'pick'} else frozenset({'held'})
    relations |= {'held'} if handling <= {'pick', 'take'} else frozenset()
    ways = frozenset(
        words.DIRECTION_WORDS[word] for word in said if word in words.DIRECTION_WORDS
    )
    pushes = ways if 'push' in kinds else frozenset()
    return (Allowance(movers, relations if handling else frozenset(), movers, pushes),), protected


def _said_relations(said: list[str]) -> frozenset[str]:
    found: set[str] = set()
    for word in said:
        found |= _NEAR.get(word, frozenset({word} if word in _SIDES else ()))
        if word in words.TABLE_WORDS or word.partition('_')[0] in ('corner', 'on', 'to', 'at'):
            found |= {'at'}
        if words.VERBS.get(_base(word)) in ('sort', 'stack', 'build', 'empty'):
            found |= {'in', 'on'}
        if words.VERBS.get(_base(word)) in ('swap', 'row', 'unstack'):
            found |= {'at', 'in', 'on'}
    return frozenset(found)


def _named(
    tokens: tuple[lexer.Token, ...], table: Table
) -> tuple[frozenset[str], frozenset[str]]:
    """Give what nouns anywhere in the words may stand for, and what follows a 'not'."""
    named: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()
    reader = ClauseReader(tokens, frozenset(table.items))
    strict = _Strict(table)
    while reader.at < len(tokens):
        start = reader.at
        before = {token.word for token in tokens[max(0, start - 3) : start]}
        try:
            found = strict._nouns(reader.noun()) if reader.starts_noun() else frozenset()
        except Unclear:
            found = frozenset()
        reader.at = max(reader.at, start + 1)
        if before & {'not', 'except', 'without', 'leave', 'avoid'}:
            protected |= found
        else:
            named |= found
    return named, protected
