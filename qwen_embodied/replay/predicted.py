"""A workcell that is imagined from one moment: the arm does exactly what is approved.

The executive runs in it as in any other. Objects follow the closed gripper and come to lie where
it opens. Nothing of this is a claim about physics; the trajectories and their judgement are real.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qwen_embodied import safety
from qwen_embodied.errors import TaskError
from qwen_embodied.geometry import pose
from qwen_embodied.messages import (
    ArmStatus,
    Array,
    JointState,
    JointTrajectory,
    SceneObject,
)
from qwen_embodied.motion import BodyChecker, Obstacle, Robot, World, in_hand
from qwen_embodied.relations import bottom_of, top_of
from qwen_embodied.workcell import Observation, TaskEvent

REACH = 0.03  # m between tool and object at which closing fingers take it
LOOKING = 0.3  # s that a look takes
BOTTOM = 0.004  # m, of a container


@dataclass(frozen=True, eq=False)
class Judged:
    """A trajectory with the supervisor's verdict.

    Attributes:
        name: Of the segment of the motion, such as 'lift'.
        start: When it begins in the imagined cell, s.
        trajectory: As proposed.
        breaches: One line per broken rule; empty when approved.
    """

    name: str
    start: float
    trajectory: JointTrajectory
    breaches: tuple[str, ...]


class PredictedCell:
    """Begins as a recorded or measured moment; see `workcell.Workcell`.

    Attributes:
        events: What the executive told.
        judged: Every trajectory with its verdict, in order.
    """

    def __init__(
        self,
        robot: Robot,
        view: Observation,
        rules: safety.Parameters,
        obstacles: tuple[Obstacle, ...] = (),
    ) -> None:
        """Take the recorded moment, the supervisor's thresholds, and what no camera sees."""
        self.events: list[TaskEvent] = []
        self.judged: list[Judged] = []
        self._robot, self._rules, self._obstacles = robot, rules, obstacles
        self._rgb, self._scene, self._time = view.rgb, view.scene, view.state.stamp
        self._names = view.state.names
        self._positions = np.array(view.state.positions)
        self._velocities = view.state.velocities
        self._held: SceneObject | None = None
        self._limits = robot.all_limits.scaled(
            rules.velocity_scale, rules.acceleration_scale, rules.jerk_scale
        )
        self._gripper = robot.gripper.joint if robot.gripper else None

    def now(self) -> float:
        """Give the imagined time, s."""
        return self._time

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._time += seconds

    def report(self, event: TaskEvent) -> None:
        """Keep the event."""
        self.events.append(event)

    def glimpse(self) -> None:
        """See nothing at once: nobody asks ahead of time."""

    def stopped(self, since: float) -> str:
        """Say that nobody stopped anything."""
        return ''

    def state(self) -> JointState:
        """Give the joints; fingers stay apart by what they hold."""
        positions = np.array(self._positions)
        gripper = self._robot.gripper
        if self._held is not None and gripper is not None:
            apart = gripper.at(float(self._held.size[:2].min()))
            for at, name in enumerate(self._names):
                if self._is_finger(name):
                    positions[at] = gripper.wider(float(positions[at]), apart)
        return JointState(self._time, self._names, positions, self._velocities)

    def look(self) -> Observation:
        """See the recorded scene with what the motions so far changed."""
        self._time += LOOKING
        held = self._held.id if self._held else ''
        there = tuple(item for item in self._scene.objects if item.id != held)
        scene = replace(self._scene, stamp=self._time, objects=there)
        return Observation(scene, self._rgb, self.state())

    def execute(self, trajectory: JointTrajectory) -> ArmStatus:
        """Judge a trajectory, and do it when it is approved.

        Raises:
            TaskError: The same one was refused before; nothing changed here that could help.
        """
        self._refuse_again(trajectory)
        named = replace(trajectory, id=f'{len(self.judged) + 1:04d}')
        breaches = tuple(str(breach) for breach in safety.check_trajectory(named, self._context()))
        segment = next((e.text for e in reversed(self.events) if e.kind == 'segment'), '')
        self.judged.append(Judged(segment, self._time, named, breaches))
        if breaches:
            return ArmStatus(named.id, 'rejected', '; '.join(breaches))
        self._follow(named)
        return ArmStatus(named.id, 'succeeded')

    def _refuse_again(self, trajectory: JointTrajectory) -> None:
        for item in self.judged:
            if item.breaches and _is_same(item.trajectory, trajectory):
                raise TaskError(f'{item.name}: {"; ".join(item.breaches)}')

    # -- what a trajectory changes ---------------------------------------------------------

    def _context(self) -> safety.SafetyContext:
        state = self.state()
        left_out = {*in_hand(self._robot, self._scene, state)}
        left_out |= {self._held.id} if self._held else set()
        world = World.from_scene(self._scene, tuple(left_out), self._obstacles)
        return safety.SafetyContext(
            limits=self._limits,
            state=state,
            now=self._time,
            arm_joints=self._robot.joint_names,
            gripper_joint=self._gripper,
            body=BodyChecker(self._robot, world),
            parameters=self._rules,
        )

    def _follow(self, trajectory: JointTrajectory) -> None:
        before, opening = self._tool(), self._opening()
        ends = dict(zip(trajectory.joint_names, trajectory.positions[-1], strict=True))
        finger = ends.get(self._gripper or '')
        for at, name in enumerate(self._names):
            if name in ends:
                self._positions[at] = ends[name]
            elif finger is not None and self._is_finger(name):
                self._positions[at] = finger
        self._time += trajectory.duration
        self._velocities = np.zeros(len(self._positions))
        if self._held is not None:
            self._replace(_moved(self._held, self._tool() - before))
        change = self._opening() - opening
        if change < -1e-6 and self._held is None:
            self._take()
        elif change > 1e-6:
            self._let_go()

    def _take(self) -> None:
        tool = self._tool()
        near = [
            item
            for item in self._scene.objects
            if not item.is_container and np.linalg.norm(item.position - tool) < REACH
        ]
        if near:
            self._held = min(near, key=lambda item: float(np.linalg.norm(item.position - tool)))

    def _let_go(self) -> None:
        item, self._held = self._held, None
        if item is None:
            return
        beneath = [self._scene.table_height]
        for other in self._scene.objects:
            is_over = (np.abs(other.position[:2] - item.position[:2]) < other.size[:2] / 2).all()
            if other.id != item.id and is_over:
                top = bottom_of(other) + BOTTOM if other.is_container else top_of(other)
                beneath.append(float(top))
        self._replace(_moved(item, np.array([0.0, 0.0, max(beneath) - bottom_of(item)])))

    def _replace(self, item: SceneObject) -> None:
        others = tuple(other for other in self._scene.objects if other.id != item.id)
        self._scene = replace(self._scene, objects=(*others, item))
        if self._held is not None:
            self._held = item

    def _tool(self) -> Array:
        place: Array = self._robot.tool_poses(self._robot.rows(self.state()))[0, :3, 3]
        return place

    def _opening(self) -> float:
        """Give the width between the fingers, m."""
        gripper = self._robot.gripper
        if gripper is None:
            return 0.0
        return gripper.width_at(float(self._positions[self._names.index(gripper.joint)]))

    def _is_finger(self, name: str) -> bool:
        gripper = self._robot.gripper
        return (
            gripper is not None
            and name not in self._robot.joint_names
            and (name == gripper.joint or name[:-1] == gripper.joint[:-1])
        )


def _is_same(one: JointTrajectory, other: JointTrajectory) -> bool:
    return (
        one.joint_names == other.joint_names
        and np.array_equal(one.times, other.times)
        and np.array_equal(one.positions, other.positions)
    )


def _moved(item: SceneObject, offset: Array) -> SceneObject:
    rotation, position = item.object_in_base[:3, :3], item.position + offset
    return replace(item, object_in_base=pose(position, rotation), box=None)
