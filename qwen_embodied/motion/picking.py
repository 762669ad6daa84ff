"""Taking an object and putting it down, where a way for either is found."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError, UnreachableError
from qwen_embodied.geometry import inverse_pose
from qwen_embodied.messages import SceneObject
from qwen_embodied.motion.choosing import Option, by_clearance, first_that_works, postures
from qwen_embodied.motion.collision import NEVER, Collider
from qwen_embodied.motion.grasp import Grasp, grasps
from qwen_embodied.motion.leaning import is_tall, leaning_grasps
from qwen_embodied.motion.motions import Held, Motion, Segment
from qwen_embodied.motion.moves import UP, Line, Mover
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]

UPRIGHT = 0.99  # cosine of the approach to the vertical from which it counts as from above
CLEAR = 0.02  # m, by which a thing is lifted before it is drawn out from under something
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
    """Take an object: pre-grasp, approach, grasp, lift.

    Grasps from above come first, of tall things together with leaning ones; where no grasp from
    above works, leaning ones are looked at too.

    Raises:
        MotionError: Of the best grasp from above, where no other works either.
    """
    gripper, root = situation.mover.gripper, situation.mover.robot.root
    above, leaning = grasps(item, gripper), leaning_grasps(item, gripper, root)
    try:
        return _pick(situation, item, (*above, *leaning) if is_tall(item) else above)
    except (CollisionError, UnreachableError):
        with suppress(CollisionError, UnreachableError):
            return _pick(situation, item, leaning)
        raise


def _pick(situation: Situation, item: SceneObject, candidates: Sequence[Grasp]) -> Motion:
    """Take an object in the best of some ways."""
    if not candidates:
        raise UnreachableError('every tool pose', 0.0, 0.0)
    mover, world, start = situation.mover, situation.world, situation.start
    poses = [grasp.tool_in_base for grasp in candidates]
    costs = [grasp.cost for grasp in candidates]
    margin = mover.parameters.limit_margin
    options = postures(mover.robot, poses, costs, start[:-1], margin)
    near = Collider(mover.robot, world.without([item.id]))
    far = Collider(mover.robot, world)
    fingers = [mover.opened(grasp.width) for grasp in candidates]
    roomy = by_clearance(near, options, fingers, mover.parameters.own_clearance)

    def attempt(option: Option) -> Motion:
        grasp, finger = candidates[option.index], fingers[option.index]
        out = mover.back(option.joints)
        line = Line(option.joints, mover.parameters.approach, finger, out)
        way = mover.rise(line, near, far)
        first = mover.transit('pre-grasp', world, start, way[-1], finger)
        rest = _take(situation, item, grasp, way, finger)
        return replace(rest, segments=(*situation.before, first, *rest.segments))

    return first_that_works(roomy, attempt)


def _take(
    situation: Situation, item: SceneObject, grasp: Grasp, way: Array, finger: float
) -> Motion:
    """Go down a line (given bottom first), close, go up."""
    mover = situation.mover
    command = mover.gripping(grasp.width)
    taken = grasp.tool_in_base @ grasp.object_in_tool
    object_in_tool = inverse_pose(mover.robot.forward(way[0])) @ taken
    held = Held(item, object_in_tool, grasp.width, mover.gripper.width_at(command))
    segments = (
        mover.line('approach', way[::-1], finger),
        mover.fingers('grasp', way[0], finger, command),
        *_lift(situation, held, way, command),
    )
    return Motion(segments, grasp, held)


def _lift(situation: Situation, held: Held, way: Array, finger: float) -> tuple[Segment, ...]:
    """Go up; where something is above, a little up and then out the way the hand came in."""
    mover, parameters = situation.mover, situation.mover.parameters
    tools = mover.robot.tool_poses(way)[:, :3, 3]
    height = max(parameters.lift, float(np.ptp(tools[:, 2])))
    carrying = Collider(mover.robot, situation.world.attach(held.item, held.object_in_tool))
    try:
        up = _free_line(mover, carrying, Line(way[0], height, finger))
    except (CollisionError, UnreachableError):
        out = mover.back(way[0])
        if out @ UP > UPRIGHT:
            raise
        little = _free_line(mover, carrying, Line(way[0], CLEAR, finger))
        line = Line(little[-1], parameters.approach, finger, out)
        back = mover.rise(line, carrying, carrying)
        return mover.line('lift', little, finger), mover.line('withdraw', back, finger)
    return (mover.line('lift', up, finger),)


def _free_line(mover: Mover, collider: Collider, line: Line) -> Array:
    """Give joints (N, J) along a line of its least length; raises where it is not free."""
    points = mover.straight(line.arm, line.least * line.way)
    rows = np.column_stack([points, np.full(len(points), line.finger)])
    contact = collider.first(rows, mover.near(collider, NEVER))
    if contact is not None:
        raise CollisionError('lift', contact.first, contact.second)
    return points


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
        _check_release(near, mover, np.append(option.joints, mover.gripper.at(held.width)))
        down = _way_in(mover, near, option.joints, gripping)
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


def _way_in(mover: Mover, near: Collider, arm: Array, finger: float) -> Array:
    """Give the line from above to a release; where that is blocked, along the approach."""
    length, out = mover.parameters.approach, mover.back(arm)
    try:
        return mover.rise(Line(arm, length, finger), near, near)
    except (CollisionError, UnreachableError):
        if out @ UP > UPRIGHT:
            raise
        return mover.rise(Line(arm, length, finger, out), near, near)


def _way_back(
    mover: Mover, world: World, arm: Array, opened: float, left: tuple[SceneObject, Array]
) -> Array:
    """Give the line out of what was put down, its end clear of it."""
    item, pose = left
    bare = world.detach()
    resting = World.of(replace(item, object_in_base=pose))
    after = replace(bare, boxes=(*bare.boxes, *resting.boxes))
    near, far = Collider(mover.robot, bare), Collider(mover.robot, after)
    return mover.rise(Line(arm, mover.parameters.approach, opened, mover.back(arm)), near, far)
