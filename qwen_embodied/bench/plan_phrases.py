"""Instructions in the manner of public tabletop benchmarks, with what must hold after them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from dataclasses import dataclass

from qwen_embodied.messages import SHAPES
from qwen_embodied.resources import shared_file

ASK = 'ASK'
_UNNUMBERED = re.compile(rf'\b([a-z]+_(?:{"|".join(SHAPES)}))\b(?!_)')


@dataclass(frozen=True)
class Phrase:
    """One instruction with its goal.

    Attributes:
        family: Of benchmarks whose manner it follows.
        scene: Name in plan_scenes.SCENES.
        text: The instruction.
        wanted: Conditions as in plan_checker.faults; ASK where, or as one of the alternatives
            where also, a question is right.
    """

    family: str
    scene: str
    text: str
    wanted: str

    @property
    def may_ask(self) -> bool:
        """True when a question is right."""
        return ASK in self.wanted

    @property
    def goals(self) -> str:
        """Conditions without ASK; empty where only a question is right."""
        options = (option.strip() for option in self.wanted.split('/'))
        return ' / '.join(option for option in options if option != ASK)


def phrases(name: str = 'phrases') -> tuple[Phrase, ...]:
    """Read all of them from a file in config/bench.

    Args:
        name: Of the file: phrases, wordings_seen (the grammar was worked on with them) or
            wordings_kept (it was not).
    """
    found, family = [], ''
    text = shared_file(f'config/bench/{name}.txt').read_text(encoding='utf-8')
    for line in text.splitlines():
        if line.startswith('['):
            family = line.strip('[]')
        elif line and not line.startswith('#'):
            scene, said, wanted = (part.strip() for part in line.split('|'))
            found.append(Phrase(family, scene, said, in_full(wanted)))
    return tuple(found)


def in_full(wanted: str) -> str:
    """Write conditions in full: 'red_cube,blue_cube in tray' names two objects, each number 1."""
    options = (
        '; '.join(one for part in option.split(';') for one in _each(part.strip()))
        for option in wanted.split('/')
    )
    return ' / '.join(options)


def _each(condition: str) -> list[str]:
    numbered = _UNNUMBERED.sub(r'\1_1', condition)
    listed = next((word for word in numbered.split() if ',' in word), None)
    names = listed.split(',') if listed else []
    return [numbered.replace(listed or '', name) for name in names] or [numbered]
