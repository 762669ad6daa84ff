"""A lens bends rays as OpenCV says, and the way back leads to where the way there began."""

# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

from qwen_embodied.errors import ContractError
from qwen_embodied.geometry import Intrinsics

LENSES = [
    ((-0.28, 0.08, 0.001, -0.0005, -0.01), False),
    ((0.1, -0.2, 0.0, 0.0, 0.05, 0.12, -0.18, 0.03), False),
    ((0.04, -0.01, 0.003, -0.001), True),
    ((), False),
]


def lens(distortion, is_fisheye):
    return Intrinsics(640, 480, 500.0, 510.0, 322.0, 241.0, distortion, is_fisheye)


@pytest.mark.parametrize(('distortion', 'is_fisheye'), LENSES)
def test_there_and_back(distortion, is_fisheye):
    camera = lens(distortion, is_fisheye)
    pixels = np.stack(np.meshgrid(np.arange(0, 640, 40), np.arange(0, 480, 40)), axis=-1)
    depth = np.linspace(0.3, 3.0, pixels[..., 0].size).reshape(pixels.shape[:2])
    assert camera.project(camera.deproject(pixels, depth)) == pytest.approx(pixels, abs=1e-3)


@pytest.mark.parametrize(('distortion', 'is_fisheye'), LENSES)
def test_projects_as_opencv_does(rng, distortion, is_fisheye):
    camera = lens(distortion, is_fisheye)
    points = np.column_stack([rng.uniform(-0.4, 0.4, (20, 2)), np.ones(20)])
    matrix = np.array([[500.0, 0, 322], [0, 510, 241], [0, 0, 1]])
    project = cv2.fisheye.projectPoints if is_fisheye else cv2.projectPoints
    args = (points[:, None], np.zeros(3), np.zeros(3), matrix, np.array(distortion or [0.0] * 4))
    assert camera.project(points) == pytest.approx(project(*args)[0][:, 0], abs=1e-6)


def test_resizing_keeps_the_rays():
    camera, small = lens((), False), lens((), False).resized(320, 240)
    big = np.array([100.0, 60.0])
    assert small.deproject((big + 0.5) / 2 - 0.5, 1.0) == pytest.approx(camera.deproject(big, 1.0))


@pytest.mark.parametrize('distortion', [(np.nan,), (0.1,) * 9])
def test_refuses_other_coefficients(distortion):
    with pytest.raises(ContractError, match=r'Intrinsics\.distortion'):
        lens(distortion, False)
