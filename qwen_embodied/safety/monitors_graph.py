"""The graph around the supervisor: who else may publish, and who cannot be heard (D9)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping

from qwen_embodied.safety.findings import FAULT, Finding


class GraphMonitor:
    """Watches the topics on which exactly one node may speak."""

    def __init__(self) -> None:
        self._publishers: dict[str, int] = {}
        self._mismatches: dict[str, str] = {}

    def take_publishers(self, counts: Mapping[str, int]) -> None:
        """Take the number of publishers of each guarded topic."""
        self._publishers = dict(counts)

    def take_mismatch(self, topic: str, policy: str) -> None:
        """Take a publisher or subscriber that asks for another delivery than ours."""
        self._mismatches[topic] = policy

    def forget(self) -> None:
        """Forget mismatches: DDS says when one begins, not when it ends."""
        self._mismatches.clear()

    def findings(self, now: float) -> list[Finding]:
        """Report doubled publishers and what cannot be heard."""
        found = [
            Finding('D9', f'{topic} has {count} publishers, allowed 1', FAULT, count, 1)
            for topic, count in self._publishers.items()
            if not count <= 1
        ]
        return found + [
            Finding('D9', f'{topic}: somebody offers or asks for another {policy}', FAULT)
            for topic, policy in self._mismatches.items()
        ]
