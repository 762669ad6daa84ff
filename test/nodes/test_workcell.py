"""The executive's view of the graph: every wait ends, with a reason in words."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import numpy as np
import pytest

from hand_made import table, thing
from qwen_embodied.errors import CameraError, ControlError, TaskError
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory
from qwen_embodied.nodes.workcell import Patience, RosWorkcell
from qwen_embodied.safety import SafetyState

SHORT = Patience(look=0.2, answer=0.2, silence=0.4, overrun=0.5)
MOTION = JointTrajectory(('elbow',), [0.0, 0.1], [[0.0], [0.1]])
RGB = np.zeros((2, 2, 3), np.uint8)


def state(stamp):
    return JointState(stamp, ('elbow',), [0.0])


class Cell:
    """A workcell whose supervisor and controller answer as a test says."""

    def __init__(self, *answers, patience=SHORT):
        self.answers, self.proposed, self.events = answers, [], []
        self.cell = RosWorkcell(self.propose, self.events.append, patience, frames=2)
        self.cell.hear_state(state(1.0))

    def propose(self, trajectory):
        self.proposed.append(trajectory)
        for answer, reason in self.answers:
            self.cell.hear_status(ArmStatus(trajectory.id, answer, reason))


def soon(action):
    """Do something from another thread, as callbacks do."""
    timer = threading.Timer(0.05, action)
    timer.start()
    return timer


@pytest.mark.parametrize('end', ['succeeded', 'aborted', 'rejected'])
def test_the_end_of_a_trajectory_is_its_status(end):
    made = Cell(('executing', ''), (end, 'because'), ('idle', ''))
    status = made.cell.execute(MOTION)
    assert (status.state, status.reason) == (end, 'because')
    assert status.trajectory_id == made.proposed[0].id


def test_each_proposal_has_an_id_of_its_own():
    made = Cell(('succeeded', ''))
    made.cell.execute(MOTION)
    made.cell.execute(MOTION)
    assert len({item.id for item in made.proposed}) == 2


def test_a_status_that_comes_later_is_waited_for():
    made = Cell(('executing', ''))
    timer = soon(lambda: made.cell.hear_status(ArmStatus(made.proposed[0].id, 'succeeded')))
    assert made.cell.execute(MOTION).state == 'succeeded'
    timer.join()


def test_no_answer_is_an_abort_that_names_the_nodes():
    status = Cell().cell.execute(MOTION)
    assert status.state == 'aborted'
    assert 'are the safety supervisor and the arm controller running?' in status.reason


def test_an_arm_that_falls_silent_is_an_abort():
    status = Cell(('executing', '')).cell.execute(MOTION)
    assert status.state == 'aborted'
    assert status.reason.startswith('no joint_states for')


def test_a_controller_that_never_ends_is_an_abort():
    patience = Patience(answer=0.2, silence=5.0, overrun=0.5)
    made = Cell(('executing', 'safety supervisor: D5'), patience=patience)
    timer = soon(lambda: made.cell.hear_state(state(9.0)))
    status = made.cell.execute(MOTION)
    timer.join()
    assert (status.state, status.reason) == ('aborted', 'safety supervisor: D5')


def lease(name, state='EXECUTING'):
    return SafetyState(state, 'move', (), 0.1, 1, name, 0.0)


def test_a_motion_that_the_supervisor_lets_wait_is_waited_for():
    patience = Patience(answer=0.2, silence=5.0, overrun=0.5)
    made, halted = Cell(('executing', ''), patience=patience), []
    made.cell.halt = lambda: halted.append(True)

    def wait_long():
        name = made.proposed[0].id
        made.cell.hear_safety(lease(name, 'HOLD'))
        for stamp in (9.0, 99.0):
            made.cell.hear_state(state(stamp))
        made.cell.hear_safety(lease(name))
        ending.start()

    ending = threading.Timer(
        1.2, lambda: made.cell.hear_status(ArmStatus(made.proposed[0].id, 'succeeded'))
    )
    timer = soon(wait_long)
    assert made.cell.execute(MOTION).state == 'succeeded'
    timer.join()
    ending.join()
    assert halted == []


@pytest.mark.parametrize('answers', [(), (('executing', ''),)])
def test_a_motion_that_is_given_up_is_cancelled(answers):
    made, halted = Cell(*answers), []
    made.cell.halt = lambda: halted.append(True)
    assert made.cell.execute(MOTION).state == 'aborted'
    assert halted == [True]


def test_a_look_takes_scenes_seen_after_it_and_their_image():
    made = Cell()
    made.cell.hear_scene(table(thing('red_cube_1', 0.5, 0.0), stamp=0.9))

    def see():
        for stamp in (1.1, 1.2):
            made.cell.hear_scene(table(stamp=stamp))
        made.cell.hear_image((1.1, RGB))
        made.cell.hear_image((1.2, RGB + 1))

    timer = soon(see)
    seen = made.cell.look()
    timer.join()
    assert seen.scene.stamp == 1.2
    assert seen.rgb[0, 0, 0] == 1


def test_a_look_without_scenes_passes_on_what_perception_says():
    made = Cell()
    made.cell.hear_trouble("image dropped: encoding 'yuv422'")
    with pytest.raises(CameraError, match=r"no new perception/scene.*encoding 'yuv422'"):
        made.cell.look()


def test_a_look_without_an_image_says_so():
    made = Cell()
    timer = soon(lambda: [made.cell.hear_scene(table(stamp=at)) for at in (1.1, 1.2)])
    with pytest.raises(CameraError, match='no perception/image'):
        made.cell.look()
    timer.join()


def test_without_joint_states_nothing_is_known():
    cell = RosWorkcell(lambda _: None, lambda _: None, SHORT)
    assert cell.now() == 0.0
    with pytest.raises(ControlError, match='no joint_states'):
        cell.state()


def test_waiting_is_measured_in_the_time_of_the_stamps():
    made = Cell()
    timer = soon(lambda: made.cell.hear_state(state(6.1)))
    made.cell.wait(5.0)
    timer.join()
    assert made.cell.now() == 6.1


def test_waiting_for_an_arm_that_fell_silent_ends():
    with pytest.raises(ControlError, match='no joint_states'):
        Cell().cell.wait(5.0)


def test_closing_ends_every_wait():
    made = Cell(patience=Patience())
    timer = soon(made.cell.close)
    with pytest.raises(TaskError, match='the planner node is ending'):
        made.cell.look()
    timer.join()
