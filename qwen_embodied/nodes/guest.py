"""A node beside the graph, in an own thread and an own context."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future

from qwen_embodied.security import enclave_arguments

N = TypeVar('N', bound=Node)


class Guest(Generic[N]):
    """Joins the graph when it is made and leaves it at its end; a context manager.

    Attributes:
        node: What was built.
    """

    def __init__(self, build: Callable[[Context], N], domain: int | None = None) -> None:
        """Build a node in a new context and serve its callbacks.

        Args:
            build: Gives the node with its subscriptions.
            domain: ROS domain of the graph; that of the environment where None.

        Raises:
            ConfigurationError: The graph should be secured, and would not be.
        """
        self._context = Context()
        # Not the arguments of this program: ROS would take some for its own.
        secured = enclave_arguments('operator', os.environ, ())
        self._context.init(args=secured, domain_id=domain)
        self.node = build(self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._left: Future[None] = Future()
        self._thread = threading.Thread(target=self._spin, name='guest', daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Give the guest."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the graph."""
        # A context that ends while its executor gathers what to wait for makes that fail.
        self._left.set_result(None)
        self._thread.join()
        self.node.destroy_node()
        self._context.try_shutdown()

    def _spin(self) -> None:
        self._executor.spin_until_future_complete(self._left)
