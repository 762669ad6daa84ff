"""The executive: it looks, moves, looks again, and says why when it gives up."""

import pytest

from hand_made import table, thing
from kinematic_cell import KinematicCell
from qwen_embodied.errors import TaskError
from qwen_embodied.motion import MotionParameters, Skills, load_robot
from qwen_embodied.planning import GrammarPlanner, Plan, ScriptedPlanner, Step
from qwen_embodied.relations import unmet
from qwen_embodied.task import Executive

ROBOT = load_robot('panda')
INTO_BOWL = 'put the red cube in the blue bowl'


def cell_with(**faults):
    scene = table(thing('red_cube_1', 0.5, 0.1), thing('blue_bowl_1', 0.55, -0.2))
    return KinematicCell(ROBOT, scene, **faults)


def carry_out(cell, instruction=INTO_BOWL, planner=None):
    executive = Executive(cell, planner or GrammarPlanner(), Skills(ROBOT, MotionParameters()))
    return executive, executive.run(instruction)


def is_in_bowl(cell):
    scene = cell.scene
    return unmet(scene.find('red_cube_1'), 'in', scene.find('blue_bowl_1')) is None


def test_an_instruction_is_carried_out_and_verified():
    cell = cell_with()
    _, result = carry_out(cell)
    assert (result.success, result.reason) == (True, '')
    assert is_in_bowl(cell)
    told = [kind for kind in cell.kinds() if kind not in ('segment', 'looked')]
    assert told == ['accepted', 'planned', 'step', 'verified', 'step', 'verified', 'succeeded']


def test_the_arm_ends_at_home():
    cell = cell_with()
    carry_out(cell)
    assert Skills(ROBOT, MotionParameters()).is_home(cell.state())


def test_each_motion_starts_where_the_last_one_ended():
    cell = cell_with()
    carry_out(cell)
    for before, after in zip(cell.executed, cell.executed[1:], strict=False):
        assert after.positions[0] == pytest.approx(before.positions[-1], abs=1e-9)


@pytest.mark.parametrize('fault', ['misses', 'rejections', 'drops'])
@pytest.mark.parametrize('times', [1, 2])
def test_f39_a_fault_is_retried_twice(fault, times):
    cell = cell_with(**{fault: times})
    _, result = carry_out(cell)
    assert result.success, result.reason
    assert is_in_bowl(cell)
    assert cell.kinds().count('retry') == times


@pytest.mark.parametrize(
    ('fault', 'words'),
    [('misses', 'closed without the red cube'), ('rejections', 'C6 panda_joint1')],
)
def test_the_third_failure_ends_the_task_with_its_reason(fault, words):
    cell = cell_with(**{fault: 9})
    _, result = carry_out(cell)
    assert not result.success
    assert words in result.reason
    assert cell.kinds()[-1] == 'failed'


def test_a_moved_object_is_known_again_under_a_new_id():
    cell = cell_with(renames=1)
    _, result = carry_out(cell)
    assert result.success, result.reason


def test_a_question_ends_the_task_before_anything_moves():
    cell = cell_with()
    _, result = carry_out(cell, 'put the moon in the cup')
    assert not result.success
    assert 'moon' in result.reason
    assert cell.kinds()[-1] == 'question'
    assert cell.executed == []


@pytest.mark.parametrize('instruction', ['', '   ', 'colourless ideas sleep'])
def test_nonsense_moves_nothing(instruction):
    cell = cell_with()
    _, result = carry_out(cell, instruction)
    assert not result.success
    assert result.reason
    assert cell.executed == []


def test_a_plan_that_cannot_work_moves_nothing():
    cell = cell_with()
    wrong = Plan(steps=(Step(action='pick', object='green_cube_1'),), summary='')
    _, result = carry_out(cell, planner=ScriptedPlanner([wrong]))
    assert 'green_cube_1' in result.reason
    assert cell.executed == []


def test_a_blind_camera_is_named():
    cell = cell_with(blind=9)
    _, result = carry_out(cell)
    assert 'no new image' in result.reason
    assert cell.executed == []


def test_an_unreachable_object_is_named():
    far = table(thing('red_cube_1', 1.4, 0.1), thing('blue_bowl_1', 0.55, -0.2))
    cell = KinematicCell(ROBOT, far)
    _, result = carry_out(cell)
    assert 'reach' in result.reason
    assert cell.executed == []


def test_cancelling_stops_before_the_next_motion():
    cell = cell_with()
    executive = Executive(cell, GrammarPlanner(), Skills(ROBOT, MotionParameters()))
    report = cell.report

    def cancel_at_grasp(event):
        report(event)
        if event.text == 'grasp':
            executive.cancel()

    cell.report = cancel_at_grasp
    result = executive.run(INTO_BOWL)
    assert not result.success
    assert cell.kinds()[-1] == 'cancelled'
    assert 'lift' not in [event.text for event in cell.events]


def test_the_next_instruction_works_after_a_failure():
    cell = cell_with(misses=3)
    executive, result = carry_out(cell)
    assert not result.success
    assert executive.run(INTO_BOWL).success


def asked(cell, approve, happenings=None):
    """Carry out an instruction whose plans somebody is asked about."""
    cell.happenings.update(happenings or {})
    executive = Executive(cell, GrammarPlanner(), Skills(ROBOT, MotionParameters()))
    executive.assent.approve = approve
    return executive.run(INTO_BOWL)


def test_no_motion_before_a_plan_is_approved():
    cell, seen = cell_with(), []
    assert asked(cell, lambda plan: seen.append(len(cell.executed))).success
    assert seen == [0]


def test_a_plan_that_is_not_approved_ends_the_task_without_motion():
    cell = cell_with()

    def refuse(_):
        raise TaskError('the plan is refused: by anna')

    result = asked(cell, refuse)
    assert (result.success, result.reason) == (False, 'the plan is refused: by anna')
    assert cell.executed == []


def test_a_plan_that_waited_is_compared_with_the_table_and_a_new_one_asked_about():
    cell, plans = cell_with(), []

    def slowly(plan):
        cell.wait(50.0)
        if not plans:
            cell.put('red_cube_1', 0.45, 0.2)
        plans.append(plan)

    assert asked(cell, slowly).success
    assert len(plans) == 2
    reason = next(event.text for event in cell.events if event.kind == 'changed')
    assert 'the red cube moved 11 cm since it was planned' in reason
    assert is_in_bowl(cell)


def test_waiting_for_approval_costs_no_time_of_the_task():
    cell = cell_with()
    assert asked(cell, lambda _: cell.wait(10000.0)).success


def test_f39_a_plan_older_than_half_a_minute_is_compared_with_the_table():
    class Slow(GrammarPlanner):
        def plan(self, request):
            cell.wait(31.0)
            cell.take_away('red_cube_1')
            return super().plan(request)

    cell = cell_with()
    _, result = carry_out(cell, planner=Slow())
    assert not result.success
    assert 'changed' in cell.kinds()


@pytest.mark.parametrize('when', [('segment', 0), ('segment', 3), ('step', 1), ('looked', 0)])
def test_a_stop_ends_the_task_once_and_nothing_is_proposed_after_it(when):
    cell = cell_with()
    proposed = []

    def stop(cell):
        cell.stop = 'E1 stop: the button'
        proposed.append(cell.kinds().count('segment'))

    cell.happenings = {when: stop}
    executive, result = carry_out(cell)
    assert not result.success
    assert 'E1 stop: the button' in result.reason
    assert 'reset' in result.reason
    assert cell.kinds()[-1] == 'failed'
    assert 'retry' not in cell.kinds()
    assert cell.kinds().count('segment') == proposed[0]
    done = len(cell.executed)
    assert 'E1 stop' in executive.run(INTO_BOWL).reason
    assert len(cell.executed) == done
    cell.stop = ''
    again = executive.run(INTO_BOWL)
    assert again.success, again.reason
