"""The command line's `approve`: a person reads the plan that waits, and lets it begin or not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import getpass
import os
import re
import sys
from typing import Annotated

import typer

from qwen_embodied.errors import ConfigurationError

FAILED = 1
LEAST = 8  # digits of a hash that a person may leave it at


def register(app: typer.Typer) -> None:
    """Add the command to a command line."""
    app.command()(approve)


def approve(
    plan: Annotated[
        str, typer.Argument(metavar='[HASH]', help='Of the plan, or its first 8 digits or more.')
    ] = '',
    refuse: Annotated[bool, typer.Option('--refuse', help='Refuse it instead.')] = False,
    name: Annotated[str, typer.Option('--as', help='Who you are; without it, your login.')] = '',
    namespace: Annotated[str, typer.Option(help='Of the graph.')] = '',
    wait: Annotated[float, typer.Option(help='Longest wait for a plan, s.')] = 10.0,
) -> None:
    """Show the plan that waits for approval, and approve it by its hash."""
    if plan and not re.fullmatch(f'[0-9a-f]{{{LEAST},64}}', plan):
        raise ConfigurationError(f'{plan!r} is no hash; give {LEAST} to 64 of its digits 0-9 a-f')
    from qwen_embodied.bringup import added_environment
    from qwen_embodied.nodes.approver import Approver

    os.environ.update(added_environment())  # to hear the graph as its own nodes do
    with Approver(namespace) as approver:
        said = approver.pending(wait)
        typer.echo(f'“{said.instruction}”')
        for number, step in enumerate(said.steps, start=1):
            typer.echo(f'  {number}. {step}')
        typer.echo(f'plan {said.plan}')
        if plan and not said.plan.startswith(plan):
            typer.echo(f'this is not the plan {plan}; nothing was approved', err=True)
            raise typer.Exit(FAILED)
        if not plan and not _confirmed(refuse=refuse):
            typer.echo('left as it is', err=True)
            raise typer.Exit(FAILED)
        state = approver.answer(said.plan, name or getpass.getuser(), approve=not refuse)
    typer.echo(state)
    raise typer.Exit(0 if state == ('refused' if refuse else 'approved') else FAILED)


def _confirmed(*, refuse: bool) -> bool:
    if not sys.stdin.isatty():
        raise ConfigurationError('there is nobody to ask; give the hash of the plan')
    return typer.confirm('Refuse it?' if refuse else 'May it begin?')
