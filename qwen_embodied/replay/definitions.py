"""Message definitions and delivery rules (QoS), as a recording describes its topics."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import functools
from dataclasses import dataclass, field

import yaml
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from qwen_embodied.errors import ReplayError

_FOREVER = {'sec': 9223372036, 'nsec': 854775807}


@dataclass(frozen=True)
class Delivery:
    """How a publisher offers a topic.

    Attributes:
        depth: Messages that are kept.
        is_reliable: Delivered surely; else at best.
        is_latched: A late subscriber gets the last ones (transient local).
    """

    depth: int = 10
    is_reliable: bool = True
    is_latched: bool = False


@dataclass(frozen=True)
class Definition:
    """What a recording says of a topic: type, definition, hash of the type and delivery."""

    type: str
    text: str = field(repr=False)
    hash: str = ''
    qos: Delivery = field(default_factory=Delivery)


@functools.cache
def typestore() -> Typestore:
    """Give the standard messages of ROS 2."""
    return get_typestore(Stores.ROS2_JAZZY)


@functools.cache
def standard(kind: str, qos: Delivery | None = None) -> Definition:
    """Describe a topic of a standard type.

    Args:
        kind: Such as 'sensor_msgs/msg/Image'.
        qos: As offered; reliable with depth 10 where None.

    Raises:
        ReplayError: The type is not known.
    """
    store = typestore()
    if kind not in store.fielddefs:
        raise ReplayError(f'{kind} is no standard message of ROS 2; it cannot be described')
    text, _ = store.generate_msgdef(kind, ros_version=2)
    return Definition(kind, text, store.hash_rihs01(kind), qos or Delivery())


def offered(qos: Delivery) -> str:
    """Write delivery rules as rosbag2 does: numbers of rmw, in YAML."""
    profile = {
        'history': 1,
        'depth': qos.depth,
        'reliability': 1 if qos.is_reliable else 2,
        'durability': 1 if qos.is_latched else 2,
        'deadline': _FOREVER,
        'lifespan': _FOREVER,
        'liveliness': 1,
        'liveliness_lease_duration': _FOREVER,
        'avoid_ros_namespace_conventions': False,
    }
    plain = yaml.safe_dump([profile], sort_keys=False, default_flow_style=None)
    return plain.strip()
