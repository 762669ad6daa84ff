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
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from qwen_embodied.calls import Calls
from qwen_embodied.messages import ArmStatus, Frame, JointState, JointTrajectory, Scene
from qwen_embodied.motion import (
    MotionParameters,
    Obstacle,
    Robot,
    Skills,
    load_robot,
)
from qwen_embodied.perception import LightingCorrection, SceneEstimator, draw_scene
from qwen_embodied.planning import GrammarPlanner, Plan, Planner
from qwen_embodied.run_record import RunRecord
from qwen_embodied.stepped_cell import SteppedArm, SteppedCell
from qwen_embodied.task import Executive, Observation, TaskEvent

FRAMES_A_LOOK = 3
CAMERA_PERIOD = 0.1  # s


class SteppedWorld(SteppedArm, Protocol):
    """An arm with a camera whose time passes only when it is stepped."""

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

    def __init__(self, robot: Robot, correct: LightingCorrection | None = None) -> None:
        """Build both, with every step of the correction where None.

        The robot's own links are left out of the scene.
        """
        self._correct = correct or LightingCorrection()
        self._estimate = SceneEstimator(body=robot.link_spheres)

    def __call__(self, frame: Frame, state: JointState) -> tuple[Scene, Frame]:
        """Give the scene and the corrected frame it was seen in."""
        corrected = self._correct(frame.rgb)
        clean = corrected.frame(frame)
        return self._estimate(clean, state, corrected.report), clean


class Pipeline:
    """Joins a world, perception and a planner; motion, safety and control are between them."""

    def __init__(
        self,
        world: SteppedWorld,
        perception: Callable[[Frame, JointState], tuple[Scene, Frame]],
        planner: Planner | Calls,
        *,
        robot: Robot | None = None,
        watch: Watch | None = None,
        obstacles: tuple[Obstacle, ...] = (),
    ) -> None:
        """Build the parts that stand between seeing and moving.

        Args:
            world: Arm and camera.
            perception: Gives a scene and the corrected frame.
            planner: Any planner, or calls of one that go on while the arm moves.
            robot: The Panda where absent.
            watch: Told of every event and every control period, for films and accounts.
            obstacles: That no camera sees, as `read_obstacles` gives them.
        """
        self.world = world
        self._perception = perception
        self._planner = planner
        self._robot = robot or load_robot('panda')
        self._watch = watch or Watch()
        self._obstacles = obstacles

    @classmethod
    def around(
        cls,
        world: SteppedWorld,
        planner: Planner | Calls | None = None,
        obstacles: tuple[Obstacle, ...] = (),
    ) -> Pipeline:
        """Put the usual parts around a world with a Panda; GrammarPlanner plans where None."""
        robot, parts = load_robot('panda'), planner or GrammarPlanner()
        return cls(world, Perception(robot), parts, robot=robot, obstacles=obstacles)

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
        stepped = SteppedCell(self.world, self._robot, self._obstacles)
        cell = _Cell(stepped, self.world, self._perception, record, self._watch)
        skills = Skills(self._robot, MotionParameters(), self._obstacles)
        cell.start()
        result = Executive(cell, self._planner, skills).run(instruction)
        record.success, record.reason = result.success, result.reason
        record.plan = result.plan.model_dump_json(exclude_none=True) if result.plan else ''
        return RunReport(result.success, result.reason, result.plan, record)


class _Cell:
    """The workcell of the executive: a stepped cell with eyes, which records what goes on."""

    def __init__(
        self,
        stepped: SteppedCell,
        world: SteppedWorld,
        perception: Callable[[Frame, JointState], tuple[Scene, Frame]],
        record: RunRecord,
        watch: Watch,
    ) -> None:
        self._world, self._perception = world, perception
        self._record, self._watch = record, watch
        self._cell = stepped
        self._cell.on_approval = record.trajectories.append
        self._cell.on_step = self._on_step
        self._record.joint_names = world.read().names

    def start(self) -> None:
        self._cell.start()

    def now(self) -> float:
        return self._cell.now()

    def state(self) -> JointState:
        return self._cell.state()

    def wait(self, seconds: float) -> None:
        self._cell.wait(seconds)

    def execute(self, trajectory: JointTrajectory) -> ArmStatus:
        return self._cell.execute(trajectory)

    def stopped(self, since: float) -> str:
        return self._cell.stopped()

    def glimpse(self) -> Observation:
        state = self.state()
        scene, frame = self._perception(self._world.frame(), state)
        return Observation(scene, frame.rgb, state, frame)

    def look(self) -> Observation:
        for _ in range(FRAMES_A_LOOK):
            self.wait(CAMERA_PERIOD)
            state = self.state()
            scene, frame = self._perception(self._world.frame(), state)
        self._record.scene_after = scene
        self._cell.surround(scene, state)
        picture = draw_scene(frame.rgb, scene, frame.intrinsics, frame.camera_in_base)
        self._record.after = picture
        if self._record.before is None:
            self._record.before, self._record.scene_before = picture, scene
        return Observation(scene, frame.rgb, state, frame)

    def report(self, event: TaskEvent) -> None:
        self._record.events.append(event)
        self._watch.event(event)

    def _on_step(self, state: JointState) -> None:
        self._record.joint_log.append(np.array([state.stamp, *state.positions]))
        self._watch.step()
