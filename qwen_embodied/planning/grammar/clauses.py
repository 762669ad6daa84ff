"""Reads clauses: a verb with what it needs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.actions import ActionReader
from qwen_embodied.planning.grammar.syntax import BARE, Clause, Noun, Place, Unclear

_TOUCHING = frozenset({'touch', 'leave', 'avoid', 'skip', 'ignore', 'spare'})
DENIED = 'Should I not do that either, or should I? Please say it on its own.'
_OUT = ('from', 'out_of')


class ClauseReader(ActionReader):
    """Reads one clause after the other."""

    is_plain: bool = False
    is_denied: bool = False

    def clause(self, *, shares: bool = False) -> Clause:
        """Read one clause.

        Args:
            shares: Whether a clause without a verb and a goal means the goal of the one before.
        """
        start = self.at
        self._skip_subject()
        if self.accept('not', 'without'):
            return self._forbidden(start)
        if self.word() in words.RELATION_WORDS and (fronted := self._fronted()) is not None:
            return fronted
        verb = self._verb()
        if not verb:
            return self._without_verb(start, shares)
        kind = words.VERBS.get(verb, 'forbid')
        if kind in ('pick', 'take') and self.word() == 'and' and self._is_verb(1):
            self.at += 1
            return self.clause(shares=shares)
        self.takes = kind in ('take', 'pick', 'unstack')
        reader = getattr(self, f'_read_{kind}', None)
        found: Clause = reader(verb, start) if reader else self._read_put(verb, start)
        if found.kind != 'forbid':
            self.previous = found
        while self.word() == ',' and self.word(1) == 'nothing_else':
            self.at += 2
        return replace(found, text=self.text_from(start))

    def _fronted(self) -> Clause | None:
        """Read 'on top of that put the red cube'."""
        start, heads = self.at, self.heads
        place = self.place()
        self.accept(',')
        if place is not None and self._is_verb():
            found = self.clause()
            if found.kind == 'put' and not found.places:
                return replace(found, places=(place,))
        self.at, self.heads = start, heads
        return None

    def _skip_subject(self) -> None:
        while self.accept(
            'to', 'you', 'have', 'can', 'should', 'would', 'could', 'will', 'having', 'let', 'only'
        ):
            pass

    def _verb(self) -> str:
        """Step over a verb and give its base form, or ''."""
        word = self.word()
        base = words.GERUNDS.get(word, word)
        if word in ('lower', 'rest', 'park') and (
            self.word(1) in words.ARTICLES or self.word(1) in words.PRONOUNS
        ):
            self.at += 1
            return 'put'
        if base in words.VERBS or base == 'touch':
            self.at += 1
            return base
        return ''

    def _forbidden(self, start: int) -> Clause:
        """Read what must not be done."""
        self.accept('to')
        verb = self._verb()
        if not verb or not self.starts_noun():
            raise self.fail()
        movers, places = self.nouns(), self.places()
        return Clause('forbid', verb, self.text_from(start), movers, places)

    def places(self) -> tuple[Place, ...]:
        """Read phrases of place as long as they follow each other."""
        found: list[Place] = []
        while (place := self.place()) is not None:
            found.append(place)
        return tuple(found)

    def _without_verb(self, start: int, shares: bool) -> Clause:
        """Read 'the blue one on the tray' or 'the red cube goes in the bowl'."""
        movers = self._subject()
        before = self.places()
        if self._starts_exception():
            movers = self._with_exception(movers, [])
        self._states_of_goals()
        if self.accept('not'):
            raise Unclear('Please say it without "not": what should I do with it?')
        if self.word() == 'swap' and self.word(1) in ('', '.', ',', 'then', 'and'):
            return Clause('swap', self.take(), self.text_from(start), movers)
        if (filled := self._containing(movers, start)) is not None:
            return filled
        if not before and self.word() == ',' and self._is_verb(1):
            return Clause('mention', 'see', self.text_from(start), movers)
        movers, places = self.arguments(movers, before)
        kind, verb = 'put', 'put'
        if self.previous is not None and self.previous.kind in ('stack', 'push', 'sort', 'put'):
            kind, verb = self.previous.kind, self.previous.verb
        shares = shares or self.tokens[start - 1].word == '.'
        if not places and not shares:
            verb = BARE
        found = Clause(kind, verb, self.text_from(start), movers, places, shares_place=shares)
        self.previous = found
        return found

    def _states_of_goals(self) -> None:
        """Step over 'goes' and 'should be'; asks after 'is', which may only tell what is so."""
        told, start = ('is', 'are', 'was', 'were'), self.at
        is_fact = self.is_plain and self.word() in told
        self._states()
        if self.is_denied and self.at == start:
            raise Unclear(DENIED)
        if is_fact and self.tokens[self.at - 1].word in told:
            raise Unclear('Is it so, or should I make it so? Please tell me what to do.')

    def _subject(self) -> tuple[Noun, ...]:
        if self.word() == 'which' and self.word(1) in words.STATES and self.latest is not None:
            self.at += 1
            return (self.latest,)
        if self.starts_noun():
            return self.nouns()
        raise self._unknown_verb()

    def _unknown_verb(self) -> Exception:
        word = self.word()
        if word in words.CONDITIONS:
            return Unclear(f"I cannot follow conditions such as '{word}'. Please tell me plainly.")
        return self.fail()

    def arguments(
        self, movers: tuple[Noun, ...] = (), before: tuple[Place, ...] = ()
    ) -> tuple[tuple[Noun, ...], tuple[Place, ...]]:
        """Read what is moved, particles and places, and take exceptions to where they belong."""
        self._particles()
        self.accept('only')
        if not movers and self.starts_noun():
            movers = self.nouns()
        movers, places = self._placed(movers, list(before))
        if places and not movers and self.starts_noun():
            movers = self.nouns()
        return movers, places

    def _placed(
        self, movers: tuple[Noun, ...], places: list[Place]
    ) -> tuple[tuple[Noun, ...], tuple[Place, ...]]:
        """Read particles, places and exceptions to them."""
        is_closed = False
        while True:
            self._particles()
            start = self.at
            if self.word() == 'not' and self.word(1) in words.RELATION_WORDS:
                self._rejected()
            place = self.place()
            if place is not None and is_closed:
                self.at = start
                raise self.fail()
            if place is not None:
                places.append(place)
            elif self._starts_exception():
                movers = self._with_exception(movers, places)
                is_closed = bool(places)
            elif not (self._goes_on() or self.accept('back')):
                return movers, tuple(places)

    def _goes_on(self) -> bool:
        """Step over 'and' between 'out of the bowl' and 'into the bin'."""
        is_place = self.word(1) in ('in', 'on') and self.starts_noun(2)
        return is_place and bool(self.accept('and'))

    def _rejected(self) -> None:
        """Step over 'not in the red bowl but' before the place that is meant."""
        start = self.at
        self.at += 1
        is_read = self.place() is not None
        self.accept(',')
        if not (is_read and self.accept('but')):
            self.at = start

    def _particles(self) -> None:
        """Step over 'down', 'up', 'off', and 'back' where a goal follows it."""
        while self.accept('down', 'up', 'off', *(() if self.starts_noun(1) else ('over',))):
            pass
        if self.word() == 'away' and (self.word(1) in ('in', 'on', 'to') or self.starts_noun(1)):
            self.at += 1
        if self.word() == 'together' and self.word(1) in words.RELATION_WORDS:
            self.at += 1
        if self.word() == 'first' and self.word(1) in words.RELATION_WORDS:
            self.at += 1
        if self.word() == 'back' and self.word(1) in words.RELATION_WORDS | {'there', 'down'}:
            self.at += 1
        self.accept('down')

    def _starts_exception(self) -> bool:
        step = 1 if self.word() in (',', 'but') else 0
        if self.word(step) == 'except':
            self.at += step
            return True
        if self.word(step) == 'not' and self.starts_noun(step + 1):
            self.at += step
            return True
        return self.word() == 'but' and self.starts_noun(1)

    def _with_exception(self, movers: tuple[Noun, ...], places: list[Place]) -> tuple[Noun, ...]:
        """Take nouns out of the moved ones if they are many, else out of the last place."""
        self.at += 1
        self.accept('not')
        without = self.nouns()
        if self.word() == ',' and self.word(1) in words.RELATION_WORDS:
            self.at += 1
        many = any(noun.is_many for noun in movers)
        if not many and places and places[-1].noun is not None:
            noun = replace(places[-1].noun, without=without)
            places[-1] = replace(places[-1], noun=noun)
            return movers
        return tuple(replace(noun, without=(*noun.without, *without)) for noun in movers)

    def _read_put(self, verb: str, start: int) -> Clause:
        if verb == 'load' and (filled := self._filled(start)) is not None:
            return filled
        movers, places = self.arguments()
        is_listed = self.word() == ',' and self.tokens[self.at].text == ':'
        if is_listed and places and movers and movers[-1].is_many and self.starts_noun(1):
            movers = self._apposition([*movers], 1)
        whole = self.whole(verb, start, movers, places)
        if whole is not None:
            return whole
        return Clause(words.VERBS[verb], verb, self.text_from(start), movers, places)
