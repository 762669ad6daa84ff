"""Malformed trajectories: some thirty ways to spoil one, against both gates."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied import control, safety
from qwen_embodied.bench.plan_scenes import DESK
from qwen_embodied.errors import ContractError, TrajectoryRejectedError
from qwen_embodied.messages import JointState, JointTrajectory
from qwen_embodied.motion import BodyChecker, Robot, World

Array = NDArray[np.float64]
Change = Callable[[JointTrajectory, np.random.Generator], JointTrajectory]

SIGNALLING = float(np.frombuffer(np.uint64(0x7FF0000000000001).tobytes())[0])
NOT_NUMBERS = (float('nan'), float('inf'), float('-inf'), SIGNALLING)
FIELDS = ('times', 'positions', 'velocities', 'accelerations')


def swing(robot: Robot, seconds: float, count: int, rng: np.random.Generator) -> JointTrajectory:
    """Give a good trajectory from home: every arm joint there and back, from rest to rest."""
    names = robot.all_limits.names
    u = np.linspace(0.0, 1.0, count)[:, None]
    home = np.append(robot.home, robot.gripper.open if robot.gripper else [])
    change = np.zeros(len(names))
    change[: len(robot.home)] = rng.uniform(-0.08, 0.08, len(robot.home)) * min(seconds / 2, 1.0)
    rise, fall = u**4 * (1 - u) ** 4 * 256, 256 * 4 * u**3 * (1 - u) ** 3 * (1 - 2 * u)
    bend = 256 * (12 * u**2 * (1 - u) ** 2 * (1 - 2 * u) ** 2 - 8 * u**3 * (1 - u) ** 3)
    return JointTrajectory(
        names, u[:, 0] * seconds, home + rise * change, fall * change / seconds,
        bend * change / seconds**2, 'bench',
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Gates:
    """The two gates on the way to the arm, as a fenced cell has them.

    Attributes:
        robot: Whose limits hold.
        context: Of the supervisor.
        parameters: Of the controller.
    """

    robot: Robot
    context: safety.SafetyContext
    parameters: control.Parameters

    @classmethod
    def of(cls, robot: Robot) -> Gates:
        """Put both before an arm that rests at home over a table with things on it."""
        rules = safety.Parameters(**{**safety.SIMULATION_PROFILE, 'check_jerk': False})
        gripper = robot.gripper
        home = np.append(robot.home, gripper.open if gripper else [])
        names = robot.all_limits.names
        context = safety.SafetyContext(
            limits=robot.all_limits.scaled(0.5, 0.5, 1.0),
            state=JointState(0.0, names, home, np.zeros(len(names))),
            now=0.0,
            arm_joints=robot.joint_names,
            gripper_joint=gripper.joint if gripper else None,
            body=BodyChecker(robot, World.from_scene(DESK)),
            parameters=rules,
        )
        return cls(robot, context, control.Parameters())

    def supervisor_takes(self, trajectory: JointTrajectory) -> bool:
        """Say whether the supervisor approves of a trajectory."""
        return not safety.check_trajectory(trajectory, self.context)

    def controller_takes(self, trajectory: JointTrajectory) -> bool:
        """Say whether the controller starts a trajectory."""
        tracker = control.Tracker(self.context.limits, self.parameters)
        tracker.on_permission('move', 0.0)
        tracker.update(self.context.state, 0.0)
        try:
            goal = control.TrajectoryGoal.of(trajectory)
            read = control.read_goal(goal, self.context.limits, self.parameters)
            tracker.start(read, self.context.state, 0.0)
        except TrajectoryRejectedError:
            return False
        return True


def _at(name: str, value: Callable[[np.random.Generator, Array], Any], where: str) -> Change:
    """Change a field in one row: 'any', 'first', 'last' or 'inside'."""

    def change(good: JointTrajectory, rng: np.random.Generator) -> JointTrajectory:
        values = np.array(getattr(good, name))
        last = len(values) - 1
        rows = {'any': int(rng.integers(last + 1)), 'first': 0, 'last': last,
                'inside': int(rng.integers(1, last))}  # fmt: skip
        column = int(rng.integers(len(good.joint_names) - 1))
        index = rows[where] if name == 'times' else (rows[where], column)
        values[index] = value(rng, values)
        field: dict[str, Any] = {name: values}
        return replace(good, **field)

    return change


def _whole(name: str, value: Callable[[np.random.Generator, Array], Array]) -> Change:
    def change(good: JointTrajectory, rng: np.random.Generator) -> JointTrajectory:
        field: dict[str, Any] = {name: value(rng, np.array(getattr(good, name)))}
        return replace(good, **field)

    return change


def _names(value: Callable[[np.random.Generator, list[str]], list[str]]) -> Change:
    return lambda good, rng: replace(good, joint_names=tuple(value(rng, list(good.joint_names))))


def _cut(count: Callable[[np.random.Generator, int], int]) -> Change:
    def change(good: JointTrajectory, rng: np.random.Generator) -> JointTrajectory:
        kept = slice(0, count(rng, len(good.times)))
        rows = {name: getattr(good, name)[kept] for name in FIELDS}
        return replace(good, **rows)

    return change


def _swapped(rng: np.random.Generator, values: Array) -> Array:
    at = int(rng.integers(1, len(values) - 1))
    values[[at, at + 1]] = values[[at + 1, at]]
    return values


CHANGES: dict[str, Change] = {
    **{f'{word} in {name}': _at(name, lambda rng, _, value=value: value, 'any')  # type: ignore[misc]
       for name in FIELDS for word, value in zip(('NaN', 'Inf', '-Inf', 'sNaN'), NOT_NUMBERS,
                                                 strict=True)},
    'one joint elsewhere at the start': _at(
        'positions', lambda rng, q: rng.choice([-1, 1]) * rng.uniform(3.2, 6.0), 'first'),
    'a spike between': _at('positions', lambda rng, q: rng.choice([-1, 1]) * 40.0, 'inside'),
    'beyond a limit at the end': _at('positions', lambda rng, q: rng.uniform(4.0, 9.0), 'last'),
    'a start in motion': _at('velocities', lambda rng, v: rng.uniform(0.05, 1.0), 'first'),
    'an end in motion': _at('velocities', lambda rng, v: rng.uniform(0.01, 1.0), 'last'),
    'a speed that is not meant': _at('velocities', lambda rng, v: rng.uniform(20, 99), 'inside'),
    'an acceleration that is not meant': _at(
        'accelerations', lambda rng, a: rng.uniform(200, 999), 'inside'),
    'times that go back': _whole('times', _swapped),
    'times that stand still': _at('times', lambda rng, t: t[-1], 'inside'),
    'a negative start time': _whole('times', lambda rng, t: t - rng.uniform(0.01, 9.0)),
    'a huge time': _at('times', lambda rng, t: rng.uniform(61.0, 1e9), 'last'),
    'hours': _whole('times', lambda rng, t: t * rng.uniform(100, 1e6)),
    'far too fast': _whole('times', lambda rng, t: t / rng.uniform(30, 1e4)),
    'all joints elsewhere': _whole('positions', lambda rng, q: q + rng.uniform(0.02, 6.0)),
    'a whole turn off': _whole('positions', lambda rng, q: q + 2 * np.pi),
    'mirrored': _whole('positions', lambda rng, q: -q),
    'in degrees': _whole('positions', lambda rng, q: np.degrees(q)),
    'no velocities': lambda good, rng: replace(good, velocities=None),
    'a joint doubled': _names(lambda rng, names: [names[1], *names[1:]]),
    'a joint of another arm': _names(lambda rng, names: ['elbow', *names[1:]]),
    'joints in another order': _names(lambda rng, names: names[::-1]),
    'an empty name for a joint': _names(lambda rng, names: [' ', *names[1:]]),
    'no points': _cut(lambda rng, count: 0),
    'one point': _cut(lambda rng, count: 1),
    'cut off in motion': _cut(lambda rng, count: int(rng.integers(3, count // 2 - 1))),
}  # fmt: skip


def accepted(robot: Robot, count: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Spoil trajectories; gives how many were tried, and how many each gate took."""
    gates, changes = Gates.of(robot), list(CHANGES.values())
    tried = by_supervisor = by_controller = 0
    for number in range(count):
        good = swing(robot, float(rng.uniform(2.0, 6.0)), int(rng.integers(12, 40)), rng)
        tried += 1
        try:
            bad = changes[number % len(changes)](good, rng)
        except ContractError:
            continue  # such a message cannot even be built
        by_supervisor += gates.supervisor_takes(bad)
        by_controller += gates.controller_takes(bad)
    return tried, by_supervisor, by_controller


def leaves(robot: Robot, rng: np.random.Generator) -> tuple[int, int]:
    """Put each odd number into each number of a trajectory; gives tries and how many passed."""
    gates, good = Gates.of(robot), swing(robot, 3.0, 10, rng)
    tried = passed = 0
    for name in FIELDS:
        values = getattr(good, name)
        for index in np.ndindex(values.shape):
            for odd in NOT_NUMBERS:
                spoiled = np.array(values)
                spoiled[index] = odd
                field: dict[str, Any] = {name: spoiled}
                bad = replace(good, **field)
                tried += 1
                passed += gates.supervisor_takes(bad) or gates.controller_takes(bad)
    return tried, passed
