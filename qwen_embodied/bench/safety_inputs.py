"""Odd numbers in everything that the supervisor and the controller hear while the arm runs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qwen_embodied import control, safety
from qwen_embodied.bench.safety_malformed import NOT_NUMBERS, Gates, swing
from qwen_embodied.messages import ArmStatus, JointState
from qwen_embodied.motion import Robot

Array = NDArray[np.float64]
PERIOD = 0.01  # s
READY, SPOILED, AFTER = 30, 30, 60  # periods


def spoiled_states(state: JointState) -> Iterator[JointState]:
    """Give a joint state once for each of its numbers and each odd number."""
    speeds = np.zeros(len(state.names)) if state.velocities is None else state.velocities
    for odd in NOT_NUMBERS:
        yield replace(state, stamp=odd)
        for at in range(len(state.names)):
            for name, values in (('positions', state.positions), ('velocities', speeds)):
                changed = np.array(values)
                changed[at] = odd
                field: dict[str, Any] = {name: changed}
                yield replace(state, **field)


class Run:
    """A supervisor, a tracker and an arm in motion, in which one message is odd."""

    def __init__(self, robot: Robot) -> None:
        """Start a motion and go into its middle."""
        self.gates = gates = Gates.of(robot)
        rules = replace(gates.context.parameters, healthy_time=0.0)
        gripper = robot.gripper.joint if robot.gripper else None
        self.supervisor = safety.Supervisor(
            robot.all_limits, gripper_joint=gripper, body=gates.context.body, parameters=rules
        )
        limits = gates.context.limits
        self.tracker = control.Tracker(limits, gates.parameters)
        self.arm = control.FakeArm(limits.names, gates.context.state.positions)
        self.commands: list[Array] = []
        self.scale = 1.0
        for _ in range(READY):
            self.tick()
        move = swing(robot, 3.0, 30, np.random.default_rng(4))
        self.begun = self.supervisor.propose(move, self.arm.time).approved
        if self.begun:
            self.tracker.start(move, self.arm.read(), self.arm.time)
        for _ in range(READY):
            self.tick()

    def tick(self, state: JointState | None = None, status: ArmStatus | None = None) -> None:
        """Let a period pass, in which a state or a status may be odd."""
        now, seen = self.arm.time, state or self.arm.read()
        self.supervisor.on_joint_state(seen, now)
        self.supervisor.on_arm_status(status or self.tracker.status, now)
        word = self.supervisor.tick(now)
        scale = self.scale if self.scale != 1.0 else word.scale
        self.tracker.on_permission(word.permission, now, '; '.join(word.reasons), scale)
        command = self.tracker.update(seen, now)
        if command is not None:
            self.commands.append(self.arm.command(command))
        self.arm.step(PERIOD)

    def is_sound(self) -> bool:
        """True when all commands are finite and no step is larger than the arm can."""
        commands = np.array(self.commands)
        steps = np.abs(np.diff(commands, axis=0))
        limit = self.gates.context.limits.velocity * PERIOD * (1 + 1e-6)
        return self.begun and bool(np.isfinite(commands).all() and (steps <= limit).all())

    @property
    def is_stopped(self) -> bool:
        """True when nothing moves at the end."""
        return bool(np.array_equal(self.commands[-1], self.commands[-2]))


def heard(robot: Robot, every: int = 1) -> tuple[int, int]:
    """Let odd messages be heard in motion; gives tries, and how many moved the arm oddly.

    Args:
        robot: That moves.
        every: Which of the odd joint states are tried; 1 tries all.
    """
    tried = odd = 0
    count = len(list(spoiled_states(Gates.of(robot).context.state)))
    for number in range(0, count, every):
        run = Run(robot)
        for _ in range(SPOILED):
            states = list(spoiled_states(run.arm.read()))
            run.tick(states[number])
        for _ in range(AFTER):
            run.tick()
        tried += 1
        odd += not (run.is_sound() and run.is_stopped)
    for value in NOT_NUMBERS:
        for run in _others(robot, value):
            tried += 1
            odd += not (run.is_sound() and run.is_stopped)
    return tried, odd


def _others(robot: Robot, value: float) -> Iterator[Run]:
    """Give runs after an odd tracking error and an odd pace."""
    run = Run(robot)
    run.tick(status=ArmStatus('bench', 'executing', '', value))
    for _ in range(AFTER):
        run.tick()
    yield run
    run = Run(robot)
    run.scale = value
    for _ in range(AFTER):
        run.tick()
    yield run
