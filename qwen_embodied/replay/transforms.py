"""Where a recording's own transforms (tf_static) put the camera."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from qwen_embodied.errors import ContractError, ReplayError
from qwen_embodied.geometry import (
    inverse_pose,
    pose,
    quaternion_of,
    rotation_angle,
    rotation_of,
)
from qwen_embodied.messages import Array
from qwen_embodied.replay.bag import Bag
from qwen_embodied.replay.decoding import Decoder
from qwen_embodied.replay.topics import TopicMap

TOPIC, KIND = 'tf_static', 'tf2_msgs/msg/TFMessage'
SOON = 5_000_000_000  # ns from the start in which what is latched was recorded
DEEPEST = 100  # frames above one another
FAR, TURNED = 0.005, np.radians(0.5)  # m and rad from which a difference is told

Edges = Mapping[str, tuple[str, Array]]


def camera_doubt(bag: Bag, topics: TopicMap, base: str, camera: str, camera_in_base: Array) -> str:
    """Say where tf_static puts the camera, when that is not where it was taken to be.

    Args:
        bag: Recording.
        topics: Complete; joint states tell when the first seconds are over.
        base: Frame of the robot's base.
        camera: Frame of the colour image.
        camera_in_base: Pose (4, 4) of the optical frame that was used.

    Returns:
        One sentence; empty where both agree, or the transforms do not say.
    """
    edges = dict(_edges(bag, topics))
    (base_root, base_in_root), (root, camera_in_root) = (
        _to_root(edges, frame) for frame in (base, camera)
    )
    if camera not in edges or root != base_root:
        return ''
    told = inverse_pose(base_in_root) @ camera_in_root
    apart = float(np.linalg.norm(told[:3, 3] - camera_in_base[:3, 3]))
    angle = rotation_angle(told[:3, :3].T @ camera_in_base[:3, :3])
    if apart < FAR and angle < TURNED:
        return ''
    position = [round(value, 5) for value in told[:3, 3].tolist()]
    quaternion = [round(value, 6) for value in quaternion_of(told[:3, :3]).tolist()]
    return (
        f'tf_static puts {camera} {apart:.3f} m and {np.degrees(angle):.1f} degrees from where it '
        f'was taken to be; if that is right, give perception in --params-file camera_position: '
        f'{position} and camera_quaternion: {quaternion}'
    )


def _edges(bag: Bag, topics: TopicMap) -> Iterator[tuple[str, tuple[str, Array]]]:
    """Give the parent of each frame and the pose in it."""
    below = topics.namespace.strip('/')
    names = {f'/{TOPIC}', f'/{below}/{TOPIC}'} & set(bag.topics)
    names = {name for name in names if bag.topics[name].type == KIND}
    if not names:
        return
    decode = Decoder()
    for record in bag.messages([*names, topics.joint_states]):
        if record.stamp > bag.start + SOON:
            return
        if record.topic.name not in names:
            continue
        try:
            transforms = decode(record).transforms
        except ReplayError:  # nothing else hangs on it
            return
        for item in transforms:
            edge = _edge(item)
            if edge is not None:
                yield item.child_frame_id.lstrip('/'), edge


def _edge(item: Any) -> tuple[str, Array] | None:
    place, turn = item.transform.translation, item.transform.rotation
    try:
        rotation = rotation_of([turn.x, turn.y, turn.z, turn.w])
        return item.header.frame_id.lstrip('/'), pose([place.x, place.y, place.z], rotation)
    except ContractError:
        return None


def _to_root(edges: Edges, frame: str) -> tuple[str, Array]:
    """Walk up to the frame that has no parent; gives it, and the pose in it."""
    frame = frame.lstrip('/')
    in_root: Array = np.eye(4)
    for _ in range(DEEPEST):
        if frame not in edges:
            break
        frame, step = edges[frame]
        in_root = step @ in_root
    return frame, in_root
