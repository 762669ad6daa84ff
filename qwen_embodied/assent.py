"""What stands between a plan and its first motion: somebody's approval, and a second look."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qwen_embodied.budget import Budget
from qwen_embodied.errors import GroundingError, QwenEmbodiedError
from qwen_embodied.handling import Handler
from qwen_embodied.messages import Scene
from qwen_embodied.planning import Plan
from qwen_embodied.workcell import Workcell

PLAN_AGE = 30.0  # s, of what a plan was made from, after which one looks again (B1)
WAITED = 1.0  # s of waiting for an approval after which one does so too
STILL = 0.02  # m by which an object may be seen elsewhere and still counts as not moved


class DeviationError(QwenEmbodiedError):
    """The world is not as the rest of the plan needs it."""


def _everything(_: Plan) -> None:
    """Approve."""


class Assent:
    """Asks whether a plan may begin.

    Attributes:
        approve: Called with each plan before it begins; may wait, and raises where it may not.
        is_asked: Whether somebody is asked, so that nothing moves before the answer.
    """

    def __init__(self, workcell: Workcell, arm: Handler) -> None:
        """Approve of everything until `approve` is set."""
        self.approve: Callable[[Plan], None] = _everything
        self.is_asked: Callable[[], bool] = lambda: False
        self._cell, self._arm, self._waited = workcell, arm, False

    def ask(self, plan: Plan, budget: Budget) -> None:
        """Wait for an approval; that time does not count in the budget."""
        begun = self._cell.now()
        self.approve(plan)
        waited = self._cell.now() - begun
        self._waited = not waited <= WAITED
        budget.pause(waited)

    def current(self, plan: Plan, scene: Scene) -> Scene:
        """Give the scene in which a plan begins: looked at again where that was long ago.

        Raises:
            DeviationError: An object of the plan is not where it was.
        """
        is_old = self._waited or not self._cell.now() - scene.stamp <= PLAN_AGE
        if not is_old or not plan.steps:
            return scene
        self._waited = False
        seen = self._arm.clear_view().scene
        names = [name for step in plan.steps for name in (step.object, step.target) if name]
        for name in dict.fromkeys(names):
            before = scene.find(name)
            if before is not None:
                self._refuse_moved(name, np.asarray(before.position), seen)
        return seen

    def _refuse_moved(self, name: str, before: np.ndarray, seen: Scene) -> None:
        try:
            item = self._arm.names.find(name, seen)
        except GroundingError as error:
            raise DeviationError(f'since it was planned: {error}') from error
        way = float(np.linalg.norm(item.position - before))
        if not way <= STILL:
            raise DeviationError(f'the {item.label} moved {way * 100:.0f} cm since it was planned')
