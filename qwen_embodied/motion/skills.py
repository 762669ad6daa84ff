"""Skills: pick, place, push and home as timed, collision-free segments."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError, ContractError, GraspError
from qwen_embodied.messages import JointState, Scene, SceneObject
from qwen_embodied.motion.motions import Held, Motion
from qwen_embodied.motion.moves import Mover
from qwen_embodied.motion.parameters import MotionParameters
from qwen_embodied.motion.picking import Situation, pick_motion, put_motion
from qwen_embodied.motion.placing import Place, places
from qwen_embodied.motion.pushing import push_motion
from qwen_embodied.motion.reach import Reach
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.shapes import Obstacle
from qwen_embodied.motion.world import World
from qwen_embodied.relations import PUSHES

Array = NDArray[np.float64]
Point = tuple[float, float] | tuple[float, float, float]

AT_HOME = 0.03  # rad
FIRST_PLACES, MOST_PLACES = 64, 160  # for which joints are computed: at first, and if none works
DROP_STEP = 0.01  # m


class Skills:
    """Turns one step of a plan into a Motion; remembers what the gripper holds.

    A state gives the joints where a motion starts: best the last commanded ones, since those
    of a gripper that holds something lie beyond the surface of what it holds.

    Attributes:
        held: What is in the gripper, or None.
        reaches: Says whether the tool, pointing down, gets to x, y, z m in the base frame.
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
        self.reaches = Reach(robot)
        self.held: Held | None = None
        self._mover = Mover(robot, self.parameters)
        self._obstacles = obstacles
        self._scene = Scene(0.0, robot.base_frame, (), 0.0)

    def is_home(self, state: JointState) -> bool:
        """True when the arm waits at home."""
        away = np.abs(state.of(self.robot.joint_names) - self.robot.home)
        return bool((away <= AT_HOME).all())

    def is_holding(self, state: JointState) -> bool:
        """True when the fingers of a measured state are kept apart by what was picked."""
        gripper, held = self._mover.gripper, self.held
        finger = float(state.of((gripper.joint,))[0])
        return held is not None and self._grips(finger) and gripper.width_at(finger) > held.blind

    def _grips(self, finger: float) -> bool:
        """True when the fingers are not opened beyond what was picked."""
        gripper, held = self._mover.gripper, self.held
        if held is None:
            return False
        opened = gripper.width_at(self._mover.opened(held.width))
        return gripper.width_at(finger) < (held.width + opened) / 2

    def pick(self, item: SceneObject, scene: Scene, state: JointState) -> Motion:
        """Take an object: pre-grasp, approach, grasp, lift.

        Args:
            item: To be taken.
            scene: What stands on the table, with the item.
            state: Where the motion starts; what the gripper held is no longer held.

        Raises:
            GraspError: The gripper cannot take it.
            UnreachableError: The arm cannot reach it.
            CollisionError: Something is in the way.
        """
        self.held, self._scene = None, scene
        motion = pick_motion(self._situation(state), item)
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
        position: Point | None = None,
    ) -> Motion:
        """Put down what is held: transfer, lower, release, retreat.

        Args:
            item: What is held, for the case that nothing is.
            relation: in, on, left_of, right_of, in_front_of, behind, next_to or at.
            target: The relation refers to it; None for 'at'.
            scene: What stands on the table; the held object in it is not looked at.
            state: Where the motion starts.
            position: (x, y) m for 'at', with z of a surface that is not the table.

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
        motion = self._placed(held, request, state)
        self._scene = _with(scene, held.item, motion.expected)
        return motion

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
        motion = push_motion(self._situation(state), item, np.array(PUSHES[direction]) * distance)
        self._scene = _with(scene, item, motion.expected)
        return motion

    def home(self, state: JointState, scene: Scene | None = None) -> Motion:
        """Go where the arm hides nothing; the gripper keeps what it holds.

        Args:
            state: Where the motion starts.
            scene: What stands on the table; None is what the last skill saw or left.
        """
        self._scene = scene or self._scene
        situation = self._situation(state)
        finger = float(situation.start[-1])
        move = self._mover.transit(
            'home', situation.world, situation.start, self.robot.home, finger
        )
        return Motion((*situation.before, move))

    def let_go(self, state: JointState) -> Motion:
        """Open the gripper where it is."""
        self.held = None
        row = self._mover.row(state)
        opened = self._mover.gripper.open
        return Motion((self._mover.fingers('release', row[:-1], float(row[-1]), opened),))

    def foresee_place(
        self, after: Motion, item: SceneObject, relation: str, target: SceneObject | None,
        scene: Scene, *, position: Point | None = None,
    ) -> None:  # fmt: skip
        """Hear which placing will follow a motion; it is made when it is asked for."""

    def foresee_home(self, after: Motion) -> None:
        """Hear that the way home will follow a motion; it is made when it is asked for."""

    def foresee_pick(self, after: Motion, item: SceneObject, scene: Scene) -> bool:
        """Hear which pick will follow the way home; False as it is made when it is asked for."""
        return False

    def _situation(self, state: JointState) -> Situation:
        """Build the world around the robot and what it holds."""
        row = self._mover.row(state)
        held = self.held if self._grips(float(row[-1])) else None
        world = World.from_scene(self._scene, [held.item.id] if held else (), self._obstacles)
        if held:
            world = world.attach(held.item, held.object_in_tool)
        return Situation.of(self._mover, world, row)

    def _drops(self, request: Place) -> list[float]:
        """Heights over the support at which to let go, in the order of liking, m."""
        least, most = self.parameters.release_gap, self.parameters.drop
        if request.target is None or not request.target.is_container or request.is_beside:
            return [least]
        return [least, *np.arange(DROP_STEP, most + 1e-9, DROP_STEP).tolist()]

    def _placed(self, held: Held, request: Place, state: JointState) -> Motion:
        """Try the first places, then those that lie closer together."""
        spots, drops = places(request)[:MOST_PLACES], self._drops(request)
        try:
            return self._put(held, spots[:FIRST_PLACES], drops, state)
        except CollisionError:
            if len(spots) <= FIRST_PLACES:
                raise
            return self._put(held, spots[FIRST_PLACES:], drops, state)

    def _put(
        self, held: Held, spots: tuple[Array, ...], drops: list[float], state: JointState
    ) -> Motion:
        """Take the lowest release for which a way is found."""
        situation = self._situation(state)
        failures: list[CollisionError] = []
        for drop in drops:
            try:
                return put_motion(situation, held, spots, drop)
            except CollisionError as error:
                failures.append(error)
        raise failures[0]


def _with(scene: Scene, item: SceneObject, pose: Array | None) -> Scene:
    """Give the scene with one object at another pose."""
    others = tuple(other for other in scene.objects if other.id != item.id)
    moved = item if pose is None else replace(item, object_in_base=pose)
    return replace(scene, objects=(*others, moved))
