"""People near the arm: it slows down and stops before they can be reached (D12)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

from qwen_embodied.safety.findings import HOLD, Finding
from qwen_embodied.safety.parameters import Parameters

SLOWING = 1.0  # m, over which the pace falls from full to none
STEPS = 20  # of the scale, so that it does not change at every message


def protective_distance(parameters: Parameters) -> float:
    """Give the distance S, m, at which the arm must rest when a person walks up to it.

    The way of the person until the arm rests, the way of the arm until it slows and then until
    it rests, how far an arm reaches before it is seen, and the errors of both positions.
    """
    p = parameters
    person = p.human_speed * (p.reaction_time + p.stopping_time)
    arm = p.max_tool_speed * (p.reaction_time + p.stopping_time / 2)
    return person + arm + p.intrusion + p.position_error


class PeopleMonitor:
    """Turns the distance of the nearest person into a share of the pace."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._distance, self._heard = 0.0, -math.inf
        self._clear_since: float | None = None
        self._is_held = False
        self._near = protective_distance(parameters)

    @property
    def is_shared(self) -> bool:
        """True where people may be near."""
        return self._parameters.people == 'shared'

    def take(self, distance: float, now: float) -> None:
        """Take the distance of the nearest person, m; infinity when there is none."""
        is_distance = distance >= 0.0
        self._distance = distance if is_distance else 0.0
        self._heard = now

    def resume(self, now: float) -> None:
        """Let an operator end a hold, once it was clear for long enough."""
        self._update(now)
        self._is_held = self._is_held and not self._has_been_clear(now)

    def scale(self, now: float) -> float:
        """Give the share of the pace, 0 to 1, in steps."""
        if not self.is_shared:
            return 1.0
        self._update(now)
        return 0.0 if self._is_held else self._share(now)

    def findings(self, now: float) -> list[Finding]:
        """Report a person, or a silent detector, for which the arm waits."""
        if self.scale(now) > 0.0:
            return []
        near, age = self._near, now - self._heard
        if not 0.0 <= age <= self._parameters.people_timeout:
            said = 'never heard' if math.isinf(age) else f'silent for {age:.2f} s'
            return [Finding('D12', f'person detector: {said}', HOLD, age,
                            self._parameters.people_timeout)]  # fmt: skip
        if not self._distance > near:
            message = f'a person is {self._distance:.2f} m away, allowed {near:.2f}'
            return [Finding('D12', message, HOLD, self._distance, near)]
        way = 'wait' if self._parameters.people_resume else 'arm to go on'
        return [Finding('D12', f'a person was near; {way}', HOLD, self._distance, near)]

    def _share(self, now: float) -> float:
        fresh = 0.0 <= now - self._heard <= self._parameters.people_timeout
        share = (self._distance - self._near) / SLOWING if fresh else 0.0
        return math.floor(min(max(share, 0.0), 1.0) * STEPS) / STEPS

    def _update(self, now: float) -> None:
        if not self._share(now) > 0.0:
            self._is_held, self._clear_since = True, None
        elif self._clear_since is None:
            self._clear_since = now
        if self._is_held and self._parameters.people_resume and self._has_been_clear(now):
            self._is_held = False

    def _has_been_clear(self, now: float) -> bool:
        since = self._clear_since
        return since is not None and now - since >= self._parameters.people_clear
