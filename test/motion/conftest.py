import numpy as np
import pytest

from qwen_embodied.geometry import pose, rotation_z
from qwen_embodied.messages import JointState, Scene, SceneObject
from qwen_embodied.motion import load_robot

SIZES = {
    'cube': (0.045, 0.045, 0.045),
    'box': (0.06, 0.04, 0.05),
    'cylinder': (0.04, 0.04, 0.08),
    'ball': (0.05, 0.05, 0.05),
    'bowl': (0.15, 0.15, 0.055),
    'bin': (0.18, 0.14, 0.06),
    'tray': (0.22, 0.16, 0.025),
}


def make_object(shape, x, y, *, yaw=0.0, on=0.0, size=None, name=None):
    size = np.array(size or SIZES[shape])
    object_in_base = pose([x, y, on + size[2] / 2], rotation_z(yaw))
    name = name or f'red_{shape}_1'
    return SceneObject(name, name.replace('_', ' '), 'red', shape, object_in_base, size, 0.9)


def make_scene(*objects):
    return Scene(0.0, 'panda_link0', objects, 0.0)


def make_state(robot, row):
    names = (*robot.all_limits.names, 'panda_finger_joint2')
    return JointState(0.0, names, np.append(row, row[-1]))


@pytest.fixture(scope='session')
def robot():
    return load_robot('panda')


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def at_home(robot):
    return make_state(robot, np.append(robot.home, robot.gripper.open))


@pytest.fixture
def table_scene():
    return make_scene(
        make_object('cube', 0.50, 0.12, yaw=0.3),
        make_object('bowl', 0.50, -0.15),
        make_object('bin', 0.63, 0.27, yaw=0.4),
        make_object('cylinder', 0.42, -0.30),
        make_object('ball', 0.40, 0.25),
    )
