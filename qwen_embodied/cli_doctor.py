"""The command `qwen-embodied doctor`: a table of checks, the reason and the fix of each."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qwen_embodied.robot_names import preset_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from qwen_embodied.doctor import Finding

FAILED = 1
COLOURS = {'PASS': 'green', 'WARN': 'yellow', 'FAIL': 'bold red', 'SKIP': 'dim'}

Json = Annotated[bool, typer.Option('--json', help='Print JSON, for programs.')]
Quiet = Annotated[bool, typer.Option('--quiet', help='Print failures only.')]
Files = Annotated[
    list[Path] | None,
    typer.Option('--params-file', help='Over those of config/, as for the nodes; repeatable.'),
]
RobotName = Annotated[
    str, typer.Option('--robot', help='panda, ur5e, xarm7, so101 or a YAML; else as configured.')
]
Namespace = Annotated[str, typer.Option(help='Of the graph.')]
Seconds = Annotated[
    float, typer.Option(min=0.2, max=60.0, help='How long running topics are heard, s.')
]
CameraName = Annotated[
    str, typer.Option('--camera', help='Whose topics are heard while no perception runs.')
]
Prefix = Annotated[str, typer.Option('--camera-prefix', help='As for up robot, likewise.')]
NoGraph = Annotated[bool, typer.Option('--no-graph', help='Leave out what runs.')]


def doctor(  # noqa: PLR0913 - each is an option
    as_json: Json = False,
    quiet: Quiet = False,
    params_file: Files = None,
    robot: RobotName = '',
    namespace: Namespace = '',
    seconds: Seconds = 1.2,
    no_graph: NoGraph = False,
    camera: CameraName = 'own',
    camera_prefix: Prefix = '',
) -> None:
    """Check this machine, what is configured and what runs, and say how to mend it."""
    from qwen_embodied.doctor.examination import examine
    from qwen_embodied.doctor.gathering import Request, gather

    begun = time.monotonic()
    files = tuple(params_file or ())
    preset = preset_of(robot) if robot else ''
    request = Request(files, namespace, preset, seconds, not no_graph, camera, camera_prefix)
    findings = examine(gather(request))
    counts = Counter(finding.status.value for finding in findings)
    took = time.monotonic() - begun
    if as_json:
        typer.echo(json.dumps(_content(findings, counts, took), indent=2))
    else:
        shown = [item for item in findings if not quiet or item.status == 'FAIL']
        if shown:
            typer.echo(printed(shown, shutil.get_terminal_size().columns))
        typer.echo(summary(counts, took, quiet=quiet))
    raise typer.Exit(FAILED if counts['FAIL'] else 0)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(doctor)


def _content(findings: tuple[Finding, ...], counts: Counter[str], took: float) -> dict[str, Any]:
    return {
        'checks': [asdict(finding) for finding in findings],
        'counts': {name: counts[name] for name in COLOURS},
        'seconds': round(took, 2),
    }


def summary(counts: Counter[str], took: float, *, quiet: bool = False) -> str:
    """Count the findings, and say how to see those that are not shown."""
    said = ', '.join(f'{counts[name]} {name}' for name in COLOURS)
    line = f'{counts.total()} checks in {took:.1f} s: {said}'
    hidden = counts['WARN'] if quiet else 0
    return f'{line}\nto see what is WARN: qwen-embodied doctor' if hidden else line


def printed(findings: Sequence[Finding], width: int) -> str:
    """Write findings as a table.

    Args:
        findings: In their order.
        width: Of the terminal, characters.
    """
    from rich.console import Console

    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        console.print(_table(findings))
    return capture.get()


def _table(findings: Sequence[Finding]) -> Table:
    """Put status and name beside what was found, and the fix below it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column('')
    table.add_column('check', overflow='fold', max_width=24)
    table.add_column('found, and what mends it', overflow='fold')
    group = findings[0].group
    for item in findings:
        if item.group != group:
            table.add_section()
            group = item.group
        said = Text(item.found)
        if item.fix:
            said.append(f'\n-> {item.fix}', style='bold')
        table.add_row(Text(item.status.value, COLOURS[item.status]), item.name, said)
    return table
