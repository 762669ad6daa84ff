"""From an instruction to tokens: spelling unified, phrases joined, fillers dropped."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from qwen_embodied.planning.grammar import words
from qwen_embodied.planning.grammar.frames import FRAME, unframed
from qwen_embodied.planning.grammar.harm import HARM, NO_RULES, PEOPLE
from qwen_embodied.planning.grammar.phrases import LONGEST_PHRASE, PHRASES
from qwen_embodied.planning.grammar.spelling import Spelling

_PATTERN = re.compile(r'-?(?:\d+\.\d+|\.\d+|\d+)|[^\W\d_]\w*|[^\w\s]|_+')
_ORDINAL = re.compile(r'\b(\d+)(st|nd|rd|th)\b')
_HEADING = re.compile(
    r'^\s*(?:(?:the|your|my) )?(?:task|goal|objective|mission|instruction|command|job|order)'
    r'(?: is)?\s*:\s*'
)
_CONTRACTIONS = {
    "can't": 'cannot', "won't": 'not', "n't": ' not', "'d": ' would', "'ll": ' will',
    "let's": 'let us', "'re": ' are', "'ve": ' have', "'m": ' am', "it's": 'it is',
    "that's": 'that is', "what's": 'what is', "there's": 'there is', "where's": 'where is',
    "which's": 'which is', "one's": 'one is',
}  # fmt: skip
_SYNONYMS = {
    'color': 'colour', 'colors': 'colours', 'colored': 'coloured', 'dont': 'do not',
    'cannot': 'not', 'leftmost': 'leftmost', 'em': 'them', 'pls': 'please', 'plz': 'please',
    'everthing': 'everything', 'put-down': 'put down', 'wanna': 'want', 'gonna': 'will',
    'centered': 'centre', 'blu': 'blue', 'u': 'you',
    'afterward': 'afterwards', 'whilst': 'while', 'til': 'until',
}  # fmt: skip
_JOINED = ('hand over', 'get rid')
_SEPARATORS = {'!': '.', '?': '.', '\n': '.', '–': ',', '—': ',', '+': 'and', '-': ','}
_SKIPPED = frozenset('"()[]{}\'`=*')


@dataclass(frozen=True)
class Token:
    """One word of the grammar.

    Attributes:
        word: In the grammar's spelling; joined phrases have underscores.
        text: As the operator wrote it.
    """

    word: str
    text: str


def tokens_of(instruction: str) -> tuple[Token, ...]:
    """Split an instruction into tokens.

    Args:
        instruction: The operator's words.
    """
    raw = [Token(_spelt(word), word) for word in _raw_words(instruction)]
    raw = [raw[at] for at in unframed([token.word for token in raw])]
    merged = _merge(_merge(raw))
    followers = (*(token.word for token in merged[1:]), '')
    merged = [
        token for token, follower in zip(merged, followers, strict=False)
        if not (token.word in words.MATERIALS and follower in _NOUNISH)
    ]  # fmt: skip
    return tuple(token for token in merged if token.word not in words.FILLERS)


def is_number(word: str) -> bool:
    """Say whether a token is written as a number."""
    return word[-1:].isdecimal() and not word[:1].isalpha()


def is_known(word: str) -> bool:
    """Say whether the grammar has any use for a word."""
    return word in _VOCABULARY or is_number(word)


def _spelt(word: str) -> str:
    """Give a word as the grammar spells it; a colon parts as a comma does."""
    if word in _SPELT or is_number(word):
        return word
    return ',' if word == ':' else _SPELLING.corrected(word)


def _raw_words(instruction: str) -> list[str]:
    text = unicodedata.normalize('NFKC', instruction).lower()
    text = _HEADING.sub('', text)
    text = text.replace('’', "'").replace('‘', "'").replace('\n', ' . ').replace('−', '-')
    for short, long in _CONTRACTIONS.items():
        text = re.sub(rf'{short}(?=\W|$)', long, text)
    text = _ORDINAL.sub(lambda match: _ordinal_word(int(match[1])), text)
    text = re.sub(r'(?<=[a-z])-(?=[a-z])', ' ', text)
    found: list[str] = []
    for word in _PATTERN.findall(text):
        if word not in _SKIPPED:
            found += _SYNONYMS.get(word, _SEPARATORS.get(word, word)).split()
    return found


def _ordinal_word(number: int) -> str:
    return next((word for word, value in words.ORDINALS.items() if value == number), 'nth')


def _merge(tokens: list[Token]) -> list[Token]:
    """Replace phrases, the longest first at each place."""
    result: list[Token] = []
    at = 0
    while at < len(tokens):
        length = _phrase_length(tokens, at)
        part = tokens[at : at + max(length, 1)]
        if length:
            text = ' '.join(token.text for token in part)
            meaning = PHRASES[tuple(token.word for token in part)]
            result += [Token(word, text if not n else '') for n, word in enumerate(meaning)]
        else:
            result += part
        at += len(part)
    return result


def _phrase_length(tokens: list[Token], at: int) -> int:
    for length in range(min(LONGEST_PHRASE, len(tokens) - at), 0, -1):
        meaning = PHRASES.get(tuple(token.word for token in tokens[at : at + length]))
        following = tokens[at + length].word if at + length < len(tokens) else ''
        if meaning is not None and not _goes_on(meaning, following):
            return length
    return 0


def _goes_on(meaning: tuple[str, ...], following: str) -> bool:
    """Say whether the next word makes a phrase mean something else.

    'in the left' goes on with a noun in 'in the left bowl', and 'but not' excepts nothing in
    'but not touch the cube'.
    """
    if meaning == ('except',):
        return words.GERUNDS.get(following, following) in (*words.VERBS, 'touch')
    is_side = len(meaning) == 1 and meaning[0].startswith(('on_', 'to_', 'from_'))
    return is_side and following in _NOUNISH


def _vocabulary() -> frozenset[str]:
    known: set[str] = set(words.GLUE | words.STATES | words.RELATION_WORDS | words.TABLE_WORDS)
    known |= words.FILLERS | words.QUESTION_WORDS | words.CONDITIONS | words.SHADES
    for table in (
        words.COLOURS, words.SHAPES, words.SHAPE_ADJECTIVES, words.PLURALS, words.GENERIC,
        words.EXTREMES, words.ORDINALS, words.NUMBERS, words.UNITS, words.TIMES, words.ARTICLES,
        words.QUANTIFIERS, words.PRONOUNS, words.VERBS, words.GERUNDS, words.DIRECTION_WORDS,
    ):  # fmt: skip
        known |= set(table)
    for meaning in PHRASES.values():
        known |= set(meaning)
    return frozenset(known)


_VOCABULARY = _vocabulary()
_MEANT = {word for phrase in PHRASES for word in phrase} | {
    word for word in _VOCABULARY if '_' not in word
}
_SPELT = _MEANT | FRAME | HARM | NO_RULES | PEOPLE | words.UNSUPPORTED_PLACES | words.MATERIALS
_SPELLING = Spelling(word for word in _MEANT if word.isalpha())
_NOUNISH = frozenset(
    (*words.COLOURS, *words.SHAPES, *words.PLURALS, *words.GENERIC, *words.SHADES, 'one', 'most')
)
