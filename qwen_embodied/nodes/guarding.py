"""Callbacks whose faults stop the arm instead of ending in silence."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSProfile

from qwen_embodied.nodes.wiring import reader

Message = TypeVar('Message')
Value = TypeVar('Value')


class Guard:
    """A context in which any exception is told to somebody, and goes no further.

    What asks a program to end, such as KeyboardInterrupt, passes.
    """

    def __init__(self, where: str, on_fault: Callable[[str], object]) -> None:
        """Name the place; `on_fault` is told it with the exception in words."""
        self._where, self._on_fault = where, on_fault

    def __enter__(self) -> Guard:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Tell of an exception."""
        if not isinstance(error, Exception):
            return False
        last = traceback.extract_tb(trace)[-1:]
        at = f' in {last[0].name}, line {last[0].lineno}' if last else ''
        self._on_fault(f'exception in {self._where}: {type(error).__name__}: {error}{at}')
        return True


class Guarded:
    """Gives a node's subscriptions, timers and services a guard each.

    Args:
        node: That hears.
        on_fault: Told of an exception, in words.
        on_mismatch: Told of a topic and the policy in which a publisher offers too little.
    """

    def __init__(
        self,
        node: Node,
        on_fault: Callable[[str], object],
        on_mismatch: Callable[[str, str], object],
    ) -> None:
        self._node, self._on_fault, self._on_mismatch = node, on_fault, on_mismatch

    def wrap(
        self, name: str, action: Callable[[], Value], otherwise: Value
    ) -> Callable[[], Value]:
        """Give an action that answers `otherwise` where it fails."""

        def guarded() -> Value:
            with Guard(name, self._on_fault):
                return action()
            return otherwise

        return guarded

    def hear(
        self,
        topic: str,
        profile: QoSProfile,
        convert: Callable[[Message], Value],
        action: Callable[[Value], object],
        kind: type[Message],
        *,
        is_second: bool = False,
    ) -> None:
        """Subscribe as `wiring.hear`: what cannot be converted is dropped with a warning.

        Args:
            topic: Relative name.
            profile: From `qos`.
            convert: Reads a message; may raise QwenEmbodiedError.
            action: Takes what was read.
            kind: Of the messages.
            is_second: Whom this delivery does not match, another subscription hears.
        """
        read = reader(self._node, topic, convert, action)

        def on_message(message: Message) -> None:
            with Guard(topic, self._on_fault):
                read(message)

        def on_mismatch(event: Any) -> None:
            self._on_mismatch(topic, policy_name(event))

        watch = SubscriptionEventCallbacks(
            incompatible_qos=None if is_second else on_mismatch,
            use_default_callbacks=not is_second,
        )
        self._node.create_subscription(kind, topic, on_message, profile, event_callbacks=watch)


def policy_name(event: Any) -> str:
    """Name the policy of an event of incompatible quality of service."""
    policy = event.last_policy_kind
    return str(getattr(policy, 'name', policy)).lower()
