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

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qwen_embodied.replay.bag import Bag, read_bag
from qwen_embodied.replay.records import Record, Topic
from qwen_embodied.replay.topics import TopicMap, find_topics, read_map
from qwen_embodied.replay.writer import BagWriter, Splitting

if TYPE_CHECKING:
    from qwen_embodied.replay.config import ReplayConfig, configure
    from qwen_embodied.replay.rerunning import rerun
    from qwen_embodied.replay.results import ReplayReport

# Imported when first used: they bring every stage, which a recorder does without.
_LATE = {
    'ReplayConfig': 'config', 'configure': 'config', 'ReplayReport': 'results',
    'rerun': 'rerunning',
}  # fmt: skip
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


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_LATE[name]}'), name)
