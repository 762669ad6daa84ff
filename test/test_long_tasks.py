"""The executive over long tasks: the world changes, the operator changes his mind, budgets end."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from hand_made import table, thing
from kinematic_cell import KinematicCell
from qwen_embodied.budget import Budget, Limits
from qwen_embodied.errors import ConfigurationError, TaskError
from qwen_embodied.motion import MotionParameters, Skills, load_robot
from qwen_embodied.planning import GrammarPlanner, Plan, ScriptedPlanner, Step
from qwen_embodied.relations import unmet
from qwen_embodied.task import Executive

ROBOT = load_robot('panda')
ALL_IN = 'put the red and the green cube in the black bin and the other cubes in the white bin'
BIN, OTHER = 'black_bin_1', 'white_bin_1'


def cell_with(happenings=None, **faults):
    scene = table(
        thing('red_cube_1', 0.45, 0.20), thing('green_cube_1', 0.45, 0.05),
        thing('blue_cube_1', 0.45, -0.10), thing('yellow_cube_1', 0.45, -0.25),
        thing(BIN, 0.63, 0.15), thing(OTHER, 0.63, -0.15),
    )  # fmt: skip
    return KinematicCell(ROBOT, scene, happenings, **faults)


def executive_for(cell, planner=None, **options):
    skills = Skills(ROBOT, MotionParameters())
    return Executive(cell, planner or GrammarPlanner(), skills, **options)


def is_in(cell, name, target=BIN):
    return unmet(cell.scene.find(name), 'in', cell.scene.find(target)) is None


def test_a_task_of_eight_steps_is_carried_out():
    cell = cell_with()
    result = executive_for(cell).run(ALL_IN)
    assert result.success, result.reason
    assert all(is_in(cell, name) for name in ('red_cube_1', 'green_cube_1'))
    assert all(is_in(cell, name, OTHER) for name in ('blue_cube_1', 'yellow_cube_1'))
    assert cell.kinds().count('step') == 8
    assert 'replanned' not in cell.kinds()


def test_what_was_moved_meanwhile_is_found_where_it_is():
    cell = cell_with({('step', 3): lambda cell: cell.put('blue_cube_1', 0.40, -0.05)})
    result = executive_for(cell).run(ALL_IN)
    assert result.success, result.reason
    assert is_in(cell, 'blue_cube_1', OTHER)


def test_what_someone_put_on_top_is_moved_aside_first():
    on_top = {('step', 1): lambda cell: cell.put('yellow_cube_1', 0.45, -0.10, 0.045)}
    cell = cell_with(on_top)
    result = executive_for(cell).run('put the green cube and the blue cube in the black bin')
    assert result.success, result.reason
    assert cell.kinds().count('replanned') == 1
    assert is_in(cell, 'blue_cube_1')
    assert is_in(cell, 'green_cube_1')
    assert not is_in(cell, 'yellow_cube_1')


def test_what_came_undone_is_done_again():
    out = {('step', 3): lambda cell: cell.put('green_cube_1', 0.45, 0.05)}
    cell = cell_with(out)
    result = executive_for(cell).run('put the green cube and the blue cube in the black bin')
    assert result.success, result.reason
    assert 'changed' in cell.kinds()
    assert is_in(cell, 'green_cube_1')


def test_what_someone_took_ends_the_task_with_its_name():
    cell = cell_with({('step', 1): lambda cell: cell.take_away('blue_cube_1')})
    result = executive_for(cell).run('put the green cube and the blue cube in the black bin')
    assert not result.success
    assert 'blue cube' in result.reason
    assert is_in(cell, 'green_cube_1')


def test_a_skill_that_stays_unavailable_ends_with_a_reason():
    cell = cell_with(rejections=10**6)
    result = executive_for(cell).run(ALL_IN)
    assert 'failed 3 times' in result.reason
    assert cell.executed == []


def test_mischief_without_end_is_given_up():
    def out(cell):
        if cell.held_id() == 'green_cube_1':
            cell.put('blue_cube_1', 0.45, -0.10)
        else:
            cell.put('green_cube_1', 0.45, 0.05)

    out = {('step', number): out for number in range(3, 200, 2)}
    cell = cell_with(out)
    result = executive_for(cell, limits=Limits(replans=3)).run(
        'put the green cube and the blue cube in the black bin'
    )
    assert not result.success
    assert cell.kinds().count('step') < 30


@pytest.mark.parametrize(
    ('limits', 'words'),
    [
        (Limits(steps=3), '3 steps'),
        (Limits(seconds=5.0), '5 seconds'),
    ],
)
def test_budgets_end_a_task(limits, words):
    cell = cell_with()
    result = executive_for(cell, limits=limits).run(ALL_IN)
    assert f'used up its {words}' in result.reason


def test_calls_of_the_planner_are_counted():
    budget = Budget(Limits(calls=1), 0.0)
    budget.call()
    with pytest.raises(TaskError, match='used up its 1 calls of the planner'):
        budget.call()


@pytest.mark.parametrize('wrong', [{'steps': 0}, {'seconds': float('nan')}, {'replans': -1}])
def test_endless_budgets_are_refused(wrong):
    with pytest.raises(ConfigurationError, match='positive, finite budget'):
        Limits(**wrong)


def test_a_pause_holds_the_arm_and_costs_no_budget():
    seen = []
    cell = cell_with()
    executive = executive_for(cell, limits=Limits(seconds=120.0))
    cell.happenings = {
        ('step', 1): lambda cell: executive.pause(),
        ('paused', 0): lambda cell: seen.append(len(cell.executed)),
        ('wait', 5): lambda cell: setattr(cell, 'time', cell.time + 1000.0),
        ('wait', 9): lambda cell: (seen.append(len(cell.executed)), executive.resume()),
    }
    result = executive.run('put the green cube in the black bin')
    assert result.success, result.reason
    assert seen[0] == seen[1]
    assert cell.kinds().index('paused') < cell.kinds().index('resumed')


def test_a_paused_task_can_be_cancelled():
    cell = cell_with()
    executive = executive_for(cell)
    cell.happenings = {
        ('step', 1): lambda cell: executive.pause(), ('wait', 2): lambda cell: executive.cancel(),
    }  # fmt: skip
    assert 'cancelled' in executive.run(ALL_IN).reason
    assert cell.kinds()[-1] == 'cancelled'


def test_a_new_instruction_takes_over_with_what_is_held():
    cell = cell_with()
    executive = executive_for(cell)
    wanted = 'put it left of the yellow cube'
    cell.happenings = {('step', 1): lambda cell: executive.instruct(wanted)}
    result = executive.run('put the green cube in the black bin')
    assert result.success, result.reason
    assert cell.kinds().count('accepted') == 2
    assert not is_in(cell, 'green_cube_1')
    green, yellow = (cell.scene.find(name) for name in ('green_cube_1', 'yellow_cube_1'))
    assert unmet(green, 'left_of', yellow) is None


def test_an_answer_goes_on_from_the_question():
    cell = cell_with()
    executive = executive_for(cell)
    assert 'Which cube' in executive.run('put the cube in the black bin').reason
    result = executive.run('the green one')
    assert result.success, result.reason
    assert is_in(cell, 'green_cube_1')
    assert 'Which' not in executive.run('the green one').reason


class Mending:
    """A planner that is wrong until it is told why."""

    def __init__(self):
        self.seen = []

    def plan(self, request):
        self.seen.append(request.history)
        name = 'green_cube_1' if any('refused' in line for line in request.history) else 'moon_1'
        steps = (
            Step(action='pick', object=name),
            Step(action='place', object=name, relation='in', target=BIN),
        )
        return Plan(steps=steps, summary='')


def test_a_refused_plan_goes_back_with_its_reason():
    cell, planner = cell_with(), Mending()
    result = executive_for(cell, planner).run('put the green cube in the black bin')
    assert result.success, result.reason
    assert 'moon_1' in planner.seen[1][-1]


def test_a_compromised_planner_moves_nothing():
    cell = cell_with()
    evil = Plan(steps=(Step(action='push', object='red_cube_1', direction='left', distance=0.1),),
                summary='')  # fmt: skip
    result = executive_for(cell, ScriptedPlanner([evil] * 9)).run(
        'put the green cube in the black bin'
    )
    assert not result.success
    assert 'nobody asked me to push' in result.reason
    assert cell.executed == []


ROW = 'put the red cube left of the green cube, then put the blue cube in the white bin'


def test_what_left_its_side_is_put_back():
    cell = cell_with({('step', 3): lambda cell: cell.put('red_cube_1', 0.56, 0.0)})
    result = executive_for(cell).run(ROW)
    assert result.success, result.reason
    assert 'changed' in cell.kinds()
    red, green = (cell.scene.find(name) for name in ('red_cube_1', 'green_cube_1'))
    assert unmet(red, 'left_of', green) is None
    assert is_in(cell, 'blue_cube_1', OTHER)


def test_a_row_is_mended_where_one_was_pushed_out_of_it():
    cell = cell_with({('step', 5): lambda cell: cell.put('red_cube_1', 0.56, 0.28)})
    planner = GrammarPlanner()
    words = 'make a row of the cubes'
    result = executive_for(cell, planner).run(words)
    assert result.success, result.reason
    cubes = [item for item in cell.scene.objects if item.shape == 'cube']
    xs, ys = ([float(item.position[axis]) for item in cubes] for axis in (0, 1))
    assert min(max(xs) - min(xs), max(ys) - min(ys)) < 0.03


def test_a_tower_that_lost_its_middle_is_built_again():
    def fall(cell):
        cell.put('green_cube_1', 0.40, 0.25)

    cell = cell_with({('step', 3): fall})
    result = executive_for(cell).run('build a tower of the red, the green and the blue cube')
    assert result.success, result.reason
    red, green, blue = (cell.scene.find(f'{c}_cube_1') for c in ('red', 'green', 'blue'))
    assert unmet(green, 'on', red) is None
    assert unmet(blue, 'on', green) is None


def test_a_place_out_of_reach_is_refused_before_anything_moves():
    steps = (
        Step(action='pick', object='red_cube_1'),
        Step(action='place', object='red_cube_1', relation='at', position=(0.64, 0.28)),
    )
    cell, far, skills = cell_with(), Plan(steps=steps, summary=''), Skills(ROBOT)
    skills.reaches = lambda x, y, z: x < 0.60
    result = Executive(cell, ScriptedPlanner([far] * 9), skills).run(
        'put the red cube in the back left corner'
    )
    assert not result.success
    assert 'out of my reach' in result.reason
    assert cell.executed == []


def test_what_was_turned_over_is_known_again_by_its_colour():
    def turn(cell):
        cell.take_away('blue_cube_1')
        box = thing('blue_box_1', 0.40, -0.05, size=(0.05, 0.045, 0.04))
        cell.scene = table(*cell.scene.objects, box)

    cell = cell_with({('step', 1): turn})
    result = executive_for(cell).run('put the green cube and the blue cube in the black bin')
    assert result.success, result.reason
    assert is_in(cell, 'blue_box_1')


@pytest.mark.parametrize('seed', [0, 1, 2])
def test_three_cubes_find_room_in_one_bin(seed):
    rng = np.random.default_rng(seed)
    sides = rng.uniform(0.043, 0.05, 3)
    cubes = [
        thing(f'{colour}_cube_1', 0.42, y, size=(side,) * 3, yaw=rng.uniform(0.0, 1.5))
        for colour, y, side in zip(('red', 'green', 'blue'), (0.3, 0.1, -0.1), sides, strict=True)
    ]
    place = (rng.uniform(0.55, 0.62), rng.uniform(0.0, 0.2))
    bin_ = thing(BIN, *place, yaw=rng.uniform(-0.3, 0.3), size=(0.18, 0.138, 0.059))
    cell = KinematicCell(ROBOT, table(*cubes, bin_))
    result = executive_for(cell).run('put the red, the green and the blue cube in the black bin')
    assert result.success, result.reason
    assert all(is_in(cell, cube.id) for cube in cubes)
