"""The supervisor with its surroundings and its clock, without ROS's threads and topics."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from collections.abc import Callable

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory, Scene
from qwen_embodied.motion import Obstacle, Robot
from qwen_embodied.nodes.conversions_safety import Rejection
from qwen_embodied.nodes.surroundings import Surroundings
from qwen_embodied.safety import (
    Breach,
    Latch,
    Parameters,
    SafetyState,
    Supervisor,
    breach_of_contract,
    check_size,
)


class Judge:
    """Feeds a supervisor; its time stands still while it judges a trajectory.

    Nothing is heard during that time, and that is nobody's silence.
    """

    def __init__(
        self,
        robot: Robot,
        parameters: Parameters,
        stamps: Callable[[], float],
        obstacles: tuple[Obstacle, ...] = (),
        latch: Latch | None = None,
    ) -> None:
        """Join the parts.

        Args:
            robot: Whose trajectories are judged.
            parameters: Of the rules.
            stamps: Gives the time of the clock that stamps the joint states, s.
            obstacles: That no camera sees.
            latch: A stop that was latched before a restart, or None.
        """
        self.arm_joints = robot.joint_names
        self.supervisor = Supervisor(
            robot.all_limits,
            gripper_joint=robot.gripper.joint if robot.gripper else None,
            parameters=parameters,
            latch=latch,
        )
        self.rejection = Rejection()
        self._surroundings, self._stamps = Surroundings(robot, obstacles), stamps
        self._spent = 0.0

    @property
    def scene(self) -> Scene | None:
        """What was perceived last."""
        return self._surroundings.scene

    def now(self) -> float:
        """Give the time in s."""
        return time.monotonic() - self._spent

    def tick(self) -> SafetyState:
        """Give the state now."""
        return self.supervisor.tick(self.now())

    def loop(self, period: float) -> SafetyState:
        """Come round, every period, s; gives the state now."""
        inputs = self.supervisor.inputs
        inputs.loop.take(self.now(), period)
        inputs.clock.take(self._stamps(), time.monotonic())
        return self.tick()

    def stop(self, reason: str) -> SafetyState:
        """Latch the stop."""
        return self.supervisor.stop(reason, self.now())

    def hear_state(self, state: JointState) -> None:
        """Take measured joints."""
        self._surroundings.hear_state(state)
        self.supervisor.on_joint_state(state, self.now(), self._stamps())

    def hear_status(self, status: ArmStatus) -> None:
        """Take what the arm controller does."""
        self.supervisor.on_arm_status(status, self.now())

    def hear_scene(self, scene: Scene) -> None:
        """Take what stands around the robot."""
        self._surroundings.hear_scene(scene)
        if self.supervisor.body is None:
            self.supervisor.body = self._surroundings.body()

    def refuse(self, name: str, why: str) -> None:
        """Refuse a trajectory of an id unread (E5); the next word of the supervisor says so."""
        breach = Breach('E5', why)
        self.supervisor.decisions.rejected((breach,), self.now(), name)
        self.rejection = Rejection(name, (str(breach),))

    def judge(
        self, name: str, size: tuple[int, int], read: Callable[[], JointTrajectory]
    ) -> tuple[SafetyState, Rejection | None]:
        """Decide on a trajectory.

        Args:
            name: Id of the trajectory.
            size: Number of its points and of its joints, before anything is converted.
            read: Converts it; may raise ContractError.

        Returns:
            The state after it, and why it is refused, or None.
        """
        started, now = time.monotonic(), self.now()
        reasons = self._reasons(size, read, now)
        self._spent += time.monotonic() - started
        if not reasons:
            return self.supervisor.tick(now), None
        self.rejection = Rejection(name, reasons)
        return self.supervisor.tick(now), self.rejection

    def _reasons(
        self, size: tuple[int, int], read: Callable[[], JointTrajectory], now: float
    ) -> tuple[str, ...]:
        breaches = check_size(*size, self.supervisor.parameters)
        if breaches:
            return tuple(map(str, breaches))
        clock = self._stamps()  # of now: what it takes to read is no age of the joint state
        self.supervisor.body = self._surroundings.body()
        try:
            return self.supervisor.propose(read(), now, clock).reasons
        except ContractError as error:
            return (str(breach_of_contract(error)),)
