"""Starts the nodes of a profile as processes, notices when one ends, and stops them all."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from qwen_embodied.claims import claim
from qwen_embodied.environment import PARENT_VARIABLE, graph_environment
from qwen_embodied.errors import (
    ConfigurationError,
    MissingDependencyError,
    NodeError,
    QwenEmbodiedError,
)
from qwen_embodied.node_spec import NodeSpec, Profile

LAST_LINES = 5
HOPELESS = (2, 3)  # exit codes: wrong configuration, something missing
RESPAWN_PERIOD = 10.0  # s; a node that ends sooner than this after a respawn ends the graph
LOOK_PERIOD = 0.2  # s between looks whether every node lives
# How each node is asked to end, and for how long, s.
PATIENCE = ((signal.SIGINT, 3.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))


class Graph:
    """The running nodes of a profile; a context manager that stops them at its end."""

    def __init__(
        self, profile: Profile, logs: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Keep what is to be started.

        Args:
            profile: From `bringup`.
            logs: Folder for one log file per node; made when it is not there.
            environment: Of the nodes; this process's where absent. Transports and thread
                counts are added where they are not set.
        """
        self.profile = profile
        self.logs = logs
        self._environment = graph_environment(environment)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._respawns: dict[str, float] = {}
        self._stopping = threading.Event()
        self._claimed = ExitStack()

    def __enter__(self) -> Graph:
        """Start the nodes."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the nodes."""
        self.stop()

    def start(self) -> None:
        """Start every node.

        Raises:
            ConfigurationError: A parameter file is missing or wrong.
            NodeError: A node of this name was started by another program here.
        """
        self.profile.check()
        names = [spec.full_name for spec in self.profile.nodes]
        self._claimed = claim(names, self._environment.get('ROS_DOMAIN_ID', ''))
        self.logs.mkdir(parents=True, exist_ok=True)
        self._environment |= {
            PARENT_VARIABLE: str(os.getpid()),
            'PYTHONUNBUFFERED': '1',
            'ROS_LOG_DIR': str(self.logs / 'ros'),
        }
        try:
            for spec in self.profile.nodes:
                self._processes[spec.name] = self._spawn(spec, 'wb')
        finally:
            # Ctrl-C reaches this process alone: each node has a session of its own.
            if len(self._processes) < len(self.profile.nodes):
                self.stop()

    def _spawn(self, spec: NodeSpec, mode: str) -> subprocess.Popen[bytes]:
        with self.log_file(spec.name).open(mode) as log:
            # An own session: Ctrl-C on the terminal reaches this process, which stops the
            # nodes in order.
            return subprocess.Popen(
                spec.command(spec.write_parameters(self.logs)),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log_file(self, node: str) -> Path:
        """Give the file into which a node writes."""
        return self.logs / f'{node}.log'

    def process_id(self, node: str) -> int:
        """Give the process id of a node."""
        return self._processes[node].pid

    def check(self) -> None:
        """Raise when a node has ended, after stopping all others.

        Raises:
            ConfigurationError: The node refused its parameters.
            MissingDependencyError: The node misses something on this machine.
            NodeError: The node ended for another reason.
        """
        for spec in self.profile.nodes:
            process = self._processes.get(spec.name)
            code = None if process is None else process.poll()
            if code is None or self._stopping.is_set():
                continue
            if self._may_respawn(spec, code):
                self._respawns[spec.name] = time.monotonic()
                self._processes[spec.name] = self._spawn(spec, 'ab')
                continue
            self.stop()
            raise self._failure(spec.name, code)

    def _may_respawn(self, spec: NodeSpec, code: int) -> bool:
        """Say whether a node that ended starts again: not one that would only end again."""
        since = time.monotonic() - self._respawns.get(spec.name, -math.inf)
        return spec.respawns and code not in HOPELESS and since > RESPAWN_PERIOD

    def watch(self, seconds: float | None = None) -> None:
        """Block until `stop`, or for some seconds; raises as `check` when a node ends."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._stopping.wait(LOOK_PERIOD):
            self.check()
            if deadline is not None and time.monotonic() >= deadline:
                return

    def stop(self) -> None:
        """Stop every node, first the one that moves the arm, so that it comes to rest."""
        self._stopping.set()
        for first in (True, False):
            names = {spec.name for spec in self.profile.nodes if spec.moves_arm is first}
            _end([item for name, item in self._processes.items() if name in names])
        self._claimed.close()

    def last_lines(self, node: str) -> tuple[str, ...]:
        """Give the last lines of a node's log."""
        path = self.log_file(node)
        text = path.read_text(encoding='utf-8', errors='replace') if path.exists() else ''
        return tuple(line for line in text.splitlines() if line.strip())[-LAST_LINES:]

    def _failure(self, name: str, code: int) -> QwenEmbodiedError:
        lines = self.last_lines(name)
        reason = lines[-1] if lines else 'it wrote nothing'
        if code == 2:
            return ConfigurationError(reason)
        if code == 3:
            missing, _, fix = reason.partition(' is missing; ')
            return MissingDependencyError(missing, fix or f'see {self.log_file(name)}')
        how = f'was ended by {signal.Signals(-code).name}' if code < 0 else f'ended with {code}'
        written = ''.join(f'\n    {line}' for line in lines)
        held = ' and the arm holds' if any(s.moves_arm for s in self.profile.nodes) else ''
        return NodeError(
            f'the node {name} {how}; all others were stopped{held}. '
            f'Its last lines ({self.log_file(name)}):{written or " none"}'
        )


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask with SIGINT, then SIGTERM, then SIGKILL those that remain."""
    for number, patience in PATIENCE:
        running = [process for process in processes if process.poll() is None]
        for process in running:
            process.send_signal(number)
        deadline = time.monotonic() + patience
        for process in running:
            _wait(process, deadline)


def _wait(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(max(deadline - time.monotonic(), 0.01))
    except subprocess.TimeoutExpired:
        return
