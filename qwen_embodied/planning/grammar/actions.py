"""Reads what follows single verbs: wait, go, leave, want, find, fill, take."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.syntax import Clause, Noun, Place, Unclear
from qwen_embodied.planning.grammar.wholes import SKILLS, WholeReader

_WAYS = {
    'up': 'forward', 'upward': 'forward', 'upwards': 'forward',
    'down': 'back', 'downward': 'back', 'downwards': 'back',
}  # fmt: skip


class ActionReader(WholeReader):
    """Reads clauses of one verb each."""

    previous: Clause | None = None

    def _is_verb(self, ahead: int = 0) -> bool:
        word = self.word(ahead)
        return words.GERUNDS.get(word, word) in words.VERBS

    def _containing(self, targets: tuple[Noun, ...], start: int) -> Clause | None:
        """Read 'the bowl should contain the cube' after 'the bowl should'."""
        before = self.at
        self.accept('to')
        if not (self.accept('contain', 'contains', 'hold') and len(targets) == 1):
            self.at = before
            return None
        place = Place('near', targets[0].text, relation='in', noun=targets[0])
        return Clause('put', 'put', self.text_from(start), self.nouns(), (place,))

    def _states(self) -> None:
        """Step over 'should be', 'goes', 'to be placed'."""
        while True:
            if self.word() == 'to' and self.word(1) in words.STATES:
                self.at += 1
            is_modal = bool(self.accept('should', 'must', 'would', 'can', 'both', 'all', 'each'))
            if not (self.accept_from(words.STATES) or is_modal):
                return

    def _filled(self, start: int) -> Clause | None:
        before, heads = self.at, self.heads
        try:
            return self._read_fill('load', start)
        except Unclear:
            self.at, self.heads = before, heads
            return None

    def _read_take(self, verb: str, start: int) -> Clause:
        if (apart := self._apart(verb, start)) is not None:
            return apart
        out = self.accept('out')
        movers, places = self.arguments()
        if self.accept('apart'):
            return Clause('unstack', verb, self.text_from(start), movers, places)
        out = self.accept('out') or out
        is_out = bool(out) or any(place.kind == 'from' for place in places)
        return Clause('take', verb, self.text_from(start), movers, places, is_out=is_out)

    def _read_wait(self, verb: str, start: int) -> Clause:
        self.accept('for', 'about')
        self.accept('for', 'about')
        value = 1.0 if self.accept('a', 'an', 'one') else self.number()
        if value is not None and self.accept('half'):
            value = 0.5
        if value is None:
            raise Unclear('How many seconds should I wait?')
        unit = self.accept_from(words.TIMES)
        seconds = round(value * float(words.TIMES[unit or 'seconds']), 3)
        return Clause('wait', verb, self.text_from(start), seconds=seconds)

    def _read_go(self, verb: str, start: int) -> Clause:
        if verb == 'home' or verb == 'park' or self.accept('home', 'to_home'):
            self.accept('it', 'arm', 'yourself')
            return Clause('home', verb, self.text_from(start))
        if self._is_verb() and self.word() != 'home':
            return self.clause()
        while self.accept('to', 'toward', 'up', 'over'):
            pass
        if self.accept('home'):
            return Clause('home', verb, self.text_from(start))
        if self._table():
            return Clause('mention', verb, self.text_from(start))
        if self.starts_noun():
            return self._approached(verb, start)
        raise self._nowhere()

    def _nowhere(self) -> Unclear:
        return Unclear(
            f"I can go home, but I do not know where '{self._rest()}' is as a goal. {SKILLS}"
        )

    def _approached(self, verb: str, start: int) -> Clause:
        """Read 'go to the bowl', which is where a thing goes that is then released."""
        begun = self.at
        movers = self.nouns()
        ahead = 0
        while self.word(ahead) in (',', 'and', 'then', '.'):
            ahead += 1
        is_let_go = words.VERBS.get(self.word(ahead)) == 'release' or self.word(ahead) == 'drop'
        if is_let_go and len(movers) == 1:
            place = Place('near', movers[0].text, relation='to', noun=movers[0])
            held = Noun('it', quantifier='it')
            return Clause('put', 'move', self.text_from(start), (held,), (place,))
        if not self.word(ahead):
            self.at = begun
            raise self._nowhere()
        return Clause('mention', verb, self.text_from(start), movers, self.places())

    def _read_push(self, verb: str, start: int) -> Clause:
        movers = self.nouns() if self.starts_noun() else ()
        way = _WAYS.get(self.word(), '') if verb not in ('pull', 'tug') else ''
        if way and not self.starts_noun(1):
            self.at += 1
            said = Place('direction', '', word=way, distance=self._by_distance())
            return Clause('push', verb, self.text_from(start), movers, (said,))
        movers, places = self.arguments(movers)
        return Clause('push', verb, self.text_from(start), movers, places)

    def _read_stop(self, verb: str, start: int) -> Clause:
        raise Unclear('Nothing is planned, so I stay where I am. What should I do next?')

    def _read_see(self, verb: str, start: int) -> Clause:
        return Clause('see', verb, self.text_from(start))

    def _read_leave(self, verb: str, start: int) -> Clause:
        if not self.starts_noun():
            raise self.fail()
        movers = self.nouns()
        alone = self.accept('alone', 'out', 'be')
        places = self.places() if verb == 'leave' and not alone else ()
        stays = self.previous is not None and all(place.kind == 'table' for place in places)
        if places and not stays:
            return Clause('put', 'put', self.text_from(start), movers, places)
        if verb == 'leave' and any(noun.quantifier == 'bare' for noun in movers):
            raise self.fail()
        return Clause('forbid', verb, self.text_from(start), movers, places or self.places())

    def _read_want(self, verb: str, start: int) -> Clause:
        self.accept('to')
        if self._is_verb():
            return self.clause()
        movers = self.nouns() if self.starts_noun() else ()
        if (filled := self._containing(movers, start)) is not None:
            return filled
        self._states()
        movers, places = self.arguments(movers)
        if not movers:
            raise self.fail()
        return Clause('put', 'put', self.text_from(start), movers, places)

    def _read_look(self, verb: str, start: int) -> Clause:
        """Read 'find the red cube', after which 'it' means the red cube."""
        self.accept('at', 'for')
        if not self.starts_noun():
            raise self.fail()
        return Clause('mention', verb, self.text_from(start), self.nouns(), self.places())

    def _read_start(self, verb: str, start: int) -> Clause:
        said = self.accept('by', 'with', 'to')
        if self._is_verb():
            return self.clause()
        if said == 'with' and self.starts_noun():
            return Clause('mention', verb, self.text_from(start), self.nouns())
        raise self.fail()

    def _read_fill(self, verb: str, start: int) -> Clause:
        """Read 'fill the bowl with the cubes'."""
        if not self.starts_noun():
            raise self.fail()
        self.is_filled = True
        target = self._target()
        self.is_filled = False
        if not self.accept('with', 'using'):
            raise Unclear(f'With what should I {verb} it?')
        place = Place('near', target.text, relation='in', noun=target)
        return Clause('put', 'put', self.text_from(start), self.nouns(), (place,))

    def _rest(self) -> str:
        rest = ' '.join(token.text for token in self.tokens[self.at : self.at + 6])
        return rest.strip(' .,;')
