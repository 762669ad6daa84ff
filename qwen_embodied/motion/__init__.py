"""Motion: from what should happen to joint trajectories that an arm accepts.

>>> from qwen_embodied.motion import World, load_robot, plan_path, time_path
>>> robot = load_robot('panda')
>>> path = plan_path(robot, World(), robot.home, robot.home + 0.2)
>>> time_path(path, robot.limits).positions.shape[1]
7
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.motion.checker import BodyChecker
from qwen_embodied.motion.collision import Collider, Contact
from qwen_embodied.motion.description import RobotSettings
from qwen_embodied.motion.foresight import ForesightedSkills
from qwen_embodied.motion.grasp import Grasp, grasps
from qwen_embodied.motion.gripper import Gripper
from qwen_embodied.motion.holding import Surrounded, in_hand
from qwen_embodied.motion.leaning import leaning_grasps
from qwen_embodied.motion.motions import Held, Motion, Segment
from qwen_embodied.motion.obstacles import read_obstacles
from qwen_embodied.motion.parameters import MotionParameters, read_parameters
from qwen_embodied.motion.path import PathOptions, blocked_by, plan_path, straight_path
from qwen_embodied.motion.placing import Place, places
from qwen_embodied.motion.presets import build_robot, load_robot
from qwen_embodied.motion.reach import Reach
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.search import Search, Solution
from qwen_embodied.motion.shapes import Obstacle, Solid, box, capsule, cylinder, hull, sphere
from qwen_embodied.motion.skills import Skills
from qwen_embodied.motion.timing import time_path
from qwen_embodied.motion.urdf import ToolPlace
from qwen_embodied.motion.world import World

__all__ = [
    'BodyChecker',
    'Collider',
    'Contact',
    'ForesightedSkills',
    'Grasp',
    'Gripper',
    'Held',
    'Motion',
    'MotionParameters',
    'Obstacle',
    'PathOptions',
    'Place',
    'Reach',
    'Robot',
    'RobotSettings',
    'Search',
    'Segment',
    'Skills',
    'Solid',
    'Solution',
    'Surrounded',
    'ToolPlace',
    'World',
    'blocked_by',
    'box',
    'build_robot',
    'capsule',
    'cylinder',
    'grasps',
    'hull',
    'in_hand',
    'leaning_grasps',
    'load_robot',
    'places',
    'plan_path',
    'read_obstacles',
    'read_parameters',
    'sphere',
    'straight_path',
    'time_path',
]
