"""Records a world that is stepped in virtual time, as its ROS topics would be recorded."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from qwen_embodied.messages import Array, Frame, JointState, JointTrajectory
from qwen_embodied.replay import encoding
from qwen_embodied.replay.definitions import Delivery, standard
from qwen_embodied.replay.system import DESCRIPTION, configuration, description
from qwen_embodied.replay.topics import OWN_NAMES
from qwen_embodied.replay.writer import BagWriter

SENSOR, LATCHED = Delivery(5, is_reliable=False), Delivery(1, is_latched=True)
COMMAND = '/arm/command'
TOPICS = {
    f'/{OWN_NAMES["colour"]}': (encoding.IMAGE, SENSOR),
    f'/{OWN_NAMES["camera_info"]}': (encoding.INFO, SENSOR),
    f'/{OWN_NAMES["depth"]}': (encoding.IMAGE, SENSOR),
    f'/{OWN_NAMES["joint_states"]}': (encoding.JOINTS, SENSOR),
    '/instruction': (encoding.TEXT, Delivery()),
    '/plan': (encoding.TEXT, LATCHED),
    COMMAND: (encoding.TRAJECTORY, Delivery()),
    '/trajectory/approved': (encoding.TRAJECTORY, Delivery()),
    DESCRIPTION: (encoding.TEXT, LATCHED),
}


class SteppedWorld(Protocol):
    """An arm with a camera whose time passes only when it is stepped."""

    @property
    def time(self) -> float:
        """Time, s."""

    def read(self) -> JointState:
        """Measure the joints."""

    def command(self, positions: Array) -> Array:
        """Set the target to reach within the next control period."""

    def step(self, seconds: float) -> None:
        """Let time pass."""

    def frame(self) -> Frame:
        """See."""


class RecordedWorld:
    """Passes every call on to a world, and writes what it gives.

    Images are taken at their own rate too, so that the recording shows the motions between the
    looks.
    """

    def __init__(self, world: SteppedWorld, writer: BagWriter, *, period: float = 0.1) -> None:
        """Describe the topics.

        Args:
            world: That is recorded.
            writer: Is not closed here.
            period: Between images, s.
        """
        self._world, self._writer, self._period = world, writer, period
        self._next = world.time
        self._last_state = self._last_image = -1.0
        self._names: tuple[str, ...] = ()
        for name, (kind, qos) in TOPICS.items():
            writer.add_topic(name, standard(kind, qos))

    @property
    def time(self) -> float:
        """Time of the world, s."""
        return self._world.time

    def read(self) -> JointState:
        """Measure and record the joints."""
        state = self._world.read()
        if state.stamp > self._last_state:
            self._last_state, self._names = state.stamp, state.names
            self._write('joint_states', encoding.joint_state(state))
        return state

    def command(self, positions: Array) -> Array:
        """Command the world, and record what was really commanded."""
        sent = self._world.command(positions)
        if self._names and len(sent) <= len(self._names):
            told = JointTrajectory(self._names[: len(sent)], np.zeros(1), sent[None])
            self._writer.write(COMMAND, self._now(), encoding.trajectory(told))
        return sent

    def step(self, seconds: float) -> None:
        """Step the world; record an image when one is due."""
        self._world.step(seconds)
        if self._world.time >= self._next:
            self.read()
            self.frame()

    def frame(self) -> Frame:
        """See and record what is seen."""
        frame = self._world.frame()
        if frame.stamp <= self._last_image:
            return frame
        self._last_image, self._next = frame.stamp, frame.stamp + self._period - 1e-6
        info = encoding.camera_info(frame.intrinsics, frame.stamp, frame.frame_id)
        self._write('camera_info', info)
        self._write('colour', encoding.image(frame.rgb, frame.stamp, frame.frame_id))
        if frame.depth is not None:
            depth = encoding.depth_image(frame.depth, frame.stamp, frame.frame_id)
            self._write('depth', depth)
        return frame

    def say(self, topic: str, words: str) -> None:
        """Record a text on /instruction, /plan or /robot_description."""
        self._writer.write(topic, self._now(), encoding.text(words))

    def send(self, trajectory: JointTrajectory) -> None:
        """Record a trajectory that was approved now."""
        self._writer.write('/trajectory/approved', self._now(), encoding.trajectory(trajectory))

    def _write(self, what: str, data: bytes) -> None:
        self._writer.write(f'/{OWN_NAMES[what]}', self._now(), data)

    def _now(self) -> int:
        return round(self._world.time * 1e9)


@contextmanager
def recorded_world(world: SteppedWorld, folder: Path, instruction: str) -> Iterator[RecordedWorld]:
    """Record a world while it is used, with the instruction, the robot and the parameters.

    Args:
        world: With a Panda.
        folder: Of the recording; must not be there.
        instruction: As the operator said it.
    """
    writer = BagWriter(folder, configuration=configuration('panda'))
    recorder = RecordedWorld(world, writer)
    try:
        writer.write(DESCRIPTION, 0, description('panda'))
        recorder.say('/instruction', instruction)
        yield recorder
    finally:
        writer.close()
