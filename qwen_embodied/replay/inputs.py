"""The recorded inputs as the stages take them: joint states, and frames joined by their stamps."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from qwen_embodied.camera.joined import read_frame
from qwen_embodied.errors import CameraError, ContractError, ReplayError
from qwen_embodied.messages import Array, Frame, JointState
from qwen_embodied.replay.bag import Bag
from qwen_embodied.replay.decoding import Decoder
from qwen_embodied.replay.records import Record
from qwen_embodied.replay.topics import TopicMap

BACKWARDS = 1.0  # s by which stamps may lie before the newest one of their topic
LONGEST_GAP = 5.0  # s between messages of a topic that is worth a note
MOST_OTHERS = 50  # joint states of other joints before the first whole one
KEPT = 8  # colour images that wait for their depth
LATE, UNPAIRED, UNREADABLE, UNCALIBRATED, OTHERS = (
    'older than one already used', 'no depth at the time of the image', 'unreadable',
    'no camera_info yet', 'without all joints of the robot',
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class RawImages:
    """The messages of one instant, not yet converted, and how far the recording was then."""

    colour: Any
    depth: Any
    info: Any
    stamp: float

    def frame(self, camera_in_base: Array) -> Frame:
        """Convert; raises CameraError."""
        return read_frame(self.colour, self.depth, self.info, camera_in_base)


class ClockJumpError(ReplayError):
    """The stamps of a topic went back: a looped recording, or a clock that was set."""


class Inputs:
    """Reads a recording once, in its order.

    Attributes:
        drops: Messages that were not used, counted by topic and reason.
        notes: Gaps, in words.
    """

    def __init__(
        self, bag: Bag, topics: TopicMap, tolerance: float, joints: tuple[str, ...] = ()
    ) -> None:
        """Prepare to read.

        Args:
            bag: Checked.
            topics: Complete, from `find_topics`.
            tolerance: How far the stamps of colour and depth may differ, s.
            joints: That a joint state must have to be given.
        """
        self._joints, self._has_whole = joints, False
        self._lacked: tuple[str, ...] = ()
        self.drops: Counter[str] = Counter()
        self.notes: list[str] = []
        self._bag, self._topics, self._tolerance = bag, topics, tolerance
        self._decode = Decoder()
        self._newest: dict[str, float] = {}
        self._info: Any = None
        self._colour: dict[float, Any] = {}
        self._depth: dict[float, Any] = {}

    def __iter__(self) -> Iterator[JointState | RawImages]:
        """Give joint states and joined images.

        Raises:
            ClockJumpError: Stamps went back by more than BACKWARDS.
            ReplayError: The recording is broken.
        """
        for record in self._bag.messages(self._topics.names):
            message = self._decode(record)
            stamp = float(message.header.stamp.sec) + float(message.header.stamp.nanosec) * 1e-9
            if record.topic.name == self._topics.camera_info:
                is_first, self._info = self._info is None, message
                waiting = self._pair() if is_first else None
                if waiting is not None:
                    yield waiting
            elif self._is_new(record, stamp):
                yield from self._taken(record, message, stamp)
        if self._lacked and not self._has_whole:
            raise self._other_joints(self._lacked)

    def _taken(
        self, record: Record, message: Any, stamp: float
    ) -> Iterator[JointState | RawImages]:
        name = record.topic.name
        if name == self._topics.joint_states:
            state = self._state(message, stamp)
            if state is not None:
                yield state
            return
        images = self._colour if name == self._topics.colour else self._depth
        images[stamp] = message
        pair = self._pair()
        if pair is not None:
            yield pair

    def _is_new(self, record: Record, stamp: float) -> bool:
        """Notice stamps that stand still, go back or leave a gap."""
        name = record.topic.name
        newest = self._newest.get(name, -math.inf)
        if stamp < newest - BACKWARDS:
            raise ClockJumpError(
                f'the stamps of {name} went back by {newest - stamp:.1f} s, from {newest:.3f} to '
                f'{stamp:.3f}: a looped recording, or a clock that was set'
            )
        if stamp <= newest:
            self._drop(name, LATE)
            return False
        if stamp - newest > LONGEST_GAP and math.isfinite(newest):
            self.notes.append(f'{name}: nothing for {stamp - newest:.1f} s from {newest:.3f} on')
        self._newest[name] = stamp
        return True

    def _drop(self, name: str, reason: str) -> None:
        self.drops[f'{name}: {reason}'] += 1

    def drop_frame(self, error: CameraError | ContractError) -> None:
        """Count images that could not be read, and say why of the first."""
        if not self.drops[f'{self._topics.colour}: {UNREADABLE}']:
            self.notes.append(f'{self._topics.colour}: {error}')
        self._drop(self._topics.colour, UNREADABLE)

    def _state(self, message: Any, stamp: float) -> JointState | None:
        renamed = tuple(self._topics.joints.get(name, name) for name in message.name)
        velocities = message.velocity if len(message.velocity) else None
        if not set(self._joints) <= set(renamed):
            self._lacking(renamed)
            return None
        self._has_whole = True
        try:
            return JointState(stamp, renamed, message.position, velocities)
        except ContractError:
            self._drop(self._topics.joint_states, UNREADABLE)
            return None

    def _lacking(self, names: tuple[str, ...]) -> None:
        """Count the joint states of others, such as a gripper; refuse when none is whole."""
        topic, self._lacked = self._topics.joint_states, names
        self._drop(topic, OTHERS)
        if self._has_whole or self.drops[f'{topic}: {OTHERS}'] < MOST_OTHERS:
            return
        raise self._other_joints(names)

    def _other_joints(self, names: tuple[str, ...]) -> ReplayError:
        """Name the joints that are missing."""
        missing = [name for name in self._joints if name not in names]
        return ReplayError(
            f'the recorded joint states lack {", ".join(missing)}; they hold {", ".join(names)}; '
            'name the robot, or map the names under "joints" in the YAML of --topics'
        )

    def _pair(self) -> RawImages | None:
        """Join the newest colour image that has depth near it; forget what is older."""
        if not self._colour or self._info is None:
            self._forget(UNCALIBRATED)
            return None
        if not self._topics.depth:
            stamp = max(self._colour)
            return self._joined(stamp, None)
        stamps = np.array(sorted(self._depth))
        for at in sorted(self._colour, reverse=True):
            if len(stamps):
                near = float(stamps[np.abs(stamps - at).argmin()])
                if abs(near - at) <= self._tolerance:
                    return self._joined(at, self._depth[near])
        self._forget(UNPAIRED)
        return None

    def _joined(self, at: float, depth: Any) -> RawImages:
        pair = RawImages(self._colour[at], depth, self._info, at)
        for older in [stamp for stamp in self._colour if stamp < at]:
            self._drop(self._topics.colour, UNPAIRED)
            del self._colour[older]
        del self._colour[at]
        for stamp in [one for one in self._depth if one <= at + self._tolerance]:
            del self._depth[stamp]
        return pair

    def _forget(self, reason: str) -> None:
        while len(self._colour) > KEPT:
            del self._colour[min(self._colour)]
            self._drop(self._topics.colour, reason)
        while len(self._depth) > KEPT:
            del self._depth[min(self._depth)]
