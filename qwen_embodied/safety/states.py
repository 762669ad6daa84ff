"""The states of the supervisor, and what each lets the arm do."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

# What each state lets the arm controller do: go on, rest on the path for now, or give up.
PERMISSIONS = {
    'INIT': 'stop',
    'DISARMED': 'stop',
    'ARMED': 'move',
    'EXECUTING': 'move',
    'HOLD': 'hold',
    'STOP_LATCHED': 'stop',
    'FAULT_LATCHED': 'stop',
}
STATES = tuple(PERMISSIONS)
ACTIVE = ('ARMED', 'EXECUTING', 'HOLD')
LATCHED = ('STOP_LATCHED', 'FAULT_LATCHED')


@dataclass(frozen=True)
class SafetyState:
    """What the supervisor says at each tick; hearing it is the controller's lease.

    Attributes:
        state: One of STATES.
        permission: 'move', 'hold' (rest on the path, go on when it ends) or 'stop' (give up).
        reasons: For a person; empty while all is well.
        lease: How long this message lets the controller move, s.
        sequence: Counts the messages.
        trajectory_id: Of the approved trajectory; empty without one.
        scale: Share of the pace of the trajectory, 0 (waits on the path) to 1.
        nonce: Of the latch, to be given to reset it; empty while nothing is latched.
        withheld: Why no new trajectory is taken though what runs may go on.
    """

    state: str
    permission: str
    reasons: tuple[str, ...]
    lease: float
    sequence: int
    trajectory_id: str = ''
    scale: float = 1.0
    nonce: str = ''
    withheld: tuple[str, ...] = ()
