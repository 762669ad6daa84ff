"""Stops at random phases: no step, no jerk of the arm, no way off the checked path."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.bench.report import Row, at_most, figure
from qwen_embodied.control import (
    FakeArm,
    FakeJointTrajectoryController,
    JtcParameters,
    Parameters,
    Relay,
    Tracker,
    TrajectoryGoal,
)
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointTrajectory
from qwen_embodied.motion import Robot, load_robot, time_path

Array = NDArray[np.float64]

PERIOD = 0.01  # s, of the tracker
JTC_PERIOD = 0.002  # s, of the joint_trajectory_controller
LEAD = 0.05  # s, how far ahead trajectories are sent to it
STOPS_PER_PATH = 20
START = 100.0  # s, of the clock
AFTER = 0.8  # s watched after a stop
WAYS = ('cancel', 'stop', 'hold', 'silence')


@dataclass
class Worst:
    """The largest of all stops.

    Attributes:
        step: Of a command over v_max·dt.
        acceleration: Of the commands over the limit.
        deviation: Of the commanded tool from its path, m.
        following: Error of the arm when the stop came, rad.
        time: Until the commands rest, s.
    """

    step: float = 0.0
    acceleration: float = 0.0
    deviation: float = 0.0
    following: float = 0.0
    time: float = 0.0

    def add(self, commands: Array, period: float, limits: JointLimits, away: float) -> None:
        """Take the commands (N, J) of one stop, from shortly before it to rest."""
        steps = np.diff(commands, axis=0)
        bends = np.diff(steps, axis=0) / period**2
        moving = np.flatnonzero(np.abs(steps).max(axis=1) > 1e-9)
        self.step = max(self.step, float((np.abs(steps) / (limits.velocity * period)).max()))
        arm = (np.abs(bends) / limits.acceleration)[:, :-1]
        self.acceleration = max(self.acceleration, float(arm.max()))
        self.deviation = max(self.deviation, away)
        self.time = max(self.time, float(moving[-1] + 1) * period if len(moving) else 0.0)


Drive = Callable[[Robot, JointTrajectory, np.random.Generator, Worst], None]


def rows(quick: bool) -> list[Row]:
    """Measure stops of set-points, and stops through a trajectory controller with defaults."""
    robot = load_robot('panda')
    ways: tuple[tuple[str, Drive, int], ...] = (
        ('set-points', _by_setpoints, 100 if quick else 1000),
        ('a trajectory controller', _by_trajectories, 10 if quick else 200),
    )
    result = []
    for how, drive, count in ways:
        worst = Worst()
        _stop_often(robot, count, worst, drive)
        words = f'{count} stops by {how}: '
        result += [
            at_most(f'{words}largest command step / (v_max·dt)', worst.step, '', bar=1.0),
            at_most(f'{words}largest acceleration / limit', worst.acceleration, '', bar=1.1),
            at_most(f'{words}tool off its path', worst.deviation * 1e3, 'mm', bar=1.0),
            figure(f'{words}following error at the stop, up to', worst.following, 'rad'),
            figure(f'{words}time to rest, longest', worst.time, 's'),
        ]
    return result


def _stop_often(robot: Robot, count: int, worst: Worst, drive: Drive) -> None:
    rng = np.random.default_rng(20)
    for number in range(count):
        if number % STOPS_PER_PATH == 0:
            trajectory = _random_motion(robot, rng)
        drive(robot, trajectory, rng, worst)


def _random_motion(robot: Robot, rng: np.random.Generator) -> JointTrajectory:
    """Give a fast motion through random postures, the gripper at rest."""
    limits = robot.limits.scaled(0.499, 0.499, 0.199)
    centre = (robot.limits.lower + robot.limits.upper) / 2
    reach = 0.35 * (robot.limits.upper - robot.limits.lower)
    points = centre + rng.uniform(-1.0, 1.0, (int(rng.integers(2, 5)), len(centre))) * reach
    arm = time_path(points, limits)
    still = np.zeros((len(arm.times), 1))
    velocities, accelerations = arm.velocities, arm.accelerations
    if velocities is None or accelerations is None:
        raise AssertionError  # pragma: no cover - time_path always gives both
    return JointTrajectory(
        robot.all_limits.names,
        arm.times,
        np.column_stack([arm.positions, still + 0.02]),
        np.column_stack([velocities, still]),
        np.column_stack([accelerations, still]),
        'bench',
    )


def _limits(robot: Robot) -> JointLimits:
    return robot.all_limits.scaled(0.5, 0.5, 1.0)


class Bed:
    """A tracker, a late arm, and the moment at which it is to stop.

    Args:
        robot: Whose limits hold.
        trajectory: That it follows from the start.
        rng: Decides the arm's lag, when it stops and in which way.
        lead: s, how far ahead of being followed its commands are made.
    """

    def __init__(
        self, robot: Robot, trajectory: JointTrajectory, rng: np.random.Generator, lead: float
    ) -> None:
        self.robot, self.trajectory, self.limits = robot, trajectory, _limits(robot)
        lag = float(rng.uniform(0.002, 0.012))
        self.arm = FakeArm(self.limits.names, trajectory.positions[0], lag=lag)
        self.arm.time = START
        self.tracker = Tracker(
            self.limits, Parameters(response_time=lag + lead), runs_on=lead > 0.0
        )
        self.tick()
        self.tracker.start(trajectory, self.arm.read(), START)
        self.stop = START + float(rng.uniform(0.02, 0.98)) * trajectory.duration
        self._way = str(rng.choice(WAYS))
        self._commands: list[Array] = []
        self._stopped_at, self._error = 0, 0.0

    @property
    def is_over(self) -> bool:
        """True once the time after the stop has passed."""
        return self.arm.time >= self.stop + AFTER

    def tick(self) -> Array:
        """Say what may be done, and give the tracker's command (J,)."""
        now = self.arm.time
        way = self._way if hasattr(self, 'stop') and now >= self.stop else ''
        if way == 'cancel':
            self.tracker.cancel(now)
        if way != 'silence':
            self.tracker.on_permission('move' if way in ('', 'cancel') else way, now)
        command = self.tracker.update(self.arm.read(), now)
        return self.trajectory.positions[0] if command is None else command

    def move(self, command: Array, period: float) -> None:
        """Let the arm follow a command for a period, s."""
        self._commands.append(self.arm.command(command))
        if self.arm.time < self.stop:
            self._stopped_at = len(self._commands)
            self._error = float(np.abs(command - self.arm.read().positions)[:-1].max())
        self.arm.step(period)

    def judge(self, period: float, worst: Worst) -> None:
        """Take what was commanded from shortly before the stop."""
        seen = np.array(self._commands[max(self._stopped_at - 3, 0) :])
        worst.following = max(worst.following, self._error)
        worst.add(seen, period, self.limits, _off_path(self.robot, self.trajectory, seen))


def _by_setpoints(
    robot: Robot, trajectory: JointTrajectory, rng: np.random.Generator, worst: Worst
) -> None:
    bed = Bed(robot, trajectory, rng, 0.0)
    while not bed.is_over:
        bed.move(bed.tick(), PERIOD)
    bed.judge(PERIOD, worst)


def _by_trajectories(
    robot: Robot, trajectory: JointTrajectory, rng: np.random.Generator, worst: Worst
) -> None:
    """As by set-points, but a controller draws the curve; messages take 1 to 20 ms to reach it."""
    bed, late, names = (
        Bed(robot, trajectory, rng, LEAD),
        rng.uniform(0.001, 0.02),
        _limits(robot).names,
    )
    relay = Relay({'arm': names}, names, period=PERIOD, lead=LEAD)
    controller = FakeJointTrajectoryController(JtcParameters(names, update_rate=1 / JTC_PERIOD))
    controller.activate(bed.arm.read())
    post: list[tuple[float, TrajectoryGoal]] = []
    cycle = 0
    while not bed.is_over:
        now = bed.arm.time
        if cycle % round(PERIOD / JTC_PERIOD) == 0:
            command = bed.tick()
            made = relay.outgoing(bed.tracker.course, command, now).values()
            post += [(now + late, TrajectoryGoal.of(message, now)) for message in made]
        while post and post[0][0] <= now:
            controller.receive(post.pop(0)[1], now)
        bed.move(controller.update(bed.arm.read(), now), JTC_PERIOD)
        cycle += 1
    bed.judge(JTC_PERIOD, worst)


def _off_path(robot: Robot, trajectory: JointTrajectory, commands: Array) -> float:
    """Give how far the commanded tool is from the tool's path, m, at worst."""
    spline = TrajectorySpline(trajectory)
    rows = spline.sample(np.linspace(0.0, spline.duration, 4000)).positions
    path = robot.tool_poses(rows)[:, :3, 3]
    tools = robot.tool_poses(commands[:: max(len(commands) // 60, 1)])[:, :3, 3]
    ahead = np.diff(path, axis=0)
    span = np.maximum((ahead**2).sum(axis=1), 1e-18)
    worst = 0.0
    for tool in tools:
        share = np.clip(((tool - path[:-1]) * ahead).sum(axis=1) / span, 0.0, 1.0)
        nearest = path[:-1] + share[:, None] * ahead
        worst = max(worst, float(np.linalg.norm(nearest - tool, axis=1).min()))
    return worst
