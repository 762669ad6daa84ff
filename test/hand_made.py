"""Small scenes made by hand, for tests that need no camera."""

import numpy as np

from qwen_embodied.geometry import pose, rotation_z
from qwen_embodied.messages import Scene, SceneObject

SIZES = {
    'cube': (0.045, 0.045, 0.045),
    'box': (0.06, 0.04, 0.05),
    'cylinder': (0.04, 0.04, 0.07),
    'ball': (0.05, 0.05, 0.05),
    'bowl': (0.15, 0.15, 0.05),
    'bin': (0.18, 0.14, 0.06),
    'tray': (0.22, 0.16, 0.025),
}


def thing(name, x, y, z=None, yaw=0.0, size=None, confidence=0.9):
    """Make an object from an id such as red_cube_1; z is its bottom, the table when absent."""
    colour, shape, _ = name.split('_')
    size = SIZES[shape] if size is None else size
    centre = (x, y, (0.0 if z is None else z) + size[2] / 2)
    label = f'{colour} {shape}'
    where = pose(centre, rotation_z(yaw))
    return SceneObject(name, label, colour, shape, where, size, confidence)


def table(*things, height=0.0, stamp=1.0):
    """Put objects on a table."""
    return Scene(stamp, 'panda_link0', things, height)


def moved(item, offset):
    """Give the object displaced by (x, y, z) m."""
    where = np.array(item.object_in_base)
    where[:3, 3] += offset
    return SceneObject(
        item.id, item.label, item.colour, item.shape, where, item.size, item.confidence, item.box
    )
