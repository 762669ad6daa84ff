"""ROS parameters from a dataclass: values, descriptors, refusals."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import pytest

pytest.importorskip('rclpy')

from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.nodes.parameters import declare, select
from qwen_embodied.parameters import param


@dataclass(frozen=True)
class Stage:
    gain: float = param(4.0, 'Largest gain.', bounds=(1.0, 16.0))


@dataclass(frozen=True)
class Parameters(Stage):
    count: int = param(3, 'How many.', bounds=(1, 9))
    light: str = param('warm', 'Which lamp.', choices=('warm', 'cold'))
    names: list[str] = param(['a', 'b'], 'Of whom.')
    place: list[float] = param([0.0, 1.0], 'Where, m.', bounds=(-5.0, 5.0))
    is_on: bool = param(False, 'Whether.')


@pytest.fixture
def make(domain):
    context = Context()
    context.init(domain_id=domain)
    nodes = []

    def build(**values):
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        node = Node(
            'tested', context=context, parameter_overrides=overrides,
            automatically_declare_parameters_from_overrides=True,
        )  # fmt: skip
        nodes.append(node)
        return node

    yield build
    for node in nodes:
        node.destroy_node()
    context.try_shutdown()


def test_without_anything_set_the_defaults_hold(make):
    node = make()
    assert declare(node, Parameters) == Parameters()
    assert node.get_parameter('names').value == ['a', 'b']


def test_what_is_set_holds_and_whole_numbers_become_lengths(make):
    values = declare(make(gain=2, light='cold', place=[1.0, 2.0], is_on=True), Parameters)
    assert (values.gain, values.light, values.place, values.is_on) == (2.0, 'cold', [1, 2], True)
    assert isinstance(values.gain, float)


@pytest.mark.parametrize(
    ('given', 'reason'),
    [
        ({'gain': 0.5}, r'gain = 0.5; allowed is 1.0 to 16.0'),
        ({'gain': float('nan')}, 'gain = nan; it must be finite'),
        ({'gain': 'high'}, "gain = 'high'; it must be a float"),
        ({'count': 10}, 'count = 10; allowed is 1 to 9'),
        ({'light': 'blue'}, "light = 'blue'; allowed are warm, cold"),
        ({'place': [9.0]}, 'allowed is -5.0 to 5.0'),
        ({'is_on': 1}, 'must be a bool'),
        ({'gian': 2.0}, 'there is no parameter gian; did you mean gain'),
    ],
)
def test_a_wrong_value_is_refused_with_the_node_and_the_way_out(make, given, reason):
    with pytest.raises(ConfigurationError, match=f'tested: .*{reason}'):
        declare(make(**given), Parameters)


def test_descriptors_say_what_is_allowed(make):
    node = make(count=4)
    declare(node, Parameters)
    gain, count, light = node.describe_parameters(['gain', 'count', 'light'])
    assert gain.description == 'Largest gain.'
    assert gain.floating_point_range[0].to_value == 16.0
    assert count.integer_range[0].from_value == 1
    assert light.additional_constraints == 'one of: warm, cold'


def test_parameters_cannot_be_changed_from_outside(make):
    node = make()
    declare(node, Parameters)
    result = node.set_parameters([Parameter('gain', value=16.0)])[0]
    assert not result.successful
    assert node.get_parameter('gain').value == 4.0


def test_a_stage_gets_its_own_part(make):
    assert select(declare(make(gain=7.0), Parameters), Stage) == Stage(7.0)
