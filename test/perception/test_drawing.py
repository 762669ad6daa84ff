"""The annotated picture."""

# SPDX-License-Identifier: Apache-2.0
import numpy as np

from perception.drawn import SIZES, Drawn, cube, draw
from perception.tables import scattered
from qwen_embodied.perception import SceneEstimator, draw_scene, drawing

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


def test_words_are_numbered_only_where_several_look_alike(monkeypatch):
    written = []
    monkeypatch.setattr(drawing, 'draw_labels', lambda canvas, labels: written.extend(labels))
    frame = draw([cube('red', 0.5, 0.2), cube('red', 0.5, -0.2), cube('blue', 0.6, 0.0)])
    draw_scene(frame.rgb, SceneEstimator()(frame), frame.intrinsics, frame.camera_in_base)
    assert sorted(label.text for label in written) == ['blue cube', 'red cube 1', 'red cube 2']


def test_no_word_covers_an_object():
    items = scattered(np.random.default_rng(3), 12, ('cube', 'ball'), gap=0.02)
    frame = draw(items)
    scene = SceneEstimator()(frame)
    picture = draw_scene(frame.rgb, scene, frame.intrinsics, frame.camera_in_base)
    for item in scene.objects:
        x0, y0, x1, y1 = (int(value) for value in item.box)
        inner = (slice(y0 + 4, y1 - 4), slice(x0 + 4, x1 - 4))
        assert (picture[inner] == frame.rgb[inner]).all(axis=-1).mean() > 0.3
