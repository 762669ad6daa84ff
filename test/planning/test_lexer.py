"""From text to tokens."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen_embodied.planning.grammar.lexer import is_known, tokens_of
from qwen_embodied.planning.grammar.phrases import PHRASES


def words(text):
    return ' '.join(token.word for token in tokens_of(text))


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ("DON'T touch it!", 'not touch it .'),
        ('don’t touch it', 'not touch it'),
        ('Could you please put it in front of the bowl?', 'put it in_front_of the bowl .'),
        ('to the left of the bowl', 'left_of the bowl'),
        ('on the left', 'on_left'),
        ('in the left bowl', 'in the left bowl'),
        ('in the back left corner', 'at corner_back_left'),
        ('the 2nd cube from the left', 'the second cube from_left'),
        ('10cm', '10 cm'),
        ('at (0.5, -0.1)', 'at 0.5 , -0.1'),
        ('left-hand side', 'left hand side'),
        ('red_cube_1', 'red_cube_1'),
    ],
)
def test_spelling_is_unified(text, expected):
    assert words(text) == expected


def test_tokens_keep_what_was_written():
    assert [token.text for token in tokens_of('to the left of it')] == ['to the left of', 'it']


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    for token in tokens_of(text):
        assert token.word


def test_every_phrase_leads_to_words_the_grammar_knows():
    assert all(is_known(word) for meaning in PHRASES.values() for word in meaning)
