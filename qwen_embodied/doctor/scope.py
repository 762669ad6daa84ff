"""Which nodes are the graph that is judged, and the names under which its inputs come."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping

NODES = ('perception', 'planner', 'safety_supervisor', 'arm_controller')
# Nodes of the command line: they watch a graph, and are no part of it.
GUESTS = ('up', 'operator', 'approver', 'calibration', 'recorder', 'qwen_embodied_doctor')
COLOUR, DEPTH = 'camera/color/image_raw', 'camera/aligned_depth_to_color/image_raw'
LENS, JOINTS, CLOCK = 'camera/color/camera_info', 'joint_states', '/clock'
INFO, JOINT_STATE = 'sensor_msgs/msg/CameraInfo', 'sensor_msgs/msg/JointState'
TIME = 'rosgraph_msgs/msg/Clock'
IMAGES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
PACKED = ('/compressed', '/compressedDepth')
SECOND = 'camera_2'


def short(node: str) -> str:
    """Give the name of a node without its namespace."""
    return node.rpartition('/')[2]


def members(nodes: Iterable[str], namespace: str) -> tuple[str, ...]:
    """Give the nodes of one graph: not those of another namespace with a graph of its own.

    A driver in a namespace, such as /camera/camera, belongs to the graph around it.

    Args:
        nodes: Full names of all that are there.
        namespace: Of the graph, with its slash; empty for none.
    """
    here = [name for name in nodes if short(name) not in GUESTS]
    graphs = {namespace} | {_space(name) for name in here if short(name) in NODES}
    return tuple(name for name in here if _around(_space(name), graphs) in (namespace, None))


def inputs(heard: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Find the topics from which the nodes of a graph really take what they need.

    Args:
        heard: Types by topic that each node subscribes to, by full name of the node.

    Returns:
        Full names by the name that this package gives the topic, of those that were found.
    """
    by_name = {short(node): topics for node, topics in heard.items()}
    found = _camera(by_name.get('perception', {}))
    states = _of(by_name.get('arm_controller', {}), JOINT_STATE)
    if len(states) == 1:
        found[JOINTS] = states[0]
    clocks = Counter(topic for topics in heard.values() for topic in _of(topics, TIME))
    if clocks:
        found[CLOCK] = clocks.most_common(1)[0][0]
    return found


def _camera(topics: Mapping[str, str]) -> dict[str, str]:
    first = {name: kind for name, kind in topics.items() if SECOND not in name.split('/')}
    images = [_plain(name) for name in _of(first, *IMAGES)]
    # What both have in common, such as /depth_cam, tells nothing.
    common = posixpath.commonpath(images) if len(images) > 1 else ''
    deep = [name for name in images if common and 'depth' in name.removeprefix(common)]
    flat = [name for name in images if name not in deep]
    roles = ((LENS, _of(first, INFO)), (COLOUR, flat), (DEPTH, deep))
    return {role: names[0] for role, names in roles if names}


def _of(topics: Mapping[str, str], *kinds: str) -> list[str]:
    return sorted(name for name, kind in topics.items() if kind in kinds)


def _plain(topic: str) -> str:
    suffix = next((suffix for suffix in PACKED if topic.endswith(suffix)), '')
    return topic.removesuffix(suffix)


def _space(node: str) -> str:
    return node.rpartition('/')[0]


def _around(space: str, graphs: Iterable[str]) -> str | None:
    """Give the innermost graph around a namespace."""
    around = [graph for graph in graphs if space == graph or space.startswith(f'{graph}/')]
    return max(around, key=len, default=None)
