"""A place in the image becomes a perceived object, or a point that depth vouches for."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.fake_model import ListedModel
from planning.scenes import scene, thing
from qwen_embodied.errors import GroundingError, GroundingParseError
from qwen_embodied.geometry import Intrinsics, inverse_pose, look_at, transform
from qwen_embodied.messages import Frame
from qwen_embodied.planning import Grounding, ground, resolve

CAMERA = Intrinsics.from_field_of_view(640, 480, np.pi / 4)
POSE = look_at([0.40, 0, 1.25], [0.55, 0, 0], image_up=[1, 0, 0])


def pixel_of(x, y, z):
    return tuple(CAMERA.project(transform(inverse_pose(POSE), [x, y, z])).tolist())


def seen(item):
    """Give an object the box that its corners have in the image."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    corners = transform(item.object_in_base, signs * item.size / 2)
    pixels = CAMERA.project(transform(inverse_pose(POSE), corners))
    return replace(item, box=(*pixels.min(axis=0).tolist(), *pixels.max(axis=0).tolist()))


def table_depth():
    """Depth of an empty table top at z = 0."""
    columns, rows = np.meshgrid(np.arange(640), np.arange(480))
    rays = CAMERA.deproject(np.stack([columns, rows], -1), np.ones((480, 640)))
    down = (rays @ POSE[:3, :3].T)[..., 2]
    return (-POSE[2, 3] / down).astype(np.float32)


def frame(depth=None):
    rgb = np.zeros((480, 640, 3), np.uint8)
    return Frame(0.0, 'camera', rgb, depth, CAMERA, POSE)


CUP = seen(thing('white', 'cylinder', 0.45, 0.10))
BOWL = seen(thing('blue', 'bowl', 0.60, -0.15))
BALL = seen(thing('red', 'ball', 0.60, -0.15, z=0.01))
SCENE = scene(CUP, BOWL, BALL)


@pytest.mark.parametrize('item', [CUP, BALL])
def test_a_point_on_an_object_means_the_object(item):
    target = resolve(Grounding('it', pixel_of(*item.position)), SCENE)
    assert target.object_id == item.id
    assert np.allclose(target.position, item.position)


def test_a_box_means_the_object_that_fills_it_and_a_point_the_smaller_one():
    around = Grounding('bowl', pixel_of(*BOWL.position), BOWL.box)
    assert resolve(around, SCENE).object_id == BOWL.id
    assert resolve(Grounding('', pixel_of(*BOWL.position)), SCENE).object_id == BALL.id


def test_without_depth_bare_table_means_nothing():
    with pytest.raises(GroundingError, match='no depth image'):
        resolve(Grounding('free space', pixel_of(0.5, -0.3, 0)), SCENE, frame())


def test_with_depth_bare_table_is_a_measured_point():
    target = resolve(Grounding('free space', pixel_of(0.5, -0.3, 0)), SCENE, frame(table_depth()))
    assert target.object_id is None
    assert np.allclose(target.position, [0.5, -0.3, 0.0], atol=2e-3)


def test_an_object_that_depth_denies_is_not_meant():
    # The box of the cup, but what is seen there is the bare table: somebody took the cup.
    target = resolve(Grounding('cup', pixel_of(0.45, 0.10, 0.07)), SCENE, frame(table_depth()))
    assert target.object_id is None


def test_depth_finds_an_object_without_a_box():
    hidden = scene(replace(CUP, box=None))
    depth = table_depth()
    x, y = pixel_of(0.45, 0.10, 0.07)
    top = transform(inverse_pose(POSE), [0.45, 0.10, 0.07])[2]
    depth[int(y) - 8 : int(y) + 9, int(x) - 8 : int(x) + 9] = top
    assert resolve(Grounding('cup', (x, y)), hidden, frame(depth)).object_id == CUP.id


def holes(depth, row, column):
    depth[row - 3 : row + 4, column - 3 : column + 1] = np.nan


def edge(depth, row, column):
    depth[:, column:] -= 0.05


@pytest.mark.parametrize(('spoil', 'word'), [(holes, 'have depth'), (edge, 'edge')])
def test_a_point_whose_neighbours_disagree_is_refused(spoil, word):
    x, y = pixel_of(0.5, -0.3, 0)
    depth = table_depth()
    spoil(depth, int(y), int(x))
    with pytest.raises(GroundingError, match=word):
        resolve(Grounding('', (x, y)), SCENE, frame(depth))


def test_a_point_outside_the_workspace_is_refused():
    with pytest.raises(GroundingError, match='workspace'):
        resolve(Grounding('', (5.0, 5.0)), SCENE, frame(table_depth()))


def test_words_without_a_name_are_grounded_by_the_model():
    x, y = pixel_of(*CUP.position)
    reply = f'```json\n[{{"point_2d": [{x / 0.64:.0f}, {y / 0.48:.0f}], "label": "cup"}}]\n```'
    model = ListedModel(reply)
    assert ground('the thing to drink from', model, SCENE, frame()).object_id == CUP.id
    assert 'the thing to drink from' in model.requests[0].messages[0].text


def test_a_model_that_names_no_place_keeps_its_reply():
    with pytest.raises(GroundingParseError) as caught:
        ground('the cup', ListedModel('It is on the left.'), SCENE, frame())
    assert caught.value.reply == 'It is on the left.'
