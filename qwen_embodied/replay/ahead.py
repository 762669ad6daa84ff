"""Reads, decodes and corrects the next images while perception is busy with the last one."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from qwen_embodied.errors import CameraError, ContractError, PerceptionError, QwenEmbodiedError
from qwen_embodied.messages import Array, Frame, JointState, LightingReport
from qwen_embodied.perception import LightingCorrection, SceneEstimator
from qwen_embodied.perception.surface import Surface
from qwen_embodied.replay.inputs import Inputs, RawImages

DEPTH = 3  # moments that wait: about 10 MB of VGA images
STATE_TOLERANCE = 0.05  # s between an image and the joint state that belongs to it, as in the node
KEPT = 100  # joint states that are searched for it
MOST_STATES = 500  # joint states of a moment without an image


@dataclass(frozen=True, eq=False)
class Moment:
    """Joint states in their order, and the frame that came after them.

    Attributes:
        states: Heard since the last moment.
        frame: As the camera saw it; None where only joint states came, or every n-th is used.
        corrected: The same frame after the correction of the light.
        light: What the light did to the frame.
        state: Of the joints when the frame was taken.
        surface: Table and what stands on it; None where a fault says why, or there is no depth.
        fault: Why no scene can be made of the frame.
    """

    states: tuple[JointState, ...]
    frame: Frame | None = None
    corrected: Frame | None = None
    light: LightingReport | None = None
    state: JointState | None = None
    surface: Surface | None = None
    fault: str = ''


class Ahead:
    """Gives the moments of a recording in their order, prepared in a thread of its own.

    What is given does not depend on how fast the thread is.

    Attributes:
        images: Joined images so far, used or not.
    """

    def __init__(
        self,
        inputs: Inputs,
        correct: LightingCorrection,
        estimator: SceneEstimator,
        camera_in_base: Array,
        every: int = 1,
    ) -> None:
        """Prepare to read; iterate once.

        Args:
            inputs: Of the recording.
            correct: Of the light.
            estimator: Only its `look` is used, in the thread: its robot must be nobody else's.
            camera_in_base: Pose (4, 4) of the optical frame.
            every: Which images become scenes.
        """
        self.images = 0
        self._look = estimator.look
        self._states: deque[JointState] = deque(maxlen=KEPT)
        self._inputs, self._correct, self._pose = inputs, correct, camera_in_base
        self._every = every
        self._queue: queue.Queue[Moment | QwenEmbodiedError | None] = queue.Queue(DEPTH)
        self._is_done = threading.Event()

    def __iter__(self) -> Iterator[Moment]:
        """Give moments; raises ReplayError where the recording is broken."""
        thread = threading.Thread(target=self._read, name='bag reader', daemon=True)
        thread.start()
        try:
            while True:
                item = self._queue.get()
                if item is None:
                    return
                if isinstance(item, QwenEmbodiedError):
                    raise item
                yield item
        finally:
            self._is_done.set()
            thread.join()

    def _read(self) -> None:
        end: QwenEmbodiedError | None = None
        try:
            for moment in self._moments():
                if not self._put(moment):
                    return
        except QwenEmbodiedError as error:
            end = error
        self._put(end)

    def _put(self, item: Moment | QwenEmbodiedError | None) -> bool:
        while not self._is_done.is_set():
            try:
                self._queue.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def _moments(self) -> Iterator[Moment]:
        """Let an image wait for a joint state of its time, or for the next image."""
        states: list[JointState] = []
        waiting: RawImages | None = None
        for item in self._inputs:
            is_state = isinstance(item, JointState)
            if waiting is not None and (not is_state or item.stamp >= waiting.stamp):
                self._hear(states, item)
                yield self._prepared(states, waiting)
                states, waiting = [], None
            else:
                self._hear(states, item)
            if isinstance(item, RawImages):
                self.images += 1
                waiting = item if (self.images - 1) % self._every == 0 else None
            if len(states) >= MOST_STATES:
                yield Moment(tuple(states))
                states = []
        yield Moment(tuple(states)) if waiting is None else self._prepared(states, waiting)

    def _hear(self, states: list[JointState], item: JointState | RawImages) -> None:
        if isinstance(item, JointState):
            states.append(item)
            self._states.append(item)

    def _prepared(self, heard: list[JointState], images: RawImages) -> Moment:
        states = tuple(heard)
        try:
            frame = images.frame(self._pose)
        except (CameraError, ContractError) as error:
            self._inputs.drop_frame(error)
            return Moment(states)
        corrected = self._correct(frame.rgb)
        clean = corrected.frame(frame)
        light = corrected.report
        try:
            state = self._state_at(frame.stamp)
            surface = None if frame.depth is None else self._look(clean, state)
        except PerceptionError as error:
            return Moment(states, frame, clean, light, fault=str(error))
        return Moment(states, frame, clean, light, state, surface)

    def _state_at(self, stamp: float) -> JointState:
        """Give the joint state nearest to a time; without one the robot would be an object."""
        near = min(self._states, key=lambda item: abs(item.stamp - stamp), default=None)
        if near is None or not abs(near.stamp - stamp) <= STATE_TOLERANCE:
            raise PerceptionError(f'no joint_states within {STATE_TOLERANCE} s of the image')
        return near
