"""Profiles, their command lines and their environment; needs no ROS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from qwen_embodied import bringup
from qwen_embodied.errors import ConfigurationError
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


def test_a_command_line_names_node_namespace_files_and_values():
    spec = bringup.simulation(seed=7, light='dim', namespace='cell1').nodes[0]
    spec = replace(spec, remappings=(('a', 'b'),))
    line = ' '.join(spec.command())
    assert '-m qwen_embodied.nodes.simulation_node --ros-args -r __node:=simulation' in line
    assert '-r __ns:=/cell1' in line
    assert '-p seed:=7 -p light:="dim" -r a:=b' in line
    assert '--params-file' in line


@pytest.mark.parametrize('value', [True, 3, 0.5, 'on', '1', '', 'a: b'])
def test_values_keep_their_type_on_the_command_line(value):
    profile = bringup.simulation().with_parameter('planner', 'x', value)
    setting = next(part for part in profile.nodes[-1].command() if part.startswith('x:='))
    back = yaml.safe_load(setting.removeprefix('x:='))
    assert (back, type(back)) == (value, type(value))


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


def test_arguments_come_as_text_from_launch():
    given = {item.name: item.default for item in bringup.SIMULATION_ARGUMENTS}
    assert bringup.from_text(bringup.simulation, given) == bringup.simulation()
    with pytest.raises(ConfigurationError, match="seed = 'x'"):
        bringup.from_text(bringup.simulation, {**given, 'seed': 'x'})


def test_every_argument_has_a_description():
    assert all(item.description.endswith('.') for item in bringup.SIMULATION_ARGUMENTS)


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
