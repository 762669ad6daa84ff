"""Completes nouns of a list from each other: 'the red and the blue cube' are two cubes."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.planning.grammar.syntax import Noun


def with_shared_head(nouns: list[Noun]) -> tuple[Noun, ...]:
    """Give 'the red' the head of 'the blue cube' that follows it."""
    result: list[Noun] = []
    later: Noun | None = None
    for said in reversed(nouns):
        noun = said
        lacks = not (noun.head or noun.shapes or noun.is_pronoun or noun.name)
        if lacks and later is not None:
            text = f'{noun.text} {later.text.split()[-1]}'
            side = later.side if noun.ordinal else None
            is_plural = later.plural and not (noun.extremes or noun.ordinal)
            noun = replace(noun, head=later.head, shapes=later.shapes, text=text, side=side)
            noun = replace(noun, plural=noun.plural or is_plural)
        elif noun.shapes:
            later = noun
        result.insert(0, noun)
    return tuple(result)
