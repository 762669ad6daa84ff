"""The ledger of a task: what was wanted, what is true now, what was done and what failed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from qwen_embodied.errors import GroundingError
from qwen_embodied.identity import Identities
from qwen_embodied.messages import Scene
from qwen_embodied.planning import Goal, Plan, Step
from qwen_embodied.relations import unmet

MOST_LINES = 24
_LASTING = ('in', 'on')


@dataclass
class Ledger:
    """Keeps the account that decides between going on, planning anew and giving up.

    Attributes:
        done: Steps that were seen to succeed, under the current plan.
        goals: That steps reached and that must last.
        failures: How often each step failed in the whole task.
        history: Lines for the planner, oldest first.
    """

    done: list[Step] = field(default_factory=list)
    goals: dict[str, Goal] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    history: list[str] = field(default_factory=list)

    def succeed(self, step: Step, words: str) -> None:
        """Note a step whose effect was seen."""
        self.done.append(step)
        self._say(f'done: {words}')
        if step.object is None:
            return
        self.goals.pop(step.object, None)
        if step.action == 'place' and step.relation in _LASTING:
            self.goals[step.object] = Goal(step.object, step.relation, step.target)

    def fail(self, step: Step, words: str, reason: str) -> int:
        """Note a failure; gives how often this step has failed in this task."""
        key = words
        self.failures[key] += 1
        self._say(f'failed: {words}: {reason}')
        return self.failures[key]

    def note(self, text: str) -> None:
        """Note anything else that the planner should know."""
        self._say(text)

    def broken(self, scene: Scene, names: Identities) -> tuple[Goal, ...]:
        """Give goals that were reached and do not hold any more."""
        return tuple(goal for goal in self.goals.values() if not _holds(goal, scene, names))

    def renamed(self, scene: Scene, names: Identities) -> None:
        """Rewrite the goals to the ids of a scene; what is not in it is dropped."""
        goals = {}
        for goal in self.goals.values():
            found = _now(goal, scene, names)
            if found is not None:
                goals[found.object] = found
        self.goals, self.done = goals, []

    def _say(self, line: str) -> None:
        self.history.append(line)
        del self.history[:-MOST_LINES]


def renamed(plan: Plan, scene: Scene, names: Identities, held: str | None = None) -> Plan:
    """Rewrite a plan to the ids that a scene has for its objects.

    Raises:
        GroundingError: One of them is not there, and it is not the one that is held.
    """
    steps = []
    for step in plan.steps:
        changed = {}
        for name in ('object', 'target'):
            said = getattr(step, name)
            if said is not None and said != held:
                changed[name] = names.find(said, scene).id
        steps.append(step.model_copy(update=changed))
    return plan.model_copy(update={'steps': tuple(steps)})


def _now(goal: Goal, scene: Scene, names: Identities) -> Goal | None:
    try:
        target = names.find(goal.target, scene).id
        return Goal(names.find(goal.object, scene).id, goal.relation, target)
    except GroundingError:
        return None


def _holds(goal: Goal, scene: Scene, names: Identities) -> bool:
    try:
        item, target = names.find(goal.object, scene), names.find(goal.target, scene)
    except GroundingError:
        return False
    return unmet(item, goal.relation, target) is None
