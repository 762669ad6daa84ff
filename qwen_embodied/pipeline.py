"""The whole chain in one process and in virtual time: deterministic for a seed.

>>> from qwen_embodied.pipeline import Pipeline
>>> report = Pipeline.simulated(seed=3).run('put the red cube in the blue bowl')
>>> report.success
True
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qwen_embodied import control, safety
from qwen_embodied.errors import TrajectoryRejectedError
from qwen_embodied.messages import ArmStatus, Frame, JointState, JointTrajectory, Scene
from qwen_embodied.motion import (
    BodyChecker,
    MotionParameters,
    Robot,
    Skills,
    World,
    in_hand,
    load_robot,
)
from qwen_embodied.perception import LightingCorrection, SceneEstimator, draw_scene
from qwen_embodied.planning import GrammarPlanner, Plan, Planner, PlanRequest
from qwen_embodied.run_record import RunRecord
from qwen_embodied.task import Executive, Observation, TaskEvent

Array = NDArray[np.float64]

CONTROL_PERIOD = 0.01  # s
FRAMES_A_LOOK = 3
CAMERA_PERIOD = 0.1  # s


class SteppedWorld(Protocol):
    """An arm with a camera whose time passes only when it is stepped."""

    @property
    def time(self) -> float:
        """Time, s."""
        ...

    def read(self) -> JointState:
        """Measure the joints."""
        ...

    def command(self, positions: Array) -> Array:
        """Set the target to reach within the next control period."""
        ...

    def step(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def frame(self) -> Frame:
        """See."""
        ...


class Watch:
    """Hears what goes on; a subclass films or prints it."""

    def event(self, event: TaskEvent) -> None:
        """Hear an event of the executive."""

    def step(self) -> None:
        """Hear that a control period went by."""


@dataclass(frozen=True, eq=False)
class RunReport:
    """How a run ended, with all it left.

    Attributes:
        success: True when the executive saw the goal reached.
        reason: Why not.
        plan: As carried out, or None.
        record: Events, trajectories, joint log and pictures.
    """

    success: bool
    reason: str
    plan: Plan | None
    record: RunRecord = field(repr=False)

    def digest(self) -> str:
        """Give the SHA-256 of the plan and of every trajectory's bytes."""
        total = hashlib.sha256(self.record.plan.encode())
        for item in self.record.trajectories:
            total.update(item.times.tobytes())
            total.update(item.positions.tobytes())
        return total.hexdigest()


class Perception:
    """Lighting correction and scene estimation, in this order."""

    def __init__(self, robot: Robot) -> None:
        """Build both; the robot's own links are left out of the scene."""
        self._correct = LightingCorrection()
        self._estimate = SceneEstimator(body=robot.link_spheres)

    def __call__(self, frame: Frame, state: JointState) -> tuple[Scene, Frame]:
        """Give the scene and the corrected frame it was seen in."""
        corrected = self._correct(frame.rgb)
        clean = Frame(
            frame.stamp, frame.frame_id, corrected.rgb, frame.depth, frame.intrinsics,
            frame.camera_in_base,
        )  # fmt: skip
        return self._estimate(clean, state, corrected.report), clean


class Pipeline:
    """Joins a world, perception and a planner; motion, safety and control are between them."""

    def __init__(
        self,
        world: SteppedWorld,
        perception: Callable[[Frame, JointState], tuple[Scene, Frame]],
        planner: Planner,
        *,
        robot: Robot | None = None,
        watch: Watch | None = None,
        thinking: float = 0.0,
    ) -> None:
        """Build the parts that stand between seeing and moving.

        Args:
            world: Arm and camera.
            perception: Gives a scene and the corrected frame.
            planner: Any planner.
            robot: The Panda where absent.
            watch: Told of every event and every control period, for films and accounts.
            thinking: How long each call of the planner takes in the world's time, s.
        """
        self.world = world
        self._perception = perception
        self._planner = planner
        self._robot = robot or load_robot('panda')
        self._watch = watch or Watch()
        self._thinking = thinking

    @classmethod
    def around(cls, world: SteppedWorld, planner: Planner | None = None) -> Pipeline:
        """Put the usual parts around a world with a Panda; GrammarPlanner plans where None."""
        robot = load_robot('panda')
        return cls(world, Perception(robot), planner or GrammarPlanner(), robot=robot)

    @classmethod
    def simulated(
        cls, seed: int = 0, light: str = 'normal', planner: Planner | None = None
    ) -> Pipeline:
        """Build the chain around a simulated table; GrammarPlanner plans where None."""
        from qwen_embodied.simulation import MujocoWorld, generate_scene

        return cls.around(MujocoWorld(generate_scene(seed), light=light, seed=seed), planner)

    def run(self, instruction: str) -> RunReport:
        """Carry out an instruction; failures are in the report, not raised."""
        record = RunRecord(instruction)
        cell = _Cell(self.world, self._perception, self._robot, record, self._watch)
        skills = Skills(self._robot, MotionParameters())
        cell.start()
        planner = _Thinking(self._planner, cell, self._thinking)
        result = Executive(cell, planner, skills).run(instruction)
        record.success, record.reason = result.success, result.reason
        record.plan = result.plan.model_dump_json(exclude_none=True) if result.plan else ''
        return RunReport(result.success, result.reason, result.plan, record)


class _Thinking:
    """A planner whose calls take time, in which the arm stands still."""

    def __init__(self, planner: Planner, cell: _Cell, seconds: float) -> None:
        self._planner, self._cell, self._seconds = planner, cell, seconds

    def plan(self, request: PlanRequest) -> Plan:
        self._cell.wait(self._seconds)
        return self._planner.plan(request)


class _Cell:
    """A workcell whose time is stepped by the calls of the executive."""

    def __init__(
        self,
        world: SteppedWorld,
        perception: Callable[[Frame, JointState], tuple[Scene, Frame]],
        robot: Robot,
        record: RunRecord,
        watch: Watch,
    ) -> None:
        self._world, self._perception, self._robot = world, perception, robot
        self._record, self._watch = record, watch
        self._rules = rules = safety.Parameters(**safety.SIMULATION_PROFILE)
        limits = robot.all_limits.scaled(
            rules.velocity_scale, rules.acceleration_scale, rules.jerk_scale
        )
        finger = robot.gripper.joint if robot.gripper else None
        self._supervisor = safety.Supervisor(
            robot.all_limits, gripper_joint=finger, parameters=rules
        )
        self._tracker = control.Tracker(limits, control.Parameters(**control.SIMULATION_PROFILE))
        self._count = 0
        self._record.joint_names = world.read().names

    def start(self) -> None:
        """Wait until the supervisor is armed, or would be if it were healthy."""
        self._supervisor.body = BodyChecker(self._robot, World())
        self.wait(self._rules.healthy_time + 10 * CONTROL_PERIOD)

    def now(self) -> float:
        return self._world.time

    def state(self) -> JointState:
        return self._world.read()

    def look(self) -> Observation:
        for _ in range(FRAMES_A_LOOK):
            self.wait(CAMERA_PERIOD)
            state = self._world.read()
            scene, frame = self._perception(self._world.frame(), state)
        self._record.scene_after = scene
        world = World.from_scene(scene, ignore=in_hand(self._robot, scene, state))
        self._supervisor.body = BodyChecker(self._robot, world)
        picture = draw_scene(frame.rgb, scene, frame.intrinsics, frame.camera_in_base)
        self._record.after = picture
        if self._record.before is None:
            self._record.before, self._record.scene_before = picture, scene
        return Observation(scene, frame.rgb, state, frame)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / CONTROL_PERIOD)):
            self._tick()

    def report(self, event: TaskEvent) -> None:
        self._record.events.append(event)
        self._watch.event(event)

    def execute(self, trajectory: JointTrajectory) -> ArmStatus:
        self._count += 1
        named = replace(trajectory, id=f'{self._count:04d}')
        verdict = self._supervisor.propose(named, self.now())
        if not verdict.approved:
            return ArmStatus(named.id, 'rejected', '; '.join(verdict.reasons))
        try:
            self._tracker.start(named, self._world.read(), self.now())
        except TrajectoryRejectedError as error:
            return ArmStatus(named.id, 'rejected', '; '.join(error.reasons))
        self._record.trajectories.append(named)
        while self._tracker.status.state == 'executing':
            self._tick()
        self._supervisor.on_arm_status(self._tracker.status, self.now())
        return self._tracker.status

    def _tick(self) -> None:
        """Let one control period pass: supervise, track, move."""
        state, now = self._world.read(), self.now()
        self._supervisor.on_joint_state(state, now)
        self._supervisor.on_arm_status(self._tracker.status, now)
        word = self._supervisor.tick(now)
        self._tracker.on_permission(word.permission, now, '; '.join(word.reasons))
        target = self._tracker.update(state, now)
        if target is not None:
            self._world.command(target)
        self._world.step(CONTROL_PERIOD)
        self._record.joint_log.append(np.array([state.stamp, *state.positions]))
        self._watch.step()
