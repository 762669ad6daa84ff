"""How each kind of topic is delivered; docs/topics.md names the kind of every topic."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def _profile(
    depth: int, reliability: ReliabilityPolicy, durability: DurabilityPolicy
) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=reliability,
        durability=durability,
    )


# Images and what a subscriber takes from drivers: accepts reliable and best-effort publishers.
SENSOR = _profile(5, ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE)
# Only the newest value counts: joint states at the subscriber, set-points, leases.
NEWEST = _profile(1, ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE)
# Published so that every kind of subscriber matches.
STATE = _profile(10, ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
# Trajectories, instructions, statuses: each one counts.
RELIABLE = _profile(50, ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
# What a late subscriber must still get: the plan, static descriptions.
LATCHED = _profile(1, ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL)
