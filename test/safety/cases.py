"""An arm of two joints and a gripper, good trajectories for it, and a body that can be hit."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quintic import PEAKS
from quintic import quintic as quintic_of
from qwen_embodied.limits import JointLimits
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory
from qwen_embodied.safety import Parameters, SafetyContext, Supervisor, check_trajectory

ARM = ('slide', 'elbow')
NAMES = (*ARM, 'finger')
LIMITS = JointLimits(
    NAMES,
    [-1.0, -2.0, 0.0],
    [1.0, 2.0, 0.04],
    [1.0, 1.2, 0.1],
    [4.0, 5.0, 1.0],
    [400.0, 400.0, 100.0],
)
HOME = np.array([0.0, 0.5, 0.04])
FENCED = Parameters(simulation=True, self_arming=True, max_tool_speed=1.0, healthy_time=0.0)


@dataclass(frozen=True)
class Hit:
    sample: int
    first: str
    second: str
    distance: float
    allowed: float


@dataclass
class SlidingBody:
    """The tool slides along x with the first joint; a wall that the hand may touch stands at x."""

    wall: float = 10.0
    clearance: float = 0.02
    condition: float = 5.0
    asked: int = 0

    def tool_positions(self, positions):
        x = positions[:, 0]
        return np.stack([x, 0 * x, 0 * x + 0.5], axis=1)

    def link_spheres(self, positions):
        """Give one ball of 5 cm around the tool."""
        tool = self.tool_positions(positions)
        return np.concatenate([tool, np.full((len(tool), 1), 0.05)], axis=1)[:, None]

    def conditions(self, positions):
        return np.full(len(positions), self.condition)

    def contact(self, positions, slow):
        self.asked = max(self.asked, len(positions))
        distance = self.wall - positions[:, 0]
        allowed = np.where(slow, 0.0, self.clearance)
        near = np.flatnonzero(~(distance >= allowed))
        if not len(near):
            return None
        at = int(near[0])
        return Hit(at, 'hand', 'wall', float(distance[at]), float(allowed[at]))


def quintic(goal, seconds=2.0, start=HOME, count=41):
    """Move from rest to rest."""
    return quintic_of(NAMES, start, goal, seconds, 'move', count)


def cubic(times, positions, velocities):
    """Move the first joint only, by positions and velocities."""
    columns = np.tile(HOME, (len(times), 1))
    columns[:, 0] = positions
    speeds = np.zeros_like(columns)
    speeds[:, 0] = velocities
    return JointTrajectory(NAMES, times, columns, speeds, id='move')


GOOD = quintic([0.4, 0.9, 0.02])


def at(positions=HOME, stamp=0.0, velocities=(0.0, 0.0, 0.0)):
    return JointState(stamp, NAMES, positions, velocities)


def context(*, body=None, state=None, now=0.0, limits=LIMITS, **changes):
    return SafetyContext(
        limits=limits,
        state=at() if state is None else state,
        now=now,
        arm_joints=ARM,
        gripper_joint='finger',
        body=body,
        parameters=replace(FENCED, **changes),
    )


def broken(trajectory, **changes):
    """Give the ids of the rules that a trajectory breaks."""
    return {breach.rule for breach in check_trajectory(trajectory, context(**changes))}


def line(trajectory, **changes):
    """Give the first breach as a person reads it."""
    return str(check_trajectory(trajectory, context(**changes))[0])


def scaled(share, quantity):
    """Give a quintic whose largest speed, acceleration or jerk is a share of the slide's limit."""
    limit = getattr(LIMITS, quantity)[0]
    power = {'velocity': 1, 'acceleration': 2, 'jerk': 3}[quantity]
    seconds = {'velocity': 0.8, 'acceleration': 0.6, 'jerk': 0.4}[quantity]
    change = share * limit * seconds**power / PEAKS[power]
    generous = {name: 1e3 * getattr(LIMITS, name) for name in ('velocity', 'acceleration', 'jerk')}
    generous[quantity] = getattr(LIMITS, quantity)
    step = np.array([change, 0.0, 0.0])
    return quintic(HOME + step, seconds, count=2), replace(LIMITS, **generous)


class Watched:
    """A supervisor with everything it wants to hear, until told otherwise."""

    def __init__(self, **changes):
        self.supervisor = Supervisor(
            LIMITS.scaled(2.0, 2.0, 5.0),
            gripper_joint='finger',
            body=SlidingBody(),
            parameters=replace(FENCED, **changes),
        )
        self.now = 0.0
        self.positions = HOME
        self.velocities = (0.0, 0.0, 0.0)
        self.status = ArmStatus('', 'idle')
        self.mute = set()
        self.said, self.feed = [], None

    @property
    def state(self):
        return self.supervisor.state

    def run(self, seconds=0.3, period=0.01):
        for _ in range(round(seconds / period)):
            self.now += period
            if 'joints' not in self.mute:
                state = at(self.positions, self.now, self.velocities)
                self.supervisor.on_joint_state(state, self.now)
            if 'controller' not in self.mute:
                self.supervisor.on_arm_status(self.status, self.now)
            if self.feed is not None:
                self.feed(self.supervisor.inputs, self.now)
            self.said.append(self.supervisor.tick(self.now))
        return self

    def propose(self, trajectory=GOOD, name='move'):
        verdict = self.supervisor.propose(replace(trajectory, id=name), self.now)
        if verdict.approved:
            self.status = ArmStatus(name, 'executing')
        return verdict

    def executing(self):
        self.run()
        assert self.propose().approved
        return self.run(0.1)
