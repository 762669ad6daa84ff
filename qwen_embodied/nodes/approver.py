"""Lets a person approve the plan that waits, from beside the graph."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.context import Context
from rclpy.node import Node
from std_msgs.msg import String

from qwen_embodied.errors import NodeError
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.conversions_plan import approval_from_ros
from qwen_embodied.nodes.guest import Guest
from qwen_embodied.nodes.wiring import hear
from qwen_embodied.safety import Approval

REPEAT = 0.2  # s between two sendings of an answer


class ApproverNode(Node):
    """Hears `safety/approval`; `changed` is notified of it."""

    def __init__(self, context: Context, namespace: str) -> None:
        super().__init__('approver', context=context, namespace=namespace)
        self.changed = threading.Condition()
        self.said: Approval | None = None
        self.outs = {
            word: self.create_publisher(String, f'safety_supervisor/{word}', qos.RELIABLE)
            for word in ('approve', 'refuse')
        }
        topic, kind = 'safety/approval', DiagnosticStatus
        hear(self, topic, qos.LATCHED, approval_from_ros, self._hear, kind)

    def _hear(self, said: Approval) -> None:
        with self.changed:
            self.said = said
            self.changed.notify_all()


class Approver(Guest[ApproverNode]):
    """A person's way to the safety supervisor; a context manager."""

    def __init__(self, namespace: str = '', domain: int | None = None) -> None:
        """Join the graph of a namespace."""
        super().__init__(lambda context: ApproverNode(context, namespace), domain)

    def pending(self, timeout: float) -> Approval:
        """Wait for a plan that waits; raises NodeError where there is none in time, s."""
        self._wait(lambda said: said is not None and said.state == 'pending', timeout)
        said = self.node.said
        if said is None:
            raise NodeError('no safety/approval; is the safety supervisor running?')
        if said.state != 'pending':
            raise NodeError(f'no plan waits for approval (approval: {said.mode}, {said.state})')
        return said

    def answer(self, plan: str, operator: str, *, approve: bool, timeout: float = 10.0) -> str:
        """Approve or refuse the plan of a hash; gives what became of it.

        Raises:
            NodeError: The supervisor does not answer in time, s, or shows another plan.
        """
        out = self.node.outs['approve' if approve else 'refuse']
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            out.publish(String(data=f'{plan} {operator}'))
            self._wait(lambda said: said is not None and _is_over(said, plan), REPEAT)
            said = self.node.said
            if said is not None and said.plan != plan:
                raise NodeError(f'another plan was offered meanwhile: {said.plan[:12]}')
            if said is not None and said.state != 'pending':
                return said.state
        raise NodeError(f'the safety supervisor did not take the answer within {timeout:.0f} s')

    def _wait(self, condition: Callable[[Approval | None], bool], seconds: float) -> None:
        with self.node.changed:
            self.node.changed.wait_for(lambda: condition(self.node.said), seconds)


def _is_over(said: Approval, plan: str) -> bool:
    return said.plan != plan or said.state != 'pending'
