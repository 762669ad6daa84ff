"""Parameters: fields of frozen dataclasses with a description and bounds.

The same vocabulary serves the YAML files in config/, ROS parameters and Python.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import difflib
import math
from pathlib import Path
from typing import Any, TypeVar

import yaml

from qwen_embodied.errors import ConfigurationError

T = TypeVar('T')


def param(
    default: Any,
    description: str,
    *,
    bounds: tuple[float, float] | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Declare a parameter as a dataclass field.

    Args:
        default: Its value when nothing is set; its type is the parameter's type.
        description: One sentence with the unit.
        bounds: Smallest and largest legal number.
        choices: Legal words.
    """
    metadata = {'description': description, 'bounds': bounds, 'choices': choices}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def defaults(cls: type[Any]) -> dict[str, Any]:
    """Give each parameter's default."""
    return {field.name: getattr(cls(), field.name) for field in dataclasses.fields(cls)}


def build(cls: type[T], values: dict[str, Any], source: str) -> T:
    """Build parameters from values, refusing unknown keys, wrong types and wrong ranges."""
    known = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f'did you mean {near[0]}?' if near else f'known are {", ".join(known)}'
            raise ConfigurationError(f'{source}: there is no parameter {key}; {hint}')
    usual = defaults(cls)
    checked = {
        name: _checked(field, values.get(name, usual[name]), usual[name], source)
        for name, field in known.items()
    }
    return cls(**checked)


def parse(cls: type[T], words: list[str], source: str) -> T:
    """Build parameters from words such as 'retries=3'; raises ConfigurationError as `build`."""
    usual = defaults(cls)
    values: dict[str, Any] = {}
    for word in words:
        name, sign, text = word.partition('=')
        if not sign:
            raise ConfigurationError(f'{source}: {word!r} is not of the form name=value')
        values[name] = text if isinstance(usual.get(name, ''), str) else _plain_value(text)
    return build(cls, values, source)


def _plain_value(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def read_yaml(path: Path | str, node: str) -> dict[str, Any]:
    """Read the parameters of a node from a ROS parameter file; {} when it has none."""
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    if not isinstance(content, dict):
        raise ConfigurationError(f'{path}: must hold node names at its top')
    result: dict[str, Any] = {}
    for name in ('/**', node):
        section = content.get(name) or {}
        result.update(section.get('ros__parameters') or {})
    return result


def _checked(field: dataclasses.Field[Any], value: Any, default: Any, source: str) -> Any:
    where = f'{source}: {field.name} = {value!r}'
    value = _typed(value, default, where)
    bounds, choices = field.metadata.get('bounds'), field.metadata.get('choices')
    numbers = value if isinstance(value, list) else [value]
    for number in numbers:
        if isinstance(number, float) and not math.isfinite(number):
            raise ConfigurationError(f'{where}; it must be finite')
        if bounds and not bounds[0] <= number <= bounds[1]:
            raise ConfigurationError(f'{where}; allowed is {bounds[0]} to {bounds[1]}')
    if choices and value not in choices:
        raise ConfigurationError(f'{where}; allowed are {", ".join(choices)}')
    return value


def _typed(value: Any, default: Any, where: str) -> Any:
    """Give a value of the default's type; whole numbers become real ones."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise ConfigurationError(f'{where}; it must be a {type(default).__name__}')
    if isinstance(value, list) and default:
        return [_typed(item, default[0], where) for item in value]
    return value
