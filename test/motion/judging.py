"""Judges of motions that share no code with the planner: the safety rules, and plain coal."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import coal
import numpy as np
import pinocchio as pin

from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.messages import JointState
from qwen_embodied.motion import BodyChecker, World, in_hand
from qwen_embodied.safety import SIMULATION_PROFILE, Parameters, SafetyContext, check_trajectory

SAMPLES = 60  # of a segment that coal looks at


def state_of(robot, row):
    """Give a joint state with the arm's joints and the gripper's, in another order."""
    names, row = robot.all_limits.names, np.asarray(row, dtype=float)
    return JointState(0.0, names[::-1], row[::-1], np.zeros(len(names)))


def end_of(robot, motion):
    return state_of(robot, motion.segments[-1].trajectory.positions[-1])


def check_legal(robot, motion, start, scene, obstacles=(), **changes):
    """Let the safety rules judge each segment from where the one before ended."""
    rules = replace(Parameters(**SIMULATION_PROFILE), **changes)
    limits = robot.all_limits.scaled(
        rules.velocity_scale, rules.acceleration_scale, rules.jerk_scale
    )
    state = start
    for segment in motion:
        world = World.from_scene(scene, in_hand(robot, scene, state), obstacles)
        context = SafetyContext(
            limits=limits, state=state, now=0.0, arm_joints=robot.joint_names,
            gripper_joint=robot.gripper.joint, body=BodyChecker(robot, world), parameters=rules,
        )  # fmt: skip
        breaches = check_trajectory(segment.trajectory, context)
        assert not breaches, (segment.name, [str(breach) for breach in breaches])
        state = state_of(robot, segment.trajectory.positions[-1])


def touches(robot, row, bodies):
    """Name the first two things that overlap: links with each body, by plain coal."""
    data = robot.model.createData()
    pin.forwardKinematics(robot.model, data, robot.full(row))
    for part in robot.parts:
        if part.body <= 1:
            continue
        place = data.oMi[part.body].homogeneous @ part.pose
        for body in bodies:
            for solid in body.solids:
                if overlap(part.geometry, place, solid):
                    return part.link, body.name
    return None


def overlap(geometry, place, solid):
    first, second = (coal.Transform3s(m[:3, :3], m[:3, 3]) for m in (place, solid.pose))
    request, result = coal.CollisionRequest(), coal.CollisionResult()
    return coal.collide(geometry, first, solid.geometry(), second, request, result) > 0


def check_free(robot, motion, bodies):
    """Look at every sample of every segment: nothing overlaps anything."""
    for segment in motion:
        times = np.linspace(0.0, segment.trajectory.duration, SAMPLES)
        for row in TrajectorySpline(segment.trajectory).sample(times).positions:
            assert touches(robot, row, bodies) is None, segment.name
