"""Looks at the running graph for a moment and prints what it saw as JSON, for the doctor.

A process of its own, so that a broken middleware ends this one and not the doctor.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible
from rclpy.utilities import get_rmw_implementation_identifier

from qwen_embodied.doctor.graph import NODES
from qwen_embodied.doctor.heard import Endpoint, Graph, Mismatch, Topic
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.asked_parameters import ParameterQuestions
from qwen_embodied.nodes.glimpses import latest
from qwen_embodied.nodes.guest import Guest
from qwen_embodied.nodes.overheard import (
    CLOCK,
    COLOUR,
    DEPTH,
    DESCRIPTION,
    DIAGNOSTICS,
    JOINTS,
    LENS,
    OWN_CLOCK,
    TF,
    Ear,
)

OWN = 'qwen_embodied_doctor'
LOOK, PAUSE = 2.0, 0.05  # s: what discovery may take; between looks
SETTLED, PATIENCE = 0.6, 2.5  # s without a new node; at most beyond what was asked for
ANSWER = 1.0  # s, for parameters that were asked for
HIDDEN = ('/rosout', '/parameter_events')
ABSOLUTE = (CLOCK, DIAGNOSTICS, *TF)
UNNAMED = '_UNKNOWN_'  # a publisher whose node is not known yet
ALWAYS = (COLOUR, DEPTH, LENS, JOINTS)  # where something comes soon if at all


class Examiner(Guest[Node]):
    """Joins the graph, hears its topics and asks its nodes for their parameters."""

    def __init__(
        self, namespace: str = '', transports: Sequence[str] = ('raw', 'raw'),
        domain: int | None = None,
    ) -> None:  # fmt: skip
        """Begin to listen.

        Args:
            namespace: Of the graph.
            transports: Of colour and depth, as the perception node has them.
            domain: ROS domain; that of the environment where None.
        """
        self._namespace = f'/{namespace.strip("/")}' if namespace.strip('/') else ''
        self._transports = tuple(transports)
        super().__init__(self._built, domain)

    def _built(self, context: Context) -> Node:
        node = Node(OWN, context=context, namespace=self._namespace, enable_rosout=False)
        self._ears = Ear.all_of(node, self._transports)
        self._questions = ParameterQuestions(node)
        return node

    def examine(self, seconds: float, patience: float = LOOK) -> Graph:
        """Look for other nodes, listen to them, and give what was seen.

        Args:
            seconds: How long is listened, s.
            patience: How long to wait for the first other node, s.
        """
        begun = time.monotonic()
        while time.monotonic() - begun < patience and not self._others():
            time.sleep(PAUSE)
        if not self._others():
            return Graph(rmw=get_rmw_implementation_identifier())
        self._listen(time.monotonic() + seconds)
        self._questions.wait(ANSWER)
        return self._seen()

    def _listen(self, end: float) -> None:
        """Listen until a time of the steady clock, s, and until discovery has come to its end."""
        known: list[str] = []
        last, settled = end + PATIENCE, 0.0
        while (now := time.monotonic()) < end or (now < last and not self._is_whole(settled)):
            others = self._others()
            if len(others) > len(known):
                known, settled = others, now + SETTLED
            self._questions.ask(others)
            time.sleep(PAUSE)

    def _is_whole(self, settled: float) -> bool:
        """Tell whether no node is new, none unnamed or without answer, and all images came."""
        others = self._others()
        ours = {name.rpartition('/')[2]: name for name in others}
        ours = {short: name for short, name in ours.items() if short in NODES}
        ends = {name: self._publishers(name) for name in self._ears}
        return (
            time.monotonic() >= settled
            and (not ours or len(ours) == len(NODES))
            and not any(UNNAMED in info.node_name for infos in ends.values() for info in infos)
            and self._questions.is_answered(ours.values())
            and all(self._ears[name].count for name in ALWAYS if ends[name])
        )

    def _publishers(self, topic: str) -> list[Any]:
        return _without_own(
            self.node.get_publishers_info_by_topic(self.node.resolve_topic_name(topic))
        )

    def _others(self) -> list[str]:
        """List the full names of all other nodes; what tools hide begins with _."""
        found = self.node.get_node_names_and_namespaces()
        return [
            f'{space.rstrip("/")}/{name}'
            for name, space in found
            if name != OWN and not name.startswith('_')
        ]

    def _seen(self) -> Graph:
        topics, mismatches = self._endpoints()
        own = self._ears.pop(OWN_CLOCK, None)
        if own is not None and OWN_CLOCK in topics:
            self._ears[CLOCK], topics[CLOCK] = own, topics[OWN_CLOCK]
        return Graph(
            rmw=get_rmw_implementation_identifier(),
            nodes=tuple(sorted(self._others())),
            topics=topics,
            mismatches=mismatches,
            streams={name: ear.stream() for name, ear in self._ears.items() if ear.count},
            parameters=self._questions.answers,
            **latest(self._ears),
        )

    def _endpoints(self) -> tuple[dict[str, Topic], tuple[Mismatch, ...]]:
        topics: dict[str, Topic] = {}
        mismatches: list[Mismatch] = []
        for name, _ in self.node.get_topic_names_and_types():
            publishers = _without_own(self.node.get_publishers_info_by_topic(name))
            subscribers = _without_own(self.node.get_subscriptions_info_by_topic(name))
            short = name if name in ABSOLUTE else name.removeprefix(f'{self._namespace}/')
            if name not in HIDDEN and (publishers or subscribers):
                topics[short] = Topic(_ends(publishers), _ends(subscribers))
                mismatches += _mismatches(name, publishers, subscribers)
                if name == f'{self._namespace}/{DESCRIPTION}':
                    mismatches += _not_latched(name, publishers)
        return topics, tuple(mismatches)


def _without_own(infos: list[Any]) -> list[Any]:
    return [info for info in infos if info.node_name != OWN]


def _full(info: Any) -> str:
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'


def _ends(infos: list[Any]) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(_full(info), info.topic_type) for info in infos)


def _mismatches(topic: str, publishers: list[Any], subscribers: list[Any]) -> list[Mismatch]:
    """Compare each publisher with each subscription, as the middleware does."""
    pairs = [(one, other) for one in publishers for other in subscribers]
    said = [(_reason(one.qos_profile, other.qos_profile), one, other) for one, other in pairs]
    return [Mismatch(topic, _full(one), _full(other), why) for why, one, other in said if why]


def _not_latched(topic: str, publishers: list[Any]) -> list[Mismatch]:
    said = [(_reason(one.qos_profile, qos.LATCHED), one) for one in publishers]
    return [
        Mismatch(topic, _full(one), 'the nodes of this package', why) for why, one in said if why
    ]


def _reason(offered: QoSProfile, asked: QoSProfile) -> str:
    compatibility, reason = qos_check_compatible(offered, asked)
    return str(reason).strip(' ;') if compatibility == QoSCompatibility.ERROR else ''


def main() -> None:
    """Print what was seen as one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--namespace', default='')
    parser.add_argument('--seconds', type=float, default=1.5)
    parser.add_argument('--transports', nargs=2, default=('raw', 'raw'))
    given = parser.parse_args()
    with Examiner(given.namespace, given.transports) as examiner:
        seen = examiner.examine(given.seconds)
    sys.stdout.write(json.dumps(dataclasses.asdict(seen), default=str) + '\n')


if __name__ == '__main__':
    main()
