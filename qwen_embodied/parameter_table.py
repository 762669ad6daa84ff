"""What a dataclass of parameters says of itself: a table for people, a file to begin with."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from qwen_embodied.parameters import defaults

UNITS = ('m', 's', 'rad', 'Hz', 'm/s', 'rad/s', 'MB', 'px', 'N·m')
# A description ends with the unit, or has it before what else there is to say.
UNIT = re.compile(rf', ({"|".join(UNITS)})(?=[.;])')
WIDTH = 95  # of comments

PAGE = """# Parameters

Every parameter of every node, as the nodes themselves declare it.
This page is written by `qwen-embodied parameters --write docs/parameters.md`; a test holds it to the code.

`qwen-embodied parameters --yaml NODE` prints a parameter file with the defaults, and `--check FILE` checks one.
The files in `config/` hold the values in use, with the reason for each; [topics.md](topics.md) says which node reads which.

An unknown name, a wrong type and a value out of range are refused before anything starts, with the file and the line:

```
real.yaml:14: there is no parameter goal_tolerence; did you mean goal_tolerance?
real.yaml:15: path_tolerance = 7.0; allowed is 0.001 to 0.2
```

Parameters cannot be changed while a node runs.
A section of a file is `/**` for all nodes, or `/**/planner` for that one in any namespace; `planner` alone means the one without a namespace, and is refused where it would be passed over.
"""  # noqa: E501 - one sentence per line


@dataclasses.dataclass(frozen=True)
class Row:
    """One parameter.

    Attributes:
        name: Of the parameter.
        kind: Of its value, such as 'float' or 'list[str]'.
        default: As YAML.
        allowed: Range or words; empty where anything of its kind is.
        unit: Empty where there is none.
        meaning: One sentence.
    """

    name: str
    kind: str
    default: str
    allowed: str
    unit: str
    meaning: str


def rows(cls: type[Any]) -> tuple[Row, ...]:
    """Describe each field of a dataclass made with `param`."""
    usual = defaults(cls)
    return tuple(_row(field, usual[field.name]) for field in dataclasses.fields(cls))


def markdown(nodes: Mapping[str, type[Any]]) -> str:
    """Write the page with a table per node.

    Args:
        nodes: Parameters by the name of the node.
    """
    return PAGE + ''.join(''.join(_table(name, cls)) for name, cls in nodes.items())


def yaml_file(node: str, cls: type[Any]) -> str:
    """Write a parameter file with the defaults of a node, each under a comment."""
    lines = [f'# {(cls.__doc__ or "").splitlines()[0]}', f'/**/{node}:', '  ros__parameters:']
    for row in rows(cls):
        words = f'{row.meaning} {_bracket(row)}'.strip()
        lines += [f'    # {line}' for line in textwrap.wrap(words, WIDTH)]
        lines.append(f'    {row.name}: {row.default}')
    return '\n'.join(lines) + '\n'


def _row(field: dataclasses.Field[Any], usual: Any) -> Row:
    said = str(field.metadata['description'])
    unit = UNIT.search(said)
    return Row(
        name=field.name,
        kind=_kind(usual),
        default=json.dumps(usual),
        allowed=_allowed(field),
        unit=unit[1] if unit else '',
        meaning=UNIT.sub('', said, count=1),
    )


def _kind(usual: Any) -> str:
    if isinstance(usual, list):
        return f'list[{type(usual[0]).__name__}]' if usual else 'list'
    return type(usual).__name__


def _allowed(field: dataclasses.Field[Any]) -> str:
    bounds, choices = field.metadata.get('bounds'), field.metadata.get('choices')
    if choices:
        return ', '.join(choices)
    return f'{bounds[0]:.10g} to {bounds[1]:.10g}' if bounds else ''


def _bracket(row: Row) -> str:
    inside = ' '.join(part for part in (row.allowed, row.unit) if part)
    return f'({inside})' if inside else ''


def _table(node: str, cls: type[Any]) -> Iterator[str]:
    yield f'\n## {node}\n\n{(cls.__doc__ or "").splitlines()[0]}\n\n'
    yield '| node | parameter | type | default | allowed | unit | meaning |\n'
    yield '|---|---|---|---|---|---|---|\n'
    for row in rows(cls):
        allowed = row.allowed.replace('|', '\\|')
        yield (
            f'| {node} | `{row.name}` | {row.kind} | `{row.default}` | {allowed} | {row.unit} '
            f'| {row.meaning} |\n'
        )
