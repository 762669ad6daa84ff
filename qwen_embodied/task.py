"""The executive: look, plan, do each step, look again, and plan anew where the world differs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qwen_embodied.asking import Asker, Job
from qwen_embodied.assent import Assent, DeviationError
from qwen_embodied.budget import Budget, Limits
from qwen_embodied.calls import Calls, Immediate
from qwen_embodied.errors import (
    GroundingError,
    InstructionError,
    PerceptionError,
    QwenEmbodiedError,
    TaskError,
)
from qwen_embodied.handling import RECOVERABLE, Handler
from qwen_embodied.identity import Identities
from qwen_embodied.interrupts import Interrupts, ReplacedError
from qwen_embodied.ledger import Ledger, renamed
from qwen_embodied.messages import Scene
from qwen_embodied.motion import Skills
from qwen_embodied.planning import Plan, Planner, PlanRequest, Step, repaired, verify
from qwen_embodied.wording import say
from qwen_embodied.workcell import Observation, TaskEvent, Workcell

__all__ = ['Executive', 'Limits', 'Observation', 'TaskEvent', 'TaskResult', 'Workcell']


@dataclass(frozen=True)
class TaskResult:
    """How a task ended."""

    success: bool
    reason: str
    plan: Plan | None


class Executive:
    """Carries out one instruction at a time in a workcell.

    `cancel()`, `pause()`, `resume()` and `instruct(text)` may be called from any thread; they act
    before the next motion. After `instruct` what is held stays in the gripper.
    """

    def __init__(
        self, workcell: Workcell, planner: Planner | Calls, skills: Skills, *, retries: int = 2,
        limits: Limits | None = None,
    ) -> None:  # fmt: skip
        """Join the parts.

        Args:
            workcell: Camera, arm and clock.
            planner: That the arm waits for, or calls of one that go on while it moves.
            skills: Make motions.
            retries: Further attempts at a step that failed.
            limits: What one task may use.
        """
        self._cell, self._retries = workcell, retries
        self._limits = limits or Limits()
        self._asking = Interrupts(workcell)
        self.cancel, self.pause = self._asking.cancel, self._asking.pause
        self.resume, self.instruct = self._asking.resume, self._asking.instruct
        self._arm = Handler(workcell, skills, self._check, self._asking.refuse_cancelled)
        calls = planner if isinstance(planner, Calls) else Immediate(planner)
        self.assent = Assent(workcell, self._arm)
        self._asker = Asker(workcell, calls, self._arm, self._check, self.assent)
        self._job = Job('', Budget(self._limits, 0.0))
        self._asked: tuple[str, ...] = ()

    # -- the task -------------------------------------------------------------------------

    def run(self, instruction: str) -> TaskResult:
        """Carry out an instruction; every outcome is a result, with its reason in words."""
        self._asking.clear()
        while True:
            result = self._task(instruction)
            following = self._asking.take_next()
            if result is not None and (following is None or self._asking.is_ended):
                return result
            instruction = instruction if following is None else following

    def _task(self, instruction: str) -> TaskResult | None:
        """Carry out one instruction; None where another one took its place."""
        ledger = Ledger(history=list(self._asked))
        self._job = Job(instruction, Budget(self._limits, self._cell.now()), ledger)
        self._asked = ()
        plan: Plan | None = None
        self._tell('accepted', instruction)
        try:
            self._cell.state()  # Before the first one the workcell has no clock.
            self._job.budget.begin(self._cell.now())
            self._arm.take_stock()
            self._asker.ahead(self._job)
            view = self._arm.clear_view()
            plan = self._plan(view)
            self._carry_out(plan, view.scene)
            self._asking.refuse_cancelled()
        except ReplacedError as error:
            self._tell('replaced', str(error))
            return None
        except QwenEmbodiedError as error:
            return self._end(error, plan)
        finally:
            self._asker.drop()
        self._tell('succeeded', plan.summary or 'done')
        return TaskResult(True, '', plan)

    # -- planning -------------------------------------------------------------------------

    def _plan(self, view: Observation, kind: str = 'planned') -> Plan:
        return self._take(self._asker.plan(self._job, view), view.scene, kind)

    def _take(self, plan: Plan, scene: Scene, kind: str) -> Plan:
        """Make a plan the current one."""
        self._arm.names = Identities(scene)
        steps = [say(step, scene) for step in plan.steps]
        data = {'plan': plan.model_dump(mode='json', exclude_none=True)}
        data = data if kind == 'planned' else {}
        self._tell(kind, f'{len(steps)} step{"s" * (len(steps) != 1)}', steps=steps, **data)
        self.assent.ask(plan, self._job.budget)
        return plan

    # -- steps ----------------------------------------------------------------------------

    def _carry_out(self, plan: Plan, scene: Scene) -> None:
        """Do a plan to its end, and new plans where the world went another way."""
        while True:
            try:
                scene = self._steps(plan, self.assent.current(plan, scene))
                self._arm.go_home()
                self._refuse_broken(scene)
            except DeviationError as error:
                self._job.budget.replan(str(error))
                plan, scene = self._anew(plan, str(error))
            else:
                return

    def _steps(self, plan: Plan, scene: Scene) -> Scene:
        words = [say(step, scene) for step in plan.steps]
        for number, step in enumerate(plan.steps, start=1):
            self._tell('step', f'{number}/{len(words)} {words[number - 1]}', number=number)
            rest = plan.model_copy(update={'steps': plan.steps[number - 1 :]})
            self._arm.then = plan.steps[number] if number < len(words) else None
            scene = self._attempts(step, words[number - 1], scene, rest)
            self._job.ledger.succeed(step, words[number - 1])
            if step.action in ('place', 'push') and number < len(words):
                rest = rest.model_copy(update={'steps': plan.steps[number:]})
                self._refuse_broken(scene, rest)
                self._compare(rest, scene)
        return scene

    def _attempts(self, step: Step, words: str, scene: Scene, rest: Plan) -> Scene:
        """Try a step until its effect is seen; gives the scene after it."""
        for attempt in range(self._retries + 1):
            self._check()
            self._job.budget.step(self._cell.now())
            try:
                if attempt:
                    scene = self._arm.recover(step)
                return self._arm.do(step, scene)
            except RECOVERABLE as error:
                tried = self._job.ledger.fail(step, words, str(error))
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
                raise DeviationError(str(error)) from error
        violations = verify(current, scene, held.id if held else None, reach=self._arm.reach)
        if violations:
            raise DeviationError(violations[0].message)

    def _refuse_broken(self, scene: Scene, rest: Plan | None = None) -> None:
        """Plan anew where something did not stay; one look may err, so a second must agree.

        While steps are left, what is not seen is trusted to be there.
        """
        names, unseen = self._arm.names, rest is None
        broken = self._job.ledger.broken(scene, names, unseen=unseen, rest=rest)
        if broken:
            scene = self._arm.clear_view().scene
            broken = self._job.ledger.broken(scene, names, unseen=unseen, rest=rest)
        if broken:
            listed = ', '.join(goal.object for goal in broken)
            raise DeviationError(f'{listed} did not stay where it was put')

    def _anew(self, plan: Plan, reason: str) -> tuple[Plan, Scene]:
        """Plan from the actual state: by search where the goals are known, else by the planner."""
        self._job.ledger.note(f'changed: {reason}')
        self._tell('changed', reason)
        self._arm.forget_lost()
        view = self._arm.clear_view()
        if not plan.steps[len(self._job.ledger.done) :] and not self._job.ledger.broken(
            view.scene, self._arm.names
        ):
            return plan.model_copy(update={'steps': ()}), view.scene
        found = self._mended(plan, view)
        self._job.ledger.renamed(view.scene, self._arm.names)
        if found is not None:
            return self._take(found, view.scene, 'replanned'), view.scene
        return self._plan(view, 'replanned'), view.scene

    def _mended(self, plan: Plan, view: Observation) -> Plan | None:
        """Reach what is left of a plan, and what came undone, by search; None without a way."""
        held = self._arm.held.id if self._arm.held else None
        steps = plan.steps[len(self._job.ledger.done) :]
        undone = [
            Step(
                action='place',
                object=goal.object,
                relation=goal.relation,  # type: ignore[arg-type]
                target=goal.target,
                position=goal.position,
            )
            for goal in self._job.ledger.wanted(view.scene, self._arm.names)
            if goal.object not in {step.object for step in steps}
        ]
        rest = plan.model_copy(update={'steps': (*undone, *steps)})
        try:
            current = renamed(rest, view.scene, self._arm.names, held)
        except GroundingError:
            return None
        return repaired(current, PlanRequest('', view.scene, None, held, reach=self._arm.reach))

    # -- account --------------------------------------------------------------------------

    def _check(self) -> None:
        """End, hold or replace the task where the operator asked for it."""
        self._asking.check(self._job.budget)

    def _tell(self, kind: str, text: str, **data: Any) -> None:
        self._cell.report(TaskEvent(self._cell.now(), kind, text, data))

    def _end(self, error: QwenEmbodiedError, plan: Plan | None) -> TaskResult:
        reason = str(error)
        kind = 'question' if isinstance(error, InstructionError) else 'failed'
        if isinstance(error, InstructionError):
            self._asked = (f'operator: {self._job.instruction}', f'robot: {reason}')
        if self._asking.is_cancelled:
            kind = 'cancelled'
        self._tell(kind, reason)
        return TaskResult(False, reason, plan)
