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
from collections.abc import Mapping, Sequence
from typing import Any

from rclpy.context import Context
from rclpy.node import Node, NodeNameNonExistentError
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible
from rclpy.utilities import get_rmw_implementation_identifier

from qwen_embodied.cameras import CAMERAS, camera_remappings
from qwen_embodied.doctor.heard import Endpoint, Graph, Mismatch, Topic
from qwen_embodied.doctor.machine import slowdown
from qwen_embodied.doctor.scope import (
    CLOCK,
    COLOUR,
    DEPTH,
    JOINTS,
    LENS,
    NODES,
    PACKED,
    inputs,
    members,
    short,
)
from qwen_embodied.nodes import qos
from qwen_embodied.nodes.asked_parameters import ParameterQuestions
from qwen_embodied.nodes.glimpses import latest
from qwen_embodied.nodes.guest import Guest
from qwen_embodied.nodes.overheard import DESCRIPTION, DIAGNOSTICS, OWN_CLOCK, SAFETY, TF, Ear

OWN = 'qwen_embodied_doctor'
LOOK, PAUSE = 2.0, 0.05  # s: what discovery may take; between looks
SETTLED, PATIENCE = 0.6, 2.5  # s without a new node; at most, on a quiet machine
ANSWER = 1.0  # s, for parameters that were asked for
HIDDEN = ('/rosout', '/parameter_events')
ABSOLUTE = (CLOCK, DIAGNOSTICS, *TF)
UNNAMED = '_UNKNOWN_'  # a publisher whose node is not known yet
ALWAYS = (COLOUR, DEPTH, LENS, JOINTS, SAFETY, CLOCK)  # where something comes soon if at all
TRANSPORTS = ('colour_transport', 'depth_transport')


class Examiner(Guest[Node]):
    """Joins the graph, hears its topics and asks its nodes for their parameters."""

    def __init__(
        self, namespace: str = '', transports: Sequence[str] = ('raw', 'raw'),
        domain: int | None = None, names: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Join the graph.

        Args:
            namespace: Of the graph.
            transports: Of colour and depth, where no perception tells them.
            domain: ROS domain; that of the environment where None.
            names: Of the camera's topics, where no perception tells them.
        """
        self._namespace = f'/{namespace.strip("/")}' if namespace.strip('/') else ''
        self._transports, self._names = tuple(transports), dict(names or {})
        self._ears: dict[str, Ear] = {}
        super().__init__(self._built, domain)

    def _built(self, context: Context) -> Node:
        node = Node(OWN, context=context, namespace=self._namespace, enable_rosout=False)
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
        slow = slowdown()
        self._discover(time.monotonic() + PATIENCE * slow)
        self._ears = Ear.all_of(self.node, self._transports, self._names)
        self._listen(time.monotonic() + seconds, PATIENCE * slow)
        self._questions.wait(ANSWER * slow)
        return self._seen()

    def _discover(self, last: float) -> None:
        """Find the nodes, what they subscribe to and what their parameters say.

        Args:
            last: Time of the steady clock at which it ends anyway, s.
        """
        known: list[str] = []
        settled = 0.0
        while (now := time.monotonic()) < last and (now < settled or not self._is_known()):
            others = self._others()
            if len(others) > len(known):
                known, settled = others, now + SETTLED
            self._questions.ask(others)
            time.sleep(PAUSE)
        self._take()

    def _take(self) -> None:
        """Take names and transports as the running nodes have them."""
        found = inputs({name: self._subscribed(name) for name in self._members()})
        if CLOCK in found and not self.node.count_publishers(found[CLOCK]):
            del found[CLOCK]
        usual = zip(TRANSPORTS, self._transports, strict=True)
        self._transports = tuple(self._perception().get(*pair) for pair in usual)
        self._names = {**self._names, **found}

    def _is_known(self) -> bool:
        """Tell whether all nodes of this package were found, with what they take."""
        there = self._members()
        ours = [name for name in there if short(name) in NODES]
        if not ours or len(ours) < len(NODES) or not self._questions.is_answered(ours):
            return not ours and bool(there)
        found = inputs({name: self._subscribed(name) for name in ours})
        deep = self._perception().get(TRANSPORTS[1]) != 'none'
        return {COLOUR, LENS, JOINTS, *([DEPTH] if deep else [])} <= found.keys()

    def _perception(self) -> Mapping[str, Any]:
        found = [name for name in self._members() if short(name) == NODES[0]]
        return next((self._questions.answers.get(name, {}) for name in found), {})

    def _subscribed(self, node: str) -> dict[str, str]:
        """Give the types by topic of what a node subscribes to."""
        space, _, name = node.rpartition('/')
        try:
            found = self.node.get_subscriber_names_and_types_by_node(name, space or '/')
        except NodeNameNonExistentError:
            return {}
        return {topic: kinds[0] for topic, kinds in found}

    def _listen(self, end: float, patience: float) -> None:
        """Listen until a time of the steady clock, s, and then until all was heard."""
        last = end + patience
        while (now := time.monotonic()) < end or (now < last and not self._is_whole()):
            self._questions.ask(self._others())
            time.sleep(PAUSE)

    def _is_whole(self) -> bool:
        """Tell whether no publisher is unnamed, all nodes answered, and all messages came."""
        ours = [name for name in self._members() if short(name) in NODES]
        ends = {name: self._publishers(name) for name in self._ears}
        return (
            not any(UNNAMED in info.node_name for infos in ends.values() for info in infos)
            and self._questions.is_answered(ours)
            and all(self._ears[name].count for name in ALWAYS if ends.get(name))
        )

    def _publishers(self, topic: str) -> list[Any]:
        name = self.node.resolve_topic_name(self._names.get(topic, topic))
        return _without_own(self.node.get_publishers_info_by_topic(name))

    def _members(self) -> tuple[str, ...]:
        return members(self._others(), self._namespace)

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
            nodes=tuple(sorted(self._members())),
            topics=topics,
            mismatches=mismatches,
            streams={name: ear.stream() for name, ear in self._ears.items() if ear.count},
            parameters={
                name: values
                for name, values in self._questions.answers.items()
                if name in self._members()
            },
            names={
                name: real
                for name, real in self._names.items()
                if self.node.resolve_topic_name(name) != real
            },
            **latest(self._ears),
        )

    def _endpoints(self) -> tuple[dict[str, Topic], tuple[Mismatch, ...]]:
        topics: dict[str, Topic] = {}
        mismatches: list[Mismatch] = []
        ours = set(self._members())
        for name, _ in self.node.get_topic_names_and_types():
            publishers = _without_own(self.node.get_publishers_info_by_topic(name))
            subscribers = _without_own(self.node.get_subscriptions_info_by_topic(name))
            there = {_full(info) for info in (*publishers, *subscribers)}
            if name not in HIDDEN and there & ours:
                topics[self._own_name(name)] = Topic(_ends(publishers), _ends(subscribers))
                mismatches += [
                    item
                    for item in _mismatches(name, publishers, subscribers)
                    if {item.publisher, item.subscriber} & ours
                ]
                if name == f'{self._namespace}/{DESCRIPTION}':
                    mismatches += _not_latched(name, publishers)
        return topics, tuple(mismatches)

    def _own_name(self, topic: str) -> str:
        """Give the name that this package has for a topic."""
        suffix = next((suffix for suffix in PACKED if topic.endswith(suffix)), '')
        base = topic.removesuffix(suffix)
        for own, real in self._names.items():
            if base == self.node.resolve_topic_name(real):
                return own + suffix
        return topic if topic in ABSOLUTE else topic.removeprefix(f'{self._namespace}/')


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
    parser.add_argument('--camera', choices=CAMERAS, default='own')
    parser.add_argument('--camera-prefix', default='')
    given = parser.parse_args()
    names = dict(camera_remappings(given.camera, given.camera_prefix))
    with Examiner(given.namespace, given.transports, names=names) as examiner:
        seen = examiner.examine(given.seconds)
    sys.stdout.write(json.dumps(dataclasses.asdict(seen), default=str) + '\n')


if __name__ == '__main__':
    main()
