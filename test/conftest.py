"""Fixtures that every folder of tests may use."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from qwen_embodied.geometry import Intrinsics, look_at
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import Frame


@pytest.fixture(scope='session', autouse=True)
def home(tmp_path_factory):
    """Keep what nodes keep in the home folder, such as the audit, out of a person's."""
    caches = os.environ.get('XDG_CACHE_HOME') or str(Path.home() / '.cache')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', caches)
        patch.setenv('HOME', str(tmp_path_factory.mktemp('home')))
        yield


@pytest.fixture
def rng():
    return np.random.default_rng(20260101)


@pytest.fixture
def frame(rng):
    """Give a small frame of noise, seen from above the table."""
    return Frame(
        stamp=1.5,
        frame_id='camera_color_optical_frame',
        rgb=rng.integers(0, 256, (6, 8, 3), dtype=np.uint8),
        depth=rng.uniform(0.5, 1.5, (6, 8)).astype(np.float32),
        intrinsics=Intrinsics.from_field_of_view(8, 6, np.pi / 4),
        camera_in_base=look_at([0.4, 0, 1.25], [0.55, 0, 0], image_up=[1, 0, 0]),
    )


@pytest.fixture
def limits():
    """Give the limits of a revolute joint and a finger."""
    return JointLimits(
        names=('elbow', 'finger'),
        lower=[-2.0, 0.0],
        upper=[2.0, 0.04],
        velocity=[1.0, 0.1],
        acceleration=[4.0, 1.0],
        jerk=[100.0, 20.0],
    )
