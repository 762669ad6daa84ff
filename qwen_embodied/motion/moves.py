"""Timed pieces of motion: free moves, straight lines and moves of the fingers."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CollisionError, RobotModelError, UnreachableError
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointState, JointTrajectory
from qwen_embodied.motion.checker import slow_demand
from qwen_embodied.motion.collision import NEVER, Collider, Demand
from qwen_embodied.motion.gripper import Gripper
from qwen_embodied.motion.motions import Segment
from qwen_embodied.motion.parameters import MotionParameters
from qwen_embodied.motion.path import PathOptions, search, straight_path
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.timing import prepare, rest_to_rest, slowed, time_path
from qwen_embodied.motion.world import World

Array = NDArray[np.float64]

EXACT = 0.999  # share of the limits that is used, so that rounding never exceeds them
BLENDS = (0.25, 0.1, 0.03)  # rad, tried in turn until the rounded path is free
LINE_BLEND = 0.03  # rad
SLACK = 0.002  # m
STOP_SLACK, OWN_SLACK = 0.003, 0.001  # m, by which a hard stop may end nearer than a move goes
SLOWER = (1.0, 1.25, 1.6, 2.0, 3.0)  # times as long, tried in turn until a hard stop ends clear
CHECK_RATE = 60.0  # Hz, of the last collision check
STOP_RATE = 200.0  # Hz, of the check of hard stops: 5 mm at full speed, as in the rule C11
RISE = 0.02  # m, by which a line grows until its end is free
HIGHEST = 0.30  # m, longest line
UP = np.array([0.0, 0.0, 1.0])
UP.flags.writeable = False


@dataclass(frozen=True, eq=False)
class Line:
    """A straight line of the tool.

    Attributes:
        arm: Where it begins, (J,).
        least: Its length at least, m.
        finger: Position of the gripper's joint.
        way: Unit direction in the base frame, (3,).
    """

    arm: Array
    least: float
    finger: float
    way: Array = field(default_factory=lambda: UP)


class Mover:
    """Makes timed segments for one robot; rows are its arm joints and the gripper's, (J + 1,)."""

    def __init__(self, robot: Robot, parameters: MotionParameters) -> None:
        """Take the robot, which needs a gripper, and what the operator set."""
        if robot.gripper is None:
            raise RobotModelError(
                f'the arm with the tool frame {robot.tool_frame} has no gripper, and skills need '
                'one: name it in the file of the robot, as config/robots/ur5e_2f85.yaml does'
            )
        self.robot, self.parameters = robot, parameters
        self.gripper: Gripper = robot.gripper
        p = parameters
        prepare()
        self.limits: JointLimits = robot.limits.scaled(
            p.velocity_scale * EXACT, p.acceleration_scale * EXACT, p.jerk_scale * EXACT
        )
        self.finger_limits: JointLimits = robot.all_limits.of((self.gripper.joint,)).scaled(
            p.gripper_scale * EXACT, p.gripper_scale * EXACT, p.jerk_scale * EXACT
        )

    def row(self, state: JointState) -> Array:
        """Give the row (J + 1,) of a state, pulled into the limits by at most their tolerance."""
        row: Array = self.robot.rows(state)[0]
        limits = self.robot.all_limits
        return np.clip(row, limits.lower, limits.upper)

    def opened(self, width: float) -> float:
        """Give the position of the gripper's joint with room on both sides of a width, m."""
        return self.gripper.at(width + 2.0 * self.parameters.finger_room)

    def gripping(self, width: float) -> float:
        """Give the position of the gripper's joint that presses on something of a width, m."""
        return self.gripper.at(width - 2.0 * self.parameters.squeeze)

    # -- demands --------------------------------------------------------------------------

    def far(self, collider: Collider) -> Demand:
        """Demand the clearances of fast moves."""
        return collider.demand(self.parameters.clearance, self.parameters.own_clearance)

    def near(self, collider: Collider, held: float) -> Demand:
        """Demand what a working hand keeps; `held` is the distance of what it holds, m."""
        demand = slow_demand(collider, self.parameters.clearance, self.parameters.own_clearance)
        table = demand.scene.copy()
        for column, role in enumerate(collider.roles):
            if role == 'object':
                table[collider.hand, column] = self.parameters.near_clearance
                table[collider.held, column] = held
            elif role == 'table':
                table[collider.hand & ~collider.held, column] = 0.001
        return Demand(table, demand.own)

    # -- pieces ---------------------------------------------------------------------------

    def transit(
        self, name: str, world: World, start: Array, goal: Array, finger: float
    ) -> Segment:
        """Move freely to arm joints `goal` (J,), while the fingers move to their position.

        Raises:
            CollisionError: Names what is in the way.
        """
        collider = Collider(self.robot, world)
        demand = self.far(collider)
        options = PathOptions(
            opening=self.gripper.wider(float(start[-1]), finger),
            iterations=self.parameters.path_budget,
            limit_margin=self.parameters.limit_margin,
        )
        path = search(collider, demand, start[:-1], goal, options)
        # Between checked points the way may come a little nearer than at them.
        lenient = Demand(demand.scene - SLACK, demand.own - SLACK)
        contacts = []
        for blend in BLENDS:
            trajectory = self._free_move(path, blend, float(start[-1]), finger)
            spline = TrajectorySpline(trajectory)
            rows = spline.sample(spline.dense_times(CHECK_RATE)).positions
            contact = collider.first(rows, lenient)
            if contact is None:
                return Segment(name, self._stoppable(collider, demand, trajectory))
            contacts.append(contact)
        raise CollisionError('path', contacts[-1].first, contacts[-1].second)

    def _stoppable(
        self, collider: Collider, demand: Demand, trajectory: JointTrajectory
    ) -> JointTrajectory:
        """Slow a move until a stop as hard as each joint can, off the path, ends clear as well."""
        lenient = Demand(demand.scene - STOP_SLACK, demand.own - OWN_SLACK)
        spline, limits = TrajectorySpline(trajectory), self.robot.all_limits
        samples = spline.sample(spline.dense_times(STOP_RATE))
        order = limits.of(trajectory.joint_names)
        way = np.sign(samples.velocities) * samples.velocities**2 / (2 * order.acceleration)
        for factor in SLOWER:
            ends = samples.positions + way / factor**2
            if collider.first(np.clip(ends, order.lower, order.upper), lenient) is None:
                return slowed(trajectory, factor) if factor > 1.0 else trajectory
        return slowed(trajectory, SLOWER[-1])

    def _free_move(self, path: Array, blend: float, start: float, end: float) -> JointTrajectory:
        """Time a path away from things, while the fingers move from start to end."""
        speed = self.parameters.tool_speed
        arm = time_path(path, self.limits, tool_speed=speed, robot=self.robot, blend=blend)
        return self._with_fingers(arm, start, end)

    def line(self, name: str, points: Array, finger: float, speed: float | None = None) -> Segment:
        """Follow points (N, J) of a straight line slowly."""
        arm = time_path(
            points,
            self.limits,
            tool_speed=self.parameters.near_speed if speed is None else speed,
            robot=self.robot,
            blend=LINE_BLEND,
        )
        return Segment(name, self._with_fingers(arm, finger, finger))

    def fingers(self, name: str, arm: Array, start: float, end: float) -> Segment:
        """Move the fingers alone."""
        motion = time_path([[start], [end]], self.finger_limits)
        still = JointTrajectory(
            self.limits.names,
            motion.times,
            np.tile(arm, (len(motion.times), 1)),
            np.zeros((len(motion.times), len(arm))),
            np.zeros((len(motion.times), len(arm))),
        )
        return Segment(name, _joined(still, motion))

    def _with_fingers(self, arm: JointTrajectory, start: float, end: float) -> JointTrajectory:
        """Let the fingers move evenly over the whole time of the arm, or slow the arm for them."""
        motion = rest_to_rest(np.array([start]), np.array([end]), self.finger_limits)
        if abs(end - start) > 1e-9 and motion.duration > arm.duration:
            arm = slowed(arm, motion.duration / arm.duration)
        u = (arm.times / arm.times[-1])[:, None]
        total, change = arm.duration, end - start
        return _joined(
            arm,
            JointTrajectory(
                (self.gripper.joint,),
                arm.times,
                start + change * (10 * u**3 - 15 * u**4 + 6 * u**5),
                change * (30 * u**2 - 60 * u**3 + 30 * u**4) / total,
                change * (60 * u - 180 * u**2 + 120 * u**3) / total**2,
            ),
        )

    # -- lines ----------------------------------------------------------------------------

    def rise(self, line: Line, near: Collider, far: Collider) -> Array:
        """Give a straight line from arm joints, long enough that its end is clear.

        Args:
            line: That is wanted.
            near: What the line must not touch.
            far: What its end must be clear of, with the distance of fast moves.

        Returns:
            Joints (N, J) along the line, its beginning first.

        Raises:
            CollisionError: The line touches something, or its end is not clear.
            UnreachableError: The arm does not reach so far.
        """
        length, demand = line.least, self.far(far)
        while True:
            points = self.straight(line.arm, length * line.way)
            contact = far.first(np.append(points[-1], line.finger)[None], demand)
            if contact is None:
                break
            length += RISE
            if length > HIGHEST:
                raise CollisionError('way up', contact.first, contact.second)
        rows = np.column_stack([points, np.full(len(points), line.finger)])
        contact = near.first(rows, self.near(near, NEVER))
        if contact is not None:
            raise CollisionError('way down', contact.first, contact.second)
        return points

    def straight(self, arm: Array, offset: Array, margin: float | None = None) -> Array:
        """Give joints (N, J) along a straight line; raises as `straight_path`."""
        p = self.parameters
        kept = p.limit_margin if margin is None else margin
        return straight_path(self.robot, arm, offset, margin=kept, condition=p.singularity)

    def back(self, arm: Array) -> Array:
        """Give the way out of a grasp: against the approach of the tool, (3,)."""
        way: Array = -self.robot.forward(arm)[:3, 2]
        return way

    def escape(self, world: World, start: Array) -> tuple[Segment, ...]:
        """Move slowly up, or back, where a start is too near to things for a fast move; or ()."""
        collider = Collider(self.robot, world)
        demand = self.far(collider)
        if collider.first(start[None], demand) is None:
            return ()
        for way in (UP, self.back(start[:-1])):
            points = self._out(collider, demand, start, way)
            if points is not None:
                return (self.line('retreat', points, float(start[-1])),)
        return ()

    def _out(self, collider: Collider, demand: Demand, start: Array, way: Array) -> Array | None:
        """Give the shortest line (N, J) along a way whose end is clear; or None.

        Where the start keeps what a working hand must keep, so does the line.
        """
        near = self.near(collider, NEVER)
        is_working = collider.first(start[None], near) is None
        for length in np.arange(0.04, HIGHEST, RISE).tolist():
            try:
                points = self.straight(start[:-1], length * way, margin=0.0)
            except UnreachableError:
                return None
            rows = np.column_stack([points, np.full(len(points), start[-1])])
            if is_working and collider.first(rows, near) is not None:
                return None
            if collider.first(rows[-1:], demand) is None:
                return points
        return None


def _joined(arm: JointTrajectory, finger: JointTrajectory) -> JointTrajectory:
    """Put the fingers' column beside the arm's; both have the same times."""

    def both(field: str) -> Array:
        return np.column_stack([getattr(arm, field), getattr(finger, field)])

    names = (*arm.joint_names, *finger.joint_names)
    return JointTrajectory(
        names, arm.times, both('positions'), both('velocities'), both('accelerations')
    )
