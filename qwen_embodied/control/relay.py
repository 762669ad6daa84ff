"""Who is sent what: a course as one trajectory for each controller, once."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping

from qwen_embodied.control.forecast import Course, forecast
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.messages import JointTrajectory

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

    Args:
        controllers: Joints of each controller by its name.
        joints: Of the commands, in their order.
        period: Of the control loop, s.

    Raises:
        ConfigurationError: The controllers do not own each joint exactly once.
    """

    def __init__(self, controllers: Controllers, joints: tuple[str, ...], period: float) -> None:
        check_controllers(controllers, joints)
        self._controllers, self._joints, self._period = controllers, joints, period
        self._sent: Course | None = None

    def outgoing(self, course: Course | None) -> dict[str, JointTrajectory]:
        """Give what each controller is to be sent now; empty while what it has still holds.

        Args:
            course: Of the tracker; None while it follows nothing, and then the controllers
                rest at the last point they were sent.
        """
        if course is None or course.is_that_of(self._sent):
            return {}
        self._sent = course
        return split(forecast(course, self._joints, self._period), self._controllers)
