"""Generated instructions that act, second half, and those that must be asked about."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from qwen_embodied.bench.plan_draw import SHADES, Case, Draw, Template, case_of, label, ladder
from qwen_embodied.bench.plan_scenes import scattered, stand
from qwen_embodied.messages import Scene, SceneObject


def two_clauses(draw: Draw) -> Case:
    """Two things one after the other."""
    a, b = draw.cubes(2)
    scene = draw.scene([a, b, 'white_bowl_1', 'black_bin_1'])
    form = draw.one_of([
        'put the {a} in the bowl, then put the {b} in the bin',
            'first the {a} goes in the bowl, then the {b} in the bin',
        'put the {b} in the bin after you have put the {a} in the bowl',
    ])  # fmt: skip
    wanted = [f'{a} in white_bowl_1', f'{b} in black_bin_1']
    return case_of(form.format(a=label(a), b=label(b)), scene, [a, b], wanted)


def held(draw: Draw) -> Case:
    """Pick one thing up, from under another if need be."""
    cubes = draw.cubes(3)
    scene = draw.scene(cubes, stacked=1)
    form = draw.one_of(['pick up the {a}', 'grasp the {a}', 'lift the {a}', 'take the {a}'])
    return case_of(form.format(a=label(cubes[0])), scene, [cubes[0]], [f'held {cubes[0]}'])


def pushed(draw: Draw) -> Case:
    """A push."""
    a, b = draw.cubes(2)
    x, y = float(draw.rng.uniform(0.44, 0.60)), float(draw.rng.uniform(-0.15, 0.15))
    scene = scattered([b, 'white_bowl_1'], draw.seed)
    scene = Scene(0.0, 'panda_link0', (*_away(scene, x, y), *stand((a, x, y)).objects), 0.0)
    way = draw.one_of(['left', 'right'])
    text = draw.one_of(
        [f'push the {label(a)} {way}', f'slide the {label(a)} to the {way} by 8 cm']
    )
    return Case('', text, scene, f'pushed {a} {way}')


def side(draw: Draw) -> Case:
    """One thing to a side of the table."""
    a, b = draw.cubes(2)
    scene = draw.scene([a, b])
    way = draw.one_of(['left', 'right'])
    text = draw.one_of(
        [
            f'put the {label(a)} on the {way} side of the table',
            f'move the {label(a)} to the {way} side',
        ]
    )
    return case_of(text, scene, [a], [f'{a} side {way}'])


def unstack(draw: Draw) -> Case:
    """Take a tower apart."""
    cubes = draw.cubes(4)
    scene = draw.scene(cubes, stacked=2)
    upper = [item.id for item in scene.objects if item.position[2] > 0.03]
    form = draw.one_of(['unstack the blocks', 'take the tower apart', 'unstack all cubes'])
    return case_of(form, scene, upper, [f'{name} table' for name in upper])


def chinese(draw: Draw) -> Case:
    """One thing into a bowl, in Chinese."""
    a = draw.cubes(1)[0]
    scene = draw.scene([a, draw.cubes(2)[1], 'white_bowl_1'])
    name = SHADES[a.split('_')[0]]
    text = draw.one_of(
        [f'把{name}色方块放到白色碗里', f'请将{name}色的方块放进碗里', f'把{name}方块放入白碗中']
    )
    return case_of(text, scene, [a], [f'{a} in white_bowl_1'])


def by_extreme(draw: Draw) -> Case:
    """The smallest on the largest."""
    cubes, scene = ladder(draw, 3)
    form = draw.one_of(
        [
            'put the smallest cube on the largest cube',
            'stack the smallest block on the biggest one',
        ]
    )
    return case_of(form, scene, [cubes[-1]], [f'{cubes[-1]} on {cubes[0]}'])


def _away(scene: Scene, x: float, y: float) -> list[SceneObject]:
    return [i for i in scene.objects if np.hypot(i.position[0] - x, i.position[1] - y) > 0.2]


def _asked(text: str, scene: Scene) -> Case:
    return Case('', text, scene, '')


def missing(draw: Draw) -> Case:
    """An object that is not there."""
    a, b = draw.cubes(2)
    return _asked(f'put the {label(b)} in the bowl', draw.scene([a, 'white_bowl_1']))


def no_container(draw: Draw) -> Case:
    """A container that is not there."""
    a, b = draw.cubes(2)
    return _asked(f'put the {label(a)} in the bin', draw.scene([a, b, 'white_bowl_1']))


def twins(draw: Draw) -> Case:
    """Two that fit the description of one."""
    colour = draw.colours[0]
    names = [f'{colour}_cube_1', f'{colour}_cube_2', 'white_bowl_1']
    return _asked(f'put the {colour} cube in the bowl', draw.scene(names))


def either(draw: Draw) -> Case:
    """A choice left to the robot."""
    a, b = draw.cubes(2)
    scene = draw.scene([a, b, 'white_bowl_1'])
    return _asked(f'put the {label(a)} or the {label(b)} in the bowl', scene)


def too_wide(draw: Draw) -> Case:
    """A thing that no gripper takes."""
    a = draw.cubes(1)[0]
    return _asked(f'put the white bowl on the {label(a)}', draw.scene([a, 'white_bowl_1']))


def no_skill(draw: Draw) -> Case:
    """A verb that is no skill."""
    a = draw.cubes(1)[0]
    verb = draw.one_of(['rotate', 'paint', 'cut', 'open', 'throw away', 'eat', 'wipe', 'flip'])
    return _asked(f'{verb} the {label(a)}', draw.scene([a, 'white_bowl_1']))


def no_noun(draw: Draw) -> Case:
    """A noun that perception has no word for."""
    noun = draw.one_of(['ramekin', 'screwdriver', 'soup can', 'banana', 'mug', 'stapler'])
    a = draw.cubes(1)[0]
    return _asked(f'put the {noun} in the bowl', draw.scene([a, 'white_bowl_1']))


ASKING: tuple[Template, ...] = (missing, no_container, twins, either, too_wide, no_skill, no_noun)
MORE: tuple[Template, ...] = (two_clauses, held, pushed, side, unstack, chinese, by_extreme)
