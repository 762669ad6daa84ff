"""Security is on or off, never half; and the policy gives each process what it needs by name."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from policy_file import NODES, who_may
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.security import FILES, enclave_arguments

MODULE = 'qwen_embodied.nodes.planner_node'
ON = {'ROS_SECURITY_ENABLE': 'true', 'ROS_SECURITY_STRATEGY': 'Enforce'}


@pytest.fixture
def keystore(tmp_path):
    """Make a store with files for the planner; what is in them is for the middleware."""
    folder = tmp_path / 'enclaves' / 'qwen_embodied' / 'planner'
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).touch()
    return {**ON, 'ROS_SECURITY_KEYSTORE': str(tmp_path)}


@pytest.mark.parametrize('environment', [{}, {'ROS_SECURITY_ENABLE': 'false'}])
def test_x02_without_security_nothing_is_added(environment):
    assert enclave_arguments(MODULE, environment, []) == []


@pytest.mark.parametrize(
    'environment',
    [
        {'ROS_SECURITY_ENABLE': 'true'},
        {'ROS_SECURITY_ENABLE': 'true', 'ROS_SECURITY_STRATEGY': 'Permissive'},
        {'ROS_SECURITY_ENABLE': '1', 'ROS_SECURITY_STRATEGY': 'Enforce'},
        {'ROS_SECURITY_ENABLE': 'True', 'ROS_SECURITY_STRATEGY': 'Enforce'},
        {'ROS_SECURITY_ENABLE': 'yes'},
        {'ROS_SECURITY_STRATEGY': 'Enforce'},
        {'ROS_SECURITY_ENABLE': 'false', 'ROS_SECURITY_STRATEGY': 'Enforce'},
    ],
)
def test_x02_security_that_is_half_on_is_refused(environment):
    with pytest.raises(ConfigurationError, match='would not be secured'):
        enclave_arguments(MODULE, environment, [])


def test_x02_keys_that_are_missing_are_named(keystore, tmp_path):
    with pytest.raises(ConfigurationError, match=r'lacks cert\.pem'):
        enclave_arguments(MODULE, ON, [])
    (tmp_path / 'enclaves/qwen_embodied/planner/key.pem').unlink()
    with pytest.raises(ConfigurationError, match=r'lacks key\.pem; ros2 security'):
        enclave_arguments(MODULE, keystore, [])


def test_x02_a_secured_node_takes_its_own_enclave_unless_it_is_given_one(keystore):
    own = ['--ros-args', '-e', '/qwen_embodied/planner']
    assert enclave_arguments(MODULE, keystore, ['planner']) == own
    with pytest.raises(ConfigurationError, match='other'):
        enclave_arguments(MODULE, keystore, ['--ros-args', '--enclave', '/other'])


def test_x03_no_right_of_the_policy_has_a_wildcard():
    named = [name for rights in NODES.values() for names in rights.values() for name in names]
    assert named
    assert [name for name in named if set(name) & set('*?[]')] == []


def test_x03_every_process_has_an_enclave_of_its_own():
    enclaves = {node: rights.enclave for node, rights in NODES.items()}
    persons = ('operator', 'approver', 'up', 'calibration')
    assert {enclaves.pop(node) for node in persons} == {'/qwen_embodied/operator'}
    assert enclaves == {node: f'/qwen_embodied/{node}' for node in enclaves}


@pytest.mark.parametrize(
    ('right', 'name', 'nodes'),
    [
        ('publish', '/arm/command', {'arm_controller'}),
        ('publish', '/trajectory/approved', {'safety_supervisor'}),
        ('publish', '/safety/state', {'safety_supervisor'}),
        ('publish', '/safety/approval', {'safety_supervisor'}),
        ('publish', '/trajectory/proposed', {'planner'}),
        ('publish', '/perception/scene', {'perception'}),
        ('publish', '/joint_states', {'simulation'}),
        ('publish', '/safety_supervisor/approve', {'approver'}),
        ('publish', '/safety_supervisor/reset_with', {'operator'}),
        ('request', '/safety_supervisor/reset', {'operator'}),
        ('request', '/safety_supervisor/arm', {'operator'}),
        ('request', '/arm_controller/cancel', {'planner'}),
    ],
)
def test_x01_only_those_may_who_must(right, name, nodes):
    assert who_may(right, name) == nodes


def test_x04_nobody_may_set_a_parameter_of_another_and_one_may_read():
    asked = {(node, name) for node, rights in NODES.items() for name in rights['request']}
    found = [(node, name) for node, name in asked if 'parameter' in name]
    assert found == [('planner', '/safety_supervisor/get_parameters')]


def test_x01_a_planner_may_publish_nothing_that_moves():
    harmless = {
        '/diagnostics', '/dry_run/report', '/parameter_events', '/plan', '/rosout', '/task/events',
    }  # fmt: skip
    assert NODES['planner']['publish'] - harmless == {'/plan/proposed', '/trajectory/proposed'}
