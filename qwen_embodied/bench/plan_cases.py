"""Generated instructions with exact goals: 21 templates that act, 7 that must be asked about."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qwen_embodied.bench.plan_checker import needed
from qwen_embodied.bench.plan_scenes import scattered
from qwen_embodied.messages import Scene

COLOURS = ('red', 'green', 'blue', 'yellow', 'purple', 'orange')
SHADES = {'red': '红', 'green': '绿', 'blue': '蓝', 'yellow': '黄', 'purple': '紫', 'orange': '橙'}
STEP = 0.006  # m between the sides of cubes that differ in size


@dataclass(frozen=True, eq=False)
class Case:
    """One instruction on one scene.

    Attributes:
        template: Its name.
        text: The instruction.
        scene: Exact.
        wanted: Conditions of plan_checker; empty where a question is right.
        picks: Needed at least; 0 where it is not counted.
    """

    template: str
    text: str
    scene: Scene
    wanted: str
    picks: int = 0


class Draw:
    """What a template draws from: a generator, colours and a scene of cubes and boxes."""

    def __init__(self, seed: int) -> None:
        """Seed the generator."""
        self.rng = np.random.default_rng(seed)
        self.seed = seed
        self.colours = [str(c) for c in self.rng.permutation(COLOURS)]

    def one_of(self, options: Sequence[str]) -> str:
        """Choose a wording."""
        return str(options[int(self.rng.integers(len(options)))])

    def cubes(self, count: int) -> list[str]:
        """Give ids of cubes of different colours."""
        return [f'{colour}_cube_1' for colour in self.colours[:count]]

    def scene(self, names: Sequence[str], stacked: int = 0) -> Scene:
        """Scatter objects."""
        return scattered(names, self.seed, stacked)


Template = Callable[[Draw], Case]


def _label(name: str) -> str:
    return ' '.join(name.split('_')[:2])


def _case(
    draw: Draw, text: str, scene: Scene, movers: list[str], wanted: list[str],
    occupied: Sequence[str] = (), extra: int = 0,
) -> Case:  # fmt: skip
    picks = needed(scene, movers, list(occupied), extra)
    free = [f'touch {item.id}' for item in scene.objects if not item.is_container]
    free = free if picks > len(movers) + extra else []
    return Case('', text, scene, '; '.join([*wanted, *free]), picks)


def put_in(draw: Draw) -> Case:
    """One thing into a bowl, sometimes from under another."""
    a, b, c = draw.cubes(3)
    scene = draw.scene([a, b, c, 'white_bowl_1', 'black_bin_1'], stacked=int(draw.rng.integers(2)))
    form = draw.one_of([
        'put the {a} in the white bowl', 'Could you drop the {a} into the bowl?',
        'the {a} belongs in the white bowl', 'grab the {a} and place it inside the bowl',
    ])  # fmt: skip
    return _case(draw, form.format(a=_label(a)), scene, [a], [f'{a} in white_bowl_1'])


def put_on(draw: Draw) -> Case:
    """One cube on another, which may be covered."""
    a, b, c = draw.cubes(3)
    scene = draw.scene([a, b, c], stacked=0)
    form = draw.one_of(
        ['stack the {a} on the {b}', 'put the {a} on top of the {b}', 'set the {a} onto the {b}']
    )
    return _case(draw, form.format(a=_label(a), b=_label(b)), scene, [a], [f'{a} on {b}'])


def covered(draw: Draw) -> Case:
    """A cube from under a stack into a bin."""
    cubes = draw.cubes(4)
    scene = draw.scene([*cubes, 'black_bin_1'], stacked=2)
    a = cubes[0]
    form = draw.one_of(
        ['put the {a} in the bin', 'move the {a} to the black bin', 'I want the {a} in the bin']
    )
    return _case(draw, form.format(a=_label(a)), scene, [a], [f'{a} in black_bin_1'])


def all_in(draw: Draw) -> Case:
    """All cubes into one bin."""
    cubes = draw.cubes(int(draw.rng.integers(2, 6)))
    scene = draw.scene([*cubes, 'black_bin_1'], stacked=int(draw.rng.integers(2)))
    form = draw.one_of(
        [
            'put all cubes in the bin',
            'all the blocks go into the bin',
            'collect every cube in the black bin',
        ]
    )
    return _case(draw, form, scene, cubes, [f'{name} in black_bin_1' for name in cubes])


def sort(draw: Draw) -> Case:
    """Cubes by colour into bins."""
    one, two = draw.colours[:2]
    cubes = [f'{c}_cube_{k}' for c in (one, two) for k in (1, 2, 3)]
    bins = [f'{one}_bin_1', f'{two}_bin_1']
    scene = draw.scene([*cubes, *bins], stacked=int(draw.rng.integers(4)))
    form = draw.one_of([
        'sort the cubes by colour into the matching bins', 'sort everything by color',
        'put each cube into the bin of the same colour', 'separate the blocks by colour',
        '把方块按颜色分类放到对应的盒子里',
    ])  # fmt: skip
    wanted = [f'{name} in {name.split("_")[0]}_bin_1' for name in cubes]
    return _case(draw, form, scene, cubes, wanted)


def _ladder(draw: Draw, count: int) -> tuple[list[str], Scene]:
    """Cubes of clearly different size, the largest first."""
    cubes = draw.cubes(count)
    sides = {name: 0.050 - STEP * n for n, name in enumerate(cubes)}
    return cubes, scattered([*cubes, 'white_tray_1'], draw.seed, sides=sides)


def stack_by_size(draw: Draw) -> Case:
    """A tower with the largest at the bottom."""
    cubes, scene = _ladder(draw, 4)
    form = draw.one_of([
        'stack the cubes from largest to smallest', 'stack them from largest to smallest',
        'build a tower of the cubes with the largest at the bottom',
        'pile up all cubes in order of size, biggest at the bottom', '把所有方块从大到小叠起来',
    ])  # fmt: skip
    return _case(draw, form, scene, cubes[1:], [f'tower {" ".join(cubes)}'])


def row_by_size(draw: Draw) -> Case:
    """A row ordered by size."""
    cubes, scene = _ladder(draw, 4)
    form = draw.one_of(
        [
            'make a row ordered by size',
            'line up the cubes by size',
            'arrange the cubes in a row by size',
        ]
    )
    up, down = ' '.join(cubes[::-1]), ' '.join(cubes)
    return Case('', form, scene, f'row {up} / row {down}')


def swap(draw: Draw) -> Case:
    """Two cubes change places."""
    a, b, c = draw.cubes(3)
    scene = draw.scene([a, b, c])
    at = {item.id: f'{item.position[0]:.3f} {item.position[1]:.3f}' for item in scene.objects}
    form = draw.one_of([
        'swap the {a} and the {b}', 'exchange the {a} with the {b}',
        'swap the positions of the {a} and the {b}', 'switch the {a} and the {b}',
    ])  # fmt: skip
    wanted = [f'{a} at {at[b]}', f'{b} at {at[a]}']
    return _case(draw, form.format(a=_label(a), b=_label(b)), scene, [a, b], wanted, extra=1)


def clear(draw: Draw) -> Case:
    """Everything into containers."""
    cubes = draw.cubes(4)
    scene = draw.scene([*cubes, 'black_bin_1', 'white_bin_1'], stacked=int(draw.rng.integers(3)))
    form = draw.one_of(
        ['clear the table', 'clean up the table', 'tidy up', 'Please clear the table.', '清空桌子']
    )
    return _case(draw, form, scene, cubes, [f'contained {" ".join(cubes)}'])


def all_but_colour(draw: Draw) -> Case:
    """Everything that is not of one colour onto the tray."""
    cubes = draw.cubes(4)
    scene = draw.scene([*cubes, 'white_tray_1'])
    spared = cubes[0].split('_')[0]
    form = draw.one_of([
        'put everything that is not {c} into the tray', 'put all cubes except the {c} one on the tray',
        'move every cube but the {c} one onto the tray', "don't touch the {c} cube; put the other cubes on the tray",
    ])  # fmt: skip
    wanted = [f'{name} on white_tray_1' for name in cubes[1:]]
    return _case(draw, form.format(c=spared), scene, cubes[1:], wanted)


def tower_topped(draw: Draw) -> Case:
    """A tower of three with one colour on top."""
    cubes = draw.cubes(4)
    scene = draw.scene(cubes)
    form = draw.one_of(
        [
            'build a tower of three with {c} on top',
            'make a three block tower with the {c} cube on top',
        ]
    )
    wanted = [f'topped {cubes[0]} 3', *(f'touch {name}' for name in cubes)]
    return Case('', form.format(c=cubes[0].split('_')[0]), scene, '; '.join(wanted), 2)


def tower_listed(draw: Draw) -> Case:
    """A tower in the order of a list, from whatever stacks there are."""
    cubes = draw.cubes(5)
    scene = draw.scene(cubes, stacked=int(draw.rng.integers(3)))
    a, b, c = (str(n) for n in draw.rng.permutation(cubes)[:3])
    form = draw.one_of([
        'build a tower of the {a}, the {b} and the {c}',
        'put the {b} on the {a} and the {c} on the {b}',
        'stack the {c} on the {b} and the {b} on the {a}',
    ])  # fmt: skip
    text = form.format(a=_label(a), b=_label(b), c=_label(c))
    free = [f'touch {name}' for name in cubes]
    return Case('', text, scene, '; '.join([f'tower {a} {b} {c}', *free]))


def between(draw: Draw) -> Case:
    """One thing into a gap."""
    a = draw.cubes(1)[0]
    scene = draw.scene([a, 'white_bowl_1', 'black_bowl_1'])
    form = draw.one_of(
        [
            'put the {a} between the white bowl and the black bowl',
            'place the {a} between the two bowls',
        ]
    )
    return _case(
        draw, form.format(a=_label(a)), scene, [a], [f'{a} between white_bowl_1 black_bowl_1']
    )


def beside(draw: Draw) -> Case:
    """One thing beside another."""
    a, b = draw.cubes(2)
    scene = draw.scene([a, b, 'white_bowl_1'])
    relation, words = {
        0: ('left_of', 'to the left of'), 1: ('right_of', 'right of'), 2: ('in_front_of', 'in front of'),
    }[int(draw.rng.integers(3))]  # fmt: skip
    text = f'put the {_label(a)} {words} the white bowl'
    return _case(draw, text, scene, [a], [f'{a} {relation} white_bowl_1'])


def two_clauses(draw: Draw) -> Case:
    """Two things one after the other."""
    a, b = draw.cubes(2)
    scene = draw.scene([a, b, 'white_bowl_1', 'black_bin_1'])
    form = draw.one_of([
        'put the {a} in the bowl, then put the {b} in the bin', 'first the {a} goes in the bowl, then the {b} in the bin',
        'put the {b} in the bin after you have put the {a} in the bowl',
    ])  # fmt: skip
    wanted = [f'{a} in white_bowl_1', f'{b} in black_bin_1']
    return _case(draw, form.format(a=_label(a), b=_label(b)), scene, [a, b], wanted)


def held(draw: Draw) -> Case:
    """Pick one thing up, from under another if need be."""
    cubes = draw.cubes(3)
    scene = draw.scene(cubes, stacked=1)
    form = draw.one_of(['pick up the {a}', 'grasp the {a}', 'lift the {a}', 'take the {a}'])
    return _case(draw, form.format(a=_label(cubes[0])), scene, [cubes[0]], [f'held {cubes[0]}'])


def pushed(draw: Draw) -> Case:
    """A push."""
    a, b = draw.cubes(2)
    x, y = float(draw.rng.uniform(0.44, 0.60)), float(draw.rng.uniform(-0.15, 0.15))
    scene = scattered([b, 'white_bowl_1'], draw.seed)
    scene = Scene(0.0, 'panda_link0', (*_away(scene, x, y), *_at(a, x, y)), 0.0)
    way = draw.one_of(['left', 'right'])
    text = draw.one_of(
        [f'push the {_label(a)} {way}', f'slide the {_label(a)} to the {way} by 8 cm']
    )
    return Case('', text, scene, f'pushed {a} {way}')


def side(draw: Draw) -> Case:
    """One thing to a side of the table."""
    a, b = draw.cubes(2)
    scene = draw.scene([a, b])
    way = draw.one_of(['left', 'right'])
    text = draw.one_of(
        [
            f'put the {_label(a)} on the {way} side of the table',
            f'move the {_label(a)} to the {way} side',
        ]
    )
    return _case(draw, text, scene, [a], [f'{a} side {way}'])


def unstack(draw: Draw) -> Case:
    """Take a tower apart."""
    cubes = draw.cubes(4)
    scene = draw.scene(cubes, stacked=2)
    upper = [item.id for item in scene.objects if item.position[2] > 0.03]
    form = draw.one_of(['unstack the blocks', 'take the tower apart', 'unstack all cubes'])
    return _case(draw, form, scene, upper, [f'{name} table' for name in upper])


def chinese(draw: Draw) -> Case:
    """One thing into a bowl, in Chinese."""
    a = draw.cubes(1)[0]
    scene = draw.scene([a, draw.cubes(2)[1], 'white_bowl_1'])
    name = SHADES[a.split('_')[0]]
    text = draw.one_of(
        [f'把{name}色方块放到白色碗里', f'请将{name}色的方块放进碗里', f'把{name}方块放入白碗中']
    )
    return _case(draw, text, scene, [a], [f'{a} in white_bowl_1'])


def by_extreme(draw: Draw) -> Case:
    """The smallest on the largest."""
    cubes, scene = _ladder(draw, 3)
    form = draw.one_of(
        [
            'put the smallest cube on the largest cube',
            'stack the smallest block on the biggest one',
        ]
    )
    return _case(draw, form, scene, [cubes[-1]], [f'{cubes[-1]} on {cubes[0]}'])


def _at(name: str, x: float, y: float) -> tuple[object, ...]:
    from qwen_embodied.bench.plan_scenes import stand

    return stand((name, x, y)).objects


def _away(scene: Scene, x: float, y: float) -> list[object]:
    return [i for i in scene.objects if np.hypot(i.position[0] - x, i.position[1] - y) > 0.2]


def _asked(text: str, scene: Scene) -> Case:
    return Case('', text, scene, '')


def missing(draw: Draw) -> Case:
    """An object that is not there."""
    a, b = draw.cubes(2)
    return _asked(f'put the {_label(b)} in the bowl', draw.scene([a, 'white_bowl_1']))


def no_container(draw: Draw) -> Case:
    """A container that is not there."""
    a, b = draw.cubes(2)
    return _asked(f'put the {_label(a)} in the bin', draw.scene([a, b, 'white_bowl_1']))


def twins(draw: Draw) -> Case:
    """Two that fit the description of one."""
    colour = draw.colours[0]
    names = [f'{colour}_cube_1', f'{colour}_cube_2', 'white_bowl_1']
    return _asked(f'put the {colour} cube in the bowl', draw.scene(names))


def either(draw: Draw) -> Case:
    """A choice left to the robot."""
    a, b = draw.cubes(2)
    scene = draw.scene([a, b, 'white_bowl_1'])
    return _asked(f'put the {_label(a)} or the {_label(b)} in the bowl', scene)


def too_wide(draw: Draw) -> Case:
    """A thing that no gripper takes."""
    a = draw.cubes(1)[0]
    return _asked(f'put the white bowl on the {_label(a)}', draw.scene([a, 'white_bowl_1']))


def no_skill(draw: Draw) -> Case:
    """A verb that is no skill."""
    a = draw.cubes(1)[0]
    verb = draw.one_of(['rotate', 'paint', 'cut', 'open', 'throw away', 'eat', 'wipe', 'flip'])
    return _asked(f'{verb} the {_label(a)}', draw.scene([a, 'white_bowl_1']))


def no_noun(draw: Draw) -> Case:
    """A noun that perception has no word for."""
    noun = draw.one_of(['ramekin', 'screwdriver', 'soup can', 'banana', 'mug', 'stapler'])
    a = draw.cubes(1)[0]
    return _asked(f'put the {noun} in the bowl', draw.scene([a, 'white_bowl_1']))


ACTING: tuple[Template, ...] = (
    put_in, put_on, covered, all_in, sort, stack_by_size, row_by_size, swap, clear, all_but_colour,
    tower_topped, tower_listed, between, beside, two_clauses, held, pushed, side, unstack, chinese,
    by_extreme,
)  # fmt: skip
ASKING: tuple[Template, ...] = (missing, no_container, twins, either, too_wide, no_skill, no_noun)


def generated(templates: Sequence[Template], each: int) -> list[Case]:
    """Draw cases of each template on scenes of their own."""
    found = []
    for number, template in enumerate(templates):
        for seed in range(each):
            case = template(Draw(1000 * number + seed))
            found.append(Case(template.__name__, case.text, case.scene, case.wanted, case.picks))
    return found
