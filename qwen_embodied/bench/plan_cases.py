"""Generated instructions with exact goals: 21 templates that act, 7 that must be asked about."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

from qwen_embodied.bench.plan_cases_more import ASKING, MORE
from qwen_embodied.bench.plan_draw import Case, Draw, Template, case_of, label, ladder

__all__ = ['ACTING', 'ASKING', 'Case', 'generated']


def put_in(draw: Draw) -> Case:
    """One thing into a bowl, sometimes from under another."""
    a, b, c = draw.cubes(3)
    scene = draw.scene([a, b, c, 'white_bowl_1', 'black_bin_1'], stacked=int(draw.rng.integers(2)))
    form = draw.one_of([
        'put the {a} in the white bowl', 'Could you drop the {a} into the bowl?',
        'the {a} belongs in the white bowl', 'grab the {a} and place it inside the bowl',
    ])  # fmt: skip
    return case_of(form.format(a=label(a)), scene, [a], [f'{a} in white_bowl_1'])


def put_on(draw: Draw) -> Case:
    """One cube on another, which may be covered."""
    a, b, c = draw.cubes(3)
    scene = draw.scene([a, b, c], stacked=0)
    form = draw.one_of(
        ['stack the {a} on the {b}', 'put the {a} on top of the {b}', 'set the {a} onto the {b}']
    )
    return case_of(form.format(a=label(a), b=label(b)), scene, [a], [f'{a} on {b}'])


def covered(draw: Draw) -> Case:
    """A cube from under a stack into a bin."""
    cubes = draw.cubes(4)
    scene = draw.scene([*cubes, 'black_bin_1'], stacked=2)
    a = cubes[0]
    form = draw.one_of(
        ['put the {a} in the bin', 'move the {a} to the black bin', 'I want the {a} in the bin']
    )
    return case_of(form.format(a=label(a)), scene, [a], [f'{a} in black_bin_1'])


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
    return case_of(form, scene, cubes, [f'{name} in black_bin_1' for name in cubes])


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
    return case_of(form, scene, cubes, wanted)


def stack_by_size(draw: Draw) -> Case:
    """A tower with the largest at the bottom."""
    cubes, scene = ladder(draw, 4)
    form = draw.one_of([
        'stack the cubes from largest to smallest', 'stack them from largest to smallest',
        'build a tower of the cubes with the largest at the bottom',
        'pile up all cubes in order of size, biggest at the bottom', '把所有方块从大到小叠起来',
    ])  # fmt: skip
    return case_of(form, scene, cubes[1:], [f'tower {" ".join(cubes)}'])


def row_by_size(draw: Draw) -> Case:
    """A row ordered by size."""
    cubes, scene = ladder(draw, 4)
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
    return case_of(form.format(a=label(a), b=label(b)), scene, [a, b], wanted, extra=1)


def clear(draw: Draw) -> Case:
    """Everything into containers."""
    cubes = draw.cubes(4)
    scene = draw.scene([*cubes, 'black_bin_1', 'white_bin_1'], stacked=int(draw.rng.integers(3)))
    form = draw.one_of(
        ['clear the table', 'clean up the table', 'tidy up', 'Please clear the table.', '清空桌子']
    )
    return case_of(form, scene, cubes, [f'contained {" ".join(cubes)}'])


def all_but_colour(draw: Draw) -> Case:
    """Everything that is not of one colour onto the tray."""
    cubes = draw.cubes(4)
    scene = draw.scene([*cubes, 'white_tray_1'])
    spared = cubes[0].split('_')[0]
    form = draw.one_of([
        'put everything that is not {c} into the tray',
            'put all cubes except the {c} one on the tray',
        'move every cube but the {c} one onto the tray',
            "don't touch the {c} cube; put the other cubes on the tray",
    ])  # fmt: skip
    wanted = [f'{name} on white_tray_1' for name in cubes[1:]]
    return case_of(form.format(c=spared), scene, cubes[1:], wanted)


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
    text = form.format(a=label(a), b=label(b), c=label(c))
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
    return case_of(form.format(a=label(a)), scene, [a], [f'{a} between white_bowl_1 black_bowl_1'])


def beside(draw: Draw) -> Case:
    """One thing beside another."""
    a, b = draw.cubes(2)
    scene = draw.scene([a, b, 'white_bowl_1'])
    relation, words = {
        0: ('left_of', 'to the left of'), 1: ('right_of', 'right of'),
        2: ('in_front_of', 'in front of'),
    }[int(draw.rng.integers(3))]  # fmt: skip
    text = f'put the {label(a)} {words} the white bowl'
    return case_of(text, scene, [a], [f'{a} {relation} white_bowl_1'])


ACTING: tuple[Template, ...] = (
    put_in,
    put_on,
    covered,
    all_in,
    sort,
    stack_by_size,
    row_by_size,
    swap,
    clear,
    all_but_colour,
    tower_topped,
    tower_listed,
    between,
    beside,
    *MORE,
)


def generated(templates: Sequence[Template], each: int) -> list[Case]:
    """Draw cases of each template on scenes of their own."""
    found = []
    for number, template in enumerate(templates):
        for seed in range(each):
            case = template(Draw(1000 * number + seed))
            found.append(Case(template.__name__, case.text, case.scene, case.wanted, case.picks))
    return found
