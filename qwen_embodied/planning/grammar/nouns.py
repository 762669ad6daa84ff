"""Reads noun phrases: quantifiers, adjectives, heads."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.lexer import is_number
from qwen_embodied.planning.grammar.listing import with_shared_head
from qwen_embodied.planning.grammar.qualifiers import QualifierReader
from qwen_embodied.planning.grammar.syntax import Noun, Unclear

_WHOLE = {'everything': 'all', 'anything': 'all', 'something': 'some'}
_EACH = frozenset({'each', 'every'})


class NounReader(QualifierReader):
    """Reads nouns."""

    last_target: Noun | None = None
    latest: Noun | None = None

    def starts_noun(self, ahead: int = 0) -> bool:
        """Say whether a noun phrase begins at the cursor or some tokens ahead."""
        word = self.word(ahead)
        if word in words.EXTREMES or word in words.SHADES or word == 'matching':
            return self._is_descriptive(ahead + 1) and self.word(ahead + 2) not in words.UNITS
        if word == 'what':
            return self.word(ahead + 1) in ('is', 'are')
        if word == 'empty':
            return self.word(ahead + 1) in (*words.COLOURS, *words.SHAPES, *words.PLURALS)
        if word == 'whichever':
            return self._is_descriptive(ahead + 1)
        return self._is_descriptive(ahead) or word in words.ARTICLES or word in words.PRONOUNS

    def nouns(self) -> tuple[Noun, ...]:
        """Read a list of noun phrases joined by commas and 'and'."""
        found = [*self.noun()]
        while True:
            step = self._joint()
            if not step:
                break
            if self.tokens[self.at].text == ':' and found[-1].is_many:
                return self._apposition(found, step)
            self.at += step
            found += self.noun()
        if len(found) == 2 and found[0].quantifier == 'both' and not found[0].plural:
            found[0] = replace(found[0], quantifier='the')
        return with_shared_head(found)

    def noun(self) -> tuple[Noun, ...]:
        """Read one noun phrase; 'the red and the blue cube' becomes two."""
        start = self.at
        pronoun = self._pronoun()
        if pronoun is not None:
            return (self.qualified(pronoun, start),)
        noun = self._quantified()
        noun = self._described(noun)
        noun = self._headed(noun)
        if self.at == start or not _says_something(noun):
            raise self.fail()
        found = self.qualified(replace(noun, text=self.said(start)), start)
        self.heads = (found, *self.heads)
        self.latest = found
        return _split_colours(found)

    def _apposition(self, found: list[Noun], step: int) -> tuple[Noun, ...]:
        """Read 'two blocks: the red one and the blue one', which are the two."""
        count, start = found[-1].count, self.at
        self.at += step
        listed = self.nouns()
        if self.word() in ('on_bottom', 'on_top', 'on_left'):
            self.at = start
            return tuple(found)
        if count is not None and len(listed) != count:
            raise Unclear(f"You said '{found[-1].text}', but named {len(listed)}. Which?")
        return (*found[:-1], *listed)

    def _joint(self) -> int:
        """Give the number of joining tokens before another noun of a list, or 0."""
        if self.word() == ',' and self.word(1) == 'and' and self.starts_noun(2):
            return 2
        if self.word() in (',', 'and', 'then') and self.starts_noun(1):
            return 1
        if (self.word(), self.word(1)) == (',', 'then') and self.starts_noun(2):
            return 2
        return 0

    def _is_descriptive(self, ahead: int) -> bool:
        word = self.word(ahead)
        tables = (
            words.COLOURS, words.SHAPES, words.SHAPE_ADJECTIVES, words.PLURALS, words.GENERIC,
            words.QUANTIFIERS, words.NUMBERS, words.ORDINALS, words.EXTREMES, self.ids,
        )  # fmt: skip
        return bool(word) and (any(word in table for table in tables) or is_number(word))

    def _pronoun(self) -> Noun | None:
        word = self.word()
        if word in words.QUANTIFIERS and self.word(1) == 'them':
            self.at += 2
            return Noun(text='them', quantifier='them')
        follows = self._is_descriptive(1) or self.word(1) in words.SHADES
        if word not in words.PRONOUNS or (follows and word not in ('it', 'them')):
            return None
        self.at += 1
        self.accept('all', 'both')
        return Noun(text=word, quantifier=words.PRONOUNS[word])

    def _quantified(self) -> Noun:
        """Read articles, quantifiers and numbers before the adjectives."""
        noun = Noun(text='', quantifier='bare')
        while True:
            word = self.word()
            if word == 'what' and self.word(1) in ('is', 'are'):
                self.at += 1
                return replace(noun, quantifier='all', head='object')
            if word == 'whichever':
                noun = replace(noun, quantifier='which')
            elif word in words.ARTICLES and not noun.head:
                noun = self._with_article(noun, word)
            elif word in words.QUANTIFIERS:
                noun = self._with_quantifier(noun, word)
            elif self._counts():
                noun = replace(noun, count=int(self.number() or 0))
                noun = replace(noun, quantifier='some') if self.accept('of') else noun
                continue
            else:
                return noun
            self.at += 1
            self.accept('of')

    def _with_article(self, noun: Noun, word: str) -> Noun:
        if word == 'another':
            return replace(noun, quantifier='another')
        is_first = noun.quantifier == 'bare'
        return replace(noun, quantifier=words.ARTICLES[word]) if is_first else noun

    def _with_quantifier(self, noun: Noun, word: str) -> Noun:
        quantifier = 'each' if word in _EACH else words.QUANTIFIERS[word]
        if word in _WHOLE:
            return replace(noun, quantifier=_WHOLE[word], head='object')
        return replace(noun, quantifier=quantifier)

    def _counts(self) -> bool:
        """Say whether a number at the cursor counts objects."""
        word = self.word()
        if not (word in words.NUMBERS or (is_number(word) and '.' not in word)):
            return False
        return self._is_descriptive(1) or self.word(1) in (*words.SHADES, 'of')

    def _described(self, noun: Noun) -> Noun:
        """Read adjectives in any order."""
        while True:
            word = self.word()
            changed = self._adjective(noun, word)
            if changed is None:
                return noun
            noun = changed

    def _adjective(self, noun: Noun, word: str) -> Noun | None:
        if word in words.SHADES and self.word(1) in words.COLOURS:
            self.at += 1
            return noun
        if word in words.COLOURS and not (word in words.ALSO_THINGS and not self._is_headed()):
            return self._colours(noun)
        if word in words.ORDINALS and self.word(1) not in (',', ''):
            self.at += 1
            return replace(noun, ordinal=words.ORDINALS[word])
        if word in words.EXTREMES:
            self.at += 1
            return replace(noun, extremes=(*noun.extremes, word))
        if word in words.SHAPE_ADJECTIVES:
            self.at += 1
            return replace(noun, shapes=words.SHAPE_ADJECTIVES[word])
        return self._other_adjective(noun, word)

    def _is_headed(self) -> bool:
        """Say whether a noun follows the word at the cursor, or is still to come."""
        after = self.word(1)
        named = (words.SHAPES, words.PLURALS, words.GENERIC, words.COLOURS)
        return after in ('one', 'coloured', 'and') or any(after in table for table in named)

    def _other_adjective(self, noun: Noun, word: str) -> Noun | None:
        if word == 'empty':
            self.at += 1
            return replace(noun, is_empty=True)
        if word == 'only' and noun.quantifier == 'the':
            self.at += 1
            return noun
        if word == 'single' and noun.quantifier == 'a':
            self.at += 1
            return replace(noun, count=1)
        if word in ('matching', 'corresponding', 'respective'):
            self.at += 1
            return replace(noun, is_matching=True)
        if word == 'other' and (noun.quantifier != 'bare' or noun.count is not None):
            self.at += 1
            return replace(noun, quantifier='rest' if noun.quantifier == 'all' else 'other')
        if word in ('not', 'non') and self.word(1) in words.COLOURS:
            self.at += 1
            colour = words.COLOURS[self.take()]
            return replace(noun, not_colours=noun.not_colours | colour)
        if word in words.NUMBERS and self._counts():
            return replace(noun, count=int(self.number() or 0))
        return None

    def _colours(self, noun: Noun) -> Noun:
        """Read 'red', 'red and blue' or 'red, green and blue'."""
        found = [*noun.colours, words.COLOURS[self.take()]]
        self.accept('coloured')
        while self._colour_joint():
            self.at += self._colour_joint()
            self.accept_from(words.SHADES)
            found.append(words.COLOURS[self.take()])
            self.accept('coloured')
        return replace(noun, colours=tuple(found))

    def _colour_joint(self) -> int:
        """Give the number of joining tokens before another colour of the same noun, or 0."""
        step = 2 if (self.word(), self.word(1)) == (',', 'and') else 1
        if self.word() not in (',', 'and', 'or'):
            return 0
        shade = self.word(step) in words.SHADES
        after = self.word(step + 1 + shade)
        has_head = after in words.SHAPES or after in words.PLURALS or after in words.GENERIC
        more = has_head or after in (',', 'and', 'or', 'one')
        return step if self.word(step + shade) in words.COLOURS and more else 0

    def _headed(self, noun: Noun) -> Noun:
        """Read the head; numbers such as 'one' may be it."""
        word = self.word()
        if word in self.ids:
            return replace(noun, name=self.take(), head='object')
        if word in words.PLURALS and words.PLURALS[word] in words.COLOURS:
            colour = words.COLOURS[words.PLURALS[self.take()]]
            return replace(noun, colours=(*noun.colours, colour), plural=True, head='object')
        if word == 'of' and (noun.extremes or noun.ordinal) and not noun.head:
            return self._one_of(noun)
        singular = words.PLURALS.get(word, word)
        named = replace(noun, plural=word != singular)
        if singular in words.SHAPES:
            self.at += 1
            return replace(named, head=singular, shapes=words.SHAPES[singular])
        if singular in words.GENERIC:
            self.at += 1
            return replace(named, head='object')
        if singular == 'one':
            self.at += 1
            return replace(named, head='one', like=self._antecedents())
        return self._headless(noun)

    def _headless(self, noun: Noun) -> Noun:
        if noun.count is not None and self.word(-1) in ('those', 'these'):
            raise Unclear(f"Which ones do you mean by '{self.word(-1)}'? Please name them.")
        if noun.quantifier == 'rest' and not noun.head:
            return replace(noun, head='object')
        is_inner = self.describing > 0 and bool(noun.colours)
        if (noun.quantifier != 'bare' or is_inner) and not noun.head:
            return replace(noun, like=self._antecedents())
        return noun

    def _one_of(self, noun: Noun) -> Noun:
        """Read 'of the red cubes' after 'the largest'."""
        self.at += 1
        pool = self.noun()[0]
        return replace(
            pool, quantifier=noun.quantifier, count=noun.count, plural=(noun.count or 1) > 1,
            extremes=(*pool.extremes, *noun.extremes), ordinal=noun.ordinal,
        )  # fmt: skip

    def _antecedents(self) -> tuple[Noun, ...]:
        return tuple(noun for noun in self.heads if noun.shapes)[:4]


def _says_something(noun: Noun) -> bool:
    described = bool(noun.colours or noun.extremes or noun.ordinal or noun.not_colours)
    counted = noun.quantifier in ('all', 'each', 'both', 'rest', 'other', 'some') or noun.count
    return described or bool(noun.head or noun.shapes or counted)


def _split_colours(noun: Noun) -> tuple[Noun, ...]:
    """Give one noun per colour where each colour means its own object."""
    if len(noun.colours) < 2 or noun.quantifier in ('all', 'each', 'rest', 'both', 'some'):
        return (noun,)
    if noun.count is not None:
        return (noun,)
    names = ['/'.join(sorted(colour)) for colour in noun.colours]
    head = noun.text.split()[-1] if noun.head else ''
    return tuple(
        replace(noun, colours=(colour,), text=f'{name} {head}'.strip())
        for colour, name in zip(noun.colours, names, strict=True)
    )
