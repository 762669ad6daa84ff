"""Recordings for the replay bench: small ones to damage, and what makes them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from qwen_embodied.geometry import Intrinsics
from qwen_embodied.messages import JointState
from qwen_embodied.replay import BagWriter, read_bag
from qwen_embodied.replay.definitions import standard
from qwen_embodied.replay.encoding import (
    IMAGE,
    INFO,
    JOINTS,
    camera_info,
    depth_image,
    image,
    text,
)
from qwen_embodied.replay.encoding import joint_state as encoded_state

COLOUR, DEPTH = '/camera/color/image_raw', '/camera/aligned_depth_to_color/image_raw'
CALIBRATION, STATES = '/camera/color/camera_info', '/joint_states'
FRAME = 'camera_color_optical_frame'
SIZE = (48, 64)  # rows, columns
TABLES = """
CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
  serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX timestamp_idx ON messages (timestamp ASC);
"""


def small_bag(
    folder: Path, *, images: int = 12, step: float = 0.1, seed: int = 0,
    joints: tuple[str, ...] = ('elbow', 'wrist'),
) -> Path:  # fmt: skip
    """Write a small MCAP recording of noise; its messages are valid.

    Args:
        folder: Of the recording; must not be there.
        images: How many colour and depth images.
        step: Between images, s.
        seed: Of the noise.
        joints: Names in the joint states.
    """
    rng = np.random.default_rng(seed)
    writer = BagWriter(folder, configuration={'seed': str(seed)})
    lens = Intrinsics(SIZE[1], SIZE[0], 60.0, 60.0, 31.5, 23.5)
    for name, kind in ((COLOUR, IMAGE), (DEPTH, IMAGE), (CALIBRATION, INFO), (STATES, JOINTS)):
        writer.add_topic(name, standard(kind))
    writer.add_topic('/instruction', standard('std_msgs/msg/String'))
    writer.write('/instruction', 1_000_000_000, text('put the red cube in the blue bowl'))
    for number in range(images):
        stamp = 1.0 + number * step
        rgb = rng.integers(0, 255, (*SIZE, 3), dtype=np.uint8)
        depth = rng.uniform(0.5, 1.5, SIZE).astype(np.float32)
        state = JointState(
            stamp, joints, rng.uniform(-1.0, 1.0, len(joints)), np.zeros(len(joints))
        )
        at = round(stamp * 1e9)
        writer.write(STATES, at, encoded_state(state))
        writer.write(CALIBRATION, at, camera_info(lens, stamp, FRAME))
        writer.write(COLOUR, at, image(rgb, stamp, FRAME))
        writer.write(DEPTH, at, depth_image(depth, stamp, FRAME))
    writer.close()
    return folder


def as_sqlite(source: Path, target: Path) -> Path:
    """Write the messages of a recording as one SQLite file, as rosbag2 of ROS 2 Humble does."""
    bag = read_bag(source)
    ids = {name: at for at, name in enumerate(bag.topics, start=1)}
    connection = sqlite3.connect(target)
    try:
        connection.executescript(TABLES)
        connection.executemany(
            'INSERT INTO topics VALUES (?, ?, ?, ?, ?)',
            [(ids[name], name, topic.type, 'cdr', '') for name, topic in bag.topics.items()],
        )
        connection.executemany(
            'INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)',
            (
                (ids[record.topic.name], record.stamp, bytes(record.data))
                for record in bag.messages()
            ),
        )
        connection.commit()
    finally:
        connection.close()
    return target
