"""The nodes that keep an arm safe, as processes to be killed, paused and ended in motion."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from qwen_embodied import safety
from qwen_embodied.bringup import PARENT_VARIABLE, NodeSpec, graph_environment
from qwen_embodied.errors import NodeError
from qwen_embodied.nodes.guest import Guest
from qwen_embodied.nodes.standing_in import SECONDS, SWING, StandIn

CELL, PATIENCE = 'config/cell.yaml', 20.0  # s
LAST_WORDS = 5.0  # s for a node to end
REST = 0.3  # s without another set-point at which the arm rests
CONTROLLER, SUPERVISOR = 'arm_controller', 'safety_supervisor'
RULES = {**safety.SIMULATION_PROFILE, 'healthy_time': 0.2}
SPECS = {
    CONTROLLER: NodeSpec(CONTROLLER, (CELL, 'config/6_control.yaml')),
    SUPERVISOR: NodeSpec(SUPERVISOR, (CELL, 'config/5_safety.yaml'), usual=tuple(RULES.items())),
    'perception': NodeSpec('perception', ('config/1_camera.yaml', 'config/2_perception.yaml')),
    'planner': NodeSpec('planner', (CELL, 'config/3_planning.yaml', 'config/4_motion.yaml')),
}


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        code: Its exit code; below zero where a signal ended it.
        seconds: From the signal to its end.
        log: What it wrote.
    """

    code: int
    seconds: float
    log: str

    @property
    def is_clean(self) -> bool:
        """True for an end without a fault."""
        return self.code == 0 and 'Traceback' not in self.log


class Bed:
    """Nodes of the graph as processes, with a stand-in for the rest; a context manager.

    Attributes:
        arm: The stand-in; there once the bed was entered.
    """

    def __init__(
        self, folder: Path, domain: int, names: tuple[str, ...] = (CONTROLLER, SUPERVISOR)
    ) -> None:
        """Keep what is to be started.

        Args:
            folder: For logs and parameters.
            domain: ROS domain, of nobody else for the last half minute: of what was killed the
                others hear that long.
            names: Of SPECS.
        """
        self._folder, self._domain, self._names = folder, domain, names
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Bed:
        """Start everything."""
        self._folder.mkdir(parents=True, exist_ok=True)
        os.environ.update({k: v for k, v in graph_environment().items() if k not in os.environ})
        self._guest = Guest(StandIn, self._domain)
        self.arm = self._guest.node
        for name in self._names:
            self.start(name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything; what is killed would leave its shared memory behind."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self._running.values():
                process.send_signal(number)
            for process in self._running.values():
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LAST_WORDS)
        self.arm.close()
        self._guest.__exit__(kind, error, trace)

    def start(self, name: str) -> None:
        """Start a node, or start it again."""
        environment = {
            **graph_environment(),
            'ROS_DOMAIN_ID': str(self._domain),
            'ROS_LOG_DIR': str(self._folder / 'ros'),
            PARENT_VARIABLE: str(os.getpid()),
        }
        spec = SPECS[name]
        with (self._folder / f'{name}.log').open('ab') as log:
            self._running[name] = subprocess.Popen(
                spec.command(spec.write_parameters(self._folder)), env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def process_id(self, name: str) -> int:
        """Give the process id of a node."""
        return self._running[name].pid

    def send(self, name: str, number: signal.Signals) -> float:
        """Send a signal to a node; gives when, on the steady clock, s."""
        process = self._running[name]
        process.send_signal(number)
        sent = time.monotonic()
        if number is signal.SIGKILL:
            process.wait()
        return sent

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Let a node stand still for a while."""
        self.send(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.send(name, signal.SIGCONT)

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds; raises NodeError with the last words when it does not."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise NodeError(f'{what} did not come: {self.arm.state} {self.arm.status}')
            time.sleep(0.005)

    def make_ready(self) -> None:
        """Wait until the supervisor is armed; a latch is reset."""
        asked = 0.0
        deadline = time.monotonic() + PATIENCE
        self.wait_for(lambda: set(self._names) <= set(self.arm.get_node_names()), 'every node')
        while (state := self.arm.state) is None or state.state != 'ARMED':
            now = time.monotonic()
            if now > deadline:
                raise NodeError(f'not armed: {state}, {self.arm.status}')
            if state is not None and state.state in safety.LATCHED and now > asked + 0.3:
                self.arm.ask('reset')
                asked = now
            time.sleep(0.01)

    def move(self, share: float = 0.2) -> str:
        """Begin a swing and come a share of its way; gives its id.

        A swing that was not taken, as on a busy machine, is proposed again.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.make_ready()
            name, tried = self.arm.propose(), time.monotonic()
            while time.monotonic() < tried + SECONDS:
                if self._is_on_way(name, share):
                    return name
                time.sleep(0.002)
        raise NodeError(f'no motion began: {self.arm.state}, {self.arm.status}')

    def _is_on_way(self, name: str, share: float) -> bool:
        status = self.arm.status
        if status is None or (status.trajectory_id, status.state) != (name, 'executing'):
            return False
        return bool(abs(self.arm.positions[0] - self.arm.start[0]) > share * SWING)

    def wait_for_end(self, name: str) -> str:
        """Wait until a swing is carried out or given up; gives its last state."""

        def has_ended() -> bool:
            now = self.arm.status
            return now is not None and now.trajectory_id == name and now.state != 'executing'

        self.wait_for(has_ended, f'the end of {name}')
        return '' if self.arm.status is None else self.arm.status.state

    def wait_for_rest(self) -> None:
        """Wait until no set-point has differed from the one before for a while."""

        def rests() -> bool:
            last, now = self.arm.commands[-1], time.monotonic()
            recent = [c for c in self.arm.commands[-200:] if c.at > now - REST]
            same = all(np.array_equal(c.positions, last.positions) for c in recent)
            return same and (not recent or recent[-1].at - recent[0].at > REST / 2)

        self.wait_for(rests, 'rest')

    def largest_step(self) -> float:
        """Give the largest step between set-points over what the joints may do in its time."""
        places = np.array([command.positions for command in self.arm.commands])
        times = np.diff([command.due for command in self.arm.commands])
        steps = np.abs(np.diff(places, axis=0)) / self.arm.limits.velocity
        if not np.isfinite(places).all():
            return float('inf')
        return float((steps.max(axis=1) / np.maximum(times, 1e-3)).max(initial=0.0))

    def end(self, number: signal.Signals) -> dict[str, Ended]:
        """End all that still run by a signal; gives how each ended."""
        alive = {name: p for name, p in self._running.items() if p.poll() is None}
        ended = {}
        begun = time.monotonic()
        for process in alive.values():
            process.send_signal(number)
        for name, process in alive.items():
            try:
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired as error:
                raise NodeError(f'{name} did not end within {PATIENCE} s') from error
            text = (self._folder / f'{name}.log').read_text(encoding='utf-8', errors='replace')
            ended[name] = Ended(code, time.monotonic() - begun, text)
        return ended
