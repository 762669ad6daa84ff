"""Words for people: names of objects, questions and summaries."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable, Sequence

from qwen_embodied.messages import SceneObject
from qwen_embodied.planning.schema import MAX_TEXT, Step

_RELATION_WORDS = {
    'in': 'in', 'on': 'on', 'left_of': 'to the left of', 'right_of': 'to the right of',
    'in_front_of': 'in front of', 'behind': 'behind', 'next_to': 'next to',
}  # fmt: skip
_MOST = 6


def the(item: SceneObject) -> str:
    """Name one object: 'the red cube'."""
    return f'the {item.label or item.id}'


def listed(names: Sequence[str], word: str = 'and') -> str:
    """Join names: 'a, b and c'."""
    if len(names) < 2:
        return ''.join(names)
    return f'{", ".join(names[:-1])} {word} {names[-1]}'


def sight(items: Iterable[SceneObject]) -> str:
    """Say what can be seen, with the count of things that look the same."""
    names = [item.label or item.id for item in items]
    if not names:
        return 'I see nothing on the table.'
    unique = list(dict.fromkeys(names))
    parts = [
        f'{names.count(n)} {_plural(n)}' if names.count(n) > 1 else f'the {n}' for n in unique
    ]
    shown = parts if len(parts) <= 2 * _MOST else [*parts[: 2 * _MOST], 'more']
    return f'I see {listed(shown)}.'


def which(text: str, items: Sequence[SceneObject]) -> str:
    """Ask which of several objects is meant, with their places."""
    shown = _from_left(items)[:_MOST]
    options = [f'{the(item)} ({place})' for item, place in shown]
    more = ['another one'] if len(items) > _MOST else []
    return f'Which {text or "object"}: {listed(options + more, "or")}?'


def shortened(text: str) -> str:
    """Cut a text to the length that a plan may hold."""
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1].rstrip() + '…'


def summary(steps: Sequence[Step], names: dict[str, str]) -> str:
    """Say in one sentence what a plan does.

    Args:
        steps: Of the plan.
        names: Words for each object id, such as 'the red cube'.
    """
    parts: list[str] = []
    for index, step in enumerate(steps):
        following = steps[index + 1] if index + 1 < len(steps) else None
        is_fused = following is not None and following.action == 'place'
        if step.action == 'pick' and is_fused and following.object == step.object:  # type: ignore[union-attr]
            continue
        parts.append(_phrase(step, names))
    text = ', then '.join(parts)
    return shortened(text[:1].upper() + text[1:] + '.')


def _phrase(step: Step, names: dict[str, str]) -> str:
    name = names.get(step.object or '', step.object or '')
    if step.action == 'place':
        return f'put {name} {_where(step, names)}'
    if step.action == 'push':
        return f'push {name} {step.distance:.2f} m {step.direction}'
    if step.action == 'wait':
        return f'wait {step.seconds:g} s'
    return {'pick': f'pick up {name}', 'home': 'go home'}.get(step.action, 'ask')


def _where(step: Step, names: dict[str, str]) -> str:
    if step.words is not None:
        return f'at ‘{step.words}’'
    if step.position is not None:
        return f'at ({step.position[0]:.2f}, {step.position[1]:.2f})'
    target = names.get(step.target or '', step.target or '')
    return f'{_RELATION_WORDS[step.relation or "in"]} {target}'


def _plural(name: str) -> str:
    return f'{name}es' if name.endswith('x') else f'{name}s'


def _from_left(items: Sequence[SceneObject]) -> list[tuple[SceneObject, str]]:
    """Pair objects with a word for their place, from left to right or from near to far."""
    ys = [float(item.position[1]) for item in items]
    xs = [float(item.position[0]) for item in items]
    if max(ys) - min(ys) >= max(xs) - min(xs):
        ordered = sorted(items, key=lambda item: (-float(item.position[1]), item.id))
        first, last = 'left', 'right'
    else:
        ordered = sorted(items, key=lambda item: (float(item.position[0]), item.id))
        first, last = 'front', 'back'
    words = [f'{n + 1} from the {first}' for n in range(len(ordered))]
    words[0], words[-1] = first, last
    if len(ordered) == 3:
        words[1] = 'middle'
    return list(zip(ordered, words, strict=True))
