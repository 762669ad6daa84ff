# SPDX-License-Identifier: Apache-2.0
import pytest

from qwen_embodied.simulation import MujocoWorld, SceneSpec


@pytest.fixture
def make_world():
    worlds = []

    def make(*items, **options):
        seed = options.pop('seed', 0)
        worlds.append(MujocoWorld(SceneSpec(items, seed), seed=seed, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()
