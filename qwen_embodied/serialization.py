"""The JSON form of the messages: strict, finite, the same on topics and in files.

A message becomes an object with its fields' names; arrays become nested lists. Reading refuses
unknown, missing and doubled keys, wrong types, NaN and infinity, with the field in the error.

>>> from qwen_embodied.messages import ArmStatus
>>> from_json(to_json(ArmStatus('t1', 'executing')), ArmStatus)
ArmStatus(trajectory_id='t1', state='executing', reason='', tracking_error=0.0, work=None)
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ContractError

T = TypeVar('T')

LARGEST_TEXT = 4_000_000  # characters: fifty times a crowded scene


def to_json(value: object, *, indent: int | None = None) -> str:
    """Write a message, or a mapping of plain values and messages, as JSON.

    Args:
        value: A dataclass of this package, mapping, sequence, array, number, text or None.
        indent: Spaces per level for a file that people read; None writes one line.

    Raises:
        ContractError: A number is not finite or a value has no JSON form.
    """
    return json.dumps(to_plain(value), indent=indent, allow_nan=False, ensure_ascii=False)


def from_json(text: str, kind: type[T]) -> T:
    """Read a message of a kind, or a mapping with `dict`.

    Raises:
        ContractError: The text is not JSON of that message; names the field.
    """
    if len(text) > LARGEST_TEXT:
        raise ContractError(kind.__name__, f'{len(text)} characters', f'<= {LARGEST_TEXT}')
    try:
        plain = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_number
        )
    except (ValueError, RecursionError) as error:
        start = text if len(text) <= 60 else f'{text[:60]}…'
        raise ContractError(kind.__name__, start, f'JSON: {error}') from error
    return typing.cast(T, _read(plain, kind, kind.__name__))


def to_plain(value: object, where: str = 'value') -> Any:
    """Give the dictionaries, lists, numbers and texts that a value's JSON form holds."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | np.floating):
        return _finite(float(value), where)
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist(), where)
    return _structure(value, where)


def _structure(value: object, where: str) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (field.name for field in dataclasses.fields(value))
        return {name: to_plain(getattr(value, name), f'{where}.{name}') for name in fields}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item, f'{where}.{key}') for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item, f'{where}[{at}]') for at, item in enumerate(value)]
    raise ContractError(where, type(value).__name__, 'a message, number, text, list or mapping')


def _read(plain: object, kind: Any, where: str) -> object:
    """Turn plain values into the annotated kind of a field."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        other = next(item for item in arguments if item is not types.NoneType)
        return None if plain is None else _read(plain, other, where)
    if origin is tuple:
        return _read_tuple(plain, arguments, where)
    if origin in (np.ndarray, NDArray):  # from numpy 2.5 on NDArray is an alias of its own
        return _read_array(plain, where)
    if origin is dict:
        items = _of_type(plain, dict, where, 'an object')
        return {key: _read(item, arguments[1], f'{where}.{key}') for key, item in items.items()}
    if dataclasses.is_dataclass(kind):
        return _read_fields(plain, kind, where)
    return _read_scalar(plain, kind, where)


def _read_fields(plain: object, kind: Any, where: str) -> object:
    values = _of_type(plain, dict, where, 'an object')
    kinds = _field_kinds(kind)
    unknown = [key for key in values if key not in kinds]
    missing = [key for key in kinds if key not in values]
    if unknown or missing:
        raise ContractError(where, sorted(values), f'an object with exactly {list(kinds)}')
    return kind(**{name: _read(values[name], kinds[name], f'{where}.{name}') for name in kinds})


def _read_tuple(plain: object, kinds: tuple[Any, ...], where: str) -> tuple[object, ...]:
    items = _of_type(plain, list, where, 'a list')
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(items)
    if len(items) != len(kinds):
        raise ContractError(where, items, f'a list of {len(kinds)}')
    pairs = enumerate(zip(items, kinds, strict=True))
    return tuple(_read(item, kind, f'{where}[{at}]') for at, (item, kind) in pairs)


def _read_array(plain: object, where: str) -> NDArray[np.float64]:
    """Read nested lists of numbers; the message checks the shape."""
    items = _of_type(plain, list, where, 'a list of numbers')
    rows: list[Any] = [
        _read_array(item, f'{where}[{at}]')
        if isinstance(item, list)
        else _read_scalar(item, float, f'{where}[{at}]')
        for at, item in enumerate(items)
    ]
    if len({np.shape(row) for row in rows}) > 1:
        raise ContractError(where, 'rows of different lengths', 'rows of one length')
    return np.array(rows, dtype=np.float64)


def _read_scalar(plain: object, kind: Any, where: str) -> object:
    if kind is float:
        number = plain if isinstance(plain, int | float) and not isinstance(plain, bool) else None
        if number is None:
            raise ContractError(where, plain, 'a number')
        return _finite(number, where)
    if kind in (Any, object):
        return plain
    if kind is int and isinstance(plain, bool):
        raise ContractError(where, plain, 'an integer')
    return _of_type(plain, kind, where, f'of type {kind.__name__}')


def _of_type(plain: object, kind: Any, where: str, allowed: str) -> Any:
    if not isinstance(plain, kind):
        raise ContractError(where, plain, allowed)
    return plain


def _finite(number: float, where: str) -> float:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ContractError(where, value, 'finite')
    return value


@functools.cache
def _field_kinds(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError('a key occurs twice')
    return result


def _number(text: str) -> float:
    return _finite(float(text), f'the number {text}')


def _refuse(constant: str) -> float:
    raise ValueError(f'{constant} is no JSON number')
