"""The command `qwen-embodied parameters`: what nodes can be set to, and whether a file does."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FAILED = 1

Node = Annotated[str | None, typer.Argument(help='One node; all without.')]
AsYaml = Annotated[
    bool, typer.Option('--yaml', help='Print a parameter file with the defaults of NODE.')
]
Check = Annotated[
    list[Path] | None,
    typer.Option('--check', metavar='FILE', exists=True, help='Check a file; repeatable.'),
]
Write = Annotated[
    Path | None, typer.Option('--write', metavar='FILE', help='Write docs/parameters.md.')
]


def parameters(
    node: Node = None, as_yaml: AsYaml = False, check: Check = None, write: Write = None
) -> None:
    """Say what every node can be set to, print a parameter file, or check one."""
    if check:
        raise typer.Exit(_check(check))
    from qwen_embodied.nodes.declared import NODES, parameters_of
    from qwen_embodied.parameter_table import markdown, rows, yaml_file

    chosen = {name: parameters_of(name) for name in ([node] if node else NODES)}
    if write is not None:
        write.write_text(markdown(chosen), encoding='utf-8')
        return
    for name, cls in chosen.items():
        if as_yaml:
            typer.echo(yaml_file(name, cls))
            continue
        typer.echo(f'{name}: {(cls.__doc__ or "").splitlines()[0]}')
        for row in rows(cls):
            value = f'{row.default} {row.unit}'.strip()
            allowed = f'; {row.allowed}' if row.allowed else ''
            typer.echo(f'  {row.name:20} {row.meaning} [{value}{allowed}]')


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(parameters)


def _check(files: list[Path]) -> int:
    from qwen_embodied.nodes.declared import check_parameter_file

    code = 0
    for path in files:
        faults = check_parameter_file(path)
        code = FAILED if faults else code
        for line in faults or (f'{path}: right',):
            typer.echo(line)
    return code
