"""Drives a tracker and a fake arm in virtual time."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from quintic import quintic as quintic_of
from qwen_embodied.control import FakeArm, Parameters, Tracker
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import JointTrajectory

PERIOD = 0.01
NAMES = ('shoulder', 'elbow', 'wrist', 'panda_finger_joint1')
LIMITS = JointLimits(
    NAMES,
    [-2.5, -2.5, -2.5, 0.0],
    [2.5, 2.5, 2.5, 0.04],
    [1.0, 1.2, 1.5, 0.1],
    [4.0, 4.0, 6.0, 1.0],
    [500.0] * 4,
)
FULL = 1 - 1e-7  # of the limits, for rounding
HOME = np.array([0.0, 0.3, -0.2, 0.04])


quintic = partial(quintic_of, NAMES)


def bang(start, goal, name='a'):
    """Move from rest to rest at full speed and full acceleration of the slowest joint."""
    change = np.asarray(goal, float) - start
    v = FULL * float(np.min(LIMITS.velocity / np.maximum(np.abs(change), 1e-9)))
    a = FULL * float(np.min(LIMITS.acceleration / np.maximum(np.abs(change), 1e-9)))
    v = min(v, np.sqrt(a))
    ramp = v / a
    total = 1.0 / v + ramp
    corners, grid = np.array([ramp, total - ramp]), np.linspace(0.0, total, 80)
    apart = np.abs(grid[:, None] - corners).min(axis=1) > 0.002
    t = np.unique(np.concatenate([grid[apart], corners, [0.0, total]]))
    s = np.where(
        t < ramp,
        a * t**2 / 2,
        np.where(t > total - ramp, 1 - a * (total - t) ** 2 / 2, v * (t - ramp / 2)),
    )
    rate = np.where(t < ramp, a * t, np.where(t > total - ramp, a * (total - t), v))
    rate[-1], s[-1] = 0.0, 1.0
    return JointTrajectory(NAMES, t, start + s[:, None] * change, rate[:, None] * change, id=name)


@dataclass
class Cell:
    """A tracker, an arm and a supervisor that says 'move' until told otherwise."""

    arm: FakeArm = field(default_factory=lambda: FakeArm(NAMES, HOME))
    parameters: Parameters = field(default_factory=Parameters)
    permission: str | None = 'move'
    states: bool = True

    def __post_init__(self):
        self.tracker = Tracker(LIMITS, self.parameters)
        self.commands = []
        self.tick()

    @property
    def now(self):
        return self.arm.time

    def start(self, trajectory):
        self.tracker.start(trajectory, self.arm.read(), self.now)

    def tick(self):
        if self.permission:
            self.tracker.on_permission(self.permission, self.now)
        state = self.arm.read() if self.states else None
        command = self.tracker.update(state, self.now)
        if command is not None:
            self.commands.append(self.arm.command(command))
        self.arm.step(PERIOD)
        return command

    def run(self, seconds):
        for _ in range(round(seconds / PERIOD)):
            self.tick()

    def finish(self, longest=30.0):
        while self.tracker.status.state == 'executing' and self.now < longest:
            self.tick()
        return self.tracker.status

    def largest(self):
        """Give the largest step over v_max·dt and acceleration over its limit."""
        commands = np.array(self.commands)
        steps = np.diff(commands, axis=0)
        bends = np.diff(steps, axis=0) / PERIOD**2
        return (
            float((np.abs(steps) / (LIMITS.velocity * PERIOD)).max()),
            float((np.abs(bends) / LIMITS.acceleration)[:, :3].max()),
        )
