"""Profiles, their command lines and their environment; needs no ROS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import yaml

from qwen_embodied import bringup
from qwen_embodied.bringup_arguments import ROBOTS
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.motion import load_robot
from qwen_embodied.parameter_files import read_sections, settings_of
from qwen_embodied.resources import shared_file


def test_the_simulation_profile_has_every_node_of_the_chain():
    names = [spec.name for spec in bringup.simulation().nodes]
    assert names == ['simulation', 'arm_controller', 'safety_supervisor', 'perception', 'planner']


def test_every_node_but_the_clock_itself_uses_simulated_time():
    for spec in bringup.simulation().nodes:
        assert (('use_sim_time', True) in spec.parameters) == (spec.name != 'simulation')


def test_every_node_has_a_module_and_its_files():
    for spec in bringup.simulation().nodes:
        assert shared_file(spec.module.replace('.', '/') + '.py').exists()
        assert all(spec.config_files())


def test_a_command_line_names_node_namespace_file_remappings_and_level(tmp_path):
    given = {'namespace': 'cell1', 'log_level': 'debug', 'remaps': 'a:=b, c:=/d'}
    spec = bringup.simulation(**given).nodes[0]
    line = ' '.join(spec.command(tmp_path / 'values.yaml'))
    assert '-m qwen_embodied.nodes.simulation_node --ros-args -r __node:=simulation' in line
    assert '-r __ns:=/cell1' in line
    assert f'--params-file {tmp_path}/values.yaml' in line
    assert '-r a:=b -r c:=/d' in line
    assert line.endswith('--log-level debug')


@pytest.mark.parametrize('value', [True, 3, 0.5, 1e-5, 'on', '1', '', 'a: b', ['x', '2']])
def test_values_keep_their_type_on_the_way_to_the_node(value, tmp_path):
    spec = bringup.simulation().with_parameter('planner', 'x', value).nodes[-1]
    written = yaml.safe_load(spec.write_parameters(tmp_path).read_text())
    back = written['/**']['ros__parameters']['x']
    assert (back, type(back)) == (value, type(value))


def values(profile, name):
    return next(spec.values() for spec in profile.nodes if spec.name == name)


def file_of(tmp_path, text):
    path = tmp_path / 'mine.yaml'
    path.write_text(text, encoding='utf-8')
    return str(path)


def test_a_persons_file_wins_over_the_profile_but_not_over_its_arguments(tmp_path):
    path = file_of(
        tmp_path,
        """
        planner: {ros__parameters: {tool_speed: 0.1, dry_run: false, robot: panda}}
        safety_supervisor: {ros__parameters: {self_arming: false}}
    """,
    )
    profile = bringup.robot(params_file=path, robot='xarm7')
    found = values(profile, 'planner')
    assert (found['tool_speed'], found['dry_run'], found['robot']) == (0.1, True, 'xarm7')
    assert values(profile, 'safety_supervisor')['self_arming'] is True


def test_a_bare_name_of_a_file_is_refused_in_a_namespace(tmp_path):
    path = file_of(tmp_path, 'planner: {ros__parameters: {retries: 3}}')
    assert values(bringup.robot(params_file=path), 'planner')['retries'] == 3
    with pytest.raises(ConfigurationError, match=r'planner does not mean /left/planner; write'):
        bringup.robot(params_file=path, namespace='left').check()


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        (
            'plannr: {ros__parameters: {retries: 1}}',
            'yaml:1: /plannr is no node of profile robot',
        ),
        ('planner: {retries: 1}', 'yaml:1: must hold node names, then ros__'),
        (
            'planner: {ros__parameters: [1]}',
            'yaml:1: must hold node names, then ros__',
        ),
        ('- 1', 'must hold node names at its top'),
        ('a: [', 'cannot be read'),
    ],
)
def test_a_file_that_sets_nothing_is_refused_before_anything_starts(text, reason, tmp_path):
    with pytest.raises(ConfigurationError, match=reason) as caught:
        bringup.robot(params_file=file_of(tmp_path, text)).check()
    assert 'mine.yaml' in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r'none\.yaml: cannot be read'):
        bringup.profile_from_text('robot', {'params_file': str(tmp_path / 'none.yaml')})


@pytest.mark.parametrize('name', bringup.PROFILES)
def test_in_a_namespace_every_node_gets_what_it_gets_without(name):
    here = bringup.PROFILES[name](bag='x') if name == 'replay' else bringup.PROFILES[name]()
    more = {'bag': 'x'} if name == 'replay' else {}
    there = bringup.PROFILES[name](namespace='left', **more)
    for one, other in zip(here.nodes, there.nodes, strict=True):
        given = {**other.values()}
        if one.name == 'replay':
            assert given.pop('prefix') == '/left/replay'
            given['prefix'] = '/replay'
        wanted = {**one.values()}
        if one.name == 'safety_supervisor' and name == 'robot':
            files = [found.pop('audit_file') for found in (given, wanted)]
            assert files[0] == files[1].replace('qwen_embodied/', 'qwen_embodied/left/')
        assert given == wanted
        assert other.full_name.startswith('/left/') or other.namespace.startswith('/left')


def test_a_parameter_of_an_unknown_node_is_refused():
    with pytest.raises(ConfigurationError, match='has no node plannr; it has simulation'):
        bringup.simulation().with_parameter('plannr', 'x', 1)


@pytest.mark.parametrize(
    ('given', 'reason'), [({'light': 'disco'}, "light = 'disco'; allowed are normal"),
                          ({'seed': -1}, 'seed = -1')],
)  # fmt: skip
def test_wrong_arguments_are_refused(given, reason):
    with pytest.raises(ConfigurationError, match=reason):
        bringup.simulation(**given)


BAG = {'replay': {'bag': 'x'}}


@pytest.mark.parametrize('name', bringup.PROFILES)
def test_arguments_come_as_text_from_launch(name):
    more = BAG.get(name, {})
    given = {item.name: item.default for item in bringup.arguments_of_profile(name)} | more
    assert bringup.profile_from_text(name, given) == bringup.PROFILES[name](**more)


@pytest.mark.parametrize(
    ('name', 'given', 'reason'),
    [
        ('simulation', {'seed': 'x'}, "seed = 'x'; it must be a whole number"),
        ('simulation', {'use_sim_time': 'false'}, 'makes its own time'),
        ('simulation', {'namespace': 'two words'}, "namespace = 'two words'; letters"),
        ('simulation', {'remaps': 'a=b'}, "remaps = 'a=b'; it must be from:=to"),
        ('robot', {'speed': 'slow'}, "speed = 'slow'; it must be a number"),
        ('robot', {'speed': '0'}, 'speed = 0.0; allowed is 0.01 to 1.0'),
        ('robot', {'dry_run': 'maybe'}, "dry_run = 'maybe'; it must be true or false"),
        ('robot', {'robot': 'r2d2'}, "robot = 'r2d2'; allowed are ur5e"),
        ('robot', {'camra': 'zed'}, 'no parameter camra; did you mean camera'),
        ('robot', {'robot_file': '/nowhere.yaml'}, '/nowhere.yaml: cannot be read'),
        ('moon', {}, "no profile 'moon'; known are simulation, robot, replay"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(name, given, reason):
    with pytest.raises(ConfigurationError, match=reason):
        bringup.profile_from_text(name, given)


@pytest.mark.parametrize('name', bringup.PROFILES)
def test_every_argument_has_a_description(name):
    found = bringup.arguments_of_profile(name)
    assert all(item.description.endswith('.') for item in found)
    assert {'namespace', 'params_file', 'use_sim_time', 'log_level', 'remaps', 'respawn'} <= {
        item.name for item in found
    }


@pytest.mark.parametrize('name', ['simulation', 'robot', 'replay'])
def test_only_what_neither_moves_nor_judges_starts_again(name):
    profile = bringup.PROFILES[name](respawn=True, **BAG.get(name, {}))
    assert {spec.name for spec in profile.nodes if spec.respawns} <= {'perception', 'planner'}
    assert not any(spec.respawns for spec in bringup.PROFILES[name](**BAG.get(name, {})).nodes)


def test_a_robot_is_a_dry_run_at_a_tenth_of_the_speed_unless_told_otherwise():
    profile = bringup.robot()
    for name in ('arm_controller', 'planner'):
        assert values(profile, name)['dry_run'] is True
    for name in ('arm_controller', 'safety_supervisor'):
        found = values(profile, name)
        assert (found['velocity_scale'], found['acceleration_scale']) == (0.1, 0.1)
    planned = values(profile, 'planner')
    scales = [planned[f'{what}_scale'] for what in ('velocity', 'acceleration', 'gripper')]
    assert scales == pytest.approx([0.095] * 3)
    faster = bringup.robot(speed=0.5)
    assert values(faster, 'safety_supervisor')['velocity_scale'] == 0.5


def test_an_arm_that_may_move_is_armed_by_a_person_whatever_a_file_says(tmp_path):
    path = file_of(tmp_path, 'safety_supervisor: {ros__parameters: {self_arming: true}}')
    profile = bringup.robot(dry_run=False, params_file=path)
    assert values(profile, 'safety_supervisor')['self_arming'] is False
    assert 'THE ARM CAN MOVE' in profile.note


def test_a_robot_takes_its_description_from_its_driver_but_not_from_a_fake_arm():
    assert values(bringup.robot(), 'planner')['robot_description'] == 'topic'
    fake = bringup.robot(fake_arm=True)
    assert fake.nodes[0].name == 'fake_arm'
    assert values(fake, 'planner')['robot_description'] == 'preset'


def test_the_nodes_of_a_robot_agree_about_it(tmp_path):
    for robot, preset in ROBOTS.items():
        profile = bringup.robot(robot=robot)
        assert {spec.values()['robot'] for spec in profile.nodes} == {preset}
        assert load_robot(preset).gripper is not None  # or there were nothing to plan
    assert values(bringup.robot(robot='ur5e'), 'perception')['frame_id'] == 'base_link'
    own = file_of(tmp_path, 'base_frame: my_base')
    assert values(bringup.robot(robot_file=own), 'perception')['frame_id'] == 'my_base'


def test_a_trial_neither_heeds_nor_ends_a_real_stop():
    for given in ({}, {'fake_arm': True}, {'fake_arm': True, 'dry_run': False}):
        assert values(bringup.robot(**given), 'safety_supervisor')['latch_file'] == ''
    left, right = (bringup.robot(dry_run=False, namespace=name) for name in ('left', 'right'))
    kept = {values(profile, 'safety_supervisor')['latch_file'] for profile in (left, right)}
    assert len(kept) == 2
    assert all(path.endswith('/latch.json') for path in kept)


def test_the_time_of_a_clock_topic_is_for_trials_only():
    for given in ({'dry_run': True}, {'dry_run': False, 'fake_arm': True}):
        found = values(bringup.robot(use_sim_time=True, **given), 'safety_supervisor')
        assert found['simulation'] is True
    real = values(bringup.robot(use_sim_time=True, dry_run=False), 'safety_supervisor')
    assert real['simulation'] is False
    assert values(bringup.robot(), 'safety_supervisor')['simulation'] is False


@pytest.mark.parametrize(
    ('backend', 'way'), [('topic', 'joint_trajectory'), ('action', 'follow_joint_trajectory')]
)
def test_a_second_publisher_of_commands_is_watched_for(backend, way):
    profile = bringup.robot(robot='xarm7', backend=backend)
    watched = values(profile, 'safety_supervisor')['command_topics']
    assert watched == [
        f'{name}/{way}' for name in ('xarm7_traj_controller', 'xarm_gripper_traj_controller')
    ]


def test_a_camera_is_found_under_its_drivers_names():
    def names(**given):
        return dict(next(s for s in bringup.robot(**given).nodes if s.name == 'perception')
                    .remappings)  # fmt: skip

    assert names() == {}
    assert names(camera='realsense')['camera/color/image_raw'] == '/camera/camera/color/image_raw'
    moved = names(camera='realsense', camera_prefix='/left/camera')
    assert moved['camera/color/camera_info'] == '/left/camera/color/camera_info'
    assert names(camera='usb')['camera/color/image_raw'] == 'image_raw'
    assert values(bringup.robot(camera='usb'), 'perception')['depth_transport'] == 'none'


def test_the_camera_and_the_robot_of_a_recording_are_found_where_they_are_played():
    def perception(**given):
        return bringup.replay('x', **given).nodes[1]

    def colour(**given):
        return dict(perception(**given).remappings)['camera/color/image_raw']

    assert colour(camera='realsense') == '/replay/camera/camera/color/image_raw'
    assert colour(camera='realsense', names='own') == '/camera/camera/color/image_raw'
    moved = {'camera': 'realsense', 'camera_prefix': '/cam'}
    assert colour(namespace='left', **moved) == '/left/replay/cam/color/image_raw'
    assert perception(camera='usb').values()['depth_transport'] == 'none'
    found = perception(robot='ur5e').values()
    assert (found['robot'], found['frame_id']) == ('ur5e_2f85', 'base_link')
    assert 'robot' not in dict(perception().parameters)
    with pytest.raises(ConfigurationError, match=r"no robot 'ur5'; did you mean ur5e"):
        perception(robot='ur5')


def test_two_simulations_have_a_clock_each():
    clocks = {dict(spec.remappings)['/clock'] for spec in bringup.simulation(namespace='a').nodes}
    assert clocks == {'/a/clock'}
    assert all(not spec.remappings for spec in bringup.simulation().nodes)


def test_the_lights_are_those_of_the_simulation():
    simulation = pytest.importorskip('qwen_embodied.simulation')
    assert tuple(simulation.LIGHTS) == bringup.LIGHT_NAMES


def test_transports_for_images_are_set_where_the_user_set_none():
    added = bringup.added_environment({})
    assert added['FASTDDS_DEFAULT_PROFILES_FILE'].endswith('config/fastdds.xml')
    assert added['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    assert added['OPENBLAS_NUM_THREADS'] == '1'


@pytest.mark.parametrize('name', bringup.TRANSPORT_VARIABLES)
def test_transports_that_the_user_set_stay(name):
    added = bringup.added_environment({name: 'mine', 'OMP_NUM_THREADS': '4'})
    assert not set(bringup.TRANSPORT_VARIABLES) & set(added)
    assert 'OMP_NUM_THREADS' not in added


def test_the_whole_environment_holds_the_rest_too():
    assert bringup.graph_environment({'PATH': '/bin'})['PATH'] == '/bin'


@pytest.mark.parametrize('domain', ['abc', '-1', '233', '1.5'])
def test_a_domain_that_dds_cannot_use_is_refused(domain):
    with pytest.raises(ConfigurationError, match=f'ROS_DOMAIN_ID={domain}'):
        bringup.graph_environment({'ROS_DOMAIN_ID': domain})


@pytest.mark.parametrize('domain', ['', '0', '232'])
def test_a_domain_that_dds_can_use_is_kept(domain):
    assert bringup.graph_environment({'ROS_DOMAIN_ID': domain})['ROS_DOMAIN_ID'] == domain


def test_obstacles_reach_the_planner_and_the_supervisor_with_their_whole_path(tmp_path):
    path = str(tmp_path / 'shelf.yaml')
    nodes = {spec.name: dict(spec.parameters) for spec in bringup.simulation(obstacles=path).nodes}
    assert nodes['planner']['obstacles'] == nodes['safety_supervisor']['obstacles'] == path
    usual = [name for spec in bringup.simulation().nodes for name, _ in spec.parameters]
    assert 'obstacles' not in usual


def test_the_nodes_that_must_agree_about_the_arm_read_the_same_file():
    readers = [spec.name for spec in bringup.simulation().nodes if bringup.CELL in spec.config]
    assert readers == ['arm_controller', 'safety_supervisor', 'planner']


def test_every_section_of_the_files_counts_in_a_namespace():
    for spec in bringup.simulation(namespace='cell').nodes:
        for path in spec.config_files():
            sections = read_sections(path)
            alone, inside = (settings_of(sections, f'{ns}/{spec.name}') for ns in ('', '/cell'))
            assert alone == inside
            assert alone
