"""Instructions in the manner of public tabletop benchmarks, with what must hold after them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from qwen_embodied.resources import shared_file

ASK = 'ASK'


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


def phrases() -> tuple[Phrase, ...]:
    """Read all of them from config/bench/phrases.txt."""
    found, family = [], ''
    text = shared_file('config/bench/phrases.txt').read_text(encoding='utf-8')
    for line in text.splitlines():
        if line.startswith('['):
            family = line.strip('[]')
        elif line and not line.startswith('#'):
            scene, said, wanted = (part.strip() for part in line.split('|'))
            found.append(Phrase(family, scene, said, wanted))
    return tuple(found)
