"""A plan laid out: groundings, faults, a picture; images are checked before they are decoded."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

from hand_made import table, thing
from planning.scripted_server import MODEL, says, serving
from planning.test_targets import POSE, table_depth
from qwen_embodied.errors import CameraError, ConfigurationError
from qwen_embodied.looking import seen_in
from qwen_embodied.plan_sheet import planned, read_image, read_scene, write_picture
from qwen_embodied.run_folder import write_png
from qwen_embodied.serialization import to_json

RGB = np.full((120, 160, 3), 120, np.uint8)
WORDS = 'put the red cube in the blue bowl'


@pytest.fixture
def scene():
    seen = table(thing('red_cube_1', 0.5, 0.1), thing('blue_bowl_1', 0.6, -0.2))
    boxes = ((20.0, 30.0, 40.0, 50.0), (90.0, 60.0, 140.0, 100.0))
    items = [replace(item, box=box) for item, box in zip(seen.objects, boxes, strict=True)]
    return replace(seen, objects=tuple(items))


def test_each_named_object_is_grounded(scene):
    cube, bowl = planned(WORDS, scene, RGB, []).groundings()
    assert 'pixels 20,30 to 40,50' in cube
    assert 'x 0.600  y -0.200' in bowl


def test_the_picture_keeps_the_image_and_adds_words_below(scene):
    sheet = planned(WORDS, scene, RGB, [])
    picture = sheet.picture(RGB)
    assert picture.shape[0] > RGB.shape[0]
    assert picture.shape[1] == RGB.shape[1]
    changed = (picture[:120] != RGB).any(axis=2)
    assert changed[30:51, 20:41].any()
    assert not changed[:10].any()
    assert (RGB == 120).all()


@pytest.mark.parametrize(('robot', 'reaches'), [('panda', True), ('so101', False)])
def test_what_the_robot_does_not_reach_is_told_before_anything_moves(scene, robot, reaches):
    sheet = planned(WORDS, scene, RGB, [], robot)
    told = ' '.join(sheet.lines())
    assert ('reach' not in told) == reaches
    script = planned(WORDS, scene, RGB, [])
    assert 'reach' not in ' '.join(script.lines())


def test_a_question_and_the_faults_are_told(scene):
    sheet = planned('make me a coffee', scene, RGB, [])
    assert sheet.plan.question in sheet.lines()


def test_image_and_scene_lie_beside_each_other(scene, tmp_path):
    image = tmp_path / 'table.png'
    write_png(image, RGB)
    with pytest.raises(ConfigurationError, match='cannot be read'):
        read_scene(image.with_suffix('.json'))
    image.with_suffix('.json').write_text(to_json(scene), encoding='utf-8')
    assert len(seen_in(None, image, None, (0, 'normal'))[1].objects) == 2
    assert (read_image(image) == RGB).all()
    assert write_picture(image, planned(WORDS, scene, RGB, [])) == tmp_path / 'table.plan.png'
    assert read_image(tmp_path / 'table.plan.png').shape[1] == 160


def drawn():
    """A grey table with a red and a green cube, without a word about them."""
    rgb = np.full((480, 640, 3), 150, np.uint8)
    rgb[200:224, 300:324] = 190, 25, 25
    rgb[260:284, 360:384] = 30, 140, 50
    return rgb


def test_an_image_alone_is_enough(tmp_path):
    image = tmp_path / 'photo.png'
    write_png(image, drawn())
    view, found = seen_in(None, image, None, (0, 'normal'))
    sheet = planned('put the red cube on the green cube', found, view, [])
    assert [step.action for step in sheet.plan.steps] == ['pick', 'place']
    assert sheet.violations == ()
    assert read_image(write_picture(image, sheet)).shape[1] == 640


def test_depth_of_an_image_measures_what_is_described(tmp_path):
    pytest.importorskip('openai')
    image, depth = tmp_path / 'photo.png', tmp_path / 'depth.npy'
    write_png(image, drawn())
    metres = table_depth()
    metres[200:224, 300:324] -= 0.045
    np.save(depth, metres)
    image.with_suffix('.camera.json').write_text(json.dumps({'camera_in_base': POSE.tolist()}))
    view, found = seen_in(None, image, depth, (0, 'normal'))
    (cube,) = found.objects
    plan = json.dumps({'steps': [
        {'action': 'pick', 'object': cube.id},
        {'action': 'place', 'object': cube.id, 'relation': 'on',
         'target': {'find': 'the coaster'}},
    ], 'summary': ''})  # fmt: skip
    place = '[{"point_2d": [580, 560], "label": "coaster"}]'
    with serving(says(plan), says(place)) as server:
        settings = ['planner=server', f'servers={server.url}', f'model={MODEL}']
        sheet = planned('put the red cube on the coaster', found, view, settings)
    assert sheet.violations == ()
    assert sheet.plan.steps[1].words == 'the coaster'
    assert any('‘the coaster’: a bare surface' in line for line in sheet.groundings())
    changed = (sheet.picture(view.rgb)[:480] != view.rgb).any(axis=2)
    assert changed[265:273, 367:375].any()


def test_depth_without_an_image_is_wrong_usage(tmp_path):
    with pytest.raises(ConfigurationError, match='--image'):
        seen_in(None, None, tmp_path / 'depth.npy', (0, 'normal'))


def png(width, height):
    """Build a small file whose header promises a large image."""
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    parts = [(b'IHDR', header), (b'IDAT', zlib.compress(bytes(1000))), (b'IEND', b'')]
    chunks = [
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
        for name, data in parts
    ]
    return b'\x89PNG\r\n\x1a\n' + b''.join(chunks)


@pytest.mark.parametrize(
    'content',
    [b'', b'GIF89a', b'not an image', png(60_000, 60_000), png(5000, 4), png(64, 64)[:40]],
)
def test_an_image_that_is_none_or_a_bomb_is_refused(content, tmp_path):
    path = tmp_path / 'x.png'
    path.write_bytes(content)
    with pytest.raises(CameraError, match=r'x\.png'):
        read_image(path)


@pytest.mark.parametrize('setting', ['planner', 'planner=oracle', 'retries=3', 'model_timeout=x'])
def test_a_setting_that_is_none_is_refused(scene, setting):
    with pytest.raises(ConfigurationError, match='--set'):
        planned(WORDS, scene, RGB, [setting])
