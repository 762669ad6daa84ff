"""Recordings that the tests make themselves: a small one, and one of a simulated task."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil

import pytest

from qwen_embodied.bench.replay_bags import small_bag
from qwen_embodied.motion import load_robot
from qwen_embodied.pipeline import Pipeline
from qwen_embodied.replay import BagWriter
from qwen_embodied.replay.recording import RecordedWorld
from qwen_embodied.simulation import MujocoWorld, generate_scene

TASK = 'put the red cube in the blue bowl'


@pytest.fixture(scope='session')
def task_bag(tmp_path_factory):
    """A simulated task as it was recorded, with an image every 0.4 s between the looks."""
    folder = tmp_path_factory.mktemp('task') / 'task'
    world = MujocoWorld(generate_scene(3), seed=3)
    writer = BagWriter(folder, configuration={'seed': '3'})
    recorded = RecordedWorld(world, writer, period=0.4)
    report = Pipeline.around(recorded).run(TASK)
    for trajectory in report.record.trajectories:
        recorded.send(trajectory)
    writer.close()
    world.close()
    assert report.success
    return folder


@pytest.fixture(scope='session')
def small(tmp_path_factory):
    return small_bag(tmp_path_factory.mktemp('small') / 'small')


@pytest.fixture(scope='session')
def small_panda(tmp_path_factory):
    """A small recording with the joints of a Panda, which can be replayed at once."""
    names = load_robot('panda').all_limits.names
    return small_bag(tmp_path_factory.mktemp('panda') / 'night', images=4, joints=names)


@pytest.fixture
def copied(small, tmp_path):
    """A small recording that a test may change, and its one MCAP file."""
    folder = tmp_path / 'small'
    shutil.copytree(small, folder)
    return folder, next(folder.glob('*.mcap'))
