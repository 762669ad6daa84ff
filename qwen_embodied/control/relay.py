"""Who is sent what: a course as one trajectory for each controller, once."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.forecast import Course, forecast
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.messages import JointTrajectory

Array = NDArray[np.float64]
Controllers = Mapping[str, tuple[str, ...]]


def check_controllers(controllers: Controllers, joints: tuple[str, ...]) -> None:
    """Refuse controllers that do not own each joint exactly once.

    Raises:
        ConfigurationError: Names the joints and the way out.
    """
    owned = [joint for names in controllers.values() for joint in names]
    for wrong, what in (
        ([joint for joint in joints if joint not in owned], 'have no controller'),
        ([joint for joint in dict.fromkeys(owned) if owned.count(joint) > 1], 'have two'),
        ([joint for joint in owned if joint not in joints], 'are not of this arm'),
        ([name for name, names in controllers.items() if not names], 'own no joint'),
    ):
        if wrong:
            raise ConfigurationError(
                f'controllers: {", ".join(wrong)} {what}; write each joint of '
                f'{", ".join(joints)} below exactly one controller of the robot file'
            )


def split(trajectory: JointTrajectory, controllers: Controllers) -> dict[str, JointTrajectory]:
    """Give each controller the columns of its joints, in its own order."""
    result = {}
    for controller, names in controllers.items():
        order = [trajectory.joint_names.index(name) for name in names]
        v, a = trajectory.velocities, trajectory.accelerations
        result[controller] = JointTrajectory(
            names,
            trajectory.times,
            trajectory.positions[:, order],
            None if v is None else v[:, order],
            None if a is None else a[:, order],
            trajectory.id,
        )
    return result


class Relay:
    """Sends a new trajectory when, and only when, the intent has changed.

    A controller joins what it is sent to where the arm is measured, or to its last command at a
    time that is a cycle off: either is a jump. So each trajectory begins in the past, with the
    commands that the controller has already, and leaves them `lead` after it was made, when it
    has surely arrived.

    Args:
        controllers: Joints of each controller by its name.
        joints: Of the commands, in their order.
        period: Of the control loop, s.
        lead: From a command to the arm's controller following it, s.

    Raises:
        ConfigurationError: The controllers do not own each joint exactly once.
    """

    def __init__(
        self, controllers: Controllers, joints: tuple[str, ...], *, period: float, lead: float
    ) -> None:
        check_controllers(controllers, joints)
        self._controllers, self._joints = controllers, joints
        self._period, self._lead = period, lead
        self._course: Course | None = None
        self._sent: tuple[TrajectorySpline, float] | None = None
        self._is_quintic = True

    def outgoing(
        self, course: Course | None, positions: Array, now: float
    ) -> dict[str, JointTrajectory]:
        """Give what each controller is to be sent now; empty while what it has still holds.

        Args:
            course: Of the tracker, after its update.
            positions: Its command, (J,).
            now: s. It is time 0 of what is sent.
        """
        if course is None or course.is_that_of(self._course):
            return {}
        ahead = forecast(course, self._joints, self._period)
        whole = _joined(self._already(positions, now), ahead, self._lead)
        self._course, self._sent = course, (TrajectorySpline(whole), now)
        self._is_quintic = whole.accelerations is not None
        return split(whole, self._controllers)

    def _already(self, positions: Array, now: float) -> JointTrajectory:
        """Give what the controllers follow until the lead is over, from time 0 of now."""
        times = np.arange(0.0, self._lead - self._period / 2, self._period)
        if self._sent is None:
            rest = np.tile(positions, (len(times), 1))
            still = np.zeros_like(rest)
            return JointTrajectory(self._joints, times, rest, still, still)
        spline, begin = self._sent
        found = spline.sample(now - begin + times)
        # Where cubics meet, accelerations jump: a quintic through them would overshoot.
        smooth = self._is_quintic or not found.velocities.any()
        bends = found.accelerations if smooth else None
        return JointTrajectory(self._joints, times, found.positions, found.velocities, bends)


def _joined(first: JointTrajectory, second: JointTrajectory, after: float) -> JointTrajectory:
    """Let a trajectory follow another one, its time 0 at `after` s."""

    def both(a: Array | None, b: Array | None) -> Array | None:
        return None if a is None or b is None else np.concatenate([a, b])

    return JointTrajectory(
        second.joint_names,
        np.concatenate([first.times, second.times + after]),
        np.concatenate([first.positions, second.positions]),
        both(first.velocities, second.velocities),
        both(first.accelerations, second.accelerations),
        second.id,
    )
