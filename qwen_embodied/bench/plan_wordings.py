"""Composed wordings: a frame, a verb, an object pointed to in one way or another, and a goal.

Two vocabularies: 'seen' was worked on, 'kept' was written before either was tried. What a phrase
means is decided here by exact positions and sizes, not by the planner's code.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from qwen_embodied.bench.plan_draw import Case
from qwen_embodied.bench.plan_scenes import scattered
from qwen_embodied.messages import Scene, SceneObject

COLOURS = ('red', 'green', 'blue', 'yellow', 'purple', 'orange', 'pink')
Form = Callable[[SceneObject, Scene, str], str | None]
CLEAR, LARGER = 0.04, 1.3  # m apart along an axis, and times the volume, to be told apart


@dataclass(frozen=True)
class Vocabulary:
    """The words of one half.

    Attributes:
        frames: With {} for the command.
        verbs: With {a} for the object and {p} for the goal.
        cubes: Words for a cube.
        inside: Goals in a container {t}.
        beside: Goals next to an object {t}, with their relation.
        forms: Ways to point to an object.
    """

    frames: tuple[str, ...]
    verbs: tuple[str, ...]
    cubes: tuple[str, ...]
    inside: tuple[str, ...]
    beside: tuple[tuple[str, str], ...]
    forms: tuple[Form, ...]


def composed(words: Vocabulary, count: int, seed: int = 0) -> Iterator[Case]:
    """Compose wordings with their goals, each for a scene of its own."""
    number = 0
    while number < count:
        rng = np.random.default_rng(100_000 * seed + number)
        number += 1
        yield _case(words, rng, number)


def _case(words: Vocabulary, rng: np.random.Generator, number: int) -> Case:
    scene = _scene(rng, number)
    cubes = [item for item in scene.objects if item.shape == 'cube']
    item = cubes[int(rng.integers(len(cubes)))]
    noun = _one(rng, words.cubes)
    options = [said for form in words.forms if (said := form(item, scene, noun)) is not None]
    said = _one(rng, options) if options else f'the {item.colour} {noun}'
    target, goal, relation = _goal(words, rng, scene, item)
    command = _one(rng, words.verbs).format(a=said, p=goal)
    text = _one(rng, words.frames).format(command)
    return Case('composed', text, scene, f'{item.id} {relation} {target.id}')


def _one(rng: np.random.Generator, options: tuple[str, ...] | list[str]) -> str:
    return str(options[int(rng.integers(len(options)))])


def _scene(rng: np.random.Generator, number: int) -> Scene:
    colours = [str(c) for c in rng.permutation(COLOURS)]
    names = [f'{colour}_cube_1' for colour in colours[:4]]
    sides = {name: 0.052 - 0.006 * at for at, name in enumerate(rng.permutation(names))}
    boxes = [f'{colours[4]}_bowl_1', f'{colours[5]}_bin_1']
    return scattered([*names, *boxes], number, sides=sides)


def _goal(
    words: Vocabulary, rng: np.random.Generator, scene: Scene, item: SceneObject
) -> tuple[SceneObject, str, str]:
    """Choose a goal; gives its object, its words and the relation."""
    containers = [other for other in scene.objects if other.is_container]
    if rng.random() < 0.7:
        target = containers[int(rng.integers(len(containers)))]
        return target, _one(rng, words.inside).format(t=f'{target.colour} {target.shape}'), 'in'
    cubes = [other for other in scene.objects if other.shape == 'cube' and other.id != item.id]
    target = cubes[int(rng.integers(len(cubes)))]
    said, relation = words.beside[int(rng.integers(len(words.beside)))]
    return target, said.format(t=f'{target.colour} cube'), relation


# -- ways to point, each None where it does not tell the object from the others ---------------


def by_colour(form: str) -> Form:
    """Point by colour."""
    return lambda item, scene, noun: form.format(c=item.colour, n=noun)


def by_side(form: str) -> Form:
    """Point to the one at the left or right end."""

    def point(item: SceneObject, scene: Scene, noun: str) -> str | None:
        for side, sign in (('left', 1.0), ('right', -1.0)):
            if _leads(item, scene, partial(_along, sign), CLEAR):
                return form.format(s=side, n=noun)
        return None

    return point


def by_number(form: str) -> Form:
    """Point by counting from a side."""

    def point(item: SceneObject, scene: Scene, noun: str) -> str | None:
        ys = sorted((float(o.position[1]) for o in _cubes(scene)), reverse=True)
        if min(a - b for a, b in pairwise(ys)) < CLEAR:
            return None
        at = ys.index(float(item.position[1]))
        word = ('first', 'second', 'third', 'fourth')
        side = 'left' if at < 2 else 'right'
        return form.format(k=word[at if side == 'left' else 3 - at], s=side, n=noun)

    return point


def by_size(largest: str, smallest: str) -> Form:
    """Point to the largest or the smallest."""

    def point(item: SceneObject, scene: Scene, noun: str) -> str | None:
        for form, sign in ((largest, 1.0), (smallest, -1.0)):
            if _leads(item, scene, partial(_bulk, sign), math.log(LARGER)):
                return form.format(n=noun)
        return None

    return point


def by_comparison(form: str, *, larger: bool) -> Form:
    """Point to the only one that is larger, or smaller, than another."""

    def point(item: SceneObject, scene: Scene, noun: str) -> str | None:
        sign = 1.0 if larger else -1.0
        for other in _cubes(scene):
            ratios = [sign * math.log(_volume(o) / _volume(other)) for o in _cubes(scene)]
            beyond = [o for o, r in zip(_cubes(scene), ratios, strict=True) if r > 0.01]
            if beyond == [item] and sign * math.log(_volume(item) / _volume(other)) > math.log(
                1.3
            ):
                return form.format(c=other.colour, n=noun)
        return None

    return point


def by_distance(form: str, *, far: bool) -> Form:
    """Point to the nearest to, or the farthest from, a container."""

    def point(item: SceneObject, scene: Scene, noun: str) -> str | None:
        for box in (other for other in scene.objects if other.is_container):
            sign = 1.0 if far else -1.0
            if _leads(item, scene, partial(_away, sign, box), CLEAR):
                return form.format(t=f'{box.colour} {box.shape}', n=noun)
        return None

    return point


def _cubes(scene: Scene) -> list[SceneObject]:
    return [item for item in scene.objects if item.shape == 'cube']


def _volume(item: SceneObject) -> float:
    return float(np.prod(item.size))


def _along(sign: float, item: SceneObject) -> float:
    return sign * float(item.position[1])


def _bulk(sign: float, item: SceneObject) -> float:
    return sign * math.log(_volume(item))


def _away(sign: float, other: SceneObject, item: SceneObject) -> float:
    return sign * float(np.hypot(*(item.position[:2] - other.position[:2])))


def _leads(
    item: SceneObject, scene: Scene, measure: Callable[[SceneObject], float], margin: float
) -> bool:
    """Say whether a cube is ahead of all others by a margin."""
    others = [measure(other) for other in _cubes(scene) if other.id != item.id]
    return bool(measure(item) - max(others) > margin)


SEEN = Vocabulary(
    frames=(
        '{}', 'please {}', 'Could you {}?', 'I would like you to {}.', 'robot, {} please',
        'it would be great if you could {}', 'your task is to {}', 'Hey, can you {} for me?',
    ),
    verbs=(
        'put {a} {p}', 'move {a} {p}', 'pick up {a} and place it {p}', 'grab {a}, then put it {p}',
        'take {a} and set it down {p}',
    ),
    cubes=('cube', 'block'),
    inside=('in the {t}', 'into the {t}', 'inside the {t}'),
    beside=(('to the left of the {t}', 'left_of'), ('next to the {t}', 'next_to'),
            ('on top of the {t}', 'on'), ('behind the {t}', 'behind')),
    forms=(
        by_colour('the {c} {n}'), by_colour('the {n} that is {c}'), by_side('the {s}most {n}'),
        by_number('the {k} {n} from the {s}'), by_size('the largest {n}', 'the smallest {n}'),
        by_comparison('the {n} that is larger than the {c} one', larger=True),
        by_distance('the {n} closest to the {t}', far=False),
    ),
)  # fmt: skip
KEPT = Vocabulary(
    frames=(
        '{}', '{}, thank you!', 'Would you kindly {}', 'I want you to please {}', 'now {}',
        'do you think you can {}?', 'the next thing to do is to {}', 'Be so nice and {}',
        'you could {}', "Let's {}",
    ),
    verbs=(
        'place {a} {p}', 'bring {a} {p}', 'get {a} and drop it {p}', 'fetch {a}; put it {p}',
        'pick {a} up and lay it {p}', 'transfer {a} {p}', 'grasp {a}, lift it and put it down {p}',
    ),
    cubes=('cube', 'brick', 'cube-shaped object'),
    inside=('in the {t}', 'within the {t}', 'into the interior of the {t}', 'down into the {t}'),
    beside=(('on the right side of the {t}', 'right_of'), ('beside the {t}', 'next_to'),
            ('upon the {t}', 'on'), ('in front of the {t}', 'in_front_of')),
    forms=(
        by_colour('{c} {n}'), by_colour('the {n} with the colour {c}'),
        by_side('the {n} on the far {s}'), by_side('the {n} furthest to the {s}'),
        by_number('the {n} which is {k} from the {s}'),
        by_size('the biggest {n} of all', 'the littlest {n} of all'),
        by_comparison('the only {n} that is smaller than the {c} one', larger=False),
        by_distance("the {n} that's farthest from the {t}", far=True),
    ),
)  # fmt: skip
