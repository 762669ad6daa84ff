"""Pushing an object along the table with closed fingers."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError
from qwen_embodied.messages import SceneObject
from qwen_embodied.motion.choosing import Option, first_that_works, postures
from qwen_embodied.motion.collision import Collider
from qwen_embodied.motion.footprint import reach
from qwen_embodied.motion.grasp import TIP_GAP, tool_down
from qwen_embodied.motion.motions import Motion
from qwen_embodied.motion.moves import Line, Mover
from qwen_embodied.motion.picking import Situation

Array = NDArray[np.float64]

ROOM = 0.025  # m, between fingers and object before a push
HEIGHTS = (0.3, 0.5)  # share of the object's height at which the finger tips push


def push_motion(situation: Situation, item: SceneObject, way: Array) -> Motion:
    """Push: pre-push, approach, push, retreat.

    Args:
        situation: Its start has the gripper in any position; it closes on the way.
        item: To be pushed.
        way: Of the object, (2,) m.
    """
    mover, world, start = situation.mover, situation.world, situation.start
    _check_goal(mover, item, way)
    poses = _poses(mover, item, way)
    costs = np.arange(len(poses)) // 2 * 0.5
    margin = mover.parameters.limit_margin
    options = postures(mover.robot, poses, costs.tolist(), start[:-1], margin)
    near, far = Collider(mover.robot, world.without([item.id])), Collider(mover.robot, world)
    closed, height = mover.gripper.closed, mover.parameters.approach
    offset = np.append(way * (1.0 + ROOM / float(np.linalg.norm(way))), 0.0)

    def attempt(option: Option) -> Motion:
        down = mover.rise(Line(option.joints, height, closed), near, far)
        push = mover.straight(down[0], offset)
        _check_way(mover, near, push)
        up = mover.rise(Line(push[-1], height, closed), near, near)
        segments = (
            *situation.before,
            mover.transit('pre-push', world, start, down[-1], closed),
            mover.line('approach', down[::-1], closed),
            mover.line('push', push, closed, mover.parameters.push_speed),
            mover.line('retreat', up, closed),
        )
        expected = item.object_in_base.copy()
        expected[:2, 3] += way
        return Motion(segments, expected=expected)

    return first_that_works(options, attempt)


def _poses(mover: Mover, item: SceneObject, way: Array) -> list[Array]:
    """Tool poses behind the object, best first; the palm stays over its top."""
    direction = way / float(np.linalg.norm(way))
    gap, gripper = reach(item, direction) + ROOM, mover.gripper
    across = float(np.arctan2(direction[1], direction[0])) + np.pi / 2
    height = float(item.size[2])
    bottom = float(item.position[2]) - height / 2
    poses = []
    for share in HEIGHTS:
        tips = bottom + max(share * height, TIP_GAP)
        z = max(tips + gripper.depth_at(0.0), bottom + height - gripper.palm)
        for turn in (0.0, np.pi, np.pi / 2, -np.pi / 2):
            thick = gripper.tips[0] if abs(np.cos(turn)) > 0.5 else gripper.tips[1]
            behind = item.position[:2] - direction * (gap + thick)
            poses.append(tool_down(np.array([*behind, z]), across + turn))
    return poses


def _check_goal(mover: Mover, item: SceneObject, way: Array) -> None:
    x0, x1, y0, y1 = mover.parameters.workspace
    x, y = item.position[:2] + way
    if not (x0 <= x <= x1 and y0 <= y <= y1):
        raise CollisionError('push', f'the {item.label}', f'the edge at ({x:.2f}, {y:.2f})')


def _check_way(mover: Mover, near: Collider, push: Array) -> None:
    rows = np.column_stack([push, np.full(len(push), mover.gripper.closed)])
    contact = near.first(rows, mover.near(near, 0.0))
    if contact is not None:
        raise CollisionError('push', contact.first, contact.second)
