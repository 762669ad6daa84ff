"""Checks of the running graph: nodes, types, delivery and time."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter
from typing import Any

from qwen_embodied.doctor.facts import Facts
from qwen_embodied.doctor.finding import AGAIN, Check, Finding
from qwen_embodied.doctor.heard import Graph
from qwen_embodied.doctor.scope import NODES

IMAGE, STATUS = 'sensor_msgs/msg/Image', 'diagnostic_msgs/msg/DiagnosticStatus'
TRAJECTORY, TEXT = 'trajectory_msgs/msg/JointTrajectory', 'std_msgs/msg/String'
TYPES = {
    'camera/color/image_raw': IMAGE,
    'camera/color/camera_info': 'sensor_msgs/msg/CameraInfo',
    'camera/aligned_depth_to_color/image_raw': IMAGE,
    'joint_states': 'sensor_msgs/msg/JointState',
    'robot_description': TEXT,
    'arm/command': TRAJECTORY,
    'arm/status': STATUS,
    'safety/state': STATUS,
    'perception/image': IMAGE,
    'perception/scene': TEXT,
    'instruction': TEXT,
    'plan': TEXT,
    'task/events': TEXT,
    'trajectory/proposed': TRAJECTORY,
    'trajectory/approved': TRAJECTORY,
    '/clock': 'rosgraph_msgs/msg/Clock',
    '/diagnostics': 'diagnostic_msgs/msg/DiagnosticArray',
}
SHOWN = 3
SILENT = 'no graph runs in this domain'
GROUP = 'graph'


def alive(graph: Graph | None) -> Graph | None:
    """Give the graph, or None where nobody is there."""
    return graph if graph is not None and graph.nodes else None


def nodes(facts: Facts) -> Finding:
    """The nodes of this package run, each once."""
    check, graph = Check(GROUP, 'nodes'), alive(facts.graph)
    if graph is None:
        return check.idle(SILENT)
    twice = [name for name, count in Counter(graph.nodes).items() if count > 1]
    if twice:
        fix = 'end one of them, or give each graph a ROS_DOMAIN_ID or a namespace of its own'
        return check.bad(f'{", ".join(twice)} runs more than once', fix)
    missing = [name for name in NODES if not graph.named(name)]
    if len(missing) == len(NODES):
        return check.idle(f'{len(graph.nodes)} nodes, none of this package')
    if missing:
        said = f'{", ".join(missing)} does not run'
        return check.late(facts.machine, said, 'start it, or read its log')
    silent = [name for name in NODES if not graph.told(name)]
    if silent:
        said = f'{", ".join(silent)} does not tell its parameters'
        return check.doubt(said, AGAIN if facts.machine.is_busy else 'read its log')
    return check.good(f'{len(graph.nodes)} nodes, each once')


def types(facts: Facts) -> Finding:
    """Each topic has one type, and the one that the nodes here read."""
    check, graph = Check(GROUP, 'types'), alive(facts.graph)
    if graph is None:
        return check.idle(SILENT)
    wrong = []
    for name, topic in graph.topics.items():
        found = {end.type for end in (*topic.publishers, *topic.subscribers)}
        wanted = TYPES.get(name)
        if len(found) > 1:
            wrong.append(f'{name} has {" and ".join(sorted(found))}')
        elif wanted and found != {wanted}:
            wrong.append(f'{name} is {found.pop()}, not {wanted}')
    return check.judge(
        wrong[:SHOWN], 'remap the topic, or convert it', f'{len(graph.topics)} topics'
    )


def delivery(facts: Facts) -> Finding:
    """Every publisher offers what its subscribers ask for."""
    check, graph = Check(GROUP, 'QoS'), alive(facts.graph)
    if graph is None:
        return check.idle(SILENT)
    said = [
        f'{item.topic}: {item.publisher} to {item.subscriber}: {item.reason}'
        for item in graph.mismatches[:SHOWN]
    ]
    fix = 'change the profile of one side; docs/topics.md has those of this package'
    return check.judge(said, fix, 'every publisher offers what is asked for')


def time_source(facts: Facts) -> Finding:
    """All nodes take the time from the same clock."""
    check, graph = Check(GROUP, 'use_sim_time'), alive(facts.graph)
    if graph is None:
        return check.idle(SILENT)
    told = {name: bool(values['use_sim_time']) for name, values in graph.parameters.items()
            if 'use_sim_time' in values}  # fmt: skip
    sources = {end.node for end in _clocks(graph)}
    simulated = bool(sources)
    wrong = [name for name, value in sorted(told.items())
             if value is not simulated and name not in sources]  # fmt: skip
    if wrong:
        why = '/clock is published' if simulated else 'nobody publishes /clock'
        fix = f'set use_sim_time: {str(simulated).lower()} for them'
        has = str(not simulated).lower()
        said = f'{why}, but use_sim_time is {has} in {", ".join(wrong[:SHOWN])}'
        return check.bad(said, fix) if simulated else check.late(facts.machine, said, fix)
    return check.good(f'{"simulated" if simulated else "real"} time in {len(told)} nodes')


def clock(facts: Facts) -> Finding:
    """Simulated time comes from one place, and goes on."""
    check, graph = Check(GROUP, '/clock'), alive(facts.graph)
    if graph is None or not _clocks(graph):
        return check.idle('nobody publishes it')
    sources = sorted({end.node for end in _clocks(graph)})
    if len(_clocks(graph)) > 1:
        return check.bad(f'{" and ".join(sources)} both publish it', 'end one of them')
    if not graph.clocks:
        said = f'{sources[0]} publishes nothing on it'
        return check.late(facts.machine, said, f'look at the log of {sources[0]}')
    passed = graph.clocks[-1] - graph.clocks[0]
    if passed <= 0.0:
        said = f'it stands at {graph.clocks[-1]:.2f} s'
        return check.late(facts.machine, said, 'resume the simulation, or the replay')
    seconds = graph.streams['/clock'].seconds if '/clock' in graph.streams else 0.0
    speed = passed / seconds if seconds else 0.0
    return check.good(f'goes on at {speed:.2f} of real time')


def _clocks(graph: Graph) -> tuple[Any, ...]:
    topic = graph.topics.get('/clock')
    return topic.publishers if topic else ()


CHECKS = (nodes, types, delivery, time_source, clock)
