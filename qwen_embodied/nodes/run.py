"""Starts one node in its own process and ends it cleanly on SIGINT, SIGTERM and SIGHUP."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Protocol, runtime_checkable

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from qwen_embodied.environment import PARENT_VARIABLE
from qwen_embodied.errors import ConfigurationError, MissingDependencyError, QwenEmbodiedError
from qwen_embodied.nodes.guarding import Guard
from qwen_embodied.parameter_files import RosArguments
from qwen_embodied.parameters import check_file
from qwen_embodied.security import enclave_arguments

RCLError = rclpy_implementation.RCLError
EXIT_CODES = {ConfigurationError: 2, MissingDependencyError: 3}
stopping = threading.Event()  # set by a signal, for a node that waits while it is built
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REST_TIME = 1.5  # s after a signal in which the arm may come to rest
PARENT_CHECK = 1.0  # s between looks whether the process that started this one still lives


def exit_code(error: QwenEmbodiedError) -> int:
    """Give the exit code of an error: 2 configuration, 3 something missing, 1 all others."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


def run(factory: Callable[[], Node]) -> int:
    """Build a node, serve its callbacks until a signal, and tidy up.

    The ROS context stays valid until the node's `destroy_node` returned, so that worker
    threads end before their publishers do.

    Args:
        factory: Builds the node; a QwenEmbodiedError from it becomes one line on stderr.

    Returns:
        The exit code: 0 after a signal, 1 to 3 where the node could not be built.
    """
    if {'--help', '-h'} & set(sys.argv[1:]):
        sys.stdout.write(usage(factory))
        return 0
    stop = StopSignal()
    try:
        check_parameter_files(factory, sys.argv)
        _initialise(factory)
        _serve(factory, stop)
    except QwenEmbodiedError as error:
        sys.stderr.write(f'{error}\n')
        return exit_code(error)
    finally:
        rclpy.try_shutdown()
        stop.ignore()
    return 0


def usage(factory: Callable[[], Node]) -> str:
    """Say what a node does, and its parameters as its module's `Parameters` declares them."""
    module = sys.modules[factory.__module__]
    lines = [module.__doc__ or '', 'usage: --ros-args [-p NAME:=VALUE] [--params-file FILE]', '']
    values = module.Parameters()
    for field in fields(values):
        said = field.metadata['description']
        lines.append(f'  {field.name:24} {said} [{getattr(values, field.name)!r}]')
    return '\n'.join(lines) + '\n'


def check_parameter_files(factory: Callable[[], Node], words: list[str]) -> None:
    """Check the files that a command line names: ROS itself would not say file and line.

    Args:
        factory: Of the node; its module has `Parameters` and is called after the node.
        words: The command line.

    Raises:
        ConfigurationError: Names file, line and the way out.
    """
    module = sys.modules[factory.__module__]
    given = RosArguments.of(words)
    name = Path(module.__file__ or '').stem.removesuffix('_node')
    for path in given.files:
        check_file(module.Parameters, path, given.full_name(name))


@runtime_checkable
class Restful(Protocol):
    """A node that moves something, and brings it to rest before it ends."""

    def come_to_rest(self) -> Future[None]:
        """Begin to; what is returned is done when all is at rest."""
        ...


class StopSignal:
    """Hears the signals that end a process, and the end of the process that started it."""

    def __init__(self) -> None:
        """Take over SIGINT, SIGTERM and SIGHUP; only in the main thread."""
        self.is_set = False
        stopping.clear()
        self._parent = os.environ.get(PARENT_VARIABLE)
        self._action: Callable[[], object] = bool
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        # A Python handler runs only when the main thread leaves the wait for messages; the
        # byte on this descriptor comes at once.
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in ENDING:
            signal.signal(number, lambda number, frame: None)
        threading.Thread(target=self._wait, name='stop signal', daemon=True).start()

    def call(self, action: Callable[[], object]) -> None:
        """Name what to do on the signal; at once when it came already."""
        self._action = action
        if self.is_set:
            action()

    def ignore(self) -> None:
        """Hear no more: under `ros2 launch` Ctrl-C comes twice, the second time while ending."""
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)

    def _wait(self) -> None:
        while not select.select([self._reader], [], [], PARENT_CHECK)[0]:
            if self._parent is not None and str(os.getppid()) != self._parent:
                break
        self.is_set = True
        stopping.set()
        self._action()


def _initialise(factory: Callable[[], Node]) -> None:
    # Of a module that is run with -m only the specification knows the name.
    specification = sys.modules[factory.__module__].__spec__
    module = specification.name if specification else ''
    secured = enclave_arguments(module, os.environ, sys.argv)
    try:
        rclpy.init(args=[*sys.argv, *secured], signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:
        raise ConfigurationError(f'ROS could not start: {error}') from error


def _serve(factory: Callable[[], Node], stop: StopSignal) -> None:
    try:
        node = factory()
    except ExternalShutdownException:
        return
    except RCLError as error:
        raise ConfigurationError(f'ROS could not start the node: {error}') from error
    executor = SingleThreadedExecutor()
    ended: Future[None] = Future()
    executor.add_node(node)
    stop.call(lambda: ended.set_result(None))
    try:
        serve_until(executor, node, ended)
    except ExternalShutdownException:
        pass
    finally:
        node.destroy_node()
        executor.shutdown(timeout_sec=0.0)


def serve_until(executor: SingleThreadedExecutor, node: Node, ended: Future[None]) -> None:
    """Serve callbacks until the end, also that by a fault in one; then bring the arm to rest."""
    try:
        executor.spin_until_future_complete(ended)
    finally:
        if isinstance(node, Restful):
            _rest(executor, node.come_to_rest(), node.get_logger().error)


def _rest(
    executor: SingleThreadedExecutor, rest: Future[None], tell: Callable[[str], object]
) -> None:
    """Serve callbacks for a while until all is at rest, whichever of them fail."""
    end = time.monotonic() + REST_TIME
    while rclpy.ok(context=executor.context) and not rest.done() and time.monotonic() < end:
        with Guard('a callback while the arm comes to rest', tell):
            executor.spin_until_future_complete(rest, end - time.monotonic())
