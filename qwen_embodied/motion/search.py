"""What is asked of the inverse kinematics, and what it answers."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.motion.settling import ROTATION_WEIGHT

Array = NDArray[np.float64]

TOLERANCE = 1e-5  # m and rad
LOOSE = 0.03  # rad that may be left where an arm has fewer than six joints


@dataclass(frozen=True, eq=False)
class Search:
    """What is wanted of an arm posture beyond reaching the pose.

    Attributes:
        prefer: 'first' takes the first posture found, the seed's own where it works; 'near' the
            one of several that is nearest to the seed; 'room' the one of several that is
            farthest from the joint limits. The last two also use a redundant arm's freedom.
        several: How many different postures 'near' and 'room' choose from.
        blocked: Gives the names of two bodies that touch at joints (J,), or None where the
            posture is free.
        rotation: Largest rotation that may be left, rad. The position is always reached to
            1e-5 m; an arm with fewer than six joints may need this freedom.
    """

    prefer: Literal['first', 'near', 'room'] = 'first'
    several: int = 6
    blocked: Callable[[Array], tuple[str, str] | None] | None = None
    rotation: float = TOLERANCE


ANY = Search()


@dataclass(frozen=True, eq=False)
class Solution:
    """Where a solver ended.

    Attributes:
        joints: (J,) rad, within the limits.
        position_error: What is left, m.
        rotation_error: What is left, rad.
        rotation_allowed: What may be left, rad.
    """

    joints: Array
    position_error: float
    rotation_error: float
    rotation_allowed: float = TOLERANCE

    @property
    def reaches(self) -> bool:
        """True within the tolerance."""
        return self.position_error <= TOLERANCE and self.rotation_error <= self.rotation_allowed

    @property
    def miss(self) -> float:
        """One number for comparing ends of settling, where the position comes first."""
        return self.position_error + ROTATION_WEIGHT * self.rotation_error

    @property
    def error(self) -> float:
        """One number for comparing, with 1 rad as bad as 0.3 m."""
        return self.position_error + 0.3 * self.rotation_error
