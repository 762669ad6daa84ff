"""The graph around the supervisor: who else may publish, and who cannot be heard (D9)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping

from qwen_embodied.safety.findings import FAULT, Finding


class GraphMonitor:
    """Watches the topics on which exactly one node may speak."""

    def __init__(self) -> None:
        self._publishers: dict[str, int] = {}
        self._most: dict[str, int] = {}
        self._mismatches: dict[str, str] = {}

    def take_publishers(
        self, counts: Mapping[str, int], most: Mapping[str, int] | None = None
    ) -> None:
        """Take the number of publishers of each guarded topic; `most` says where not 1 may be."""
        self._publishers, self._most = dict(counts), dict(most or {})

    def take_mismatch(self, topic: str, policy: str) -> None:
        """Take a publisher or subscriber that asks for another delivery than ours."""
        self._mismatches[topic] = policy

    def forget(self) -> None:
        """Forget mismatches: DDS says when one begins, not when it ends."""
        self._mismatches.clear()

    def findings(self, now: float) -> list[Finding]:
        """Report doubled publishers and what cannot be heard."""
        counted = ((name, count, self._most.get(name, 1))
                   for name, count in self._publishers.items())  # fmt: skip
        found = [
            Finding('D9', f'{name} has {count} publishers, allowed {most}', FAULT, count, most)
            for name, count, most in counted
            if not count <= most
        ]
        return found + [
            Finding('D9', f'{topic}: somebody offers or asks for another {policy}', FAULT)
            for topic, policy in self._mismatches.items()
        ]
