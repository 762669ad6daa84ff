"""The curve that a joint_trajectory_controller draws through the points it was sent."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.control.goal import GoalPoint, Numbers, TrajectoryGoal
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.messages import JointTrajectory

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Node:
    """A point of the curve; what was not sent is None.

    Attributes:
        time: On the controller's clock, s.
        positions: (J,).
        velocities: (J,) or None.
        accelerations: (J,) or None.
    """

    time: float
    positions: Array
    velocities: Array | None = None
    accelerations: Array | None = None


class JtcCurve:
    """Nodes joined by lines, cubics or quintics, by what both ends of a segment have.

    Args:
        names: Joints of the controller.
        before: Where the commands come from; it is joined to the first point.
        goal: With positive or negative times, finite or not: nothing is checked.
        start: When time 0 of the goal is, s.
    """

    def __init__(
        self, names: tuple[str, ...], before: Node, goal: TrajectoryGoal, start: float
    ) -> None:
        self._names = names
        nodes = _ordered(names, before, goal, start)
        # Points that lie before the node the curve comes from are never passed through.
        self._nodes = [before, *nodes] if nodes[0].time > before.time else nodes
        self._times = np.array([node.time for node in self._nodes])
        self._segments: dict[int, TrajectorySpline] = {}

    @property
    def end(self) -> float:
        """Time of the last point, s."""
        return self._nodes[-1].time

    def sample(self, time: float) -> Node:
        """Give the curve at a time; after the last point it rests there."""
        if not time < self.end:
            still = np.zeros(len(self._names))
            return Node(time, self._nodes[-1].positions, still, still)
        at = max(int(np.searchsorted(self._times, time, side='right')) - 1, 0)
        with np.errstate(all='ignore'):
            if at not in self._segments:
                self._segments[at] = self._draw(self._nodes[at], self._nodes[at + 1])
            found = self._segments[at].sample([time - self._nodes[at].time])
        return Node(time, found.positions[0], found.velocities[0], found.accelerations[0])

    def _draw(self, first: Node, second: Node) -> TrajectorySpline:
        def both(a: Array | None, b: Array | None) -> Array | None:
            return None if a is None or b is None else np.stack([a, b])

        velocities = both(first.velocities, second.velocities)
        bends = both(first.accelerations, second.accelerations)
        return TrajectorySpline(
            JointTrajectory(
                self._names,
                np.array([0.0, second.time - first.time]),
                np.stack([first.positions, second.positions]),
                velocities,
                None if velocities is None else bends,
            )
        )


def _ordered(
    names: tuple[str, ...], before: Node, goal: TrajectoryGoal, start: float
) -> list[Node]:
    """Bring the columns into the controller's order; joints that are not named hold."""
    nodes: list[Node] = []
    for point in goal.points:
        node = _node(names, before, (goal.joint_names, point), start)
        nodes.append(node if len(point.positions) else _integrated(nodes[-1:] or [before], node))
    return nodes


def _node(
    names: tuple[str, ...],
    before: Node,
    sent: tuple[tuple[str, ...], GoalPoint],
    start: float,
) -> Node:
    given, point = sent

    def column(values: Numbers, rest: Array) -> Array:
        row = rest.copy()
        for name, value in zip(given, values, strict=False):
            row[names.index(name)] = value  # of a doubled name the last one counts
        return row

    still = np.zeros(len(names))
    return Node(
        start + point.time,
        column(point.positions, before.positions),
        column(point.velocities, still) if len(point.velocities) else None,
        column(point.accelerations, still) if len(point.accelerations) else None,
    )


def _integrated(last: list[Node], node: Node) -> Node:
    """Find positions from velocities, or both from accelerations, by the trapezoid rule."""
    before, still = last[-1], np.zeros_like(node.positions)
    span = node.time - before.time
    v0 = still if before.velocities is None else before.velocities
    v1 = node.velocities
    if v1 is None and node.accelerations is not None:
        a0 = still if before.accelerations is None else before.accelerations
        v1 = v0 + 0.5 * (a0 + node.accelerations) * span
    v1 = still if v1 is None else v1
    return replace(node, positions=before.positions + 0.5 * (v0 + v1) * span, velocities=v1)
