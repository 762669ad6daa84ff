"""The planner as a ROS node: an instruction in, a plan, events and trajectories out."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import queue
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage

from qwen_embodied.calls import Calls, Immediate, InBackground
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.motion import MotionParameters, Skills
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.backends import DryRunParameters
from qwen_embodied.nodes.conversions_image import stamped_image
from qwen_embodied.nodes.conversions_safety import Rejection, safety_from_ros
from qwen_embodied.nodes.diagnostics import own_statuses, statuses_of
from qwen_embodied.nodes.measured_view import MeasuredView
from qwen_embodied.nodes.model_status import model_status
from qwen_embodied.nodes.pacing import Pacer
from qwen_embodied.nodes.parameters import declare, select
from qwen_embodied.nodes.plan_asking import PlanAsker
from qwen_embodied.nodes.rehearsing import rehearsed
from qwen_embodied.nodes.robots import CellParameters, obstacles_of, robot_of
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.wiring import caller, every, hear, same, serve
from qwen_embodied.nodes.workcell import Patience, RosWorkcell
from qwen_embodied.parameters import param
from qwen_embodied.planning import (
    GrammarPlanner,
    ModelPlanner,
    Planner,
    PlannerParameters,
    make_planner,
)
from qwen_embodied.safety import SafetyState
from qwen_embodied.serialization import to_json
from qwen_embodied.task import Executive
from qwen_embodied.workcell import ENDS, TaskEvent


@dataclass(frozen=True)
class Parameters(MotionParameters, PlannerParameters, CellParameters, DryRunParameters):
    """How motions are made among what, which planner plans them, and how long the node waits."""

    retries: int = param(2, 'Further attempts at a step that failed.', bounds=(0, 5))
    look_timeout: float = param(10.0, 'Longest wait for a scene, s.', bounds=(0.5, 120.0))
    answer_timeout: float = param(
        5.0, 'Longest wait for the answer to a trajectory, s.', bounds=(0.5, 60.0)
    )
    reach_out: bool = param(
        True, 'Whether the arm moves over what will be picked while a model thinks.'
    )


class PlannerNode(Node):
    """Runs the executive in a worker thread; callbacks only feed it."""

    def __init__(self, **options: Any) -> None:
        """Build the executive and start its thread."""
        super().__init__(
            'planner', automatically_declare_parameters_from_overrides=True, **options
        )
        values = declare(self, Parameters)
        patience = Patience(look=values.look_timeout, answer=values.answer_timeout)
        self._planner = make_planner(select(values, PlannerParameters))
        # Only a model is asked where in the image something is.
        view = MeasuredView(self).frame if isinstance(self._planner, ModelPlanner) else None
        self._cell = RosWorkcell(self._propose, self._report, patience, view=view)
        obstacles, robot = obstacles_of(values), robot_of(self, values)
        skills = Skills(robot, select(values, MotionParameters), obstacles)
        self._calls = _calls(self._planner, reach_out=values.reach_out and not values.dry_run)
        cell = rehearsed(self, self._cell, (robot, obstacles)) if values.dry_run else self._cell
        self._executive = Executive(cell, self._calls, skills, retries=values.retries)
        self._instructions: queue.Queue[str] = queue.Queue(maxsize=1)
        self._busy, self._task = '', ''
        self._advertise()
        self._subscribe()
        self._let_approve()
        serve(self, '~/cancel', self._on_cancel)
        self._halt = caller(self, 'arm_controller/cancel')
        self._is_cancelling = False
        serve(self, '~/pause', lambda: self._ask(self._executive.pause, 'holding'))
        serve(self, '~/resume', lambda: self._ask(self._executive.resume, 'going on with'))
        self._worker = Pacer('executive', 20.0, self._work)
        every(self, 0.1, self._check)
        every(self, 1.0, self._tell_model)

    def _advertise(self) -> None:
        self._plan_out = self.create_publisher(String, 'plan', qos.LATCHED)
        self._events_out = self.create_publisher(String, 'task/events', qos.RELIABLE)
        self._diagnostics_out = self.create_publisher(DiagnosticArray, '/diagnostics', qos.STATE)
        self._proposed_out = self.create_publisher(
            JointTrajectoryMessage, 'trajectory/proposed', qos.RELIABLE
        )

    def _subscribe(self) -> None:
        cell, read = self._cell, conversions
        status, state = read.arm_status_from_ros, read.joint_state_from_ros
        hear(self, 'instruction', qos.RELIABLE, same, self._on_instruction, String)
        hear(self, 'perception/image', qos.SENSOR, stamped_image, cell.hear_image, Image)
        hear(self, 'perception/scene', qos.SENSOR, read.scene_from_ros, cell.hear_scene, String)
        hear(self, 'joint_states', qos.NEWEST, state, cell.hear_state, JointStateMessage)
        hear(self, 'arm/status', qos.RELIABLE, status, cell.hear_status, DiagnosticStatus)
        hear(self, 'safety/state', qos.NEWEST, safety_from_ros, self._on_safety, DiagnosticStatus)
        hear(self, '/diagnostics', qos.STATE, same, self._on_diagnostics, DiagnosticArray)

    def _let_approve(self) -> None:
        asker = PlanAsker(
            self, lambda: (self._task, self._busy), lambda: self._is_cancelling,
            lambda kind, text: self._report(TaskEvent(self._cell.now(), kind, text)),
        )  # fmt: skip
        self._executive.assent.approve, self._cell.sign = asker.ask, asker.sign
        self._executive.assent.is_asked = asker.is_asked

    def _on_instruction(self, message: String) -> None:
        if self._busy:
            text = f'I am still busy with “{self._busy}”; cancel it or wait'
            data = {'instruction': message.data}
            self._report(TaskEvent(self._cell.now(), 'refused', text, data, _new_task()))
            return
        self._busy, self._task = message.data or 'nothing', _new_task()
        self._instructions.put_nowait(message.data)

    def _work(self) -> None:
        try:
            instruction = self._instructions.get(timeout=0.5)
        except queue.Empty:
            return
        task = self._task
        try:
            self._executive.run(instruction)
        finally:
            if task == self._task:
                self._busy, self._is_cancelling = '', False

    def _on_safety(self, heard: tuple[SafetyState, Rejection]) -> None:
        self._cell.hear_safety(heard[0])

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for name, status in own_statuses(self, message):
            if name == 'perception':
                is_well = status.level == DiagnosticStatus.OK
                self._cell.hear_trouble('' if is_well else status.message)

    def _on_cancel(self) -> tuple[bool, str]:
        self._executive.cancel()
        self._cancel_model()
        self._is_cancelling = bool(self._busy)
        self._check()
        return (True, f'cancelling “{self._busy}”') if self._busy else (False, 'nothing is done')

    def _cancel_model(self) -> None:
        if isinstance(self._planner, ModelPlanner):
            self._planner.cancel()

    def _check(self) -> None:
        """While a cancelled task has not ended, stop also what was on its way to the arm."""
        self._worker.check()
        if self._is_cancelling:
            # A task that had not yet begun forgot what was asked of it before.
            self._executive.cancel()
            self._halt()
            self._cancel_model()

    def _tell_model(self) -> None:
        if isinstance(self._planner, ModelPlanner):
            self._diagnostics_out.publish(statuses_of(self, model_status(self._planner)))

    def _ask(self, request: Callable[[], None], word: str) -> tuple[bool, str]:
        if not self._busy:
            return (False, 'nothing is done')
        request()
        return (True, f'{word} “{self._busy}”')

    def _propose(self, trajectory: JointTrajectory) -> None:
        self._proposed_out.publish(conversions.trajectory_to_ros(trajectory))

    def _report(self, event: TaskEvent) -> None:
        event = event if event.task else replace(event, task=self._task)
        if event.kind in ENDS:
            # Who hears of the end may give the next instruction at once.
            self._busy, self._is_cancelling = '', False
        self._events_out.publish(String(data=to_json(event)))
        if event.kind == 'planned':
            self._plan_out.publish(String(data=to_json(event.data['plan'])))
        self.get_logger().info(f'{event.kind}: {event.text}')

    def destroy_node(self) -> None:
        """End the executive before the publishers; a node half built has none."""
        for name in ('_cell', '_calls', '_worker'):
            part = vars(self).get(name)
            if isinstance(part, RosWorkcell | InBackground | Pacer):
                part.close()
        super().destroy_node()


def _calls(planner: Planner, *, reach_out: bool) -> Calls:
    """Ask a model while the arm moves; any other planner answers at once."""
    if not isinstance(planner, ModelPlanner):
        return Immediate(planner)
    return InBackground(planner, planner.cancel, GrammarPlanner() if reach_out else None)


def _new_task() -> str:
    return uuid.uuid4().hex[:8]


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(PlannerNode))


if __name__ == '__main__':
    main()
