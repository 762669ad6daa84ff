"""Asks nodes for all their parameters, without waiting for any of them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.task import Future

LEFT_OUT = 'qos_overrides'
LONGEST = 1000  # characters; a URDF is heard on its topic


class ParameterQuestions:
    """First asks which parameters a node has, then for their values.

    Attributes:
        answers: Values by parameter, by full name of the node.
    """

    def __init__(self, node: Node) -> None:
        """Ask from a node that somebody else spins."""
        self._node = node
        self.answers: dict[str, dict[str, Any]] = {}
        self._clients: dict[str, tuple[Any, Any]] = {}
        self._asked: set[str] = set()
        self._changed = threading.Condition()

    def ask(self, nodes: Iterable[str]) -> None:
        """Ask those that can be asked now and were not yet."""
        for name in nodes:
            if name not in self._clients:
                self._clients[name] = (
                    self._node.create_client(ListParameters, f'{name}/list_parameters'),
                    self._node.create_client(GetParameters, f'{name}/get_parameters'),
                )
            listing, getting = self._clients[name]
            ready = listing.service_is_ready() and getting.service_is_ready()
            if name not in self._asked and ready:
                self._asked.add(name)
                future = listing.call_async(ListParameters.Request())
                future.add_done_callback(partial(self._get, name))

    def is_answered(self, nodes: Iterable[str]) -> bool:
        """Tell whether every one of some nodes has answered."""
        return self.answers.keys() >= set(nodes)

    def wait(self, seconds: float) -> None:
        """Wait until all that were asked have answered, at most some time, s."""
        end = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(
                lambda: self._asked <= self.answers.keys(), max(end - time.monotonic(), 0.0)
            )

    def _get(self, name: str, future: Future[ListParameters.Response]) -> None:
        listed = future.result()
        names = [
            item
            for item in (listed.result.names if listed else ())
            if not item.startswith(LEFT_OUT)
        ]
        answer = self._clients[name][1].call_async(GetParameters.Request(names=names))
        answer.add_done_callback(partial(self._keep, name, names))

    def _keep(self, name: str, names: list[str], future: Future[GetParameters.Response]) -> None:
        answer = future.result()
        values = (
            [_plain(parameter_value_to_python(item)) for item in answer.values] if answer else []
        )
        # A node that refuses one of the names gives no value at all.
        told = dict(zip(names, values, strict=False))
        with self._changed:
            self.answers[name] = {
                key: value for key, value in told.items() if len(str(value)) <= LONGEST
            }
            self._changed.notify_all()


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | None) else list(value)
