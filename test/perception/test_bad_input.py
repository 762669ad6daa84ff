"""Frames from which no scene can be made are refused with the reason."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from perception.drawn import Take, cube, draw
from qwen_embodied.errors import ContractError, PerceptionError
from qwen_embodied.geometry import Intrinsics, look_at
from qwen_embodied.messages import Frame, JointState
from qwen_embodied.perception import PerceptionParameters, SceneEstimator, draw_scene

FRAME = draw([cube('red', 0.5, 0.1)])
RNG = np.random.default_rng(0)
BAD = {
    'no depth': {'depth': None},
    'empty depth': {'depth': np.full_like(FRAME.depth, np.nan)},
    'zero depth': {'depth': np.zeros_like(FRAME.depth)},
    'infinite depth': {'depth': np.full_like(FRAME.depth, np.inf)},
    'millimetres': {'depth': FRAME.depth * 1000},
    'no table': {'depth': RNG.uniform(0.3, 3.9, FRAME.depth.shape).astype(np.float32)},
    'black': {'rgb': np.zeros_like(FRAME.rgb)},
    'white': {'rgb': np.full_like(FRAME.rgb, 255)},
    'camera pose': {'camera_in_base': np.full((4, 4), np.nan)},
    'wall': {'camera_in_base': look_at([0, 0, 1.0], [1, 0, 1.0], [0, 0, 1])},
}
WORDS = {
    'no depth': 'no depth', 'empty depth': '0%', 'zero depth': '0%', 'infinite depth': '0%',
    'millimetres': 'millimetres', 'no table': 'no table', 'black': 'lens covered',
    'white': 'overexposed', 'camera pose': 'not finite', 'wall': 'no table',
}  # fmt: skip


@pytest.mark.parametrize('kind', BAD)
def test_refuses_with_the_reason(kind):
    with pytest.raises(PerceptionError, match=WORDS[kind]):
        SceneEstimator()(replace(FRAME, **BAD[kind]))


def test_refuses_a_camera_below_the_table():
    below = look_at([0.5, 0.0, -1.0], [0.5, 0.0, 0.0], [1, 0, 0])
    with pytest.raises(PerceptionError, match='below the table'):
        SceneEstimator()(replace(FRAME, camera_in_base=below))


@pytest.mark.parametrize('spheres', [np.zeros((3, 3)), np.full((2, 4), np.nan)])
def test_refuses_a_body_that_is_no_spheres(spheres):
    estimator = SceneEstimator(body=lambda state: spheres)
    with pytest.raises(PerceptionError, match='spheres'):
        estimator(FRAME, JointState(0.0, ('joint',), np.zeros(1)))


def test_refuses_when_the_robot_hides_the_table():
    estimator = SceneEstimator(body=lambda state: np.array([[0.5, 0.0, 0.0, 3.0]]))
    with pytest.raises(PerceptionError, match='robot hides'):
        estimator(FRAME, JointState(0.0, ('joint',), np.zeros(1)))


def test_a_refused_frame_leaves_the_objects_as_they_were():
    estimator = SceneEstimator()
    estimator(FRAME)
    with pytest.raises(PerceptionError):
        estimator(replace(FRAME, depth=None))
    assert [one.id for one in estimator(FRAME).objects] == ['red_cube_1']


def test_holes_in_a_third_of_the_depth_are_put_up_with():
    depth = np.where(RNG.random(FRAME.depth.shape) < 0.33, np.nan, FRAME.depth)
    found = SceneEstimator()(replace(FRAME, depth=depth)).objects
    assert [one.label for one in found] == ['red cube']
    assert np.linalg.norm(found[0].position - [0.5, 0.1, 0.0225]) < 0.006


@pytest.mark.parametrize('noise', [0.0, 0.001, 0.003])
def test_depth_noise_is_put_up_with(noise):
    found = SceneEstimator()(draw([cube('red', 0.5, 0.1)], Take(depth_noise=noise))).objects
    assert [one.label for one in found] == ['red cube']
    assert np.linalg.norm(found[0].position - [0.5, 0.1, 0.0225]) < 0.005


def pictures(height, width):
    ramp = np.linspace(0, 255, width)[None, :, None]
    coarse = RNG.integers(0, 256, (height // 32 + 1, width // 32 + 1, 3))
    return {
        'constant': np.full((height, width, 3), 77, np.uint8),
        'noise': RNG.integers(0, 256, (height, width, 3), dtype=np.uint8),
        'ramp': np.broadcast_to(ramp, (height, width, 3)).astype(np.uint8),
        'blocks': np.kron(coarse, np.ones((32, 32, 1)))[:height, :width].astype(np.uint8),
    }


def depths(height, width):
    size, table = (height, width), 1.2 + RNG.normal(0, 0.003, (height, width))
    odd = RNG.choice([np.nan, -1.0, 0.0, 1e30, np.inf], size)
    coarse = RNG.random((height // 32 + 1, width // 32 + 1))
    return {
        'none': None,
        'negative': -np.ones(size),
        'huge': np.full(size, 1e30),
        'exact': np.full(size, 1.2),
        'noise': RNG.uniform(0.1, 4.0, size),
        'odd': np.where(RNG.random(size) < 0.5, table, odd),
        'blocks': table - 0.25 * np.kron(coarse, np.ones((32, 32)))[:height, :width],
    }


@pytest.mark.parametrize(
    'size', [(1, 1), (1, 64), (64, 1), (3, 5), (17, 33), (60, 80), (240, 424)]
)
def test_any_picture_gives_a_scene_or_the_reason_why_not(size):
    lens = Intrinsics.from_field_of_view(size[1], size[0], 0.8)
    images, all_depths = pictures(*size), depths(*size)
    for rgb in images.values():
        for depth in all_depths.values():
            values = None if depth is None else depth.astype(np.float32)
            frame = Frame(0.0, 'camera', rgb, values, lens, FRAME.camera_in_base)
            try:
                scene = SceneEstimator(PerceptionParameters(assume_table=True))(frame)
            except PerceptionError:
                continue
            picture = draw_scene(rgb, scene, lens, frame.camera_in_base)
            assert picture.shape == rgb.shape


def test_a_picture_of_4k_gives_a_scene():
    size = (2160, 3840)
    lens = Intrinsics.from_field_of_view(size[1], size[0], 0.8)
    depth = np.full(size, 1.25, np.float32)
    depth[1000:1100, 1800:1900] = 1.21
    frame = Frame(0.0, 'camera', np.full((*size, 3), 120, np.uint8), depth, lens,
                  FRAME.camera_in_base)  # fmt: skip
    assert len(SceneEstimator()(frame).objects) <= 1


def test_one_channel_is_refused():
    with pytest.raises(ContractError, match=r'Frame\.rgb'):
        replace(FRAME, rgb=FRAME.rgb[..., :1])
