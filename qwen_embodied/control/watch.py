"""What the tracker has heard, and whether that lets the arm move. Silence does not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.parameters import Parameters
from qwen_embodied.messages import JointState

PERMISSIONS = ('move', 'hold', 'stop')


class Watch:
    """Keeps the newest joint state and the supervisor's permission.

    Args:
        names: Joints that a state must have.
        parameters: Timeouts.
    """

    def __init__(self, names: tuple[str, ...], parameters: Parameters) -> None:
        self.latest: JointState | None = None
        self._names = names
        self._parameters = parameters
        self._arrived = -math.inf
        self._broken = ''
        self._permission = 'stop'
        self._why = ''
        self.scale = 1.0  # share of the pace that is permitted
        self._lease = parameters.lease_timeout
        self._permitted = -math.inf

    def take_state(self, state: JointState | None, now: float) -> None:
        """Take a state; a broken one is not used, a repeated or older one is no news."""
        if state is None:
            return
        self._broken = self._fault_of(state)
        if self._broken:
            return
        before = self.latest
        rewound = before is not None and now < before.stamp - self._parameters.abort_after
        if before is None or rewound or state.stamp > before.stamp:
            self.latest, self._arrived = state, now

    def take_permission(
        self, permission: str, now: float, why: str, scale: float = 1.0, lease: float = math.inf
    ) -> None:
        """Take what the supervisor says; an unknown word counts as 'stop', an odd scale as 0.

        It holds for the shorter of its own lease, s, and the parameter `lease_timeout`.
        """
        self._lease = min(self._parameters.lease_timeout, lease)
        self._permission = permission if permission in PERMISSIONS else 'stop'
        self.scale = scale if 0.0 <= scale <= 1.0 else 0.0
        self._permitted, self._why = now, why

    def positions(self) -> NDArray[np.float64] | None:
        """Give the measured positions in the order of the names, or None."""
        return None if self.latest is None else self.latest.of(self._names)

    def objection(self, now: float) -> str:
        """Give the reason why the arm may not move now; empty when it may."""
        return self.staleness(now) or self._refused_permission(now - self._permitted)

    def staleness(self, now: float) -> str:
        """Give what is wrong with the newest joint state; empty when it can be used."""
        if self._broken:
            return self._broken
        if self.latest is None:
            return 'joint_states: never heard'
        p = self._parameters
        age = now - min(self.latest.stamp, self._arrived)
        ahead = max(self.latest.stamp, self._arrived) - now
        if not (age <= p.state_timeout and ahead <= p.state_future):
            return f'joint_states: {age:.2f} s old'
        return ''

    def _refused_permission(self, silence: float) -> str:
        if math.isinf(silence):
            return 'safety supervisor: never heard'
        if not abs(silence) <= self._lease:
            return f'safety supervisor: silent for {silence:.2f} s'
        if self._permission != 'move':
            return f'safety supervisor: {self._why or self._permission}'
        return ''

    def _fault_of(self, state: JointState) -> str:
        missing = [name for name in self._names if name not in state.names]
        if missing:
            return f'joint_states lack {", ".join(missing)}'
        own = [state.names.index(name) for name in self._names]
        speeds = 0.0 if state.velocities is None else state.velocities[own]
        numbers = (state.stamp, state.positions[own], speeds)
        if not all(np.isfinite(values).all() for values in numbers):
            return 'joint_states hold numbers that are not finite'
        return ''
