"""Plays a recording onto topics, with /clock; recorded commands are never published."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock

from qwen_embodied.errors import ConfigurationError, QwenEmbodiedError, ReplayError
from qwen_embodied.nodes import qos, topic_types
from qwen_embodied.nodes.pacing import Pacer
from qwen_embodied.nodes.parameters import declare
from qwen_embodied.nodes.run import run
from qwen_embodied.parameters import param
from qwen_embodied.replay import Record, Topic, read_bag
from qwen_embodied.replay.playback import may_be_played, played_name

STATUS = '~/status'
TICKS = 100.0  # per s, of this machine's clock


@dataclass(frozen=True)
class Parameters:
    """What is played, under which names and how fast."""

    bag: str = param('', 'Folder or file of the recording.')
    prefix: str = param('/replay', 'Put before the names of topics; empty for their own names.')
    rate: float = param(1.0, 'Recorded seconds per second.', bounds=(0.01, 100.0))
    wait: float = param(1.0, 'Before the first message, for subscribers, s.', bounds=(0.0, 60.0))
    recover: bool = param(False, 'Take what is whole of a recording that was cut off.')


class ReplayNode(Node):
    """Publishes the measured topics of a recording in their order and at their times.

    Attributes:
        is_done: True after the last message.
    """

    def __init__(self, **options: Any) -> None:
        """Open the recording and begin to play; raises ReplayError where it cannot be read."""
        super().__init__('replay', automatically_declare_parameters_from_overrides=True, **options)
        self._values = values = declare(self, Parameters)
        if not values.bag:
            raise ConfigurationError('replay: bag is empty; set it to a recording')
        bag = read_bag(Path(values.bag), recover=values.recover)
        played = {name: topic for name, topic in bag.topics.items() if may_be_played(topic)}
        self._outputs = self._opened(played)
        self._end_out = self.create_publisher(DiagnosticStatus, STATUS, qos.LATCHED)
        self._end = f'the recording has ended after {bag.duration:.1f} s'
        self._clock_out = self.create_publisher(Clock, '/clock', qos.STATE)
        self._records: Iterator[Record] = bag.messages(self._outputs)
        self._next = next(self._records, None)
        self._begin = time.monotonic() + values.wait
        self._origin = self._next.stamp if self._next else 0
        self.is_done = False
        left_out = sorted(set(bag.topics) - set(self._outputs))
        self.get_logger().info(f'plays {sorted(self._outputs)}; not played: {left_out}')
        for note in bag.notes:
            self.get_logger().warning(note)
        self._worker = Pacer('replay', TICKS, self._tick)

    def _opened(self, topics: dict[str, Topic]) -> dict[str, Publisher[Any]]:
        """Make the publishers; a type that is not installed, such as TF, is left out."""
        outputs = {}
        for name, topic in topics.items():
            try:
                outputs[name] = self._output(name, topic.type)
            except ReplayError as error:
                self.get_logger().warning(f'{name} is not played: {error}')
        return outputs

    def _output(self, name: str, kind: str) -> Publisher[Any]:
        profile = qos.LATCHED if name.endswith(('_static', 'robot_description')) else qos.STATE
        target = played_name(name, self._values.prefix)
        return self.create_publisher(topic_types.load(name, [kind]), target, profile)

    def _tick(self) -> None:
        since = (time.monotonic() - self._begin) * self._values.rate
        if since < 0.0 or self.is_done:
            return
        now = self._origin + int(since * 1e9)
        try:
            self._play_until(now)
        except QwenEmbodiedError as error:
            self._finish(str(error))

    def _play_until(self, now: int) -> None:
        while self._next is not None and self._next.stamp <= now:
            self._outputs[self._next.topic.name].publish(bytes(self._next.data))
            self._next = next(self._records, None)
        seconds, nanoseconds = divmod(now, 1_000_000_000)
        self._clock_out.publish(Clock(clock=Time(sec=seconds, nanosec=nanoseconds)))
        if self._next is None:
            self._finish('')

    def _finish(self, fault: str) -> None:
        self.is_done = True
        level = DiagnosticStatus.ERROR if fault else DiagnosticStatus.OK
        said = f'the recording is played no further: {fault}' if fault else self._end
        self._end_out.publish(DiagnosticStatus(level=level, name='replay', message=said))
        if fault:
            self.get_logger().error(said)
        else:
            self.get_logger().info(said)

    def destroy_node(self) -> None:
        """End the thread before the publishers."""
        self._worker.close()
        super().destroy_node()


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(ReplayNode))


if __name__ == '__main__':
    main()
