"""Asks the planner: ahead of time where the state can be predicted, again where it is refused."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from qwen_embodied.assent import Assent
from qwen_embodied.budget import Budget
from qwen_embodied.calls import Call, Calls
from qwen_embodied.errors import InstructionError, PlanningError, QwenEmbodiedError, TaskError
from qwen_embodied.guessing import first_pick
from qwen_embodied.handling import RECOVERABLE, Handler
from qwen_embodied.ledger import Ledger
from qwen_embodied.messages import Scene
from qwen_embodied.objections import objections
from qwen_embodied.planning import Plan, PlanRequest, scope_of
from qwen_embodied.prediction import is_as_predicted
from qwen_embodied.workcell import Observation, TaskEvent, Workcell

REPAIRS = 2  # calls of the planner to mend a plan that was refused
PERIOD = 0.05  # s between looks whether an answer is there


@dataclass
class Job:
    """One instruction with its account.

    Attributes:
        instruction: The operator's words.
        budget: What it may cost.
        ledger: What was done.
    """

    instruction: str
    budget: Budget
    ledger: Ledger = field(default_factory=Ledger)


class Asker:
    """Gets plans that pass the checks on what is seen; no other plan moves the arm.

    While an answer is on its way, the arm does what does not depend on it: it goes home, looks,
    and moves over what a quick guess, checked like a plan, would pick.
    """

    def __init__(
        self, workcell: Workcell, calls: Calls, arm: Handler, check_task: Callable[[], None],
        assent: Assent,
    ) -> None:  # fmt: skip
        """Join the parts; `check_task` may raise to end the task."""
        self._cell, self._calls, self._arm, self._check = workcell, calls, arm, check_task
        self._assent = assent
        self._ahead: tuple[PlanRequest, Call] | None = None

    def ahead(self, job: Job) -> None:
        """Ask about the state that is expected, where there is one and calls enough are left."""
        if not self._calls.takes_time or job.budget.calls_left <= REPAIRS + 1:
            return
        expected = self._arm.expectation()
        if expected is not None:
            job.budget.call()
            request = self._request(job, expected)
            self._ahead = (request, self._calls.begin(request))

    def drop(self) -> None:
        """Want no answer any more that was asked for ahead."""
        begun, self._ahead = self._ahead, None
        if begun is not None:
            begun[1].cancel()

    def plan(self, job: Job, view: Observation) -> Plan:
        """Give a plan for what is seen; one that is refused goes back, twice at most.

        Raises:
            InstructionError: The planner asks the operator.
            PlanningError: There is no plan.
            TaskError: The plans are refused, the budget is used up, or the task is to end.
        """
        try:
            return self._plan(job, view)
        except PlanningError:
            with suppress(*RECOVERABLE):
                self._arm.withdraw()
            raise

    def _plan(self, job: Job, view: Observation) -> Plan:
        refused = ''
        for _ in range(REPAIRS + 1):
            request = self._request(job, view)
            try:
                plan = self._answer(job, request)
            except PlanningError as error:
                if refused:
                    break
                raise error from error
            if plan.question is not None:
                raise InstructionError(plan.question)
            scope = scope_of(request)
            refused = objections(plan, request, scope)
            if not refused:
                job.ledger.standing = scope.standing
                return plan
            job.ledger.note(f'refused: {refused}')
        raise TaskError(f'the plan cannot work: {refused}')

    def _request(self, job: Job, view: Observation | Scene) -> PlanRequest:
        """Ask about what was seen, or about a state that is only predicted, without an image."""
        held = self._arm.held.id if self._arm.held else None
        history, reach = tuple(job.ledger.history), self._arm.reach
        if isinstance(view, Scene):
            return PlanRequest(job.instruction, view, None, held, history, reach=reach)
        return PlanRequest(job.instruction, view.scene, view.rgb, held, history, view.frame, reach)

    def _answer(self, job: Job, request: PlanRequest) -> Plan:
        """Take the answer to the call that was made ahead, if the world is as it said."""
        begun, self._ahead = self._ahead, None
        if begun is not None and is_as_predicted(begun[0], request):
            plan = self._awaited(begun[1], request)
            if plan.question is None or begun[0].rgb is not None:
                return plan
        elif begun is not None:
            begun[1].cancel()
        job.budget.call()
        return self._awaited(self._calls.begin(request), request)

    def _awaited(self, call: Call, request: PlanRequest) -> Plan:
        """Wait for an answer; the arm moves meanwhile where the guess lets it."""
        try:
            if not call.is_ready():
                self._reach_out(request)
            begun = self._cell.now()
            while not call.is_ready():
                self._check()
                self._cell.wait(PERIOD)
        except QwenEmbodiedError:
            call.cancel()
            raise
        waited = self._cell.now() - begun
        if waited > 0.0:
            words = f'the arm stood still {waited:.2f} s for the planner'
            data = {'seconds': round(waited, 3)}
            self._cell.report(TaskEvent(self._cell.now(), 'waited', words, data))
        return call.result()

    def _reach_out(self, request: PlanRequest) -> None:
        """Move over what will be picked, if a quick plan passes the checks; nothing is touched."""
        guesser = self._calls.guesser
        if guesser is None or request.holding is not None or self._assent.is_asked():
            return
        with suppress(PlanningError, *RECOVERABLE):
            step = first_pick(guesser, request)
            if step is not None:
                self._arm.reach_out(step, request.scene)
