"""Asks the safety supervisor about plans, and names the approved one in each trajectory."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import String

from qwen_embodied.errors import TaskError
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.conversions_plan import PlanOffer, approval_from_ros, offer_to_ros
from qwen_embodied.nodes.wiring import hear
from qwen_embodied.planning import Plan, Step
from qwen_embodied.safety import Approval, signed

SHOWN = 5.0  # s in which the supervisor shows what it was offered
PERIOD = 0.1  # s between looks whether the task was cancelled
HOME = Plan(steps=(Step(action='home'),), summary='go home, to look at the table')


class PlanAsker:
    """Offers plans; blocking calls for the executive, fed by callbacks of the node.

    What is enforced is the supervisor's matter: this only keeps the task from running into it.
    """

    def __init__(
        self,
        node: Node,
        task: Callable[[], tuple[str, str]],
        is_cancelled: Callable[[], bool],
        tell: Callable[[str, str], None],
    ) -> None:
        """Join the parts.

        Args:
            node: Of the planner.
            task: Gives id and words of the present instruction.
            is_cancelled: Whether the task was cancelled.
            tell: Takes kind and text of an event for the operator.
        """
        self._task, self._is_cancelled, self._tell = task, is_cancelled, tell
        self._changed = threading.Condition()
        self._said: Approval | None = None
        self._number, self._plan, self._planned_for = 0, '', ''
        self._has_waited = False
        self._out = node.create_publisher(String, 'plan/proposed', qos.LATCHED)
        hear(node, 'safety/approval', qos.LATCHED, approval_from_ros, self._hear, DiagnosticStatus)

    def _hear(self, said: Approval) -> None:
        with self._changed:
            self._said = said
            self._changed.notify_all()

    def is_asked(self) -> bool:
        """Whether a plan needs an answer; not before the supervisor said which mode it is in."""
        return self._said is not None and self._said.mode != 'auto'

    def ask(self, plan: Plan) -> None:
        """Offer a plan, and wait for a person where one decides.

        Raises:
            TaskError: It is not approved, or the task was cancelled meanwhile.
        """
        task, words = self._task()
        self._number += 1
        offer = PlanOffer(task, self._number, words, plan)
        self._plan, self._planned_for = '', task
        self._out.publish(offer_to_ros(offer))
        self._hear_mode()
        if self.is_asked():
            said = self._answer(offer.hash)
            if said.state != 'approved':
                raise TaskError(f'the plan is {said.state}: {said.reason}')
            self._plan = offer.hash

    def sign(self, name: str) -> str:
        """Give the id of a trajectory, with its plan where somebody looks at that.

        A motion before there is a plan leads home; that is offered as a plan of its own.
        """
        self._hear_mode()
        if self.is_asked() and self._planned_for != self._task()[0]:
            self.ask(HOME)
        return signed(name, self._plan)

    def _hear_mode(self) -> None:
        """Wait until the supervisor said its mode; one that never does approves nothing either."""
        deadline = time.monotonic() + SHOWN
        with self._changed:
            while not (self._said or self._has_waited or self._is_cancelled()):
                self._changed.wait(PERIOD)
                self._has_waited = time.monotonic() > deadline

    def _answer(self, plan: str) -> Approval:
        """Wait until a plan is no longer pending."""
        deadline, is_told = time.monotonic() + SHOWN, False
        with self._changed:
            while True:
                said = self._said
                is_shown = said is not None and said.plan == plan
                if is_shown and said is not None and said.state != 'pending':
                    return said
                if self._is_cancelled():
                    raise TaskError('cancelled by the operator')
                if is_shown and not is_told:
                    self._tell('asked', f'may I? qwen-embodied approve {plan[:12]}')
                    is_told = True
                if not is_shown and time.monotonic() > deadline:
                    raise TaskError(f'the safety supervisor shows no plan {plan[:12]}')
                self._changed.wait(PERIOD)
