"""Which nodes of a profile are ready: by what each of them says, and why not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from qwen_embodied.node_spec import NodeSpec, Profile
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.conversions_safety import safety_from_ros
from qwen_embodied.nodes.diagnostics import own_statuses
from qwen_embodied.nodes.guest import Guest
from qwen_embodied.nodes.rehearsing import TOPIC
from qwen_embodied.nodes.wiring import hear, same
from qwen_embodied.rehearsal import Rehearsal
from qwen_embodied.serialization import from_json

RECENT = 3.0  # s, for what comes several times a second
WELL = ('DISARMED', 'ARMED', 'EXECUTING')  # states in which the supervisor waits for nothing else
# What a node publishes as soon as it does its work, and nobody else in its namespace.
HEARTBEATS: dict[str, tuple[str, type[Any]]] = {
    'simulation': ('joint_states', JointState),
    'fake_arm': ('joint_states', JointState),
    'arm_controller': ('arm/status', DiagnosticStatus),
    'safety_supervisor': ('safety/state', DiagnosticStatus),
    'perception': ('perception/scene', String),
    'replay': ('/clock', Clock),
}


class ReadinessNode(Node):
    """Notes when each heartbeat was heard last, and the reasons that nodes give."""

    def __init__(self, specs: tuple[NodeSpec, ...], **options: Any) -> None:
        """Subscribe to what the nodes of a profile publish."""
        super().__init__('up', **options)
        self.heard: dict[str, float] = {}
        self.reasons: dict[str, str] = {}
        self.lines: list[str] = []
        self.ended = ''
        for spec in specs:
            if spec.name in HEARTBEATS:
                topic, kind = HEARTBEATS[spec.name]
                hear(self, topic, qos.SENSOR, same, self._noter(spec.name), kind)
            if spec.name == 'replay':
                status = f'{spec.full_name}/status'
                hear(self, status, qos.LATCHED, same, self._on_end, DiagnosticStatus)
        self._listen()

    def _listen(self) -> None:
        hear(self, 'safety/state', qos.SENSOR, safety_from_ros, self._on_safety, DiagnosticStatus)
        hear(self, '/diagnostics', qos.STATE, same, self._on_diagnostics, DiagnosticArray)
        hear(self, TOPIC, qos.RELIABLE, _shown, self._on_rehearsal, String)

    def _noter(self, name: str) -> Callable[[object], None]:
        def note(_: object) -> None:
            self.heard[name] = time.monotonic()

        return note

    def _on_end(self, status: DiagnosticStatus) -> None:
        self.ended = status.message

    def _on_safety(self, heard: tuple[Any, object]) -> None:
        state = heard[0]
        said = f'{state.state}: {"; ".join(state.reasons)}'
        waits = state.state not in WELL or state.reasons not in ((), ('not armed',))
        self.reasons['safety_supervisor'] = said if waits else ''

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for name, status in own_statuses(self, message):
            self.reasons[name] = '' if status.level == DiagnosticStatus.OK else status.message

    def _on_rehearsal(self, shown: Rehearsal) -> None:
        self.lines += shown.lines()


class Readiness(Guest[ReadinessNode]):
    """Watches the nodes of a profile from beside the graph; a context manager."""

    def __init__(self, profile: Profile, domain: int | None = None) -> None:
        """Join the graph; `domain` is that of the environment where None."""
        self._names = {spec.name: spec for spec in profile.nodes}
        first = profile.nodes[0]
        namespace = next((s.namespace for s in profile.nodes if s.namespace), first.namespace)
        rules = [word for pair in first.remappings for word in ('-r', f'{pair[0]}:={pair[1]}')]
        arguments = ['--ros-args', *rules] if rules else []
        super().__init__(
            lambda context: ReadinessNode(
                profile.nodes, context=context, namespace=namespace, cli_args=arguments
            ),
            domain,
        )

    @property
    def ended(self) -> str:
        """How the recording that is played has ended; empty while it has not, or there is none."""
        return self.node.ended

    def ready(self) -> tuple[str, ...]:
        """Name the nodes that are ready now."""
        missing = self.missing()
        return tuple(name for name in self._names if name not in missing)

    def missing(self) -> dict[str, str]:
        """Give the reason for each node that is not ready."""
        reasons = {name: self._reason(name) for name in self._names}
        return {name: reason for name, reason in reasons.items() if reason}

    def take_lines(self) -> list[str]:
        """Give what dry runs showed since the last call."""
        lines, self.node.lines = self.node.lines, []
        return lines

    def _reason(self, name: str) -> str:
        spec = self._names[name]
        there = self.node.get_node_names_and_namespaces()
        if (name, '/' + spec.namespace.strip('/')) not in there:
            return 'it has not joined the graph'
        if name not in HEARTBEATS or (name == 'replay' and self.ended):
            return ''
        said = self.node.reasons.get(name, '')
        if name not in self.node.heard:
            return said or f'nothing on {HEARTBEATS[name][0]} yet'
        silent = time.monotonic() - self.node.heard[name]
        is_silent = silent > RECENT and name != 'perception'
        return said or (f'silent for {silent:.0f} s' if is_silent else '')


def _shown(message: String) -> Rehearsal:
    return from_json(message.data, Rehearsal)
