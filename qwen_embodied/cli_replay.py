"""The commands on recordings: qwen-embodied replay | record."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from qwen_embodied.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from qwen_embodied.replay import ReplayReport
    from qwen_embodied.replay.rerun import Way

DONE, FAILED = 0, 1
WORTH_A_PROCESS = 10.0  # s of recording from which a second process is started
LINE_EVERY = 5.0  # s between lines of progress where there is no terminal
LIBRARIES = ('rosbags', 'mcap', 'zstandard', 'lz4', 'apsw')

Bag = Annotated[Path, typer.Argument(help='Folder of a rosbag2 recording, or its .mcap or .db3.')]
Words = Annotated[
    str, typer.Option('--instruction', '-i', help='What to plan; without it only perception runs.')
]
Output = Annotated[
    Path | None, typer.Option(help='Folder of the report; runs/replay-<name> without.')
]
Topics = Annotated[
    Path | None, typer.Option('--topics', help='YAML with the names of topics and joints.')
]
RobotName = Annotated[str, typer.Option('--robot', help='panda, ur5e, xarm7, so101 or a YAML.')]
Every = Annotated[int, typer.Option(min=1, help='Make scenes of every n-th image.')]
At = Annotated[
    float | None, typer.Option(min=0.0, help='Plan at this time, s; else at the first good scene.')
]
Profile = Annotated[str, typer.Option(help='Safety thresholds: simulation or robot.')]
Golden = Annotated[
    Path | None, typer.Option(help='report.json of an earlier replay; says what changed.')
]
Recover = Annotated[
    bool, typer.Option('--recover', help='Take what is whole of a recording that was cut off.')
]

OneProcess = Annotated[
    bool, typer.Option('--one-process', help='Do not use a second process; slower, less memory.')
]
Publish = Annotated[
    bool,
    typer.Option('--publish', help='Play it onto topics with /clock instead, for other nodes.'),
]
OwnNames = Annotated[
    bool, typer.Option('--own-names', help='With --publish: not under /replay but as recorded.')
]


def replay(  # noqa: PLR0913 - each is an option
    bag: Bag,
    instruction: Words = '',
    output: Output = None,
    topics: Topics = None,
    robot: RobotName = 'panda',
    every: Every = 1,
    at: At = None,
    profile: Profile = 'simulation',
    golden: Golden = None,
    recover: Recover = False,
    publish: Publish = False,
    own_names: OwnNames = False,
    one_process: OneProcess = False,
) -> None:
    """Run a recording through every stage again, and write a report; nothing moves."""
    if publish:
        return _publish(bag, own_names)
    values = {
        'instruction': instruction, 'robot': robot, 'every': every, 'profile': profile,
        'at': -1.0 if at is None else at,
    }  # fmt: skip
    folder = output or Path('runs') / f'replay-{bag.name}'
    try:
        code = _replay(bag, values, topics, folder, _Ways(golden, recover, one_process))
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    raise typer.Exit(code)


Patterns = Annotated[
    list[str] | None, typer.Argument(help='Patterns of topics, such as "/camera/*"; all without.')
]
Folder = Annotated[Path | None, typer.Option(help='Of the recording; recordings/<date> without.')]
Megabytes = Annotated[float, typer.Option(min=0.0, help='Begin a new file after so many MB.')]
Seconds = Annotated[float, typer.Option(min=0.0, help='Begin a new file after so many seconds.')]
Memory = Annotated[
    float, typer.Option(min=1.0, help='MB that may wait for the disk; more is dropped, counted.')
]


def record(
    topics: Patterns = None,
    output: Folder = None,
    split_size: Megabytes = 0.0,
    split_time: Seconds = 0.0,
    memory: Memory = 64.0,
    robot: RobotName = 'panda',
) -> None:
    """Record topics of the running graph as MCAP until Ctrl-C."""
    from qwen_embodied.bringup import graph_environment

    os.environ.update(graph_environment())
    try:
        from qwen_embodied.nodes.recorder_node import record as run_recorder
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    code = run_recorder(
        topics=topics or ['*'],
        output='' if output is None else str(output),
        split_size=split_size,
        split_time=split_time,
        memory=memory,
        robot=robot,
    )
    raise typer.Exit(code)


class _Ways(NamedTuple):
    """How to replay."""

    golden: Path | None
    recover: bool
    is_one_process: bool

    def of_reading(self, duration: float) -> Way:
        """Choose a second process where it takes less time than to start one."""
        from qwen_embodied.replay.apart import Apart

        is_worth = duration > WORTH_A_PROCESS and Apart.is_possible()
        return 'process' if is_worth and not self.is_one_process else 'thread'


def _replay(
    path: Path,
    values: dict[str, object],
    topics: Path | None,
    folder: Path,
    ways: _Ways,
) -> int:
    from qwen_embodied.replay import TopicMap, configure, read_bag, read_map, rerun
    from qwen_embodied.replay.golden import compare, read_golden
    from qwen_embodied.replay.outcome import write_report

    earlier = None if ways.golden is None else read_golden(ways.golden)
    bag = read_bag(path, recover=ways.recover)
    values = {**values, 'topics': read_map(topics) if topics else TopicMap()}
    config = configure(values, bag.configuration)
    begun = time.monotonic()
    with _progress(f'replaying {path.name}') as tell:
        way = ways.of_reading(bag.duration)
        report = rerun(bag, config, folder=folder, progress=tell, way=way)
    changes = None if earlier is None else compare(earlier, report.plain())
    page, data = write_report(report, folder, changes)
    _say(report, time.monotonic() - begun, changes)
    typer.echo(f'report: {page}  {data}')
    return DONE if report.is_good and not changes else FAILED


def _publish(bag: Path, own_names: bool) -> None:
    """Play a recording until Ctrl-C."""
    from qwen_embodied.bringup import replay as profile_of
    from qwen_embodied.processes import Graph

    profile = profile_of(str(bag.resolve()), names='own' if own_names else 'replay')
    logs = Path('runs') / 'replay-logs'
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), Graph(profile, logs) as graph:
        typer.echo(f'plays {bag.name}; logs in {logs}; Ctrl-C stops')
        graph.watch()


def _say(report: ReplayReport, took: float, changes: tuple[str, ...] | None) -> None:
    seen = report.seen
    pace = report.duration / max(took, 1e-9)
    typer.echo(f'{report.duration:.1f} s of recording in {took:.1f} s ({pace:.1f} x real time), '
               f'{seen.scenes} scenes of {seen.images} images')  # fmt: skip
    for note in report.notes:
        typer.echo(f'note: {note}')
    if report.partial:
        typer.echo(f'only a part: {report.partial}', err=True)
    if report.record.instruction:
        approved = sum(not item.breaches for item in report.judged)
        verdict = 'can be done' if report.success else f'refused: {report.reason}'
        typer.echo(f'plan {verdict}; {approved} of {len(report.judged)} trajectories approved')
    for line in changes or ():
        typer.echo(f'changed: {line}')
    if changes == ():
        typer.echo('nothing changed against the earlier replay')


def _missing(error: ModuleNotFoundError) -> Exception:
    name = (error.name or '').partition('.')[0]
    if name not in LIBRARIES:
        return error
    return MissingDependencyError(name, 'run: pip install rosbags mcap')


class _progress:  # noqa: N801 - reads as a word where it is used
    """A bar with the remaining time on a terminal, else a line every few seconds."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

        console = Console(stderr=True)
        self._bar = Progress(
            '{task.description}', BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._title, self._is_terminal = title, console.is_terminal
        self._begun = self._told = time.monotonic()

    def __enter__(self) -> Callable[[float], None]:
        self._bar.start()
        self._task = self._bar.add_task(self._title, total=1.0)
        return self._tell

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def _tell(self, share: float) -> None:
        self._bar.update(self._task, completed=share)
        now = time.monotonic()
        if not self._is_terminal and share > 0.0 and now - self._told > LINE_EVERY:
            self._told = now
            left = (now - self._begun) / share * (1.0 - share)
            sys.stderr.write(f'{self._title}: {100 * share:.0f} %, {left:.0f} s left\n')


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(replay)
    app.command()(record)
