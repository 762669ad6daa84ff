"""Finds the container for each colour."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.messages import SceneObject
from qwen_embodied.planning.grammar import speech
from qwen_embodied.planning.grammar.resolve import Resolver
from qwen_embodied.planning.grammar.syntax import Noun, Unclear
from qwen_embodied.planning.grammar.table import Table


def containers_of(table: Table, resolver: Resolver, noun: Noun | None) -> list[SceneObject]:
    """Give the containers that things are sorted into; noun None stands for all there are."""
    if noun is None:
        found = [item for item in table.items.values() if item.is_container]
    else:
        whole = replace(noun, quantifier='all', is_matching=False, count=None)
        names = resolver.resolve(whole, 'container')
        found = [table.items[name] for name in names]
    if not any(item.is_container for item in found):
        raise Unclear('I see no container to sort into. Where should I put the things?')
    return [item for item in found if item.is_container]


def matching(table: Table, name: str, containers: list[SceneObject]) -> str:
    """Give the id of the one container that has an object's colour."""
    item = table.items[name]
    found = [box for box in containers if box.colour == item.colour]
    if not found:
        listed = speech.listed([speech.the(box) for box in containers])
        raise Unclear(
            f'There is no {item.colour} container for {speech.the(item)}; there is {listed}. '
            f'Where should I put it?'
        )
    if len(found) > 1:
        raise Unclear(speech.which(f'{item.colour} container', found))
    return found[0].id
