"""What every node does to hear: convert, drop with a reason what cannot be, hand on the rest."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger

from qwen_embodied.errors import QwenEmbodiedError
from qwen_embodied.nodes.bounds import check_size

Message = TypeVar('Message')
Value = TypeVar('Value')


def hear(
    node: Node,
    topic: str,
    profile: QoSProfile,
    convert: Callable[[Message], Value],
    action: Callable[[Value], object],
    kind: type[Message],
) -> None:
    """Subscribe to a topic; messages that are too large are dropped unread.

    Args:
        node: That subscribes.
        topic: Relative name.
        profile: From `qos`.
        convert: Reads a message; what it refuses with a QwenEmbodiedError is dropped with a
            warning that names the reason.
        action: Takes what was read.
        kind: Of the messages.
    """
    node.create_subscription(kind, topic, reader(node, topic, convert, action), profile)


def reader(
    node: Node,
    topic: str,
    convert: Callable[[Message], Value],
    action: Callable[[Value], object],
) -> Callable[[Message], None]:
    """Give the callback of a subscription: arguments as of `hear`."""

    def on_message(message: Message) -> None:
        try:
            check_size(message, topic)
            value = convert(message)
        except QwenEmbodiedError as error:
            node.get_logger().warning(
                f'{topic}: message dropped: {error}', throttle_duration_sec=1.0
            )
            return
        action(value)

    return on_message


def every(node: Node, seconds: float, action: Callable[[], Any]) -> None:
    """Call an action on the steady clock, whatever the ROS time does."""
    node.create_timer(seconds, action, clock=Clock(clock_type=ClockType.STEADY_TIME))


def stamps(node: Node) -> Callable[[], float]:
    """Give a function that tells the time of the clock that stamps the joint states, s."""
    clock = node.get_clock()
    return lambda: float(clock.now().nanoseconds) * 1e-9


def same(message: Message) -> Message:
    """Convert nothing: for messages whose conversion comes later."""
    return message


def serve(node: Node, name: str, action: Callable[[], tuple[bool, str]]) -> None:
    """Offer a std_srvs/Trigger service whose action gives success and a message."""

    def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success, response.message = action()
        return response

    node.create_service(Trigger, name, answer)


def caller(node: Node, name: str) -> Callable[[], None]:
    """Give a function that calls a std_srvs/Trigger service and does not wait for its answer.

    A service that is not there is not called.
    """
    client: Any = node.create_client(Trigger, name)

    def call() -> None:
        if client.service_is_ready():
            client.call_async(Trigger.Request())

    return call
