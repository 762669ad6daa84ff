# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from scipy.spatial import ConvexHull

from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.simulation import LIGHTS, SimulatedCamera
from qwen_embodied.simulation.model import CAMERA_IN_BASE, INTRINSICS
from simulation.cell import SIZES, item

CORNERS = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8).T / 2


def see(world):
    camera = SimulatedCamera(world.model)
    rgb, depth = camera.truth(world.snapshot())
    camera.close()
    return rgb.astype(int), depth


def is_red(rgb):
    return (
        (rgb[..., 0] > 60) & (rgb[..., 1] < 0.5 * rgb[..., 0]) & (rgb[..., 2] < 0.5 * rgb[..., 0])
    )


@pytest.mark.parametrize('position', [(0.4, -0.3), (0.7, 0.0), (0.55, 0.3), (0.45, 0.15)])
@pytest.mark.parametrize('shape', ['cube', 'box'])
def test_corners_project_to_where_they_are_drawn(make_world, shape, position):
    world = make_world(item(shape, position=position, yaw=0.4))
    seen = world.ground_truth().objects[0]
    corners = transform(seen.object_in_base, CORNERS * seen.size)
    pixels = INTRINSICS.project(transform(inverse_pose(CAMERA_IN_BASE), corners))
    # Distance of each pixel's centre to the outline of the corners, px, negative inside.
    rows, columns = np.mgrid[0:480, 0:640]
    sides = ConvexHull(pixels).equations
    outside = (np.stack([columns, rows], -1) @ sides[:, :2].T + sides[:, 2]).max(-1)
    drawn = is_red(see(world)[0])
    assert drawn[outside < -0.15].all()
    assert not drawn[outside > 0.15].any()
    assert seen.box == pytest.approx((*pixels.min(0), *pixels.max(0)))


def test_the_middle_of_a_ball_is_drawn_where_it_projects(make_world):
    errors = []
    for x, y in [(0.4, -0.3), (0.7, 0.3), (0.55, 0.0), (0.43, 0.29)]:
        world = make_world(item('ball', position=(x, y)))
        centre = world.ground_truth().objects[0].position
        pixel = INTRINSICS.project(transform(inverse_pose(CAMERA_IN_BASE), centre))
        rows, columns = np.nonzero(is_red(see(world)[0]))
        errors.append([columns.mean() - pixel[0], rows.mean() - pixel[1]])
    # Half a pixel of bias would be a wrong principal point.
    assert np.abs(np.mean(errors, axis=0)).max() < 0.2


def test_true_depth_is_the_distance_along_the_optical_axis(make_world):
    world = make_world()
    depth = see(world)[1]
    rows, columns = np.mgrid[60:340:20, 40:600:20]
    pixels = np.stack([columns, rows], axis=-1)
    points = transform(CAMERA_IN_BASE, INTRINSICS.deproject(pixels, depth[rows, columns]))
    assert points[..., 2] == pytest.approx(0.0, abs=3e-4)


@pytest.mark.parametrize('shape', ['cube', 'cylinder', 'bin'])
def test_measured_depth_agrees_with_the_table_and_the_tops_within_noise(make_world, shape):
    world = make_world(item(shape, position=(0.55, 0.1)))
    frame = world.frame()
    pixels = np.stack(np.meshgrid(np.arange(640), np.arange(480)), axis=-1)
    points = transform(CAMERA_IN_BASE, INTRINSICS.deproject(pixels, frame.depth))
    table = points[60:340, 420:600, 2]
    assert np.nanmean(table) == pytest.approx(0.0, abs=1e-3)
    assert 0.0005 < np.nanstd(table) < 0.004
    inside = is_red(frame.rgb.astype(int)) & np.isfinite(frame.depth)
    top = np.percentile(points[inside][:, 2], 97)
    assert top == pytest.approx(SIZES[shape][2], abs=0.005)


def test_depth_has_holes_at_edges_and_nearly_none_on_the_table(make_world):
    world = make_world(item('cube', position=(0.55, 0.1)))
    frame = world.frame()
    assert np.isnan(frame.depth[60:340, 420:600]).mean() < 1e-3
    rows, columns = np.nonzero(is_red(frame.rgb.astype(int)))
    around = frame.depth[rows.min() - 3 : rows.max() + 4, columns.min() - 3 : columns.max() + 4]
    assert 0.03 < np.isnan(around).mean() < 0.6


def test_frames_keep_the_conventions(make_world):
    world = make_world()
    world.step(0.25)
    frame = world.frame()
    assert frame.stamp == pytest.approx(0.25)
    assert frame.frame_id == 'camera_color_optical_frame'
    assert frame.rgb.shape == (480, 640, 3)
    assert frame.depth.dtype == np.float32
    millimetres = frame.depth[np.isfinite(frame.depth)].astype(float) * 1000
    assert np.abs(millimetres - np.rint(millimetres)).max() < 1e-3


def test_left_in_the_image_is_left_of_the_robot_and_up_is_away(make_world):
    world = make_world(item('cube', position=(0.6, 0.25)), item('cube', 'blue', (0.4, -0.25)))
    red, blue = (np.array(thing.box) for thing in world.ground_truth().objects)
    assert red[0] < blue[0]
    assert red[1] < blue[1]


def table_colour(world, light):
    world.set_light(light)
    return see(world)[0][60:340, 40:600].reshape(-1, 3).mean(0)


def test_lamps_change_the_brightness(make_world):
    world = make_world()
    luma = {light: table_colour(world, light).mean() for light in LIGHTS}
    assert luma['dark'] < 50 < luma['dim'] < 0.7 * luma['normal']
    assert luma['normal'] + 40 < luma['bright']
    assert luma['bright'] > 240
    assert 120 < luma['normal'] < 200


def test_lamps_change_the_colour(make_world):
    world = make_world()
    warmth = {}
    for light in ('warm', 'normal', 'cold'):
        red, _, blue = table_colour(world, light)
        warmth[light] = red / blue
    assert warmth['cold'] < 0.9 < warmth['normal'] < 1.3 < warmth['warm']


def test_light_from_the_side_brightens_that_side(make_world):
    world = make_world(item('cube', 'grey', position=(0.5, 0.3)))
    pixel = INTRINSICS.project(transform(inverse_pose(CAMERA_IN_BASE), [0.5, 0.2775, 0.02]))
    column, row = np.rint(pixel).astype(int)

    def side_to_top(light):
        world.set_light(light)
        rgb = see(world)[0].mean(-1)
        return rgb[row, column] / rgb[row, column - 12]

    assert side_to_top('sidelight') > 1.3 * side_to_top('normal')


def test_shadows_darken_the_table(make_world):
    world = make_world(item('cube', position=(0.5, 0.2)))
    light, dark = (
        SimulatedCamera(world.model, shadows=shadows) for shadows in (False, True)
    )  # fmt: skip
    snapshot = world.snapshot()
    seen = [camera.truth(snapshot)[0].astype(int) for camera in (light, dark)]
    assert ((seen[0] - seen[1]).max(-1) > 30).sum() > 100
    light.close()
    dark.close()


def test_the_picture_has_the_size_asked_for_and_shows_arm_and_objects(make_world):
    world = make_world(item('cube'))
    for width, height in ((320, 240), (640, 360)):
        picture = world.picture(width, height)
        assert picture.shape == (height, width, 3)
        assert is_red(picture.astype(int)).sum() > 20
        assert (picture.astype(int).max(-1) < 70).mean() > 0.01
