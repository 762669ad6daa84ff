"""The executive: look, plan, do each step, look again, and plan anew where the world differs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qwen_embodied.budget import Budget, Limits
from qwen_embodied.errors import (
    ControlError,
    GroundingError,
    InstructionError,
    MotionError,
    PerceptionError,
    PlanningError,
    QwenEmbodiedError,
    TaskError,
    TrajectoryRejectedError,
)
from qwen_embodied.handling import Handler
from qwen_embodied.identity import Identities
from qwen_embodied.interrupts import Interrupts, ReplacedError
from qwen_embodied.ledger import Ledger, renamed
from qwen_embodied.messages import Scene
from qwen_embodied.motion import Skills
from qwen_embodied.planning import (
    Plan,
    Planner,
    PlanRequest,
    Step,
    check,
    repaired,
    scope_of,
    verify,
)
from qwen_embodied.safety import check_plan
from qwen_embodied.wording import say
from qwen_embodied.workcell import Observation, TaskEvent, Workcell

__all__ = ['Executive', 'Limits', 'Observation', 'TaskEvent', 'TaskResult', 'Workcell']

RECOVERABLE = (GroundingError, MotionError, ControlError, TrajectoryRejectedError, PerceptionError)
REPAIRS = 2  # calls of the planner to mend a plan that was refused


@dataclass(frozen=True)
class TaskResult:
    """How a task ended."""

    success: bool
    reason: str
    plan: Plan | None


class _DeviationError(QwenEmbodiedError):
    """The world is not as the rest of the plan needs it."""


class Executive:
    """Carries out one instruction at a time in a workcell.

    `cancel()`, `pause()`, `resume()` and `instruct(text)` may be called from any thread; they act
    before the next motion. After `instruct` what is held stays in the gripper.
    """

    def __init__(
        self, workcell: Workcell, planner: Planner, skills: Skills, *, retries: int = 2,
        limits: Limits | None = None,
    ) -> None:  # fmt: skip
        """Join the parts; `retries` is the number of further attempts at a failed step."""
        self._cell, self._planner, self._retries = workcell, planner, retries
        self._limits = limits or Limits()
        self._asking = Interrupts(workcell)
        self.cancel, self.pause = self._asking.cancel, self._asking.pause
        self.resume, self.instruct = self._asking.resume, self._asking.instruct
        self._arm = Handler(workcell, skills, self._check)
        self._reach = skills.reaches
        self._budget = Budget(self._limits, 0.0)
        self._ledger = Ledger()
        self._asked: tuple[str, ...] = ()

    # -- the task -------------------------------------------------------------------------

    def run(self, instruction: str) -> TaskResult:
        """Carry out an instruction; every outcome is a result, with its reason in words."""
        self._asking.clear()
        while True:
            result = self._task(instruction)
            if result is not None:
                return result
            instruction = self._asking.take_next() or instruction

    def _task(self, instruction: str) -> TaskResult | None:
        """Carry out one instruction; None where another one took its place."""
        self._budget = Budget(self._limits, self._cell.now())
        self._ledger = Ledger(history=list(self._asked))
        self._asked = ()
        plan: Plan | None = None
        self._tell('accepted', instruction)
        try:
            view = self._arm.clear_view()
            plan = self._plan(instruction, view)
            self._carry_out(instruction, plan, view.scene)
        except ReplacedError as error:
            self._tell('replaced', str(error))
            return None
        except QwenEmbodiedError as error:
            return self._end(error, instruction, plan)
        self._tell('succeeded', plan.summary or 'done')
        return TaskResult(True, '', plan)

    # -- planning -------------------------------------------------------------------------

    def _plan(self, instruction: str, view: Observation, kind: str = 'planned') -> Plan:
        """Ask the planner; a plan that is refused goes back to it, twice at most."""
        refused = ''
        for _ in range(REPAIRS + 1):
            request = self._request(instruction, view)
            try:
                self._budget.call()
                plan = self._planner.plan(request)
            except (PlanningError, TaskError) as error:
                raise (
                    TaskError(f'the plan cannot work: {refused}') if refused else error
                ) from error
            if plan.question is not None:
                raise InstructionError(plan.question)
            scope = scope_of(request)
            reasons = [item.message for item in check(plan, request, scope=scope)]
            named = (name for step in plan.steps for name in (step.object, step.target))
            reasons += [breach.message for breach in check_plan(named, view.scene)]
            if not reasons:
                self._ledger.standing = scope.standing
                return self._take(plan, view.scene, kind)
            refused = '; '.join(reasons)
            self._ledger.note(f'refused: {refused}')
        raise TaskError(f'the plan cannot work: {refused}')

    def _request(self, instruction: str, view: Observation) -> PlanRequest:
        held = self._arm.held.id if self._arm.held else None
        history = tuple(self._ledger.history)
        return PlanRequest(
            instruction, view.scene, view.rgb, held, history, view.frame, self._reach
        )

    def _take(self, plan: Plan, scene: Scene, kind: str) -> Plan:
        """Make a plan the current one."""
        self._arm.names = Identities(scene)
        steps = [say(step, scene) for step in plan.steps]
        data = {'plan': plan.model_dump(mode='json', exclude_none=True)}
        data = data if kind == 'planned' else {}
        self._tell(kind, f'{len(steps)} step{"s" * (len(steps) != 1)}', steps=steps, **data)
        return plan

    # -- steps ----------------------------------------------------------------------------

    def _carry_out(self, instruction: str, plan: Plan, scene: Scene) -> None:
        """Do a plan to its end, and new plans where the world went another way."""
        while True:
            try:
                scene = self._steps(plan, scene)
                self._arm.go_home()
                self._refuse_broken(scene)
            except _DeviationError as error:
                self._budget.replan(str(error))
                plan, scene = self._anew(instruction, plan, str(error))
            else:
                return

    def _steps(self, plan: Plan, scene: Scene) -> Scene:
        words = [say(step, scene) for step in plan.steps]
        for number, step in enumerate(plan.steps, start=1):
            self._tell('step', f'{number}/{len(words)} {words[number - 1]}', number=number)
            rest = plan.model_copy(update={'steps': plan.steps[number - 1 :]})
            scene = self._attempts(step, words[number - 1], scene, rest)
            self._ledger.succeed(step, words[number - 1])
            if step.action in ('place', 'push') and number < len(words):
                rest = rest.model_copy(update={'steps': plan.steps[number:]})
                self._refuse_broken(scene, rest)
                self._compare(rest, scene)
        return scene

    def _attempts(self, step: Step, words: str, scene: Scene, rest: Plan) -> Scene:
        """Try a step until its effect is seen; gives the scene after it."""
        for attempt in range(self._retries + 1):
            self._check()
            self._budget.step(self._cell.now())
            try:
                if attempt:
                    scene = self._arm.recover(step)
                return self._arm.do(step, scene)
            except RECOVERABLE as error:
                tried = self._ledger.fail(step, words, str(error))
                if tried > self._retries:
                    raise TaskError(f'{words} failed {tried} times: {error}') from error
                self._tell('retry', f'{words}: {error}; I look again', attempt=tried)
                self._compare_after(step, rest, error)
        raise TaskError(f'{words} failed too often')

    # -- the world as it is ---------------------------------------------------------------

    def _compare_after(self, step: Step, rest: Plan, error: QwenEmbodiedError) -> None:
        """Plan anew where a failure shows that the rest of the plan cannot work any more."""
        if isinstance(error, PerceptionError) or step.action not in ('pick', 'place', 'push'):
            return
        self._arm.forget_lost()
        if self._arm.held is None and step.action == 'place':
            pick = Step(action='pick', object=step.object)
            rest = rest.model_copy(update={'steps': (pick, *rest.steps)})
        self._compare(rest, self._arm.clear_view().scene)

    def _compare(self, rest: Plan, scene: Scene) -> None:
        """Play the rest of the plan on what is seen; raises where it cannot work."""
        held = self._arm.held
        try:
            current = renamed(rest, scene, self._arm.names, held.id if held else None)
        except GroundingError:
            scene = self._arm.clear_view().scene
            try:
                current = renamed(rest, scene, self._arm.names, held.id if held else None)
            except GroundingError as error:
                raise _DeviationError(str(error)) from error
        violations = verify(current, scene, held.id if held else None, reach=self._reach)
        if violations:
            raise _DeviationError(violations[0].message)

    def _refuse_broken(self, scene: Scene, rest: Plan | None = None) -> None:
        """Plan anew where something did not stay; one look may err, so a second must agree.

        While steps are left, what is not seen is trusted to be there.
        """
        names, unseen = self._arm.names, rest is None
        broken = self._ledger.broken(scene, names, unseen=unseen, rest=rest)
        if broken:
            scene = self._arm.clear_view().scene
            broken = self._ledger.broken(scene, names, unseen=unseen, rest=rest)
        if broken:
            listed = ', '.join(goal.object for goal in broken)
            raise _DeviationError(f'{listed} did not stay where it was put')

    def _anew(self, instruction: str, plan: Plan, reason: str) -> tuple[Plan, Scene]:
        """Plan from the actual state: by search where the goals are known, else by the planner."""
        self._ledger.note(f'changed: {reason}')
        self._tell('changed', reason)
        self._arm.forget_lost()
        view = self._arm.clear_view()
        if not plan.steps[len(self._ledger.done) :] and not self._ledger.broken(
            view.scene, self._arm.names
        ):
            return plan.model_copy(update={'steps': ()}), view.scene
        found = self._mended(plan, view)
        self._ledger.renamed(view.scene, self._arm.names)
        if found is not None:
            return self._take(found, view.scene, 'replanned'), view.scene
        return self._plan(instruction, view, 'replanned'), view.scene

    def _mended(self, plan: Plan, view: Observation) -> Plan | None:
        """Reach what is left of a plan, and what came undone, by search; None without a way."""
        held = self._arm.held.id if self._arm.held else None
        steps = plan.steps[len(self._ledger.done) :]
        undone = [
            Step(
                action='place',
                object=goal.object,
                relation=goal.relation,  # type: ignore[arg-type]
                target=goal.target,
                position=goal.position,
            )
            for goal in self._ledger.wanted(view.scene, self._arm.names)
            if goal.object not in {step.object for step in steps}
        ]
        rest = plan.model_copy(update={'steps': (*undone, *steps)})
        try:
            current = renamed(rest, view.scene, self._arm.names, held)
        except GroundingError:
            return None
        return repaired(current, PlanRequest('', view.scene, None, held, reach=self._reach))

    # -- account --------------------------------------------------------------------------

    def _check(self) -> None:
        """End, hold or replace the task where the operator asked for it."""
        self._asking.check(self._budget)

    def _tell(self, kind: str, text: str, **data: Any) -> None:
        self._cell.report(TaskEvent(self._cell.now(), kind, text, data))

    def _end(self, error: QwenEmbodiedError, instruction: str, plan: Plan | None) -> TaskResult:
        reason = str(error)
        kind = 'question' if isinstance(error, InstructionError) else 'failed'
        if isinstance(error, InstructionError):
            self._asked = (f'operator: {instruction}', f'robot: {reason}')
        if self._asking.is_cancelled:
            kind = 'cancelled'
        self._tell(kind, reason)
        return TaskResult(False, reason, plan)
