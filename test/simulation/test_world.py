# SPDX-License-Identifier: Apache-2.0
import threading

import numpy as np
import pytest

from qwen_embodied.errors import ConfigurationError, ContractError, SimulationError
from qwen_embodied.geometry import rotation_angle
from qwen_embodied.simulation import MujocoWorld, SimulationParameters, generate_scene
from simulation.cell import SIZES, item


def wave(world, seconds=1.0):
    for tick in range(round(seconds / 0.01)):
        world.command(world.arm.home + 0.3 * np.sin(0.05 * tick) * np.eye(8)[tick % 7])
        world.step(0.01)


def test_the_same_seed_gives_the_same_motion_and_images_to_the_byte():
    seen = []
    for _ in range(2):
        world = MujocoWorld(generate_scene(5), parameters=SimulationParameters(record=True))
        wave(world)
        frame = world.frame()
        seen.append((
            world.trace.measured.tobytes(),
            world.snapshot().qpos.tobytes(),
            frame.rgb.tobytes(),
            frame.depth.tobytes(),
            world.picture(160, 120).tobytes(),
        ))  # fmt: skip
        world.close()
    assert seen[0] == seen[1]


def test_the_noise_of_another_seed_or_time_is_another():
    world = MujocoWorld(generate_scene(5), seed=1)
    other = MujocoWorld(generate_scene(5), seed=2)
    first = world.frame()
    assert (first.rgb != other.frame().rgb).any()
    world.step(0.01)
    assert (first.rgb != world.frame().rgb).any()
    world.close()
    other.close()


@pytest.mark.parametrize('shape', SIZES)
@pytest.mark.parametrize('yaw', [0.0, 0.7])
def test_every_shape_stays_where_it_is_put(make_world, shape, yaw):
    world = make_world(item(shape, position=(0.5, 0.1), yaw=yaw))
    before = world.ground_truth().objects[0]
    world.step(5.0)
    after = world.ground_truth().objects[0]
    assert before.position == pytest.approx([0.5, 0.1, SIZES[shape][2] / 2], abs=5e-4)
    assert after.position == pytest.approx(before.position, abs=1e-4)
    turned = before.object_in_base[:3, :3].T @ after.object_in_base[:3, :3]
    assert rotation_angle(turned) < 1e-3


@pytest.mark.parametrize('seed', range(6))
def test_crowded_scenes_come_to_rest_where_they_were_drawn(seed):
    wanted = tuple((c, s) for s in SIZES for c in ('red', 'blue') if s not in ('bin', 'tray'))
    scene = generate_scene(seed, wanted=wanted)
    world = MujocoWorld(scene)
    world.step(1.0)
    for spec, seen in zip(scene.objects, world.ground_truth().objects, strict=True):
        assert seen.position == pytest.approx(spec.position, abs=1e-3)


def test_a_pushed_ball_comes_to_rest_on_the_table(make_world):
    world = make_world(item('ball', position=(0.5, 0.0)))
    start = world.model.joint('red_ball_1').dofadr[0]
    world._data.qvel[start : start + 3] = [0.0, 0.3, 0.0]
    world.step(4.0)
    first = world.ground_truth().objects[0].position
    world.step(2.0)
    assert 0.02 < first[1] < 0.4
    assert world.ground_truth().objects[0].position == pytest.approx(first, abs=1e-3)


@pytest.mark.parametrize('container', ['bowl', 'bin', 'tray'])
def test_what_is_dropped_into_a_container_stays_in_it(make_world, container):
    world = make_world(item(container, 'blue'), item('cube', position=(0.5, 0.0)))
    start = world.model.joint('red_cube_1').qposadr[0]
    world._data.qpos[start : start + 3] = [0.51, 0.01, 0.12]
    world.step(2.0)
    bowl, cube = world.ground_truth().objects
    assert np.linalg.norm(cube.position[:2] - bowl.position[:2]) < 0.05
    assert 0.02 < cube.position[2] < 0.06
    assert np.linalg.norm(bowl.position - [0.5, 0.0, SIZES[container][2] / 2]) < 0.01


def test_time_goes_on_by_what_was_asked(make_world):
    world = make_world()
    for _ in range(30):
        world.step(1 / 30)
    assert world.time == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize('seconds', [0.0, -0.1, 0.0004, np.nan, np.inf])
def test_time_that_does_not_go_on_is_refused(make_world, seconds):
    world = make_world()
    with pytest.raises(ContractError, match=r'step is .* finite time of at least 0\.001 s'):
        world.step(seconds)
    assert world.time == 0.0


def test_a_command_that_is_no_number_is_refused_and_changes_nothing(make_world):
    world = make_world()
    with pytest.raises(ContractError, match='command'):
        world.command(np.full(8, np.nan))
    world.step(0.5)
    assert world.read().positions[:8] == pytest.approx(world.arm.home, abs=1e-4)


def test_a_scheduled_command_is_reached_at_its_time(make_world):
    world = make_world()
    goal = world.arm.home + 0.05 * np.eye(8)[0]
    world.schedule(goal, world.time + 0.2)
    world.step(0.1)
    assert world.read().positions[0] == pytest.approx(0.025, abs=2e-3)
    world.step(0.2)
    assert world.read().positions[0] == pytest.approx(0.05, abs=1e-3)


@pytest.mark.parametrize('field', ['qvel', 'qpos'])
def test_f34_a_world_that_breaks_down_says_so_instead_of_starting_anew(make_world, field):
    world = make_world(item('cube'))
    world.step(0.01)
    getattr(world._data, field)[0] = np.nan
    with pytest.raises(SimulationError, match=r'broke down at 0\.020 s: mjWARN_BADQ'):
        world.step(0.01)


def test_an_unknown_light_is_refused(make_world):
    with pytest.raises(ConfigurationError, match="no light 'disco'; known are normal, dim"):
        make_world(light='disco')


def test_joint_states_carry_all_joints_with_velocities(make_world):
    state = make_world().read()
    assert state.names[0] == 'panda_joint1'
    assert state.names[7:] == ('panda_finger_joint1', 'panda_finger_joint2')
    assert state.velocities.shape == (9,)


def test_another_thread_renders_while_one_steps(make_world):
    world = make_world(item('cube'))
    frames, errors = [], []

    def look():
        camera = world.camera()
        try:
            frames.extend(camera.frame(world.snapshot()) for _ in range(5))
        except SimulationError as error:
            errors.append(error)
        finally:
            camera.close()

    thread = threading.Thread(target=look)
    thread.start()
    while thread.is_alive():
        world.step(0.01)
    thread.join()
    assert not errors
    stamps = [frame.stamp for frame in frames]
    assert stamps == sorted(stamps)
    assert len(stamps) == 5


def test_a_camera_refuses_another_thread(make_world):
    world = make_world()
    camera, caught = world.camera(), []

    def look():
        try:
            camera.frame(world.snapshot())
        except SimulationError as error:
            caught.append(str(error))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    camera.close()
    assert 'make one SimulatedCamera in each thread' in caught[0]


def test_physics_is_many_times_faster_than_real():
    import time

    wanted = (('red', 'cube'), ('blue', 'bowl'), ('green', 'box'), ('pink', 'ball'))
    world = MujocoWorld(generate_scene(0, wanted=wanted, distractors=2))
    start = time.process_time()
    wave(world, 2.0)
    assert 2.0 / (time.process_time() - start) > 5.0
