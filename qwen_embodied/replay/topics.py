"""Which topic of a recording is the colour image, the depth, the calibration, the joints."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import yaml

from qwen_embodied.camera.encodings import COLOUR, DEPTH
from qwen_embodied.errors import ConfigurationError, ReplayError
from qwen_embodied.parameters import build, param
from qwen_embodied.replay.bag import Bag
from qwen_embodied.replay.decoding import Decoder
from qwen_embodied.replay.records import Topic

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
INFO, JOINTS = 'sensor_msgs/msg/CameraInfo', 'sensor_msgs/msg/JointState'
OWN_NAMES = {
    'colour': 'camera/color/image_raw',
    'camera_info': 'camera/color/camera_info',
    'depth': 'camera/aligned_depth_to_color/image_raw',
    'joint_states': 'joint_states',
}
NAMED = {'colour': 'colour images', 'camera_info': 'camera_info', 'depth': 'depth',
         'joint_states': 'joint states'}  # fmt: skip
MADE = ('perception/image', 'simulation/view')  # images that this package makes itself
FORM = 'colour: /camera/image'


@dataclass(frozen=True)
class TopicMap:
    """Names of topics; what is empty is found by its type."""

    colour: str = param('', 'Image or CompressedImage in colour.')
    camera_info: str = param('', 'CameraInfo of the colour camera.')
    depth: str = param('', 'Image or CompressedImage of depth, aligned to colour.')
    joint_states: str = param('', 'JointState of the arm and its gripper.')
    namespace: str = param('', 'Of the topics, where a recording holds several arms.')
    joints: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are there."""
        every = (self.colour, self.camera_info, self.depth, self.joint_states)
        return tuple(name for name in every if name)


def read_map(path: Path) -> TopicMap:
    """Read a YAML file with the names of topics, and of joints where a robot calls them otherwise.

    Raises:
        ConfigurationError: It cannot be read or says what it must not; names the key.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    if not isinstance(content, dict):
        raise ConfigurationError(f'{path}: must hold names of topics, such as {FORM}')
    joints = content.pop('joints', None) or {}
    is_named = isinstance(joints, dict) and all(
        isinstance(text, str) for pair in joints.items() for text in pair
    )
    if not is_named:
        raise ConfigurationError(f'{path}: joints must map recorded names to names of the robot')
    return replace(build(TopicMap, {**content, 'joints': {}}, str(path)), joints=joints)


def find_topics(bag: Bag, given: TopicMap) -> TopicMap:
    """Fill a map with what a recording has.

    Raises:
        ReplayError: There are no images, no camera_info or no joint states, or several of which
            one must be named.
    """
    for name in given.names:
        if name not in bag.topics:
            listed = ', '.join(sorted(bag.topics)) or 'nothing'
            raise ReplayError(f'{name} is not in the recording; it holds {listed}')
    below = given.namespace.strip('/')
    choose = partial(_one, f'/{below}' if below else '')
    colours, depths = _images(bag)
    colour = given.colour or choose('colour', colours)
    info = given.camera_info or choose('camera_info', _nearest(colour, _of_type(bag, INFO)))
    joints = given.joint_states or choose('joint_states', _of_type(bag, JOINTS))
    depth = given.depth or (choose('depth', depths) if depths else '')
    return replace(given, colour=colour, camera_info=info, depth=depth, joint_states=joints)


def _of_type(bag: Bag, *types: str) -> list[str]:
    return sorted(topic.name for topic in bag.topics.values() if topic.type in types)


def _images(bag: Bag) -> tuple[list[str], list[str]]:
    """Sort the image topics by the encoding of their first message."""
    names = [name for name in _of_type(bag, IMAGE, COMPRESSED) if not name.endswith(MADE)]
    decode, waiting = Decoder(), set(names)
    colours: list[str] = []
    depths: list[str] = []
    if not names:
        return colours, depths
    for record in bag.messages(names):
        if record.topic.name in waiting:
            waiting.discard(record.topic.name)
            kind = _kind(record.topic, decode(record))
            if kind:
                (depths if kind == 'depth' else colours).append(record.topic.name)
        if not waiting:
            break
    return sorted(colours), sorted(depths)


def _kind(topic: Topic, message: object) -> str:
    if topic.type == COMPRESSED:
        form = str(getattr(message, 'format', '')).lower()
        is_depth = 'compresseddepth' in form or form.startswith(('16uc1', '32fc1'))
        return 'depth' if is_depth else 'colour'
    encoding = str(getattr(message, 'encoding', ''))
    if encoding in DEPTH and (encoding not in COLOUR or 'depth' in topic.name):
        return 'depth'
    return 'colour' if encoding in COLOUR else ''


def _nearest(colour: str, infos: Collection[str]) -> list[str]:
    """Give the calibrations whose names share most with the colour topic's."""
    folder = colour.split('/')

    def shared(name: str) -> int:
        pairs = enumerate(zip(folder, name.split('/'), strict=False))
        return next((at for at, (one, other) in pairs if one != other), math.inf)  # type: ignore[return-value]

    most = max((shared(name) for name in infos), default=0)
    return [name for name in infos if shared(name) == most]


def _one(below: str, what: str, names: list[str]) -> str:
    """Choose: the name that this package uses, as it is or in a namespace, else the only one."""
    names = [name for name in names if name.startswith(f'{below}/')]
    own = f'/{OWN_NAMES[what]}'
    exact = [name for name in names if name == f'{below}{own}']
    raw = [name for name in names if name.endswith(own)]
    compressed = [name for name in names if f'{own}/' in name]
    chosen = exact or raw or compressed or names
    if not chosen:
        where = f' below {below}' if below else ''
        raise ReplayError(
            f'the recording has no {NAMED[what]}{where}; record them, or map a topic in the YAML '
            'of --topics'
        )
    if len(chosen) > 1:
        raise ReplayError(
            f'the recording has several topics that may be {what}: {", ".join(chosen)}; say '
            f'which in the YAML of --topics, such as "{what}: {chosen[0]}", or their --namespace'
        )
    return chosen[0]
