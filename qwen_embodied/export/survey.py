"""The first reading of a recording: every stamp, joint state, command and task, but no image."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from qwen_embodied.errors import DatasetError
from qwen_embodied.export.commands import Command, Rows
from qwen_embodied.messages import JointState
from qwen_embodied.replay.bag import Bag
from qwen_embodied.replay.decoding import Decoder
from qwen_embodied.replay.inputs import Inputs, RawImages
from qwen_embodied.replay.topics import TopicMap, find_topics

COMMANDS = ('arm/command', 'trajectory/approved')  # the first that was used counts
TRAJECTORY, TEXT = 'trajectory_msgs/msg/JointTrajectory', 'std_msgs/msg/String'
WORDS = 'instruction'
LONGEST_GAP = 5.0  # s without images or joint states within an episode


@dataclass(frozen=True, eq=False)
class Survey:
    """What a recording holds besides images.

    Attributes:
        bag: That was read.
        topics: Complete; without depth.
        names: Joints of the columns.
        image_stamps: (N,) s, increasing.
        state_stamps: (M,) s, increasing.
        states: Positions (M, J).
        commands: In the order of their starts.
        command_topic: Empty where nothing was commanded.
        tasks: (from, text), s.
        notes: Messages that were not used, counted.
    """

    bag: Bag
    topics: TopicMap
    names: tuple[str, ...]
    image_stamps: Rows
    state_stamps: Rows
    states: Rows
    commands: list[Command]
    command_topic: str
    tasks: list[tuple[float, str]]
    notes: tuple[str, ...]

    def images(self) -> Iterator[RawImages]:
        """Read the images, in their order."""
        inputs = Inputs(self.bag, self.topics, 0.0, self.names)
        return (item for item in inputs if isinstance(item, RawImages))


def survey(bag: Bag, given: TopicMap, names: tuple[str, ...], command_topic: str = '') -> Survey:
    """Read a recording without keeping its images.

    Args:
        bag: Checked.
        given: Names of topics; what is empty is found by its type.
        names: Joints, each of which a joint state must have.
        command_topic: With the commands; found by its name where empty.

    Raises:
        ReplayError: It lacks images, camera_info or joint states, or a clock jumped.
        DatasetError: Images or joint states cannot be used, or leave a gap.
    """
    topics = replace(find_topics(bag, given), depth='')
    inputs = Inputs(bag, topics, 0.0, names)
    images: list[float] = []
    states: list[JointState] = []
    for item in inputs:
        if isinstance(item, JointState):
            states.append(item)
        else:
            images.append(item.stamp)
    drops = [f'{count} x {reason}' for reason, count in sorted(inputs.drops.items())]
    _check(bag, topics, images, [state.stamp for state in states])
    command_topic = command_topic or _command_topic(bag)
    commands, tasks = _told(bag, topics.colour, command_topic)
    within = [command for command in commands if command.start <= images[-1]]
    return Survey(
        bag, topics, names, np.array(images), np.array([state.stamp for state in states]),
        np.array([state.of(names) for state in states]), within,
        command_topic if within else '', tasks, (*bag.notes, *drops),
    )  # fmt: skip


def _check(bag: Bag, topics: TopicMap, images: list[float], states: list[float]) -> None:
    for what, stamps in ((topics.colour, images), (topics.joint_states, states)):
        if len(stamps) < 2:
            raise DatasetError(
                f'{bag.path.name}: {what} has {len(stamps)} usable messages; an episode needs two '
                'or more'
            )
        gaps = np.diff(stamps)
        if gaps.max() > LONGEST_GAP:
            at = stamps[int(gaps.argmax())]
            raise DatasetError(
                f'{bag.path.name}: {what} has nothing for {gaps.max():.1f} s from {at:.3f} on, or '
                f'its clock jumped; at most {LONGEST_GAP} s are bridged, cut the recording there'
            )


def _command_topic(bag: Bag) -> str:
    named = (
        topic.name
        for ending in COMMANDS
        for topic in bag.topics.values()
        if topic.type == TRAJECTORY and topic.name.endswith(ending)
    )
    return next(named, '')


def _told(
    bag: Bag, colour: str, command_topic: str
) -> tuple[list[Command], list[tuple[float, str]]]:
    """Read commands and instructions; these have times of recording only."""
    if command_topic and command_topic not in bag.topics:
        listed = ', '.join(sorted(bag.topics))
        raise DatasetError(f'{command_topic} is not in the recording; it holds {listed}')
    words = [t.name for t in bag.topics.values() if t.type == TEXT and t.name.endswith(WORDS)]
    decode, behind = Decoder(), _clock_offset(bag, colour)
    commands: list[Command] = []
    tasks: list[tuple[float, str]] = []
    for record in bag.messages({command_topic, *words} - {''}):
        message, at = decode(record), record.stamp * 1e-9 - behind
        if record.topic.type == TEXT:
            tasks += [(at, str(message.data).strip())] if str(message.data).strip() else []
        else:
            command = Command.read(message, at)
            commands += [command] if command is not None else []
    return sorted(commands, key=lambda command: command.start), tasks


def _clock_offset(bag: Bag, colour: str, most: int = 50) -> float:
    """Say how far the clock of the recorder is ahead of that of the images, s."""
    decode = Decoder()
    offsets: list[float] = []
    for record in bag.messages([colour]):
        stamp = decode(record).header.stamp
        offsets.append(record.stamp * 1e-9 - (stamp.sec + stamp.nanosec * 1e-9))
        if len(offsets) >= most:
            break
    return float(np.median(offsets)) if offsets else 0.0
