"""Recordings: read without ROS, run again through every stage, written so that ROS opens them.

`read_bag` checks a recording; `rerun` looks at every image of it, plans, and judges what was
planned:

    bag = read_bag('recording')
    report = rerun(bag, ReplayConfig(instruction='put the red cube in the blue bowl'))

A folder that is no recording says so:

>>> from qwen_embodied.replay import read_bag
>>> read_bag('nowhere')
Traceback (most recent call last):
qwen_embodied.errors.ReplayError: nowhere does not exist; give the folder of a rosbag2 ...
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.replay.bag import Bag, read_bag
from qwen_embodied.replay.config import ReplayConfig, configure
from qwen_embodied.replay.records import Record, Topic
from qwen_embodied.replay.rerun import rerun
from qwen_embodied.replay.results import ReplayReport
from qwen_embodied.replay.topics import TopicMap, find_topics, read_map
from qwen_embodied.replay.writer import BagWriter, Splitting

__all__ = [
    'Bag',
    'BagWriter',
    'Record',
    'ReplayConfig',
    'ReplayReport',
    'Splitting',
    'Topic',
    'TopicMap',
    'configure',
    'find_topics',
    'read_bag',
    'read_map',
    'rerun',
]
