"""Steps of a plan in plain words."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.messages import Scene
from qwen_embodied.planning import Step


def say(step: Step, scene: Scene) -> str:
    """Say a step as a person would, with the labels of the scene for its ids."""
    item = _name(step.object, scene)
    if step.action == 'place':
        return f'place {item} {_where(step, scene)}'
    if step.action == 'push':
        return f'push {item} {step.direction} by {100 * (step.distance or 0):.0f} cm'
    if step.action == 'wait':
        return f'wait {step.seconds:g} s'
    return {'pick': f'pick {item}', 'home': 'go home', 'ask': step.question or 'ask'}[step.action]


def _where(step: Step, scene: Scene) -> str:
    if step.position:
        called = f'‘{step.words}’, ' if step.words else ''
        return 'at {}({:.2f}, {:.2f}) m'.format(called, *step.position[:2])
    return f'{(step.relation or "at").replace("_", " ")} {_name(step.target, scene)}'


def _name(object_id: str | None, scene: Scene) -> str:
    item = scene.find(object_id or '')
    return f'the {item.label}' if item else (object_id or '')
