"""What is gathered of this machine, and what processes that try things out tell."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from planning.scripted_server import MODEL, says, serving
from qwen_embodied.doctor import gathering, machine
from qwen_embodied.doctor.asking import ask, fits
from qwen_embodied.doctor.facts import Probe, RobotFacts, Wanted
from qwen_embodied.doctor.gathering import Request, Trial, read_as, wanted_by
from qwen_embodied.doctor.heard import Graph
from qwen_embodied.doctor.trying import native, robot, robot_facts
from qwen_embodied.errors import ConfigurationError, ModelError
from qwen_embodied.resources import shared_file


def test_this_machine_has_what_every_machine_has():
    here = machine.gather()
    assert here.python == sys.version_info[:3]
    assert 'numpy' in here.versions
    assert len(here.pinocchio_places) == 1
    assert min(here.disk, here.memory, here.cores) > 0
    assert here.clock_error is None or here.clock_error < 60.0


def test_what_the_environment_says_is_kept():
    given = {'ROS_DOMAIN_ID': '7', 'AMENT_PREFIX_PATH': '/opt/ros/jazzy:/home/me/ws/install/x'}
    here = machine.gather(given)
    assert here.environment == {'ROS_DOMAIN_ID': '7'}
    assert here.ros_prefixes == ('/opt/ros/jazzy',)


def test_a_profile_is_read_and_one_that_is_not_there_is_noticed(tmp_path):
    path = tmp_path / 'p.xml'
    path.write_text('<x/>', encoding='utf-8')
    name = 'FASTDDS_DEFAULT_PROFILES_FILE'
    assert machine.gather({name: str(path)}).profile == '<x/>'
    assert machine.gather({name: str(tmp_path)}).profile is None
    assert machine.gather({}).profile == ''


def test_a_package_that_is_on_the_path_twice_is_found_twice(tmp_path):
    for name in ('a', 'b'):
        (tmp_path / name / 'pinocchio').mkdir(parents=True)
        (tmp_path / name / 'pinocchio' / '__init__.py').touch()
    (tmp_path / 'c').symlink_to(tmp_path / 'a')
    path = [str(tmp_path / name) for name in 'abc']
    assert machine.holders(path, 'pinocchio') == (path[0], path[1])
    assert machine.holders(path, 'rclpy') == ()


def test_folders_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / 'file').touch()
    inside = str(tmp_path / 'file' / 'log')
    assert inside in machine.gather({'ROS_LOG_DIR': inside}).unwritable
    assert machine.gather({'ROS_LOG_DIR': str(tmp_path / 'new' / 'log')}).unwritable == ()
    inside = str(tmp_path / 'file' / 'state')
    assert machine.gather(None, (f'{inside}/latch.json', '')).unwritable == (inside,)


def test_what_is_wanted_comes_from_the_files_in_their_order(tmp_path):
    path = tmp_path / 'mine.yaml'
    text = '/**/arm_controller: {ros__parameters: {robot: so101, backend: topic, lookahead: x}}\n'
    path.write_text(text, encoding='utf-8')
    files = [shared_file('config/cell.yaml'), path, tmp_path / 'none.yaml']
    found = wanted_by(files, Request(namespace='cell'))
    assert (found.robot, found.backend) == ('so101', 'topic')
    assert wanted_by(files, Request(robot='ur5e')).robot == 'ur5e'
    assert wanted_by([], Request()) == Wanted()


def test_a_value_of_a_wrong_type_is_left_to_the_check_of_the_files(tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text('/**/planner: {ros__parameters: {planner: 3}}\n', encoding='utf-8')
    assert wanted_by([path], Request()) == Wanted()


def test_a_process_tells_its_lines_and_how_it_ended():
    say = 'import sys; print(1); sys.stderr.write("no disk\\n"); sys.exit(int(sys.stdin.read()))'
    assert Trial(['-c', say], os.environ, 0).end() == (Probe(True, '1'),)
    assert Trial(['-c', say], os.environ, 3).end() == (Probe(True, '1'), Probe(False, 'no disk'))
    dead = 'import os; os.kill(os.getpid(), 9)'
    assert Trial(['-c', dead], os.environ).end() == (Probe(False, 'it ended with -9'),)


def test_a_process_that_never_answers_is_ended(monkeypatch):
    monkeypatch.setattr(gathering, 'LIMIT', 0.2)
    monkeypatch.setattr(machine, 'slowdown', lambda: 1.0)
    said = Trial(['-c', 'import time; time.sleep(60)'], os.environ).end()
    assert said == (Probe(False, 'no answer within 0.2 s', is_late=True),)


def test_what_a_process_told_before_it_hung_is_kept(monkeypatch):
    monkeypatch.setattr(gathering, 'LIMIT', 2.0)
    say = 'import time; print(1, flush=True); time.sleep(60)'
    told, last = Trial(['-c', say], os.environ).end()
    assert told == Probe(True, '1')
    assert last.is_late


def test_what_no_process_of_ours_printed_is_nothing():
    assert read_as(RobotFacts, Probe(True, '{"name": 3}')) is None
    assert read_as(RobotFacts, Probe(False, '{"name": "x"}')) is None
    assert read_as(RobotFacts, Probe(True, '{"name": "x"}')) == RobotFacts('x')


def test_the_robot_is_told_with_its_limits_and_controllers():
    found = read_as(RobotFacts, robot('ur5e_2f85'))
    assert found.joints[0] == 'shoulder_pan_joint'
    assert len(found.lower) == len(found.upper) == 7
    assert list(found.controllers) == [
        'scaled_joint_trajectory_controller', 'robotiq_gripper_controller',
    ]  # fmt: skip


def test_the_robot_of_the_running_graph_counts():
    graph = Graph(nodes=('/arm_controller',), parameters={'/arm_controller': {'robot': 'so101'}})
    assert gathering.own_robot(Wanted(), graph, os.environ).name == 'so101'
    assert gathering.own_robot(Wanted(robot='so101'), graph, os.environ) is None
    heard = replace(graph, description='<robot name="x"><link name="l"/></robot>')
    assert gathering.own_robot(Wanted(), heard, os.environ).fault


def test_a_robot_that_no_node_told_is_not_the_one_of_the_files():
    graph = Graph(nodes=('/arm_controller', '/planner'))
    found = gathering.own_robot(Wanted(), graph, os.environ)
    assert found.is_late
    assert found.fault == 'arm_controller does not tell its robot'


def test_what_running_nodes_tell_counts_before_what_files_say():
    told = {'/perception': {'depth_transport': 'none', 'frame_id': 3}}
    found = gathering.running(Wanted(), Graph(nodes=tuple(told), parameters=told))
    assert found == Wanted(depth_transport='none')
    assert gathering.running(Wanted(), None) == Wanted()


def test_a_camera_that_is_not_known_is_refused():
    with pytest.raises(ConfigurationError, match="camera = 'kinect'; known are own, realsense"):
        Request(camera='kinect')


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        (('r2d2',), "there is no robot 'r2d2'"),
        (('panda', '<robot name="x"><link name="l"/></robot>'), 'has no link panda_hand'),
        (('panda', '', '/nowhere.yaml'), '/nowhere.yaml'),
    ],
)
def test_a_robot_that_lacks_something_is_a_fault(given, words):
    assert words in robot_facts(*given).fault


def test_a_native_library_that_does_not_load_is_named():
    assert native() == Probe(True, 'all load')
    said = native(('cv2', 'no_such_library'))
    assert (said.worked, said.said.partition(':')[0]) == (False, 'no_such_library')


@pytest.mark.parametrize(
    ('text', 'is_one'),
    [
        ('{"colour": "green"}', True),
        ('{"colour": "mauve"}', False),
        ('{"colour": "green", "why": "grass"}', False),
        ('green', False),
        ('["colour"]', False),
    ],
)
def test_an_answer_fits_the_schema_or_not(text, is_one):
    assert fits(text) is is_one


def test_a_server_that_is_not_there_is_named():
    pytest.importorskip('openai')
    with pytest.raises(ModelError, match=r'no server answered: http://127\.0\.0\.1:9/v1'):
        ask('http://127.0.0.1:9/v1', 'qwen', plain_http=False, seconds=1.0)
    with pytest.raises(ConfigurationError, match='needs an address'):
        ask('', 'qwen', plain_http=False)


def test_a_server_that_holds_to_the_schema_is_told_and_another_is_named():
    pytest.importorskip('openai')
    with serving(says('{"colour": "green"}')) as server:
        assert 'answered by the schema' in ask(server.url, MODEL, plain_http=False)
        sent = server.requests[0][1]['response_format']['json_schema']['schema']
        assert sent['additionalProperties'] is False
    with serving(says('Grass is green.')) as server, pytest.raises(ModelError, match='not fit'):
        ask(server.url, MODEL, plain_http=False)
