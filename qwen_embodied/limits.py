"""Limits of a group of joints, addressed by name."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ContractError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class JointLimits:
    """Limits of J joints; every array has the shape (J,).

    Attributes:
        names: Of the joints.
        lower: Smallest position, rad or m.
        upper: Largest position, rad or m.
        velocity: Largest speed, rad/s or m/s.
        acceleration: Largest acceleration, rad/s² or m/s².
        jerk: Largest jerk, rad/s³ or m/s³.
    """

    names: tuple[str, ...]
    lower: Array
    upper: Array
    velocity: Array
    acceleration: Array
    jerk: Array

    def __post_init__(self) -> None:
        """Refuse limits that are absent, not finite or empty."""
        object.__setattr__(self, 'names', tuple(self.names))
        for field in ('lower', 'upper', 'velocity', 'acceleration', 'jerk'):
            value = np.array(getattr(self, field), dtype=float)
            if value.shape != (len(self.names),) or not np.isfinite(value).all():
                raise ContractError(
                    f'JointLimits.{field}', value.tolist(), f'{len(self.names)} finite numbers'
                )
            value.flags.writeable = False
            object.__setattr__(self, field, value)
        if not (self.lower < self.upper).all():
            raise ContractError('JointLimits.upper', self.upper.tolist(), 'above lower')
        for field in ('velocity', 'acceleration', 'jerk'):
            if not (getattr(self, field) > 0).all():
                raise ContractError(f'JointLimits.{field}', getattr(self, field).tolist(), '> 0')

    def scaled(self, velocity: float, acceleration: float, jerk: float) -> JointLimits:
        """Give limits with a share (0 to 1] of the velocity, acceleration and jerk."""
        return replace(
            self,
            velocity=self.velocity * velocity,
            acceleration=self.acceleration * acceleration,
            jerk=self.jerk * jerk,
        )

    def of(self, names: tuple[str, ...]) -> JointLimits:
        """Give the limits of some joints, in the order of names."""
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise ContractError('joint names', unknown, f'among {list(self.names)}')
        order = [self.names.index(name) for name in names]
        fields = ('lower', 'upper', 'velocity', 'acceleration', 'jerk')
        return JointLimits(tuple(names), *(getattr(self, field)[order] for field in fields))
