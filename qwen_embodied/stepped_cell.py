"""World, supervisor and tracker joined period by period, in the world's own time.

>>> from qwen_embodied.motion import load_robot
>>> from qwen_embodied.simulation import MujocoWorld, SceneSpec
>>> cell = SteppedCell(MujocoWorld(SceneSpec((), seed=0)), load_robot('panda'))
>>> cell.start()
>>> cell.supervisor.state
'ARMED'
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qwen_embodied import control, safety
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory, Scene
from qwen_embodied.motion import Obstacle, Robot, Surrounded

Array = NDArray[np.float64]

CONTROL_PERIOD = 0.01  # s


class SteppedArm(Protocol):
    """An arm whose time passes only when it is stepped."""

    @property
    def time(self) -> float:
        """Time, s."""
        ...

    def read(self) -> JointState:
        """Measure the joints."""
        ...

    def command(self, positions: Array) -> Array:
        """Set the target to reach within the next control period."""
        ...

    def step(self, seconds: float) -> None:
        """Let time pass."""
        ...


def _ignore(_: object) -> None:
    """Do nothing."""


class SteppedCell:
    """An arm behind every rule of safety and control, without nodes and without waiting.

    Each control period the supervisor hears the joints and the tracker, the tracker hears the
    supervisor, and the arm gets its set-point, as the nodes do it by messages. The limits are
    those of the simulation profile.

    Attributes:
        arm: Steps and moves.
        robot: Whose limits and shape the rules know.
        supervisor: Judges; `start` or `surround` gives it the surroundings.
        tracker: Follows.
        on_step: Called with the joints at the beginning of each control period, when it is over.
        on_approval: Called with each trajectory that is about to be followed.
    """

    def __init__(
        self, arm: SteppedArm, robot: Robot, obstacles: tuple[Obstacle, ...] = ()
    ) -> None:
        """Join the parts, with bodies that no camera sees; nothing passes before `start`."""
        self._surrounded = Surrounded(robot, obstacles)
        self.arm, self.robot = arm, robot
        self.on_step: Callable[[JointState], None] = _ignore
        self.on_approval: Callable[[JointTrajectory], None] = _ignore
        self._rules = rules = safety.Parameters(**safety.SIMULATION_PROFILE)
        fingers = [robot.gripper.joint] if robot.gripper else []
        self.supervisor = safety.Supervisor(
            robot.all_limits, gripper_joint=next(iter(fingers), None), parameters=rules
        )
        limits = robot.all_limits.scaled(
            rules.velocity_scale, rules.acceleration_scale, rules.jerk_scale
        )
        details = {**control.SIMULATION_PROFILE, 'contact_joints': fingers}
        self.tracker = control.Tracker(limits, control.Parameters(**details))
        self._word: safety.SafetyState | None = None
        self._count = 0

    def start(self) -> None:
        """Wait until the supervisor is armed, or would be if it were healthy."""
        self.supervisor.body = self._surrounded.body()
        self.wait(self._rules.healthy_time + 10 * CONTROL_PERIOD)

    def surround(self, scene: Scene, state: JointState) -> None:
        """Tell the supervisor what stands around the arm; what is in the hand is left out."""
        self.supervisor.body = self._surrounded.body(scene, state)

    def now(self) -> float:
        """Give the time, s."""
        return self.arm.time

    def state(self) -> JointState:
        """Measure the joints."""
        return self.arm.read()

    def stopped(self) -> str:
        """Say why the supervisor lets nothing move until it is reset; empty while it does."""
        word = self._word
        return '; '.join(word.reasons) if word and word.state in safety.LATCHED else ''

    def wait(self, seconds: float) -> None:
        """Let time pass while the arm holds still."""
        for _ in range(round(seconds / CONTROL_PERIOD)):
            self._tick()

    def execute(self, trajectory: JointTrajectory) -> ArmStatus:
        """Propose a trajectory under an id of its own and follow it to its end.

        Returns:
            How it ended: 'succeeded', 'aborted', or 'rejected' before anything moved.
        """
        self._count += 1
        named = replace(trajectory, id=f'{self._count:04d}')
        verdict = self.supervisor.propose(named, self.now())
        if not verdict.approved:
            return ArmStatus(named.id, 'rejected', '; '.join(verdict.reasons))
        try:
            self.tracker.start(named, self.arm.read(), self.now())
        except TrajectoryRejectedError as error:
            return ArmStatus(named.id, 'rejected', '; '.join(error.reasons))
        self.on_approval(named)
        while self.tracker.status.state == 'executing':
            self._tick()
        self.supervisor.on_arm_status(self.tracker.status, self.now())
        return self.tracker.status

    def _tick(self) -> None:
        """Let one control period pass: supervise, track, move."""
        state, now = self.arm.read(), self.now()
        self.supervisor.on_joint_state(state, now)
        self.supervisor.on_arm_status(self.tracker.status, now)
        word = self._word = self.supervisor.tick(now)
        self.tracker.on_permission(word.permission, now, '; '.join(word.reasons))
        target = self.tracker.update(state, now)
        if target is not None:
            self.arm.command(target)
        self.arm.step(CONTROL_PERIOD)
        self.on_step(state)
