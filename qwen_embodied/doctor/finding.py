"""What a check found: how it stands, what was seen, and what makes it right."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qwen_embodied.doctor.facts import Machine, Probe

AGAIN = 'the machine is busy: end other programs, then ask again'


class Status(StrEnum):
    """How a check ended."""

    PASS = 'PASS'
    WARN = 'WARN'
    FAIL = 'FAIL'
    SKIP = 'SKIP'


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        group: Of the check, such as 'camera'.
        name: Of the check.
        status: How it ended.
        found: What was seen, with its value.
        fix: What makes it right; empty where nothing is wrong.
    """

    group: str
    name: str
    status: Status
    found: str
    fix: str = ''


@dataclass(frozen=True)
class Check:
    """Makes the findings of one check."""

    group: str
    name: str

    def good(self, found: str) -> Finding:
        """All is well."""
        return Finding(self.group, self.name, Status.PASS, found)

    def doubt(self, found: str, fix: str) -> Finding:
        """It works, but not well or not for sure."""
        return Finding(self.group, self.name, Status.WARN, found, fix)

    def bad(self, found: str, fix: str) -> Finding:
        """It does not work."""
        return Finding(self.group, self.name, Status.FAIL, found, fix)

    def idle(self, found: str) -> Finding:
        """There is nothing to check."""
        return Finding(self.group, self.name, Status.SKIP, found)

    def failed(self, tried: Probe, fix: str) -> Finding:
        """Something that was tried out did not work, or not in time."""
        return self.doubt(tried.said, AGAIN) if tried.is_late else self.bad(tried.said, fix)

    def late(self, machine: Machine, found: str, fix: str) -> Finding:
        """Something did not come in time, which a busy machine may be the reason of."""
        if machine.is_busy:
            return self.doubt(f'{found} (load {machine.load:.1f})', AGAIN)
        return self.bad(found, fix)

    def judge(self, faults: list[str], fix: str, found: str) -> Finding:
        """Fail with the faults, or pass with what was found."""
        return self.bad('; '.join(faults), fix) if faults else self.good(found)
