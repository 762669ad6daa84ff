"""Which nodes are judged, and where their inputs come from."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from qwen_embodied.cameras import CAMERAS, camera_remappings
from qwen_embodied.doctor.scope import (
    CLOCK,
    COLOUR,
    DEPTH,
    IMAGES,
    INFO,
    JOINT_STATE,
    JOINTS,
    LENS,
    TIME,
    inputs,
    members,
)  # fmt: skip

CAM = ('/cam/perception', '/cam/simulation', '/cam/up')
ALL = ('/perception', '/fake_arm', '/camera/camera', '/up', '/operator', *CAM)


def test_a_graph_has_its_drivers_but_no_guests_and_no_other_graph():
    assert members(ALL, '') == ('/perception', '/fake_arm', '/camera/camera')
    assert members(ALL, '/cam') == ('/cam/perception', '/cam/simulation')
    assert members(('/driver', '/left/planner'), '/left') == ('/driver', '/left/planner')
    assert members(('/up', '/cam/up'), '') == ()


@pytest.mark.parametrize('prefix', ['', '/cam/camera', '/depth_cam/a'])
@pytest.mark.parametrize('camera', CAMERAS)
def test_what_up_remaps_is_found_in_what_perception_subscribes_to(camera, prefix):
    remapped = dict(camera_remappings(camera, prefix))
    real = {name: f'/{remapped.get(name, name).strip("/")}' for name in (COLOUR, DEPTH, LENS)}
    if not CAMERAS[camera].depth:
        del real[DEPTH]
    kinds = {COLOUR: IMAGES[0], DEPTH: IMAGES[0], LENS: INFO}
    heard = {topic: kinds[name] for name, topic in real.items()}
    second = {'/camera_2/color/image_raw': IMAGES[0], '/camera_2/color/camera_info': INFO}
    assert inputs({'/perception': {**second, **heard}}) == real


def test_compressed_images_joint_states_and_a_clock_are_found_under_their_names():
    heard = {
        '/perception': {
            '/cam/color/image_raw/compressed': IMAGES[1],
            '/cam/depth/image_raw/compressedDepth': IMAGES[1],
            '/cam/clock': TIME,
        },
        '/arm_controller': {'/ur/joint_states': JOINT_STATE, '/cam/clock': TIME},
        '/logger': {'/clock': TIME},
    }
    assert inputs(heard) == {
        COLOUR: '/cam/color/image_raw', DEPTH: '/cam/depth/image_raw',
        JOINTS: '/ur/joint_states', CLOCK: '/cam/clock',
    }  # fmt: skip
    assert inputs({}) == {}
