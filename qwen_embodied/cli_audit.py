"""The command line's `audit`: what a safety supervisor decided, verified and explained."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FAILED = 1


def register(app: typer.Typer) -> None:
    """Add the command to a command line."""
    app.command()(audit)


def audit(
    file: Annotated[
        Path | None, typer.Argument(help='~/.ros/qwen_embodied/audit.jsonl without.')
    ] = None,
    number: Annotated[
        int | None,
        typer.Option('--explain', metavar='N', help='Put decision N into words, 1 the first.'),
    ] = None,
) -> None:
    """Check that an audit is as it was written, or explain one decision of it."""
    from qwen_embodied.audit_report import checked, explained, usual_file

    file = file or usual_file()
    whole, lines = (True, explained(file, number)) if number is not None else checked(file)
    typer.echo('\n'.join(lines))
    raise typer.Exit(0 if whole else FAILED)
