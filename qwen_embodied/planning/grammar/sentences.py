"""Reads a whole instruction: clauses in the order in which they are to be done."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.clauses import DENIED
from qwen_embodied.planning.grammar.conditions import ConditionReader
from qwen_embodied.planning.grammar.goals import with_shared_anchor
from qwen_embodied.planning.grammar.lexer import Token, is_known, tokens_of
from qwen_embodied.planning.grammar.syntax import Clause, Condition, Noun, Unclear
from qwen_embodied.planning.grammar.wholes import SKILLS

EXAMPLE = "for example 'put the red cube in the blue bowl'"
_JOINTS = frozenset([',', ';', '.', 'and', 'then', 'but', 'but_first'])
_MODALS = ('can', 'could', 'would', 'will', 'should', 'may', 'must')
_ENDS = ('', '.', ';', ',', 'and', 'then')
_OPENERS = ('before', 'after', 'once', 'without', 'if', 'otherwise', 'until')
_BEFORE_NOUNS = frozenset(
    (*words.ARTICLES, *words.COLOURS, *words.QUANTIFIERS, *words.EXTREMES, *words.NUMBERS)
) | words.RELATION_WORDS | words.SHADES  # fmt: skip


def read(instruction: str, ids: frozenset[str], sight: str) -> tuple[Clause, ...]:
    """Read an instruction into clauses.

    Args:
        instruction: The operator's words.
        ids: Object ids that may be used as names.
        sight: What can be seen, in words, for questions.

    Raises:
        Unclear: Something in it is not understood.
    """
    tokens = tokens_of(instruction)
    if not any(token.word.strip('.,;') for token in tokens):
        raise Unclear(f'What should I do? Tell me {EXAMPLE}.')
    _refuse_unknown(tokens, ids, sight)
    reader = _SentenceReader(tokens, ids)
    return tuple(reader.clauses())


class _SentenceReader(ConditionReader):
    """Joins clauses."""

    given: Condition | None = None
    is_otherwise: bool = False
    begun: int = 0
    is_open: bool = False

    def clauses(self) -> list[Clause]:
        """Read all clauses."""
        found: list[Clause] = []
        joint = self._joints()
        while self.word():
            self._read_one(found, joint)
            start = self.at
            joint = self._joints() or ('then' if self.is_open else '')
            if '.' in (token.word for token in self.tokens[start : self.at]):
                self.given, self.begun = None, len(found)
            if 'first' in (token.word for token in self.tokens[start : self.at]):
                raise Unclear('In which order? Please tell me the first thing first.')
            if self.word() and not joint and self.word() not in _OPENERS:
                raise self.fail()
        return found

    def _read_one(self, found: list[Clause], joint: str) -> None:
        """Read a condition, the end of a repetition, a statement or a clause."""
        self.is_open = False
        if self.word() == 'otherwise':
            self._otherwise(found)
        elif self.word() == 'until' and found:
            tail = found[self.begun :]
            self.until(tail)
            found[self.begun :] = tail
        elif self.word() == 'if':
            self._given(found, joint)
        elif (said := self.statement()) is not None:
            found.append(said)
        elif not (found and self._follows(found, joint)):
            count = len(found)
            self._add(found, joint)
            if self.given is not None and len(found) > count:
                found[-1] = self._conditional(found[-1])
            if len(found) == 1:
                self.accept('instead')

    def _follows(self, found: list[Clause], joint: str) -> bool:
        """Read what has its sense from the clause before it alone."""
        if self._is_over(found[-1]):
            return True
        same = self._likewise(found[-1], joint)
        found += [same] if same is not None else []
        return same is not None

    def _is_over(self, last: Clause) -> bool:
        """Step over 'and release it' after what put it somewhere, and 'then stop' at the end."""
        start, word = self.at, self.take()
        if word in ('stop', 'halt') and not self.word().strip('.'):
            return True
        self.accept('it')
        is_let_go = words.VERBS.get(word) == 'release' or word == 'drop'
        if is_let_go and self.word() in _ENDS and last.kind == 'put' and last.places:
            return True
        self.at = start
        return False

    def _likewise(self, last: Clause, joint: str) -> Clause | None:
        """Read 'do the same with the blue cube', and 'in the bowl' after 'on the tray, then'."""
        start, heads = self.at, self.heads
        is_moved = last.kind in ('put', 'push') and bool(last.places) and bool(last.movers)
        if joint == 'then' and is_moved and (place := self.place()) is not None:
            if self.word() in _ENDS:
                is_many = len(last.movers) > 1 or last.movers[0].is_many
                mover = Noun('them', 'them') if is_many else Noun('it', 'it')
                said = self.text_from(start)
                return replace(last, movers=(mover,), places=(place,), text=said)
            self.at, self.heads = start, heads
        self.accept('do')
        self.accept('the')
        if self.accept('same') and self.accept('with', 'for', 'to') and self.starts_noun():
            movers = self.nouns()
            return replace(last, movers=movers, text=self.text_from(start))
        self.at = start
        return None

    def _given(self, found: list[Clause], joint: str) -> None:
        """Read 'if …' before what it is for, or after it."""
        self.at += 1
        self.given, self.is_otherwise = self.condition(), False
        is_after = len(found) > self.begun and joint in ('', ',')
        if is_after and self.given.is_empty and self.given.noun.is_pronoun and self.last_target:
            self.given = replace(self.given, noun=self.last_target)
        if is_after:
            tail = [self._conditional(clause) for clause in found[self.begun :]]
            found[self.begun :] = tail
        self.is_open = not is_after

    def _otherwise(self, found: list[Clause]) -> None:
        last = next((c.condition for c in reversed(found) if c.condition is not None), None)
        if last is None:
            raise self.fail()
        self.at += 1
        self._joints()
        place = self.place() if self.word() in words.RELATION_WORDS else None
        if place is not None:
            said = self._conditional(replace(found[-1], places=(place,)))
            found.append(replace(said, condition=last, is_otherwise=True))
            return
        self.given, self.is_otherwise, self.begun = last, True, len(found)
        self.is_open = True

    def _conditional(self, clause: Clause) -> Clause:
        return replace(clause, condition=self.given, is_otherwise=self.is_otherwise)

    def _joints(self) -> str:
        """Step over what joins clauses; give the weightiest of it."""
        seen: list[str] = []
        while self.word() in _JOINTS or self._is_counter():
            word = self.take()
            seen.append('then' if word in words.ORDINALS else word)
        return next(
            (word for word in ('but_first', 'then', 'but', 'and', '.', ';', ',') if word in seen),
            '',
        )

    def _is_counter(self) -> bool:
        """Say whether 'first', 'second', 'next' or 'last' counts a clause here."""
        follows = self.word(1) in (',', *words.ARTICLES) or self._is_verb(1)
        return self.word() in (*words.ORDINALS, 'next', 'last') and follows

    def _add(self, found: list[Clause], joint: str) -> None:
        """Read one clause and put it where it belongs in time."""
        word = self.accept('before', 'after', 'once')
        if word and self.accept('that'):
            self._joints()
            found.insert(max(len(found) - 1, 0), self.clause())
        elif joint == 'but_first' and found:
            found.insert(len(found) - 1, self.clause())
        elif word:
            self._subordinate(found, word, main=bool(found) and joint in ('', ','))
        else:
            denies = bool(found) and found[-1].kind == 'forbid' and bool(found[-1].places)
            if denies and joint == 'and' and self._is_verb():
                raise Unclear(DENIED)
            self.is_plain, self.is_denied = True, denies and joint not in ('.', ';', 'but')
            found.append(self.clause(shares=joint == 'then'))
            if joint == 'and' and len(found) > 1:
                found[-2:] = with_shared_anchor(*found[-2:])
            self.is_plain = self.is_denied = False

    def _subordinate(self, found: list[Clause], word: str, *, main: bool) -> None:
        """Read what follows 'before' or 'after'; main: the clause it belongs to came already."""
        self.accept('you', 'i')
        if self.accept('have') and self.accept('done', 'finished'):
            self.accept('that', 'this', 'it', 'so', 'with')
            self.accept('that', 'this', 'it')
            self._joints()
            found.append(self.clause())
            return
        other = self.clause()
        if not main:
            self._joints()
            found.append(self.clause())
        place = len(found) if word == 'before' else len(found) - 1
        found.insert(place, other)


def _refuse_unknown(tokens: tuple[Token, ...], ids: frozenset[str], sight: str) -> None:
    unknown = [n for n, token in enumerate(tokens) if not _is_word(token.word, ids)]
    if not unknown:
        _refuse_question(tokens, sight)
        return
    spoken = [token for token in tokens if token.word.strip('.,;')]
    verbs = any(words.GERUNDS.get(token.word, token.word) in words.VERBS for token in tokens)
    if len(unknown) * 2 > len(spoken) or (not verbs and len(unknown) > 1):
        raise Unclear(
            f'I did not understand that. I take commands in English or Chinese, {EXAMPLE}.'
        )
    raise Unclear(_about_unknown(tokens, unknown[0], sight))


def _about_unknown(tokens: tuple[Token, ...], at: int, sight: str) -> str:
    text = tokens[at].text
    if text in words.UNSUPPORTED_PLACES:
        return (
            f"I cannot put things '{text}' something, only in, on, left of, right of, "
            'in front of, behind or next to it. Where should it go?'
        )
    before = tokens[at - 1].word if at else '.'
    if before in _JOINTS or before == 'not':
        return f"I do not know how to '{text}'. {SKILLS}"
    is_verb = words.GERUNDS.get(before, before) in words.VERBS
    if before in _BEFORE_NOUNS or is_verb:
        return f"I know no '{text}'. {sight}"
    return f"I do not know the word '{text}'. Please say it in other words. {SKILLS}"


def _is_word(word: str, ids: frozenset[str]) -> bool:
    return word in _JOINTS or is_known(word) or word in ids


def _refuse_question(tokens: tuple[Token, ...], sight: str) -> None:
    is_asked = tokens[0].word in words.QUESTION_WORDS
    second = tokens[1].word if len(tokens) > 1 else ''
    is_doubt = tokens[0].word in _MODALS and second in ('the', 'a', 'i', 'it', 'all', 'this')
    if is_doubt:
        raise Unclear('Is that a question, or should I do it? Please tell me what to do.')
    if is_asked or (tokens[0].word in ('see', 'look') and len(tokens) < 3):
        raise Unclear(f'{sight} What should I do?')
    if tokens[0].word == 'hand_over':
        raise Unclear('I cannot hand things to people. Where on the table should I put it?')
