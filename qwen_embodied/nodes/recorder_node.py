"""Records topics as they are on the wire: nothing is decoded, nothing is encoded again."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from qwen_embodied.errors import ReplayError
from qwen_embodied.nodes import topic_types
from qwen_embodied.nodes.parameters import declare
from qwen_embodied.nodes.run import run
from qwen_embodied.nodes.wiring import every
from qwen_embodied.parameters import param
from qwen_embodied.replay import BagWriter, Splitting
from qwen_embodied.replay.definitions import Delivery, standard
from qwen_embodied.replay.recorder import Recorder
from qwen_embodied.replay.system import DESCRIPTION, configuration, description

DISCOVERY_PERIOD, REPORT_PERIOD = 0.2, 5.0  # s
DEPTH = 100  # messages of a topic that wait for this process
HIDDEN = ('/rosout', '/parameter_events')


@dataclass(frozen=True)
class Parameters:
    """What is recorded, where to, and how much memory that may take."""

    output: str = param('', 'Folder of the recording; recordings/<date> where empty.')
    topics: list[str] = param(['*'], 'Patterns of topics, such as /camera/*; * is all.')
    exclude: list[str] = param(['/simulation/view'], 'Patterns of topics that are left out.')
    split_size: float = param(0.0, 'Size of a file, MB; 0 never splits.', bounds=(0.0, 1e6))
    split_time: float = param(0.0, 'Length of a file, s; 0 never splits.', bounds=(0.0, 1e6))
    memory: float = param(
        64.0, 'What may wait for the disk, MB; more is dropped and counted.', bounds=(1.0, 4096.0)
    )
    robot: str = param('panda', 'Whose description is recorded where nobody publishes one.')
    params_file: str = param('', 'Your parameters, recorded too; the place of the camera counts.')


class RecorderNode(Node):
    """Subscribes to topics as they appear and hands their bytes to a writing thread."""

    def __init__(self, **options: Any) -> None:
        """Begin the recording."""
        super().__init__(
            'recorder', automatically_declare_parameters_from_overrides=True, **options
        )
        self._values = values = declare(self, Parameters)
        stamp = time.strftime('%Y-%m-%d-%H%M%S')
        folder = Path(values.output) if values.output else Path('recordings') / stamp
        splitting = Splitting(int(values.split_size * 1e6), values.split_time)
        system = configuration(values.robot, values.params_file)
        writer = BagWriter(folder, configuration=system, splitting=splitting)
        self._recorder = Recorder(writer, most_waiting=int(values.memory * 1e6))
        self._known: set[str] = set()
        self._told = self._failed = 0
        self._describe()
        every(self, DISCOVERY_PERIOD, self._discover)
        every(self, REPORT_PERIOD, self._report)
        self.get_logger().info(f'records to {folder}')

    @property
    def counts(self) -> dict[str, int]:
        """Give how many messages of each topic were written."""
        return self._recorder.counts

    def _describe(self) -> None:
        """Record the robot's description; one that is published comes later, and counts."""
        latched = Delivery(1, is_latched=True)
        self._recorder.add_topic(DESCRIPTION, standard('std_msgs/msg/String', latched))
        self._recorder.take(DESCRIPTION, self._now(), description(self._values.robot))

    def _discover(self) -> None:
        for name, kinds in self.get_topic_names_and_types():
            if name not in self._known and self._is_wanted(name):
                self._subscribe(name, kinds)

    def _is_wanted(self, name: str) -> bool:
        chosen = any(fnmatch(name, pattern) for pattern in self._values.topics)
        left_out = any(fnmatch(name, pattern) for pattern in (*HIDDEN, *self._values.exclude))
        return chosen and not left_out

    def _subscribe(self, name: str, kinds: list[str]) -> None:
        offered = [info.qos_profile for info in self.get_publishers_info_by_topic(name)]
        if not offered:
            return
        self._known.add(name)
        try:
            kind = topic_types.load(name, kinds)
            reliable = all(q.reliability == ReliabilityPolicy.RELIABLE for q in offered)
            latched = all(q.durability == DurabilityPolicy.TRANSIENT_LOCAL for q in offered)
            self._recorder.add_topic(name, standard(kinds[0], Delivery(DEPTH, reliable, latched)))
        except ReplayError as error:
            self.get_logger().warning(f'{name} is not recorded: {error}')
            return
        profile = QoSProfile(depth=DEPTH)
        if not reliable:
            profile.reliability = ReliabilityPolicy.BEST_EFFORT
        if latched:
            profile.durability = DurabilityPolicy.TRANSIENT_LOCAL
        self.create_subscription(kind, name, partial(self._take, name), profile, raw=True)

    def _take(self, name: str, data: bytes) -> None:
        self._recorder.take(name, self._now(), data)

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _report(self) -> None:
        drops, failure = self._recorder.drops, self._recorder.failure
        total = sum(drops.values())
        if failure and not self._failed:
            self._failed = 1
            self.get_logger().error(f'nothing is recorded any more: {failure}')
        elif total > self._told:
            listed = ', '.join(f'{name} {count}' for name, count in sorted(drops.items()))
            self.get_logger().warning(f'dropped, the disk is too slow: {listed}')
        self._told = total

    def destroy_node(self) -> None:
        """End the file and say what was recorded."""
        try:
            self._recorder.close()
        except ReplayError as error:
            self.get_logger().error(str(error))
        counts, dropped = self._recorder.counts, sum(self._recorder.drops.values())
        self.get_logger().info(
            f'recorded {sum(counts.values())} messages of {len(counts)} topics, dropped {dropped}'
        )
        super().destroy_node()


def record(**values: Any) -> int:
    """Run the node with parameters until a signal; gives the exit code."""
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    return run(lambda: RecorderNode(parameter_overrides=overrides))


def main() -> None:
    """Run the node until a signal."""
    sys.exit(run(RecorderNode))


if __name__ == '__main__':
    main()
