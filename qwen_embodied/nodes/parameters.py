"""ROS parameters from the fields of a frozen dataclass, declared in one call."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameters import build, defaults

T = TypeVar('T')


def declare(node: Node, cls: type[T]) -> T:
    """Declare every field of a parameters dataclass on a node and give their values.

    The parameters are read-only while the node runs: limits cannot be raised from outside.
    Build the node with `automatically_declare_parameters_from_overrides=True`, then a
    parameter that the node does not have is refused as well.

    Args:
        node: Without other parameters of its own.
        cls: A dataclass made with `qwen_embodied.parameters.param`.

    Raises:
        ConfigurationError: A value is unknown, of a wrong type or out of range.
    """
    usual, given = defaults(cls), _given(node)
    checked = build(cls, given, node.get_name())
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        value = getattr(checked, field.name)
        description = _descriptor(field, usual[field.name])
        try:
            if node.has_parameter(field.name):
                node.undeclare_parameter(field.name)
            node.declare_parameter(field.name, value, description, ignore_override=True)
        except ParameterException as error:
            raise ConfigurationError(f'{node.get_name()}: {error}') from error
    node.add_on_set_parameters_callback(_keep_clock)
    return checked


def select(values: object, cls: type[T]) -> T:
    """Build a stage's parameters from the fields of the same name of a node's parameters."""
    return cls(**{item.name: getattr(values, item.name) for item in dataclasses.fields(cls)})  # type: ignore[arg-type]


def _keep_clock(changes: list[Parameter[Any]]) -> SetParametersResult:
    """Refuse another clock while the node runs: what was stamped by one is not of the other."""
    if any(change.name == 'use_sim_time' for change in changes):
        reason = 'use_sim_time stays as it was when the node started'
        return SetParametersResult(successful=False, reason=reason)
    return SetParametersResult(successful=True)


def _given(node: Node) -> dict[str, Any]:
    """Read what was set from outside, without the parameters that every node has."""
    common = ('use_sim_time', 'start_type_description_service')
    return {
        name: _plain(parameter.value)
        for name, parameter in node.get_parameters_by_prefix('').items()
        if name not in common and not name.startswith('qos_overrides')
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else list(value)


def _descriptor(field: dataclasses.Field[Any], usual: object) -> ParameterDescriptor:
    """Describe a parameter: text, range or choices; read-only."""
    descriptor = ParameterDescriptor(
        description=field.metadata.get('description', ''), read_only=True
    )
    bounds, choices = field.metadata.get('bounds'), field.metadata.get('choices')
    sample = usual[0] if isinstance(usual, list) and usual else usual
    if choices:
        descriptor.additional_constraints = 'one of: ' + ', '.join(choices)
    if bounds and isinstance(sample, float):
        lower, upper = (float(bound) for bound in bounds)
        descriptor.floating_point_range = [FloatingPointRange(from_value=lower, to_value=upper)]
    elif bounds and isinstance(sample, int):
        lower, upper = (int(bound) for bound in bounds)
        descriptor.integer_range = [IntegerRange(from_value=lower, to_value=upper, step=1)]
    return descriptor
