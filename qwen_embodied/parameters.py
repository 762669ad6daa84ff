"""Parameters: fields of frozen dataclasses with a description and bounds.

The same vocabulary serves the YAML files in config/, ROS parameters and Python.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameter_files import (
    COMMON,
    OWN_PREFIX,
    Setting,
    check_namespaces,
    read_sections,
    settings_of,
)

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


def build(
    cls: type[T],
    values: Mapping[str, Any],
    source: str,
    places: Mapping[str, str] | None = None,
) -> T:
    """Build parameters from values, refusing unknown keys, wrong types and wrong ranges.

    Args:
        cls: A dataclass made with `param`.
        values: By name.
        source: Put before what is wrong.
        places: Where each value stands, such as 'FILE:LINE'; put there instead where known.
    """
    known = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    where = {**dict.fromkeys(values, source), **(places or {})}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f'did you mean {near[0]}?' if near else f'known are {", ".join(known)}'
            raise ConfigurationError(f'{where[key]}: there is no parameter {key}; {hint}')
    usual = defaults(cls)
    checked = {
        name: _checked(field, values.get(name, usual[name]), usual[name], where.get(name, source))
        for name, field in known.items()
    }
    try:
        return cls(**checked)
    except ConfigurationError as error:  # values that contradict one another
        raise ConfigurationError(f'{source}: {error}') from error


def check_file(cls: type[Any], path: Path | str, node: str) -> None:
    """Check everything that a parameter file has for a node.

    Args:
        cls: The node's parameters.
        path: Of the file.
        node: Full name, such as /cell/planner.

    Raises:
        ConfigurationError: Names file, line and the way out.
    """
    sections = read_sections(path)
    check_namespaces(sections, node)
    check_settings(cls, settings_of(sections, node), str(path))


def check_settings(cls: type[Any], settings: Mapping[str, Setting], source: str) -> None:
    """Check what a file has for a node; raises ConfigurationError as `build`."""
    for name, setting in settings.items():
        if name in COMMON and not isinstance(setting.value, bool):
            said = f'{setting.place}: {name} = {setting.value!r}'
            raise ConfigurationError(f'{said}; it must be true or false')
    own = {
        name: setting
        for name, setting in settings.items()
        if name not in COMMON and not name.startswith(OWN_PREFIX)
    }
    values = {name: setting.value for name, setting in own.items()}
    build(cls, values, source, {name: setting.place for name, setting in own.items()})


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
    settings = settings_of(read_sections(path), f'/{node}')
    return {name: setting.value for name, setting in settings.items()}


def build_from(
    cls: type[T], path: Path | str, node: str, *, strict: bool = False, **over: Any
) -> T:
    """Build parameters from what a file has for a node, and what is set over it.

    Args:
        cls: A dataclass made with `param`.
        path: Of the file.
        node: Name without namespace.
        strict: Refuse what is no field of the class; without, it belongs to another part.
        over: Values that win.

    Raises:
        ConfigurationError: Names file, line and the way out.
    """
    known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    settings = settings_of(read_sections(path), f'/{node}')
    own = {name: item for name, item in settings.items() if strict or name in known}
    values = {**{name: item.value for name, item in own.items()}, **over}
    places = {name: item.place for name, item in own.items() if name not in over}
    return build(cls, values, str(path), places)


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
