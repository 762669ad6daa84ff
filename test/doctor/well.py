"""Facts of a machine and a graph in which nothing is wrong, and changes to them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.doctor.facts import Facts, Machine, Probe, RobotFacts, Wanted
from qwen_embodied.doctor.graph import TYPES
from qwen_embodied.doctor.heard import Endpoint, Graph, Joints, Lens, Picture, Stream, Topic
from qwen_embodied.doctor.software import CORE
from qwen_embodied.resources import shared_file

COLOUR, DEPTH = 'camera/color/image_raw', 'camera/aligned_depth_to_color/image_raw'
TRAJECTORY = 'trajectory_msgs/msg/JointTrajectory'
MACHINE = Machine(
    python=(3, 12, 3),
    versions={
        **CORE, 'opencv-python': '4.14.0', 'ros-rclpy': '9.1.2', 'torch': '2.13',
        'torchvision': '0.28', 'llguidance': '1.5',
    },
    ros_prefixes=(),
    rclpy_places=('/venv',),
    pinocchio_places=('/venv/cmeel',),
    environment={'FASTDDS_DEFAULT_PROFILES_FILE': '/etc/fastdds.xml', 'ROS_DOMAIN_ID': '7'},
    profile=shared_file('config/fastdds.xml').read_text(encoding='utf-8'),
    shared_memory=4000,
    disk=9000,
    memory=8000,
    cores=4,
    load=1.0,
    unwritable=(),
    clock_error=0.001,
    now=1.9e9,
)  # fmt: skip
ROBOT = RobotFacts(
    'arm', ('a', 'b'), (-1.0, -2.0), (1.0, 2.0), 'base', {'arm_controller_jtc': ('a', 'b')}
)
NODES = ('/driver', '/perception', '/planner', '/safety_supervisor', '/arm_controller',
         '/arm_controller_jtc')  # fmt: skip
CELL = {'robot': 'arm', 'robot_description': 'topic', 'use_sim_time': True}
LIMITS = {f'constraints.{joint}.{kind}': 0.1 for joint in 'ab' for kind in ('trajectory', 'goal')}


def stream(rate, *, delay=0.01, seconds=2.0):
    """Give a stream of a rate, stamped evenly."""
    count = round(rate * seconds) + 1
    return Stream(count, seconds, delay, tuple(10.0 + k / rate for k in range(min(count, 20))))


def topic(name, publishers=('/driver',), subscribers=('/planner',), kind=None):
    """Give a topic between nodes."""
    kind = kind or TYPES.get(name, TRAJECTORY)
    ends = [tuple(Endpoint(node, kind) for node in side) for side in (publishers, subscribers)]
    return Topic(*ends)


GRAPH = Graph(
    rmw='rmw_fastrtps_cpp',
    nodes=NODES,
    topics={
        **{name: topic(name) for name in TYPES},
        'arm_controller_jtc/joint_trajectory': topic(
            'x', ('/arm_controller',), ('/arm_controller_jtc',)
        ),
    },
    streams={
        COLOUR: stream(10.0), DEPTH: stream(10.0), 'joint_states': stream(100.0),
        '/clock': Stream(200, 2.0),
    },
    colour=Picture('rgb8', 640, 480, 'optical'),
    depth=Picture('16UC1', 640, 480, 'optical', valid=0.9, middle=1.2),
    lens=Lens(640, 480, 600.0, 'plumb_bob', 'optical'),
    joints=Joints(('b', 'a'), (0.5, -0.5), (0.0, 0.0)),
    description='<robot/>',
    clocks=(10.0, 12.0),
    parameters={
        '/planner': CELL, '/safety_supervisor': CELL, '/perception': {'use_sim_time': True},
        '/arm_controller': {**CELL, 'backend': 'topic'},
        '/arm_controller_jtc': {**LIMITS, 'constraints.goal_time': 1.0, 'use_sim_time': True},
    },
    safety='ARMED',
    edges=(('base', 'link'), ('link', 'optical')),
)  # fmt: skip
WELL = Facts(
    machine=MACHINE,
    wanted=Wanted('arm', 'topic', 'topic', 'qwen', frame_id='base'),
    native=Probe(True, 'all load'),
    rendering=Probe(True, 'MuJoCo draws'),
    ros=Probe(True, 'rmw_fastrtps_cpp'),
    configuration=(),
    robot=ROBOT,
    own_robot=ROBOT,
    server=Probe(True, 'qwen answered by the schema in 0.3 s'),
    graph=GRAPH,
)


def changed(facts=WELL, /, **changes):
    """Give a copy with fields changed; machine__disk=3 reaches into a part.

    A mapping is added to the one that is there, and None in it takes a key away.
    """
    for path, value in changes.items():
        facts = _set(facts, path.split('__'), value)
    return facts


def _set(whole, parts, value):
    if not parts:
        if isinstance(value, dict) and isinstance(whole, dict):
            return {k: v for k, v in {**whole, **value}.items() if v is not None}
        return value
    first, *rest = parts
    return replace(whole, **{first: _set(getattr(whole, first), rest, value)})
