"""The executive: look, plan, and for each step ground, move, look again, verify, retry."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qwen_embodied.errors import (
    ControlError,
    GraspError,
    GroundingError,
    InstructionError,
    MotionError,
    PerceptionError,
    QwenEmbodiedError,
    TaskError,
    TrajectoryRejectedError,
)
from qwen_embodied.identity import Identities
from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory, Scene, SceneObject
from qwen_embodied.motion import Motion, Skills
from qwen_embodied.planning import Plan, Planner, PlanRequest, Step, verify
from qwen_embodied.relations import not_at, unmet
from qwen_embodied.wording import say
from qwen_embodied.workcell import Observation, TaskEvent, Workcell

__all__ = ['Executive', 'Observation', 'TaskEvent', 'TaskResult', 'Workcell']

RECOVERABLE = (GroundingError, MotionError, ControlError, TrajectoryRejectedError, PerceptionError)

CARRYING = ('transfer', 'lower', 'home')  # segments in which what is held must stay held


@dataclass(frozen=True)
class TaskResult:
    """How a task ended."""

    success: bool
    reason: str
    plan: Plan | None


class Executive:
    """Carries out one instruction at a time in a workcell."""

    def __init__(
        self, workcell: Workcell, planner: Planner, skills: Skills, *, retries: int = 2
    ) -> None:
        """Join the parts; `retries` is the number of further attempts at a failed step."""
        self._cell = workcell
        self._planner = planner
        self._skills = skills
        self._retries = retries
        self._cancelled = threading.Event()
        self._commanded: dict[str, float] = {}
        self._held: SceneObject | None = None
        self._names = Identities()
        self._words: dict[Step, str] = {}

    def cancel(self) -> None:
        """Ask a running task to end after the motion that is under way; from any thread."""
        self._cancelled.set()

    def run(self, instruction: str) -> TaskResult:
        """Carry out an instruction; every outcome is a result, with its reason in words."""
        self._cancelled.clear()
        plan: Plan | None = None
        self._tell('accepted', instruction)
        try:
            view = self._clear_view()
            plan = self._plan(instruction, view)
            self._carry_out(plan, view.scene)
        except QwenEmbodiedError as error:
            return self._end(error, plan)
        self._tell('succeeded', plan.summary or 'done')
        return TaskResult(True, '', plan)

    # -- planning -------------------------------------------------------------------------

    def _plan(self, instruction: str, view: Observation) -> Plan:
        self._names = Identities()
        held = self._held.id if self._held else None
        plan = self._planner.plan(PlanRequest(instruction, view.scene, view.rgb, held))
        question = next((step.question for step in plan.steps if step.action == 'ask'), None)
        if question:
            raise InstructionError(question)
        violations = verify(plan, view.scene, held)
        if violations:
            raise TaskError('the plan cannot work: ' + '; '.join(map(str, violations)))
        self._words = {step: say(step, view.scene) for step in plan.steps}
        data = {'plan': plan.model_dump(mode='json', exclude_none=True)}
        steps = list(self._words.values())
        self._tell('planned', f'{len(steps)} steps', steps=steps, **data)
        return plan

    def _clear_view(self) -> Observation:
        """Look from home, so that the arm hides nothing."""
        if not self._skills.is_home(self._cell.state()):
            self._move(self._skills.home(self._anchor()))
        view = self._cell.look()
        found = ', '.join(item.label for item in view.scene.objects) or 'nothing'
        self._tell('looked', f'I see {found}', objects=[item.id for item in view.scene.objects])
        return view

    # -- steps ----------------------------------------------------------------------------

    def _carry_out(self, plan: Plan, scene: Scene) -> None:
        for number, step in enumerate(plan.steps, start=1):
            self._tell('step', f'{number}/{len(plan.steps)} {self._words[step]}', number=number)
            scene = self._attempts(step, scene)
        if not self._skills.is_home(self._cell.state()):
            self._move(self._skills.home(self._anchor()))

    def _attempts(self, step: Step, scene: Scene) -> Scene:
        """Try a step until its effect is seen; gives the scene after it."""
        actions: dict[str, Callable[[Step, Scene], Scene]] = {
            'pick': self._pick,
            'place': self._place,
            'push': self._push,
            'home': self._home,
            'wait': self._wait,
        }
        for attempt in range(self._retries + 1):
            self._check_cancelled()
            try:
                scene = self._recover(step) if attempt else scene
                return actions[step.action](step, scene)
            except RECOVERABLE as error:
                words, tried = self._words[step], attempt + 1
                if attempt == self._retries:
                    raise TaskError(f'{words} failed {tried} times: {error}') from error
                self._tell('retry', f'{words}: {error}; I look again', attempt=tried)
        raise AssertionError  # pragma: no cover - the loop always returns or raises

    def _recover(self, step: Step) -> Scene:
        """Look again; fetch the object again when a placing lost it."""
        holding = self._held is not None and self._is_holding()
        if not holding:
            self._held = None
        scene = self._clear_view().scene
        if step.action == 'place' and not holding:
            scene = self._pick(Step(action='pick', object=step.object), scene)
        return scene

    def _pick(self, step: Step, scene: Scene) -> Scene:
        item = self._names.find(step.object, scene)
        self._move(self._skills.pick(item, scene, self._anchor()))
        if not self._is_holding():
            self._move(self._skills.let_go(self._anchor()))
            raise GraspError(f'the gripper closed without the {item.label}')
        self._held = item
        self._tell('verified', f'the gripper holds the {item.label}')
        return scene

    def _place(self, step: Step, scene: Scene) -> Scene:
        item = self._held or self._names.find(step.object, scene)
        if not self._is_holding():
            self._held = None
            raise ControlError(f'the {item.label} was lost on the way')
        target = self._names.find(step.target, scene) if step.target else None
        motion = self._skills.place(
            item, step.relation or 'at', target, scene, self._anchor(), position=step.position
        )
        self._move(motion)
        self._held = self._skills.held = None
        if motion.expected is not None:
            self._names.expect(step.object or item.id, item, motion.expected[:3, 3])
        after = self._clear_view().scene
        self._verify_place(step, after)
        return after

    def _verify_place(self, step: Step, scene: Scene) -> None:
        item = self._names.find(step.object, scene)
        if step.target:
            fault = unmet(item, step.relation or 'on', self._names.find(step.target, scene))
        else:
            fault = not_at(item, step.position) if step.position else None
        if fault:
            raise ControlError(f'the {item.label} is not where it should be: {fault}')
        where = 'at its place'
        if step.target:
            label = self._names.find(step.target, scene).label
            where = f'{(step.relation or "on").replace("_", " ")} the {label}'
        self._tell('verified', f'the {item.label} is {where}')

    def _push(self, step: Step, scene: Scene) -> Scene:
        item = self._names.find(step.object, scene)
        motion = self._skills.push(
            item, step.direction or 'forward', step.distance or 0.1, scene, self._anchor()
        )
        self._move(motion)
        after = self._clear_view().scene
        moved = self._names.find(step.object, after).position - item.position
        if not float(np.linalg.norm(moved[:2])) >= 0.5 * (step.distance or 0.1):
            raise ControlError(f'the {item.label} did not move')
        self._tell('verified', f'the {item.label} moved {np.linalg.norm(moved[:2]) * 100:.0f} cm')
        return after

    def _home(self, step: Step, scene: Scene) -> Scene:
        self._move(self._skills.home(self._anchor()))
        return scene

    def _wait(self, step: Step, scene: Scene) -> Scene:
        self._cell.wait(step.seconds or 1.0)
        return scene

    # -- moving ---------------------------------------------------------------------------

    def _move(self, motion: Motion) -> None:
        for segment in motion:
            self._check_cancelled()
            trajectory = segment.trajectory
            self._tell('segment', segment.name, duration=round(trajectory.duration, 3))
            status = self._cell.execute(trajectory)
            self._remember(trajectory, status)
            if status.state == 'rejected':
                raise TrajectoryRejectedError((f'{segment.name}: {status.reason}',))
            if status.state != 'succeeded':
                raise ControlError(f'{segment.name} was aborted: {status.reason}')
            if self._held and segment.name in CARRYING and not self._is_holding():
                raise ControlError(f'the {self._held.label} was lost on the way')

    def _remember(self, trajectory: JointTrajectory, status: ArmStatus) -> None:
        if status.state == 'succeeded':
            end = trajectory.positions[-1].tolist()
            self._commanded = dict(zip(trajectory.joint_names, end, strict=True))
        elif status.state == 'aborted':
            self._commanded = {}

    def _anchor(self) -> JointState:
        """Give the commanded joints where they are known, else the measured ones.

        A motion that starts at the measured point would jump by the tracking error.
        """
        state = self._cell.state()
        positions = [
            self._commanded.get(name, float(at))
            for name, at in zip(state.names, state.positions, strict=True)
        ]
        return replace(state, positions=np.array(positions), velocities=None)

    def _is_holding(self) -> bool:
        return self._skills.is_holding(self._cell.state())

    def _check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise TaskError('cancelled by the operator')

    # -- account --------------------------------------------------------------------------

    def _tell(self, kind: str, text: str, **data: Any) -> None:
        self._cell.report(TaskEvent(self._cell.now(), kind, text, data))

    def _end(self, error: QwenEmbodiedError, plan: Plan | None) -> TaskResult:
        reason = str(error)
        kind = 'question' if isinstance(error, InstructionError) else 'failed'
        if self._cancelled.is_set():
            kind = 'cancelled'
        self._tell(kind, reason)
        return TaskResult(False, reason, plan)
