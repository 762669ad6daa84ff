"""What the rules are given, and what they give back."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ContractError
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointState
from qwen_embodied.safety.parameters import Parameters

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Breach:
    """One broken rule; `str` gives the line for a person.

    Attributes:
        rule: Its id.
        message: What was found, with its value and what is allowed.
        joint: That broke it, or None.
        time: On the trajectory, s, or None.
        value: What was found, or None; may be NaN.
        limit: What is allowed, or None.
    """

    rule: str
    message: str
    joint: str | None = None
    time: float | None = None
    value: float | None = None
    limit: float | None = None

    def __str__(self) -> str:
        return f'{self.rule} {self.message}'


@dataclass(frozen=True)
class Verdict:
    """The answer to a proposed trajectory; it is rejected or approved as it is, never repaired."""

    approved: bool
    breaches: tuple[Breach, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """One line per breach."""
        return tuple(str(breach) for breach in self.breaches)


class Contact(Protocol):
    """The first place where the robot comes too near to something."""

    @property
    def sample(self) -> int:
        """Row of the positions that were checked."""

    @property
    def first(self) -> str:
        """Name of the robot's link."""

    @property
    def second(self) -> str:
        """Name of what it comes near to."""

    @property
    def distance(self) -> float:
        """Between the two, m; negative when they overlap."""

    @property
    def allowed(self) -> float:
        """Smallest distance allowed there, m."""


class Body(Protocol):
    """What the rules must know of the robot's shape and surroundings."""

    def tool_positions(self, positions: Array) -> Array:
        """Give the tool's place (N, 3) m in the base frame for arm positions (N, arm joints)."""

    def link_spheres(self, positions: Array) -> Array:
        """Cover every moving link with spheres: (N, S, 4) x y z radius in the base, m.

        Args:
            positions: Arm joints, then the gripper joint, (N, J) rad and m.
        """

    def conditions(self, positions: Array) -> Array:
        """Give the condition number of the tool's Jacobian (N,) for arm joints (N, J)."""

    def contact(self, positions: Array, slow: NDArray[np.bool_]) -> Contact | None:
        """Give the first sample that comes too near to something, or None.

        Args:
            positions: Arm joints, then the gripper joint, (N, J) rad and m.
            slow: (N,), True where the tool is slow enough for the hand to touch things.
        """


@dataclass(frozen=True, kw_only=True, eq=False)
class SafetyContext:
    """All that a trajectory is judged against.

    Attributes:
        limits: Of the arm and gripper joints, already scaled to what is allowed.
        state: The last measured joint state.
        now: Time on the clock of the state's stamp, s.
        arm_joints: Names in the order that `body` expects.
        gripper_joint: Name of the joint that closes the gripper, or None.
        body: Shape of the robot; None leaves only the rules C1 to C6.
        parameters: Thresholds.
    """

    limits: JointLimits
    state: JointState
    now: float
    arm_joints: tuple[str, ...]
    gripper_joint: str | None = None
    body: Body | None = None
    parameters: Parameters = field(default_factory=Parameters)

    def __post_init__(self) -> None:
        """Refuse limits that lack a joint."""
        missing = [name for name in self.joints if name not in self.limits.names]
        if missing or not self.arm_joints:
            raise ContractError('SafetyContext.limits', list(self.limits.names), f'with {missing}')

    @property
    def joints(self) -> tuple[str, ...]:
        """Arm joints, then the gripper joint."""
        gripper = () if self.gripper_joint is None else (self.gripper_joint,)
        return (*self.arm_joints, *gripper)

    @property
    def is_arm(self) -> NDArray[np.bool_]:
        """(J,), True for the columns of `joints` that belong to the arm."""
        return np.arange(len(self.joints)) < len(self.arm_joints)

    def unit(self, joint: str) -> str:
        """Give the unit of a joint's position."""
        return 'm' if joint == self.gripper_joint else 'rad'
