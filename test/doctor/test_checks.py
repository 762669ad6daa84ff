"""Each check passes where all is well, and fails or warns at what it is for."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from doctor.well import (
    CELL,
    COLOUR,
    DEPTH,
    GRAPH,
    ROBOT,
    WELL,
    changed,
    stream,
    topic,
)
from qwen_embodied.doctor import Status
from qwen_embodied.doctor.examination import CHECKS, examine
from qwen_embodied.doctor.facts import Probe, RobotFacts
from qwen_embodied.doctor.heard import Graph, Joints, Lens, Mismatch, Picture, Stream

JTC = 'arm_controller_jtc'
FAIL, WARN, SKIP, PASS = Status.FAIL, Status.WARN, Status.SKIP, Status.PASS
SMALL = (
    '<profiles><transport_descriptors><transport_descriptor><type>SHM</type>'
    '<segment_size>524288</segment_size></transport_descriptor></transport_descriptors></profiles>'
)
ROS_BOTH = {
    'machine__rclpy_places': ('/venv', '/opt/ros/jazzy/lib'),
    'machine__ros_prefixes': ('/opt/ros/jazzy',),
}


def jtc(**values):
    return {'graph__parameters': {f'/{JTC}': {**GRAPH.parameters[f'/{JTC}'], **values}}}


# Check, what is changed, how it then stands, and words that it says.
CASES = [
    ('Python', {'machine__python': (3, 10, 9)}, FAIL, '3.10.9'),
    ('Python', {'machine__python': (3, 15, 0)}, WARN, 'not tried'),
    ('libraries', {'machine__versions': {'pin': None}}, FAIL, 'missing: pin'),
    ('versions', {'machine__versions': {'pin': '3.9.1'}}, FAIL, 'pin 3.9.1 is older than 4'),
    ('OpenCV version', {'machine__versions': {'opencv-python': '5.0.0'}}, FAIL, 'opencv-python 5'),
    ('OpenCV version', {'machine__versions': {'opencv-python': None}}, FAIL, 'none'),
    ('one OpenCV', {'machine__versions': {'opencv-contrib-python': '4.10'}}, FAIL, 'overwrite'),
    ('one OpenCV', {'machine__versions': {'opencv-python': None}}, SKIP, 'none'),
    ('ROS 2', {'machine__versions': {'ros-rclpy': None}, 'machine__rclpy_places': ()}, FAIL,
     'none'),
    ('one rclpy', ROS_BOTH, FAIL, '/opt/ros/jazzy'),
    ('one rclpy', {'machine__rclpy_places': ()}, SKIP, 'none'),
    ('one pinocchio', {'machine__pinocchio_places': ('/venv', '/opt/ros/x')}, FAIL, 'several'),
    ('one pinocchio', {'machine__pinocchio_places': ('/opt/ros/jazzy/lib',)}, WARN, 'not tried'),
    ('one pinocchio', {'machine__pinocchio_places': ()}, FAIL, 'none'),
    ('rclpy', {'ros': Probe(False, 'no librmw'), 'graph': None}, FAIL, 'no librmw'),
    ('native libraries', {'native': Probe(False, 'libGL.so.1')}, FAIL, 'libGL'),
    ('native libraries', {'native': Probe(False, 'no answer', is_late=True)}, WARN, 'no answer'),
    ('rendering (EGL)', {'rendering': Probe(False, 'no answer', is_late=True)}, WARN, 'no answer'),
    ('local model', {'machine__versions': {'torch': None}}, FAIL, 'missing: torch'),
    ('local model', {'wanted__planner': 'grammar'}, SKIP, 'grammar'),
    ('RMW', {'ros': Probe(True, 'rmw_cyclonedds_cpp')}, WARN, 'cyclonedds'),
    ('RMW', {'machine__environment': {'RMW_IMPLEMENTATION': 'rmw_zenoh'}}, FAIL, 'rmw_zenoh'),
    ('transport profile', {'machine__profile': None}, FAIL, '/etc/fastdds.xml cannot be read'),
    ('transport profile', {'machine__profile': '<profiles'}, FAIL, 'no XML'),
    ('transport profile', {'machine__profile': SMALL}, WARN, 'segment_size 524288'),
    ('transport profile', {'machine__profile': '<profiles/>'}, WARN, 'no shared memory'),
    ('transport profile', {'machine__profile': ''}, PASS, 'set by up'),
    ('domain', {'machine__environment': {'ROS_DOMAIN_ID': '233'}}, FAIL, '233'),
    ('domain', {'machine__environment': {'ROS_DOMAIN_ID': 'x'}}, FAIL, 'ROS_DOMAIN_ID=x'),
    ('domain', {'machine__environment': {'ROS_DOMAIN_ID': '150'}}, WARN, '150'),
    ('domain', {'machine__environment': {'ROS_DOMAIN_ID': None}}, PASS, '0, as'),
    ('discovery', {'machine__environment': {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'OFF'}}, FAIL, 'OFF'),
    ('discovery', {'machine__environment': {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'ON'}}, FAIL, '=ON'),
    ('discovery', {'machine__environment': {
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET', 'ROS_LOCALHOST_ONLY': '1'}}, WARN, 'overrides'),
    ('shared memory', {'machine__shared_memory': 64}, FAIL, '64 MiB'),
    ('shared memory', {'machine__shared_memory': None}, SKIP, '/dev/shm'),
    ('disk', {'machine__disk': 50}, FAIL, '50 MiB'),
    ('disk', {'machine__disk': 500}, WARN, '500 MiB'),
    ('memory', {'machine__memory': 500}, FAIL, '500 MiB'),
    ('memory', {'machine__memory': 2000}, WARN, '2000 MiB'),
    ('cores', {'machine__cores': 1}, WARN, '1 cores'),
    ('cores', {'machine__load': 9.0, 'graph': Graph()}, WARN, 'load 9.0'),
    ('cores', {'machine__load': 9.0}, PASS, 'load 9.0'),
    ('cores', {'machine__load': 13.0}, WARN, 'load 13.0'),
    ('folders', {'machine__unwritable': ('/root/.ros/log',)}, FAIL, '/root/.ros/log'),
    ('clock of the machine', {'machine__clock_error': None}, WARN, 'nobody synchronises'),
    ('clock of the machine', {'machine__clock_error': 0.5}, WARN, '500 ms'),
    ('clock of the machine', {'machine__clock_error': -1.0}, SKIP, 'does not tell'),
    ('clock of the machine', {'machine__now': 0.0}, FAIL, 'past'),
    ('rendering (EGL)', {'rendering': None}, WARN, 'not installed'),
    ('rendering (EGL)', {'rendering': Probe(False, 'no EGL device')}, FAIL, 'no EGL device'),
    ('parameter files', {'configuration': ('a.yaml:3: x', 'b', 'c', 'd')}, FAIL, 'a.yaml:3: x'),
    ('parameter files', {'configuration': ('a', 'b', 'c', 'd')}, FAIL, 'and 1 more'),
    ('parameter files', {'configuration': None}, SKIP, 'cannot be checked'),
    ('robot', {'robot': RobotFacts('arm', fault='a has no velocity limit')}, FAIL, 'no velocity'),
    ('robot', {'robot': None}, SKIP, 'native libraries'),
    ('robot_description', {'graph__description': ''}, FAIL, 'nothing is heard'),
    ('robot_description', {'graph__description': '', 'wanted__description': 'preset'}, SKIP, ''),
    ('robot_description', {'own_robot': None}, FAIL, 'could not be loaded'),
    ('robot_description', {'own_robot': RobotFacts('arm', fault='b has no upper limit')}, FAIL,
     'no upper limit'),
    ('nodes agree', {'graph__parameters': {'/planner': {**CELL, 'robot': 'ur5e'}}}, FAIL,
     '/planner: ur5e from topic'),
    ('nodes agree', {'graph__parameters': {'/planner': None, '/arm_controller': None}}, SKIP, ''),
    ('model server', {'server': Probe(False, 'no server answered')}, FAIL, 'no server answered'),
    ('model server', {'server': None}, SKIP, 'the planner is qwen'),
    ('nodes', {'graph__nodes': (*GRAPH.nodes, '/planner')}, FAIL, '/planner runs more than once'),
    ('nodes', {'graph__nodes': ('/driver', '/planner')}, FAIL, 'perception, safety_supervisor'),
    ('nodes', {'graph__nodes': ('/driver',)}, SKIP, 'none of this package'),
    ('nodes', {'graph__parameters': {'/planner': None}}, WARN, 'planner does not tell'),
    ('types', {'graph__topics': {'joint_states': topic('x')}}, FAIL, 'not sensor_msgs/msg/Joint'),
    ('types', {'graph__topics': {'any': topic('any'), 'plan': topic('plan', kind='a/msg/B')}},
     FAIL, 'plan is a/msg/B'),
    ('QoS', {'graph__mismatches': (Mismatch('/plan', '/a', '/b', 'durability'),)}, FAIL,
     '/plan: /a to /b: durability'),
    ('use_sim_time', {'graph__parameters': {'/planner': {'use_sim_time': False}}}, FAIL,
     'use_sim_time is false in /planner'),
    ('use_sim_time', {'graph__topics': {'/clock': None}}, FAIL, 'nobody publishes /clock'),
    ('/clock', {'graph__topics': {'/clock': topic('/clock', ('/a', '/b'))}}, FAIL, '/a and /b'),
    ('/clock', {'graph__clocks': ()}, FAIL, '/driver publishes nothing'),
    ('/clock', {'graph__clocks': (4.0, 4.0)}, FAIL, 'stands at 4.00'),
    ('/clock', {'graph__topics': {'/clock': None}}, SKIP, 'nobody'),
    ('colour', {'graph__colour': None}, FAIL, '/driver publishes nothing on camera/color'),
    ('colour', {'graph__colour': None, 'graph__topics': {COLOUR: None}}, FAIL, 'nobody publishes'),
    ('colour', {'graph__streams': {COLOUR: stream(0.5, seconds=4.0)}}, WARN, '0.5 Hz'),
    ('encodings', {'graph__colour': Picture('yuyv9', 0, 0, '', 'yuyv9 cannot be read')}, FAIL,
     'yuyv9 cannot be read'),
    ('encodings', {'graph__depth': Picture('8UC1', 0, 0, '', '8UC1 cannot be read')}, FAIL,
     '8UC1'),
    ('depth', {'graph__depth': None}, FAIL, 'publishes nothing'),
    ('depth', {'graph__depth__valid': 0.2}, WARN, '20%'),
    ('depth', {'wanted__depth_transport': 'none'}, SKIP, 'none'),
    ('depth unit', {'graph__depth__middle': 1200.0}, FAIL, '1200 m'),
    ('depth unit', {'graph__depth__middle': 0.0012}, FAIL, '0.0012 m'),
    ('depth unit', {'graph__depth__middle': None}, SKIP, 'no depth'),
    ('camera_info', {'graph__lens': None}, FAIL, 'nothing is heard'),
    ('camera_info', {'graph__lens__fault': 'it is not calibrated'}, FAIL, 'not calibrated'),
    ('camera_info', {'graph__lens': Lens(320, 240, 300.0, '', 'optical')}, FAIL, '320x240'),
    ('camera_info', {'graph__lens__frame_id': 'other'}, FAIL, "'other'"),
    ('pairs', {'graph__streams': {DEPTH: Stream(9, 1.0, 0.0, (10.05, 10.15))}}, FAIL, 'apart'),
    ('pairs', {'graph__depth__height': 360}, FAIL, '640x360'),
    ('pairs', {'graph__streams': {DEPTH: None}}, SKIP, 'not both'),
    ('joint_states', {'graph__topics': {'joint_states': None}}, FAIL, 'nobody publishes'),
    ('joint_states', {'graph__streams': {'joint_states': None}}, FAIL, '/driver publishes no'),
    ('joint_states', {'graph__topics': {'joint_states': topic('joint_states', ('/a', '/b'))}},
     FAIL, '/a and /b publish it'),
    ('joint_states', {'graph__streams': {'joint_states': stream(10.0)}}, FAIL, '10 Hz'),
    ('joint_states', {'graph__streams': {'joint_states': stream(30.0)}}, WARN, '30 Hz'),
    ('joint_states', {'graph__streams': {'joint_states': Stream(50, 2.0, 0.0, (10.0, 10.01))}},
     PASS, '100 Hz'),
    ('stamps of joint_states', {
        'graph__streams': {'joint_states': stream(100.0, delay=0.3)},
        'graph__parameters': {'/safety_supervisor': {**CELL, 'state_timeout': 0.5}}},
     PASS, '300 ms'),
    ('joint names', {'graph__joints__names': ('left_a', 'b')}, FAIL, 'arm misses a'),
    ('joint names', {'graph__joints': None}, SKIP, ''),
    ('joint values', {'graph__joints__positions': (0.5, 1.5)}, FAIL, 'a = 1.500, allowed -1.000'),
    ('joint values', {'graph__joints__positions': (None, 0.0)}, FAIL, 'b is no finite number'),
    ('joint values', {'graph__joints': Joints(('a', 'b'), (0.0,), ())}, FAIL, 'b is no finite'),
    ('joint values', {'graph__joints__velocities': ()}, WARN, 'without velocities'),
    ('stamps of joint_states', {'graph__streams': {'joint_states': stream(100.0, delay=0.3)}},
     FAIL, '300 ms'),
    ('stamps of joint_states', {'graph__streams': {'joint_states': stream(100.0, delay=-0.1)}},
     FAIL, '-100 ms'),
    ('stamps of joint_states', {'graph__streams': {'joint_states': stream(100.0, delay=-0.02)},
     'graph__parameters': {'/safety_supervisor': {**CELL, 'state_future': 0.05}}}, PASS, '-20 ms'),
    ('stamps of joint_states', {'graph__streams': {'joint_states': Stream(9, 1.0, 9e9, (0.0,))}},
     FAIL, 'stamped with 0'),
    ('controllers', {'graph__topics': {f'{JTC}/joint_trajectory': None}}, FAIL, 'nobody listens'),
    ('controllers', {'graph__topics': {
        f'{JTC}/joint_trajectory': topic('x', ('/rogue', '/arm_controller'), (f'/{JTC}',))}},
     FAIL, 'sent by /arm_controller and /rogue'),
    ('controllers', {'wanted__backend': 'action'}, FAIL, f'nobody offers {JTC}'),
    ('controllers', {'wanted__backend': 'setpoints', 'graph__topics': {'arm/command': None}},
     FAIL, 'listens to arm/command'),
    ('controllers', {'own_robot__controllers': {JTC: None}}, FAIL, 'no controllers'),
    ('controllers', {'own_robot': RobotFacts('', fault='not told', is_late=True)}, SKIP,
     'not known'),
    ('controllers', {'wanted__backend': 'setpoints', 'graph__topics': {'arm/command': None},
                     'graph__nodes': ('/driver', f'/{JTC}')}, PASS, 'joint_trajectory'),
    ('joint names', {'own_robot': RobotFacts('', fault='not told', is_late=True)}, SKIP, ''),
    ('robot_description', {'own_robot': RobotFacts('', fault='no answer', is_late=True)}, WARN,
     'no answer'),
    ('tolerances', jtc(**{'constraints.a.goal': 0.0}), WARN, 'constraints.a.goal is off'),
    ('tolerances', jtc(**{'constraints.b.trajectory': 1e-5}), WARN, 'is below 0.001'),
    ('tolerances', jtc(**{'constraints.goal_time': 0.0}), WARN, 'goal_time is off'),
    ('tolerances', jtc(allow_trajectory_replacement=True), WARN, 'allow_trajectory_replacement'),
    ('tolerances', {'graph__parameters': {f'/{JTC}': None}}, SKIP, 'no controller'),
    ('safety', {'graph__safety': ''}, FAIL, 'silent'),
    ('safety', {'graph__safety': 'STOP_LATCHED', 'graph__reasons': ('D3',)}, WARN, 'D3'),
    ('safety', {'graph__safety': 'DISARMED', 'graph__reasons': ('wait',)}, PASS, 'DISARMED'),
    ('perception', {'graph__trouble': 'no camera_info'}, FAIL, 'no camera_info'),
    ('TF', {'graph__edges': (('base', 'link'), ('map', 'link'))}, FAIL, 'link has the parents'),
    ('TF', {'graph__edges': (('world', 'optical'),)}, WARN, 'has no base'),
    ('TF', {'graph__edges': (('base', 'link'), ('map', 'optical'))}, WARN, 'not joined'),
    ('TF', {'graph__edges': None}, SKIP, 'tf2_msgs'),
    ('TF', {'graph__edges': ()}, SKIP, 'nobody publishes'),
]  # fmt: skip


def look(facts):
    """Give the findings by the name of the check."""
    return {item.name: item for item in examine(facts)}


def test_there_are_many_checks_and_their_names_are_unique():
    assert len(look(WELL)) == len(CHECKS) >= 25


def test_where_all_is_well_every_check_passes():
    assert [item for item in examine(WELL) if item.status is not PASS] == []


def test_without_a_graph_nothing_of_it_fails():
    for graph in (None, Graph(rmw='rmw_fastrtps_cpp')):
        found = examine(changed(graph=graph, own_robot=None))
        assert [item for item in found if item.status in (FAIL, WARN)] == []
        assert {item.status for item in found if item.group in ('graph', 'camera', 'arm')} == {
            SKIP
        }


@pytest.mark.parametrize(('name', 'changes', 'status', 'words'), CASES)
def test_a_check_says_what_it_is_for(name, changes, status, words):
    finding = look(changed(**changes))[name]
    assert finding.status is status
    assert words in finding.found
    assert bool(finding.fix) is (status in (FAIL, WARN))


def test_every_check_can_fail_or_warn():
    assert {name for name, _, status, _ in CASES if status in (FAIL, WARN)} == set(look(WELL))


def test_the_right_joint_is_guessed():
    finding = look(changed(own_robot=None, robot=ROBOT, graph__joints__names=('arm_a', 'b')))
    assert finding['joint names'].status is FAIL
    close = RobotFacts('arm', ('shoulder_pan_joint',), (0.0,), (1.0,), 'base')
    names = ('left_shoulder_pan_joint',)
    told = look(changed(own_robot=close, graph__joints__names=names))['joint names'].found
    assert 'is it left_shoulder_pan_joint?' in told


def test_an_action_that_is_offered_counts_as_a_controller():
    status = f'{JTC}/follow_joint_trajectory/_action/status'
    facts = changed(
        wanted__backend='action',
        graph__topics={status: topic('x', (f'/{JTC}',), ())},
    )
    assert look(facts)['controllers'].status is PASS


LATE = [
    ('nodes', {'graph__nodes': ('/driver', '/planner')}),
    ('joint_states', {'graph__streams': {'joint_states': stream(10.0)}}),
    ('stamps of joint_states', {'graph__streams': {'joint_states': stream(100.0, delay=0.3)}}),
    ('controllers', {'graph__topics': {f'{JTC}/joint_trajectory': None}}),
    ('safety', {'graph__safety': ''}),
    ('perception', {'graph__trouble': 'no image for 5 s'}),
    ('colour', {'graph__colour': None}),
    ('depth', {'graph__depth': None}),
    ('camera_info', {'graph__lens': None}),
    ('robot_description', {'graph__description': ''}),
    ('/clock', {'graph__clocks': ()}),
]


@pytest.mark.parametrize(('name', 'changes'), LATE)
def test_what_a_busy_machine_did_not_bring_in_time_is_a_doubt(name, changes):
    assert look(changed(**changes))[name].status is FAIL
    finding = look(changed(machine__load=9.0, **changes))[name]
    assert finding.status is WARN
    assert 'load 9.0' in finding.found
    assert 'busy' in finding.fix


def test_time_of_another_clock_and_a_second_sender_are_no_matter_of_load():
    other = {'graph__streams': {'joint_states': stream(100.0, delay=1.8e9)}}
    rogue = {f'{JTC}/joint_trajectory': topic('x', ('/rogue', '/arm_controller'), (f'/{JTC}',))}
    busy = look(changed(machine__load=9.0, graph__topics=rogue, **other))
    assert busy['stamps of joint_states'].status is FAIL
    assert busy['controllers'].status is FAIL


def test_a_camera_that_is_remapped_is_named_as_it_comes():
    names = {COLOUR: '/cam/camera/color/image_raw'}
    finding = look(changed(graph__colour=None, graph__topics={COLOUR: None}, graph__names=names))
    assert finding['colour'].found == 'nobody publishes /cam/camera/color/image_raw'
