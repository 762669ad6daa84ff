"""Shows the plan that waits for approval and takes the word of a person, for the supervisor."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import String

from qwen_embodied.messages import Scene
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.conversions_plan import PlanOffer, approval_to_ros, offer_from_ros
from qwen_embodied.nodes.guarding import Guarded
from qwen_embodied.nodes.judging import Judge
from qwen_embodied.nodes.wiring import same
from qwen_embodied.safety import Approval, check_plan, read_request
from qwen_embodied.wording import say

NOTHING_SEEN = Scene(0.0, 'base', (), 0.0)


class PlanDesk:
    """Publishes `safety/approval`, hears `plan/proposed`, `~/approve` and `~/refuse`."""

    def __init__(self, node: Node, judge: Judge, ears: Guarded) -> None:
        """Subscribe, and say the mode."""
        self._node, self._judge = node, judge
        self._approvals = judge.supervisor.approvals
        self._said: Approval | None = None
        self._out = node.create_publisher(DiagnosticStatus, 'safety/approval', qos.LATCHED)
        ears.hear('plan/proposed', qos.LATCHED, offer_from_ros, self._on_offer, String)
        ears.hear('~/approve', qos.RELIABLE, same, self._on_approve, String)
        ears.hear('~/refuse', qos.RELIABLE, same, self._on_refuse, String)
        self.tick()

    def tick(self) -> None:
        """Let time pass, and tell what is new."""
        self._approvals.tick(self._judge.now())
        if self._approvals.said == self._said:
            return
        self._said = said = self._approvals.said
        self._out.publish(approval_to_ros(said))
        if said.mode != 'auto' and said.plan:
            steps = ''.join(f'\n  {at}. {text}' for at, text in enumerate(said.steps, start=1))
            text = f'plan {said.plan} is {said.state} {said.reason}: “{said.instruction}”{steps}'
            self._node.get_logger().warning(text)

    def _on_offer(self, offer: PlanOffer) -> None:
        """Word the plan by what this node sees itself, and show it."""
        scene, plan = self._judge.scene or NOTHING_SEEN, offer.plan
        steps = tuple(say(step, scene) for step in plan.steps)
        named = (name for step in plan.steps for name in (step.object, step.target))
        faults = '; '.join(map(str, check_plan(named, scene)))
        self._approvals.offer(offer.hash, offer.instruction, steps, self._judge.now(), faults)
        self.tick()

    def _on_approve(self, message: String) -> None:
        self._decide(message, approve=True)

    def _on_refuse(self, message: String) -> None:
        self._decide(message, approve=False)

    def _decide(self, message: String, *, approve: bool) -> None:
        plan, operator = read_request(message.data)
        fault = self._approvals.decide(plan, operator, self._judge.now(), approve=approve)
        if fault:
            word = 'approval' if approve else 'refusal'
            self._node.get_logger().warning(f'{word} by {operator[:64]!r} does not count: {fault}')
        self.tick()
