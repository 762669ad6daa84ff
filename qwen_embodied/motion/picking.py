"""Taking an object and putting it down, where a way for either is found."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError
from qwen_embodied.geometry import inverse_pose
from qwen_embodied.messages import SceneObject
from qwen_embodied.motion.choosing import Option, first_that_works, postures
from qwen_embodied.motion.collision import Collider
from qwen_embodied.motion.grasp import Grasp, grasps
from qwen_embodied.motion.motions import Held, Motion, Segment
from qwen_embodied.motion.moves import Mover
from qwen_embodied.motion.path import straight_path
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]

RELEASE_GAP = 0.001  # m, of what is held from everything, where it is let go


@dataclass(frozen=True, eq=False)
class Situation:
    """Where a motion begins.

    Attributes:
        mover: Makes timed segments.
        world: Around the robot, with what it holds.
        before: Segments that lead to the start.
        start: Arm joints and gripper, (J + 1,).
    """

    mover: Mover
    world: World
    before: tuple[Segment, ...]
    start: Array

    @classmethod
    def of(cls, mover: Mover, world: World, row: Array) -> Situation:
        """Begin at a row (J + 1,); where it is too near to things, the arm first moves up."""
        before = mover.escape(world, row)
        start = before[-1].trajectory.positions[-1] if before else row
        return cls(mover, world, before, start)


def pick_motion(situation: Situation, item: SceneObject) -> Motion:
    """Take an object: pre-grasp, approach, grasp, lift."""
    mover, world, start = situation.mover, situation.world, situation.start
    candidates = grasps(item, mover.gripper)
    poses = [grasp.tool_in_base for grasp in candidates]
    costs = [grasp.cost for grasp in candidates]
    margin = mover.parameters.limit_margin
    options = postures(mover.robot, poses, costs, start[:-1], margin)
    near = Collider(mover.robot, world.without([item.id]))
    far = Collider(mover.robot, world)

    def attempt(option: Option) -> Motion:
        grasp = candidates[option.index]
        finger = mover.opened(grasp.width)
        way = mover.rise(option.joints, mover.parameters.approach, finger, near, far)
        first = mover.transit('pre-grasp', world, start, way[-1], finger)
        rest = _take(mover, item, grasp, way, finger)
        return replace(rest, segments=(*situation.before, first, *rest.segments))

    return first_that_works(options, attempt)


def _take(mover: Mover, item: SceneObject, grasp: Grasp, way: Array, finger: float) -> Motion:
    """Go down a line (given bottom first), close, go up."""
    command = max(mover.gripper.closed, grasp.width / 2 - mover.parameters.squeeze)
    held = Held(item, grasp.object_in_tool, grasp.width, command)
    height = max(mover.parameters.lift, float(np.ptp(mover.robot.tool_poses(way)[:, 2, 3])))
    margin = mover.parameters.limit_margin
    up = straight_path(mover.robot, way[0], [0.0, 0.0, height], margin=margin)
    segments = (
        mover.line('approach', way[::-1], finger),
        mover.fingers('grasp', way[0], finger, command),
        mover.line('lift', up, command),
    )
    return Motion(segments, grasp, held)


def put_motion(situation: Situation, held: Held, spots: tuple[Array, ...], drop: float) -> Motion:
    """Put what is held down at one of some poses: transfer, lower, release, retreat.

    Args:
        situation: Its world holds what is held.
        held: What is held.
        spots: Poses (4, 4) where it would rest, best first.
        drop: Height above the pose at which it is let go, m.
    """
    mover, world, start = situation.mover, situation.world, situation.start
    tools = [spot @ inverse_pose(held.object_in_tool) for spot in spots]
    for tool in tools:
        tool[2, 3] += drop
    costs = [2.0 * number / len(spots) for number in range(len(spots))]
    margin = mover.parameters.limit_margin
    options = postures(mover.robot, tools, costs, start[:-1], margin)
    near = Collider(mover.robot, world)
    opened = mover.opened(held.width)
    gripping = float(start[-1])

    def attempt(option: Option) -> Motion:
        _check_release(near, mover, np.append(option.joints, held.width / 2))
        down = mover.rise(option.joints, mover.parameters.approach, gripping, near, near)
        up = _way_back(mover, world, option.joints, opened, (held.item, spots[option.index]))
        segments = (
            *situation.before,
            mover.transit('transfer', world, start, down[-1], gripping),
            mover.line('lower', down[::-1], gripping),
            mover.fingers('release', option.joints, gripping, opened),
            mover.line('retreat', up, opened),
        )
        return Motion(segments, expected=spots[option.index])

    return first_that_works(options, attempt)


def _check_release(near: Collider, mover: Mover, row: Array) -> None:
    contact = near.first(row[None], mover.near(near, RELEASE_GAP))
    if contact is not None:
        raise CollisionError('release', contact.first, contact.second)


def _way_back(
    mover: Mover, world: World, arm: Array, opened: float, left: tuple[SceneObject, Array]
) -> Array:
    """Give the line up from what was put down, its end clear of it."""
    item, pose = left
    bare = world.detach()
    resting = World.of(replace(item, object_in_base=pose))
    after = replace(bare, boxes=(*bare.boxes, *resting.boxes))
    near, far = Collider(mover.robot, bare), Collider(mover.robot, after)
    return mover.rise(arm, mover.parameters.approach, opened, near, far)
