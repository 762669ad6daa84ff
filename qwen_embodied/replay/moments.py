"""The moments of a recording: images read, corrected and looked at, with their joint states."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from qwen_embodied.errors import CameraError, ContractError, PerceptionError
from qwen_embodied.messages import Array, Frame, JointState, LightingReport
from qwen_embodied.motion import load_robot
from qwen_embodied.perception import LightingCorrection, PerceptionParameters, SceneEstimator
from qwen_embodied.perception.surface import Surface
from qwen_embodied.perception.tracking import Sighting
from qwen_embodied.replay.bag import Bag
from qwen_embodied.replay.inputs import Inputs, RawImages
from qwen_embodied.replay.topics import TopicMap

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
            Its arrays may be used until the next moment is asked for.
        fault: Why no scene can be made of the frame.
        found: What stands on the surface, where there was time to find it ahead.
    """

    states: tuple[JointState, ...]
    frame: Frame | None = None
    corrected: Frame | None = None
    light: LightingReport | None = None
    state: JointState | None = None
    surface: Surface | None = None
    fault: str = ''
    found: tuple[Sighting, ...] | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """A recording, and how its images are looked at.

    Attributes:
        bag: Checked.
        topics: Complete, from `find_topics`.
        tolerance: How far the stamps of colour and depth may differ, s.
        joints: That a joint state must have.
        robot: Name or path; its links are left out.
        perception: Thresholds.
        light_steps: Of the correction of the light.
        camera_in_base: Pose (4, 4) of the optical frame.
        every: Which images become scenes.
    """

    bag: Bag
    topics: TopicMap
    tolerance: float
    joints: tuple[str, ...]
    robot: str
    perception: PerceptionParameters
    light_steps: list[str]
    camera_in_base: Array
    every: int = 1


@dataclass(frozen=True)
class Account:
    """What was read so far: joined images, messages that were not used by reason, gaps."""

    images: int = 0
    drops: Counter[str] = field(default_factory=Counter)
    notes: tuple[str, ...] = ()


class Moments(Protocol):
    """Gives the moments of a recording once, in their order."""

    @property
    def account(self) -> Account:
        """What was read; complete after the last moment."""

    def __iter__(self) -> Iterator[Moment]:
        """Give moments; raises ReplayError where the recording is broken."""


class MomentReader:
    """Reads moments when they are asked for, in the thread that asks."""

    def __init__(self, source: Source) -> None:
        """Prepare to read; iterate once."""
        self._source, self._images = source, 0
        self._inputs = Inputs(source.bag, source.topics, source.tolerance, source.joints)
        self._correct = LightingCorrection.from_names(source.light_steps)
        body = load_robot(source.robot).link_spheres
        self._estimator = SceneEstimator(parameters=source.perception, body=body)
        self._states: deque[JointState] = deque(maxlen=KEPT)

    @property
    def account(self) -> Account:
        """What was read so far."""
        return Account(self._images, self._inputs.drops, tuple(self._inputs.notes))

    def find(self, moment: Moment) -> Moment:
        """Find what stands on the surface already now."""
        if moment.surface is None:
            return moment
        try:
            return replace(moment, found=tuple(self._estimator.find(moment.surface)))
        except PerceptionError:
            return moment  # found out again where scenes are made, and counted there

    def __iter__(self) -> Iterator[Moment]:
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
                self._images += 1
                waiting = item if (self._images - 1) % self._source.every == 0 else None
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
            frame = images.frame(self._source.camera_in_base)
        except (CameraError, ContractError) as error:
            self._inputs.drop_frame(error)
            return Moment(states)
        corrected = self._correct(frame.rgb)
        clean = corrected.frame(frame)
        light = corrected.report
        try:
            state = self._state_at(frame.stamp)
            surface = None if frame.depth is None else self._estimator.look(clean, state)
        except PerceptionError as error:
            return Moment(states, frame, clean, light, fault=str(error))
        return Moment(states, frame, clean, light, state, surface)

    def _state_at(self, stamp: float) -> JointState:
        """Give the joint state nearest to a time; without one the robot would be an object."""
        near = min(self._states, key=lambda item: abs(item.stamp - stamp), default=None)
        if near is None or not abs(near.stamp - stamp) <= STATE_TOLERANCE:
            raise PerceptionError(f'no joint_states within {STATE_TOLERANCE} s of the image')
        return near
