"""The command that starts a profile: qwen-embodied up simulation | robot | replay."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import inspect
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qwen_embodied.bringup_arguments import Argument
from qwen_embodied.cli_groups import Commands
from qwen_embodied.errors import ConfigurationError

if TYPE_CHECKING:
    from qwen_embodied.node_spec import Profile
    from qwen_embodied.nodes.readiness import Readiness
    from qwen_embodied.processes import Graph

SPAN = 30.0  # s after which it is said what is not ready, and again after as long
LOOK = 0.5  # s
TITLES = {
    'simulation': 'Start the simulated cell until Ctrl-C.',
    'robot': 'Bring up a real arm until Ctrl-C: a dry run, unless --dry-run false.',
    'replay': 'Play a recording until Ctrl-C; nothing in it can move an arm.',
}


class Profiles(Commands):
    """The profiles, by name."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Find a profile; raises ConfigurationError for an unknown one."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            known = ', '.join(TITLES)
            raise ConfigurationError(f'there is no profile {cmd_name!r}; known are {known}')
        return found


app = typer.Typer(
    name='up', cls=Profiles, no_args_is_help=True,
    help='Start the nodes of a profile, one process each, as the launch files do.',
)  # fmt: skip


def _option(argument: Argument) -> Any:
    """Make an option of an argument; its value stays text, as launch has it."""
    words = {word: word for word in argument.choices or ()}
    kind = StrEnum(argument.name, words) if words else str
    metavar = 'NUMBER' if re.fullmatch(r'[\d.]+', argument.default) else None
    return Annotated[kind, typer.Option(help=argument.description, metavar=metavar)]


def _add(name: str, arguments: tuple[Argument, ...]) -> None:
    """Add the command of a profile, with an option for each of its arguments."""

    def start(logs: Path | None, **given: str) -> None:
        run(name, {word: str(text) for word, text in given.items()}, logs)

    def parameter(word: str, default: Any, kind: Any) -> inspect.Parameter:
        only = inspect.Parameter.KEYWORD_ONLY
        return inspect.Parameter(word, only, default=default, annotation=kind)

    folder = Annotated[
        Path | None,
        typer.Option(help='Gets log and parameters of each node; runs/<date>-<profile> without.'),
    ]
    found = [parameter(item.name, item.default, _option(item)) for item in arguments]
    found.append(parameter('logs', None, folder))
    described: Callable[..., None] = start
    described.__signature__ = inspect.Signature(found)  # type: ignore[attr-defined]
    described.__annotations__ = {item.name: item.annotation for item in found}
    app.command(name, help=TITLES[name])(described)


def _register() -> None:
    from qwen_embodied.bringup_arguments import PROFILE_ARGUMENTS, arguments_of

    for name, kind in PROFILE_ARGUMENTS.items():
        _add(name, arguments_of(kind))


_register()


def run(name: str, given: dict[str, str], logs: Path | None = None) -> None:
    """Start a profile, say how its nodes come up, and stop it at Ctrl-C.

    Args:
        name: Of the profile.
        given: Its arguments as text.
        logs: Folder that gets log and parameters of each node; a new one under runs/ where None.

    Raises:
        QwenEmbodiedError: An argument is wrong, or a node ended.
    """
    from qwen_embodied.bringup import graph_environment, profile_from_text
    from qwen_embodied.processes import Graph
    from qwen_embodied.run_folder import new_folder

    bag = given.get('bag', '')
    if bag and not Path(bag).exists():
        raise ConfigurationError(f'bag = {bag!r}; there is no such file or folder')
    profile = profile_from_text(name, given)
    os.environ.update(graph_environment())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logs = logs or new_folder(Path('runs'), _title(name, given.get('namespace', '')))
    try:
        _run(profile, Graph(profile, logs))
    finally:
        with suppress(OSError):  # it stays where anything is in it
            logs.rmdir()


def _title(name: str, namespace: str) -> str:
    return '-'.join([name, *namespace.strip('/').split('/')]).rstrip('-')


def _run(profile: Profile, graph: Graph) -> None:
    try:
        with graph:
            _tell_and_watch(profile, graph)
    except KeyboardInterrupt:
        typer.echo('stopped: every node has ended')


def _tell_and_watch(profile: Profile, graph: Graph) -> None:
    try:
        for node in profile.nodes:
            typer.echo(f'{node.name:18} process {graph.process_id(node.name)}')
        if profile.note:
            typer.echo(profile.note)
        typer.echo(f'logs in {graph.logs}; Ctrl-C stops all nodes')
        _watch(profile, graph)
    except KeyboardInterrupt:
        first = 'the arm comes to rest, then ' * any(spec.moves_arm for spec in profile.nodes)
        typer.echo(f'stopping: {first}the nodes end')
        raise


def _watch(profile: Profile, graph: Graph) -> None:
    """Say which node is ready when, which is not and why, and what a dry run showed."""
    from qwen_embodied.nodes.readiness import Readiness

    begun = told = time.monotonic()
    with Readiness(profile) as readiness:
        ready: set[str] = set()
        while not readiness.ended:
            graph.watch(LOOK)
            for line in readiness.take_lines():
                typer.echo(line)
            news = [word for word in readiness.ready() if word not in ready]
            for word in news:
                typer.echo(f'{word:18} ready after {time.monotonic() - begun:.1f} s')
            ready.update(news)
            if news and len(ready) == len(profile.nodes):
                typer.echo(f'all {len(ready)} nodes are ready')
            if len(ready) < len(profile.nodes) and time.monotonic() - told > SPAN:
                told = time.monotonic()
                _complain(readiness)
        _say_end(readiness, ready)
    graph.watch()


def _complain(readiness: Readiness) -> None:
    for name, reason in readiness.missing().items():
        typer.echo(f'{name:18} NOT ready: {reason}')


def _say_end(readiness: Readiness, ready: set[str]) -> None:
    """Say that a recording has ended, and of which node nothing was heard until then."""
    typer.echo(f'{readiness.ended}; Ctrl-C stops all nodes')
    for name, reason in readiness.missing().items():
        if name in ready:
            continue
        found = reason.partition(';')[0]  # what comes behind is about a driver
        names = '; its name is set by --camera, --camera-prefix or --remaps'
        hint = names if found.startswith('no ') else ''
        typer.echo(f'{name:18} was not ready before: {found}{hint}')
