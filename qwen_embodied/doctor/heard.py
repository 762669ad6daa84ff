"""What was seen and heard of the running graph."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Endpoint:
    """A publisher or a subscription.

    Attributes:
        node: Full name of its node.
        type: Such as sensor_msgs/msg/Image.
    """

    node: str
    type: str


@dataclass(frozen=True)
class Mismatch:
    """A publisher and a subscription that do not hear one another."""

    topic: str
    publisher: str
    subscriber: str
    reason: str


@dataclass(frozen=True)
class Topic:
    """Who is at a topic."""

    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()


@dataclass(frozen=True)
class Stream:
    """What was heard of a topic.

    Attributes:
        count: Messages.
        seconds: Between the first and the last.
        delay: Median of the clock less the stamp, s; None without a stamp.
        stamps: Of the last messages, s.
    """

    count: int
    seconds: float
    delay: float | None = None
    stamps: tuple[float, ...] = ()

    @property
    def rate(self) -> float:
        """Messages per second."""
        return (self.count - 1) / self.seconds if self.count > 1 and self.seconds > 0.0 else 0.0

    @property
    def stamped_rate(self) -> float:
        """Messages per second of the time in which they are stamped."""
        passed = self.stamps[-1] - self.stamps[0] if self.stamps else 0.0
        return (len(self.stamps) - 1) / passed if passed > 0.0 else 0.0


@dataclass(frozen=True)
class Picture:
    """One image.

    Attributes:
        encoding: Of its pixels; for a compressed one its format.
        width: px; 0 where it cannot be read.
        height: px; 0 where it cannot be read.
        frame_id: Of its header.
        fault: Why it cannot be read; empty when it can.
        valid: Share of the depths that are measured; None for colour.
        middle: Median of the measured depths as they are read, m; None for colour and where
            there are none.
    """

    encoding: str
    width: int
    height: int
    frame_id: str
    fault: str = ''
    valid: float | None = None
    middle: float | None = None


@dataclass(frozen=True)
class Lens:
    """One camera_info.

    Attributes:
        width: px.
        height: px.
        focal: fx, px.
        model: Of the distortion.
        frame_id: Of its header.
        fault: Why it cannot be used; empty when it can.
    """

    width: int
    height: int
    focal: float
    model: str
    frame_id: str
    fault: str = ''


@dataclass(frozen=True)
class Joints:
    """One message of joint states; not finite values are None, as JSON has it."""

    names: tuple[str, ...]
    positions: tuple[float | None, ...]
    velocities: tuple[float | None, ...]


@dataclass(frozen=True)
class Graph:
    """What was seen and heard of the running nodes; topics without the namespace asked for.

    Attributes:
        rmw: Implementation of the middleware.
        nodes: Full names, one for each node, so that a name may come twice.
        topics: By name; relative ones belong to the namespace.
        mismatches: Pairs that do not hear one another.
        streams: By topic, of those that were listened to.
        colour: Newest colour image.
        depth: Newest depth image.
        lens: Newest camera_info.
        joints: Newest joint states.
        description: What robot_description holds; empty where nothing was heard.
        clocks: First and last time of /clock, s; empty where nothing was heard.
        parameters: Of the nodes that answered, by full name.
        trouble: What perception says on /diagnostics; empty when it sees.
        safety: State of the supervisor; empty where nothing was heard.
        reasons: Why the supervisor holds.
        names: Full names of the topics that are remapped, by the name they have here.
        edges: Parent and child frames of TF; None where tf2_msgs is not installed.
    """

    rmw: str = ''
    nodes: tuple[str, ...] = ()
    topics: Mapping[str, Topic] = field(default_factory=dict)
    mismatches: tuple[Mismatch, ...] = ()
    streams: Mapping[str, Stream] = field(default_factory=dict)
    colour: Picture | None = None
    depth: Picture | None = None
    lens: Lens | None = None
    joints: Joints | None = None
    description: str = ''
    clocks: tuple[float, ...] = ()
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    trouble: str = ''
    safety: str = ''
    reasons: tuple[str, ...] = ()
    edges: tuple[tuple[str, str], ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def named(self, node: str) -> tuple[str, ...]:
        """Give the full names of the nodes of a name."""
        return tuple(name for name in self.nodes if name.rpartition('/')[2] == node)

    def told(self, node: str) -> Mapping[str, Any]:
        """Give what a running node told of its parameters; empty where it told nothing."""
        return next((self.parameters.get(full) for full in self.named(node)), None) or {}

    def real(self, topic: str) -> str:
        """Give the name that a topic has in the graph."""
        base = next((name for name in self.names if topic.startswith(f'{name}/')), topic)
        return self.names.get(base, base) + topic.removeprefix(base)

    def parameter(self, node: str, name: str, usual: Any) -> Any:
        """Give a parameter of a running node, or what is usual."""
        return self.told(node).get(name, usual)
