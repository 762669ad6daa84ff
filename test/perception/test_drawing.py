"""The annotated picture."""

# SPDX-License-Identifier: Apache-2.0
import numpy as np

from perception.drawn import SIZES, Drawn, cube, draw
from qwen_embodied.perception import SceneEstimator, draw_scene

ITEMS = [cube('red', 0.5, 0.2, 0.4), Drawn('blue', 'bowl', SIZES['bowl'], 0.6, -0.1)]
FRAME = draw(ITEMS)
SCENE = SceneEstimator()(FRAME)


def drawn():
    return draw_scene(FRAME.rgb, SCENE, FRAME.intrinsics, FRAME.camera_in_base)


def test_leaves_the_image_as_it_was():
    before = FRAME.rgb.copy()
    picture = drawn()
    assert picture.shape == FRAME.rgb.shape
    assert picture.dtype == np.uint8
    assert (FRAME.rgb == before).all()


def test_marks_near_the_objects_and_nowhere_else():
    changed = (drawn() != FRAME.rgb).any(axis=-1)
    for item in SCENE.objects:
        x0, y0, x1, y1 = (int(value) for value in item.box)
        assert changed[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3].mean() > 0.02
    assert changed.mean() < 0.08
    assert not changed[:100].any()


def test_the_middle_of_each_object_stays_visible():
    picture = drawn()
    for item in SCENE.objects:
        x0, y0, x1, y1 = item.box
        column, row = int((x0 + x1) / 2), int((y0 + y1) / 2)
        assert (picture[row, column] == FRAME.rgb[row, column]).all()


def test_an_empty_scene_leaves_the_picture():
    empty = draw([])
    scene = SceneEstimator()(empty)
    picture = draw_scene(empty.rgb, scene, empty.intrinsics, empty.camera_in_base)
    assert (picture == empty.rgb).all()
