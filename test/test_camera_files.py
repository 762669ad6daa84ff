"""Frames from files: read, put above their table, refused with the file's name."""

# SPDX-License-Identifier: Apache-2.0
import json

import cv2
import numpy as np
import pytest

from perception.drawn import OBLIQUE, Take, cube, draw
from qwen_embodied.camera import read_frame
from qwen_embodied.errors import CameraError, ContractError
from qwen_embodied.perception import perceive_photograph

FRAME = draw([cube('red', 0.5, 0.1), cube('blue', 0.6, -0.1)], Take(OBLIQUE))


@pytest.fixture
def files(tmp_path):
    image, depth = tmp_path / 'image.png', tmp_path / 'depth.png'
    cv2.imwrite(str(image), FRAME.rgb[..., ::-1])
    cv2.imwrite(str(depth), np.nan_to_num(FRAME.depth * 1000).astype(np.uint16))
    return image, depth


def apart(scene):
    one, two = (item.position for item in scene.objects)
    return np.linalg.norm(one - two)


def test_the_table_is_found_from_any_side(files):
    scene = perceive_photograph(read_frame(*files))
    assert sorted(item.label for item in scene.objects) == ['blue cube', 'red cube']
    assert apart(scene) == pytest.approx(np.hypot(0.1, 0.2), abs=0.005)
    assert scene.table_height == pytest.approx(0.0, abs=0.003)


def test_metres_in_numpy_are_read(files):
    stored = files[1].with_suffix('.npy')
    np.save(stored, FRAME.depth)
    assert np.array_equal(read_frame(files[0], stored).depth, FRAME.depth, equal_nan=True)


def test_a_note_beside_the_image_tells_of_the_camera(files):
    lens = FRAME.intrinsics
    note = {'fx': lens.fx, 'fy': lens.fy, 'cx': lens.cx, 'cy': lens.cy,
            'camera_in_base': OBLIQUE.tolist()}  # fmt: skip
    files[0].with_suffix('.camera.json').write_text(json.dumps(note))
    frame = read_frame(files[0])
    assert frame.intrinsics == lens
    assert np.array_equal(frame.camera_in_base, OBLIQUE)


@pytest.mark.parametrize('text', ['[]', '{', '{"fx": "wide"}', '{"camera_in_base": [1, 2]}'])
def test_a_wrong_note_is_named(files, text):
    files[0].with_suffix('.camera.json').write_text(text)
    with pytest.raises((CameraError, ContractError), match='camera'):
        read_frame(files[0])


def test_what_is_no_image_is_named(tmp_path):
    with pytest.raises(CameraError, match=r'nothing\.png: cannot be read'):
        read_frame(tmp_path / 'nothing.png')
    odd = tmp_path / 'odd.png'
    odd.write_bytes(b'no image')
    with pytest.raises(CameraError, match='neither JPEG nor PNG'):
        read_frame(odd)


def test_depth_of_another_size_is_named(files):
    cv2.imwrite(str(files[1]), np.ones((10, 20), np.uint16))
    with pytest.raises(CameraError, match='do not fit'):
        read_frame(*files)


def test_colour_for_depth_is_named(files):
    with pytest.raises(CameraError, match='16 bits'):
        read_frame(files[0], files[0])
