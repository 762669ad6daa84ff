"""The ledger of a task: what was wanted, what is true now, what was done and what failed."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from qwen_embodied.errors import GroundingError
from qwen_embodied.identity import Identities
from qwen_embodied.messages import Scene
from qwen_embodied.planning import Goal, Plan, Step
from qwen_embodied.planning.goals import BESIDE
from qwen_embodied.relations import not_at, unmet

MOST_LINES = 24


@dataclass
class Ledger:
    """Keeps the account that decides between going on, planning anew and giving up.

    Attributes:
        done: Steps that were seen to succeed, under the current plan.
        goals: That steps reached and that must last.
        standing: Ids whose places on the table were asked for; others are only put aside there.
        failures: How often each step failed in the whole task.
        history: Lines for the planner, oldest first.
    """

    done: list[Step] = field(default_factory=list)
    goals: dict[str, Goal] = field(default_factory=dict)
    standing: frozenset[str] = frozenset()
    failures: Counter[str] = field(default_factory=Counter)
    history: list[str] = field(default_factory=list)

    def succeed(self, step: Step, words: str) -> None:
        """Note a step whose effect was seen."""
        self.done.append(step)
        self._say(f'done: {words}')
        if step.object is None:
            return
        self._forget(step.object)
        is_aside = step.relation == 'at' and step.object not in self.standing
        if step.action == 'place' and step.relation and not (is_aside and step.words is None):
            goal = Goal(step.object, step.relation, step.target, step.position)
            self.goals[step.object] = goal

    def fail(self, step: Step, words: str, reason: str) -> int:
        """Note a failure; gives how often this step has failed in this task."""
        key = words
        self.failures[key] += 1
        self._say(f'failed: {words}: {reason}')
        return self.failures[key]

    def note(self, text: str) -> None:
        """Note anything else that the planner should know."""
        self._say(text)

    def broken(
        self, scene: Scene, names: Identities, *, unseen: bool = True, rest: Plan | None = None
    ) -> tuple[Goal, ...]:
        """Give goals that were reached and do not hold any more.

        Args:
            scene: As perceived.
            names: Which of its objects the goals mean.
            unseen: Whether a goal counts as broken when one of its objects is not seen.
            rest: Steps still to be done; goals of what they move are left out.
        """
        moving = {step.object for step in rest.steps} if rest else set()
        goals = [g for g in self.goals.values() if not moving & {g.object, g.target}]
        return tuple(goal for goal in goals if not _holds(goal, scene, names, unseen=unseen))

    def wanted(self, scene: Scene, names: Identities) -> tuple[Goal, ...]:
        """Give what a new plan must leave true: all goals, those beside only where broken.

        A search sees of the others whether they hold, and brings back what it puts aside.
        """
        broken = self.broken(scene, names)
        return tuple(g for g in self.goals.values() if g in broken or g.relation not in BESIDE)

    def renamed(self, scene: Scene, names: Identities) -> None:
        """Rewrite the goals to the ids of a scene; what is not in it is dropped."""
        goals = {}
        for goal in self.goals.values():
            found = _now(goal, scene, names)
            if found is not None:
                goals[found.object] = found
        self.goals, self.done = goals, []
        now = (_id_now(name, scene, names) for name in self.standing)
        self.standing = frozenset(name for name in now if name is not None)

    def _forget(self, moved: str) -> None:
        """Drop what an object's leaving its place ends: its goal, and those beside it."""
        self.goals = {
            name: goal for name, goal in self.goals.items()
            if name != moved and not (goal.target == moved and goal.relation in BESIDE)
        }  # fmt: skip

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
    item = _id_now(goal.object, scene, names)
    target = None if goal.target is None else _id_now(goal.target, scene, names)
    if item is None or (goal.target is not None and target is None):
        return None
    return Goal(item, goal.relation, target, goal.position)


def _id_now(name: str, scene: Scene, names: Identities) -> str | None:
    try:
        return names.find(name, scene).id
    except GroundingError:
        return None


def _holds(goal: Goal, scene: Scene, names: Identities, *, unseen: bool) -> bool:
    try:
        item = names.find(goal.object, scene)
        target = None if goal.target is None else names.find(goal.target, scene)
    except GroundingError:
        return not unseen
    if target is None:
        return goal.position is None or not_at(item, goal.position) is None
    return unmet(item, goal.relation, target) is None
