"""Skills: pick, place, push and home as timed, collision-free segments."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError, ContractError, GraspError
from qwen_embodied.geometry import inverse_pose
from qwen_embodied.messages import JointState, Scene, SceneObject
from qwen_embodied.motion.choosing import Option, first_that_works, postures
from qwen_embodied.motion.collision import Collider
from qwen_embodied.motion.grasp import PALM, TIP_GAP, Grasp, grasps, tool_down
from qwen_embodied.motion.motions import Held, Motion, Segment
from qwen_embodied.motion.moves import Mover
from qwen_embodied.motion.parameters import MotionParameters
from qwen_embodied.motion.path import straight_path
from qwen_embodied.motion.placing import Place, places, reach
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.shapes import Obstacle
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]

AT_HOME = 0.03  # rad
PUSHES = {
    'left': (0.0, 1.0),
    'right': (0.0, -1.0),
    'forward': (1.0, 0.0),
    'back': (-1.0, 0.0),
}
PUSH_ROOM = 0.025  # m, between fingers and object before a push
PUSH_HEIGHTS = (0.3, 0.5)  # share of the object's height at which the finger tips push
FINGER_HALF = 0.012  # m, half of the closed fingers across
MOST_POSES = 64  # tool poses for which joints are computed


class Skills:
    """Turns one step of a plan into a Motion; remembers what the gripper holds.

    A state gives the joints where a motion starts: best the last commanded ones, since those
    of a gripper that holds something lie beyond the surface of what it holds.
    """

    def __init__(
        self,
        robot: Robot,
        parameters: MotionParameters | None = None,
        obstacles: tuple[Obstacle, ...] = (),
    ) -> None:
        """Take the robot, what the operator set, and bodies that no camera sees."""
        self.robot = robot
        self.parameters = parameters or MotionParameters()
        self._mover = Mover(robot, self.parameters)
        self._obstacles = obstacles
        self._scene: Scene | None = None
        self.held: Held | None = None

    # -- questions ------------------------------------------------------------------------

    def is_home(self, state: JointState) -> bool:
        """True when the arm waits at home."""
        away = np.abs(state.of(self.robot.joint_names) - self.robot.home)
        return bool((away <= AT_HOME).all())

    def is_holding(self, state: JointState) -> bool:
        """True when the fingers of a measured state are kept apart by what was picked."""
        if self.held is None:
            return False
        finger = float(state.of((self._mover.gripper.joint,))[0])
        return finger > (self.held.command + self.held.width / 2) / 2

    # -- skills ---------------------------------------------------------------------------

    def pick(self, item: SceneObject, scene: Scene, state: JointState) -> Motion:
        """Take an object: pre-grasp, approach, grasp, lift.

        Raises:
            GraspError: The gripper cannot take it.
            UnreachableError: The arm cannot reach it.
            CollisionError: Something is in the way.
        """
        self.held, self._scene = None, scene
        world = World.from_scene(scene, obstacles=self._obstacles)
        before, start = self._clear(world, self._mover.row(state))
        candidates = grasps(item, self._mover.gripper)
        options = postures(
            self.robot,
            [grasp.tool_in_base for grasp in candidates],
            [grasp.cost for grasp in candidates],
            start[:-1],
            self.parameters.limit_margin,
        )
        near = Collider(self.robot, world.without([item.id]))
        far = Collider(self.robot, world)

        def attempt(option: Option) -> Motion:
            grasp = candidates[option.index]
            finger = min(self._mover.gripper.open, grasp.width / 2 + self.parameters.finger_room)
            way = self._mover.rise(option.joints, self.parameters.approach, finger, near, far)
            first = self._mover.transit('pre-grasp', world, start, way[-1], finger)
            rest = self._take(item, grasp, way, finger)
            return replace(rest, segments=(*before, first, *rest.segments))

        motion = first_that_works(options, attempt)
        self.held = motion.held
        return motion

    def place(
        self,
        item: SceneObject,
        relation: str,
        target: SceneObject | None,
        scene: Scene,
        state: JointState,
        *,
        position: tuple[float, float] | None = None,
    ) -> Motion:
        """Put down what is held: transfer, lower, release, retreat.

        Raises:
            GraspError: Nothing is held.
            UnreachableError: The arm cannot reach any place.
            CollisionError: There is no free place or no free way.
        """
        held = self.held
        if held is None:
            raise GraspError(f'the {item.label} is not held; pick it first')
        self._scene = scene
        x0, x1, y0, y1 = self.parameters.workspace
        request = Place(
            held.item, relation, target, scene, position, (x0, x1, y0, y1), self.parameters.gap
        )
        spots = places(request)[:MOST_POSES]
        failure: CollisionError | None = None
        for drop in self._drops(relation, target):
            try:
                return self._put(held, spots, drop, self._mover.row(state))
            except CollisionError as error:
                failure = failure or error
        raise failure or CollisionError('place', item.label, 'everything')

    def push(
        self, item: SceneObject, direction: str, distance: float, scene: Scene, state: JointState
    ) -> Motion:
        """Push an object along the table with closed fingers: pre-push, approach, push, retreat.

        Args:
            item: To be pushed.
            direction: left, right, forward (away from the robot) or back.
            distance: m.
            scene: What stands on the table.
            state: Where the motion starts.
        """
        if direction not in PUSHES:
            raise ContractError('direction', direction, f'one of {", ".join(PUSHES)}')
        self._scene = scene
        way = np.array(PUSHES[direction])
        self._check_goal(item, way * distance)
        world = World.from_scene(scene, obstacles=self._obstacles)
        before, start = self._clear(world, self._mover.row(state))
        room = reach(item, way) + FINGER_HALF + PUSH_ROOM
        behind = item.position[:2] - way * room
        angle = float(np.arctan2(way[1], way[0])) + np.pi / 2
        turns = (0.0, np.pi, np.pi / 2, -np.pi / 2)
        poses = [
            tool_down(np.array([*behind, self._push_height(item, share)]), angle + turn)
            for share in PUSH_HEIGHTS
            for turn in turns
        ]
        margin = self.parameters.limit_margin
        costs = [0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.5, 1.5]
        options = postures(self.robot, poses, costs, start[:-1], margin)
        near, far = Collider(self.robot, world.without([item.id])), Collider(self.robot, world)
        closed = self._mover.gripper.closed

        def attempt(option: Option) -> Motion:
            down = self._mover.rise(option.joints, self.parameters.approach, closed, near, far)
            offset = np.append(way * (distance + PUSH_ROOM), 0.0)
            push = straight_path(self.robot, down[0], offset, margin=margin)
            up = self._mover.rise(push[-1], self.parameters.approach, closed, near, near)
            segments = (
                *before,
                self._mover.transit('pre-push', world, start, down[-1], closed),
                self._mover.line('approach', down[::-1], closed),
                self._mover.line('push', push, closed, self.parameters.push_speed),
                self._mover.line('retreat', up, closed),
            )
            expected = item.object_in_base.copy()
            expected[:2, 3] += way * distance
            return Motion(segments, expected=expected)

        return first_that_works(options, attempt)

    def home(self, state: JointState, scene: Scene | None = None) -> Motion:
        """Go where the arm hides nothing; the gripper keeps what it holds."""
        world = self._world(scene or self._scene)
        before, start = self._clear(world, self._mover.row(state))
        finger = float(start[-1])
        return Motion(
            (*before, self._mover.transit('home', world, start, self.robot.home, finger)),
            held=self.held,
        )

    def let_go(self, state: JointState) -> Motion:
        """Open the gripper where it is."""
        self.held = None
        row = self._mover.row(state)
        opened = self._mover.gripper.open
        return Motion((self._mover.fingers('release', row[:-1], float(row[-1]), opened),))

    # -- parts ----------------------------------------------------------------------------

    def _world(self, scene: Scene | None) -> World:
        """Build the world around what is held."""
        scene = scene or Scene(0.0, self.robot.base_frame, (), 0.0)
        held = self.held
        world = World.from_scene(scene, [held.item.id] if held else (), self._obstacles)
        return world.attach(held.item, held.object_in_tool) if held else world

    def _clear(self, world: World, row: Array) -> tuple[tuple[Segment, ...], Array]:
        """Move away from things first when the start is too near them."""
        segments = self._mover.escape(world, row)
        return segments, segments[-1].trajectory.positions[-1] if segments else row

    def _take(self, item: SceneObject, grasp: Grasp, way: Array, finger: float) -> Motion:
        """Go down a line (given bottom first), close, go up."""
        command = max(self._mover.gripper.closed, grasp.width / 2 - self.parameters.squeeze)
        held = Held(item, grasp.object_in_tool, grasp.width, command)
        margin = self.parameters.limit_margin
        height = max(self.parameters.lift, float(np.ptp(self.robot.tool_poses(way)[:, 2, 3])))
        up = straight_path(self.robot, way[0], [0.0, 0.0, height], margin=margin)
        segments = (
            self._mover.line('approach', way[::-1], finger),
            self._mover.fingers('grasp', way[0], finger, command),
            self._mover.line('lift', up, command),
        )
        return Motion(segments, grasp, held)

    def _drops(self, relation: str, target: SceneObject | None) -> list[float]:
        """Heights over the support at which to let go, in the order of liking, m."""
        least = self.parameters.release_gap
        if target is None or not target.is_container or relation not in ('in', 'on'):
            return [least]
        return [least, *np.arange(0.01, self.parameters.drop + 1e-9, 0.01).tolist()]

    def _put(self, held: Held, spots: tuple[Array, ...], drop: float, row: Array) -> Motion:
        world = self._world(self._scene)
        before, start = self._clear(world, row)
        lifted = np.array([0.0, 0.0, drop])
        tools = []
        for spot in spots:
            tool = spot @ inverse_pose(held.object_in_tool)
            tool[:3, 3] += lifted
            tools.append(tool)
        costs = [2.0 * number / len(spots) for number in range(len(spots))]
        margin = self.parameters.limit_margin
        options = postures(self.robot, tools, costs, start[:-1], margin)
        near = Collider(self.robot, world)
        opened = min(self._mover.gripper.open, held.width / 2 + self.parameters.finger_room)
        gripping = float(start[-1])

        def attempt(option: Option) -> Motion:
            row_there = np.append(option.joints, held.width / 2)
            contact = near.first(row_there[None], self._mover.near(near, 0.001))
            if contact is not None:
                raise CollisionError('release', contact.first, contact.second)
            down = self._mover.rise(option.joints, self.parameters.approach, gripping, near, near)
            left = _moved(held.item, spots[option.index])
            bare = world.detach()
            after = replace(bare, boxes=(*bare.boxes, *World.of(left).boxes))
            up = self._mover.rise(
                option.joints, self.parameters.approach, opened,
                Collider(self.robot, bare), Collider(self.robot, after),
            )  # fmt: skip
            segments = (
                *before,
                self._mover.transit('transfer', world, start, down[-1], gripping),
                self._mover.line('lower', down[::-1], gripping),
                self._mover.fingers('release', option.joints, gripping, opened),
                self._mover.line('retreat', up, opened),
            )
            return Motion(segments, held=None, expected=spots[option.index])

        motion = first_that_works(options, attempt)
        self.held = None
        self._scene = _with(self._scene, _moved(held.item, motion.expected))
        return motion

    def _check_goal(self, item: SceneObject, way: Array) -> None:
        x0, x1, y0, y1 = self.parameters.workspace
        x, y = item.position[:2] + way
        if not (x0 <= x <= x1 and y0 <= y <= y1):
            raise CollisionError('push', f'the {item.label}', f'the edge at ({x:.2f}, {y:.2f})')

    def _push_height(self, item: SceneObject, share: float) -> float:
        """Give the z of the tool whose tips are at a share of the height, palm over the top."""
        height = float(item.size[2])
        bottom = float(item.position[2]) - height / 2
        tips = bottom + max(share * height, TIP_GAP)
        return max(tips + self._mover.gripper.finger_depth, bottom + height - PALM)


def _moved(item: SceneObject, pose: Array | None) -> SceneObject:
    return item if pose is None else replace(item, object_in_base=pose)


def _with(scene: Scene | None, item: SceneObject) -> Scene | None:
    """Give the scene with one object at another place."""
    if scene is None:
        return None
    others = tuple(other for other in scene.objects if other.id != item.id)
    return replace(scene, objects=(*others, item))
