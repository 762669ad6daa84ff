"""The command on recordings: qwen-embodied replay."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from qwen_embodied.errors import ConfigurationError, MissingDependencyError
from qwen_embodied.robot_names import preset_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from qwen_embodied.replay import ReplayReport, TopicMap
    from qwen_embodied.replay.rerunning import Way

DONE, FAILED = 0, 1
WORTH_A_PROCESS = 10.0  # s of recording from which a second process is started
LINE_EVERY = 5.0  # s between lines of progress where there is no terminal
FORESEEN = 0.1  # share from which the rest is estimated
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
RobotName = Annotated[
    str,
    typer.Option('--robot', help='panda, ur5e, xarm7, so101 or a YAML; as recorded without.'),
]
Files = Annotated[
    list[Path] | None,
    typer.Option(help='Over those of config/, as for the nodes; repeatable.'),
]
Namespace = Annotated[str, typer.Option(help='Of the topics, where several arms were recorded.')]
Every = Annotated[int, typer.Option(min=1, help='Make scenes of every n-th image.')]
At = Annotated[
    float | None, typer.Option(min=0.0, help='Plan at this time, s; else at the first good scene.')
]
Profile = Annotated[
    str, typer.Option(help='Speeds and safety thresholds: simulation, or robot as in `up robot`.')
]
Speed = Annotated[
    float | None,
    typer.Option(
        min=0.01, max=1.0,
        help="With --profile robot: share of the arm's speeds; 0.1 without, as in `up robot`.",
    ),
]  # fmt: skip
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
    robot: RobotName = '',
    params_file: Files = None,
    namespace: Namespace = '',
    every: Every = 1,
    at: At = None,
    profile: Profile = 'simulation',
    speed: Speed = None,
    golden: Golden = None,
    recover: Recover = False,
    publish: Publish = False,
    own_names: OwnNames = False,
    one_process: OneProcess = False,
) -> None:
    """Run a recording through every stage again, and write a report; nothing moves."""
    if publish:
        return _publish(bag, own_names)
    files = [str(path) for path in params_file or ()]
    values: dict[str, object] = {
        'instruction': instruction, 'every': every, 'profile': profile, 'params_files': files,
        'at': -1.0 if at is None else at,
    }  # fmt: skip
    values |= {'robot': preset_of(robot)} if robot else {}
    values |= _pace(profile, speed)
    folder = _folder(bag, output, golden)
    _check(files)
    try:
        names = _topics(topics, namespace)
        code = _replay(
            bag, {**values, 'topics': names}, folder, _Ways(golden, recover, one_process)
        )
    except ModuleNotFoundError as error:
        raise missing_library(error) from error
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


def _folder(bag: Path, output: Path | None, golden: Path | None) -> Path:
    """Choose the folder of the report; without an output never one that holds another report.

    Raises:
        ConfigurationError: The report would take the place of what it is compared with.
    """
    if output is None:
        usual = Path('runs') / f'replay-{_title(bag)}'
        numbered = (usual.with_name(f'{usual.name}-{number}') for number in count(2))
        return next(path for path in chain([usual], numbered) if not path.exists())
    if golden is not None and golden.resolve().parent == output.resolve():
        raise ConfigurationError(
            f'--output {output} is the folder of {golden}, which would be overwritten; '
            'give another folder'
        )
    return output


def _title(bag: Path) -> str:
    """Name a replay: recordings in the folders of runs are all called `recording`."""
    path = bag.resolve()
    folder = path.parent if path.is_file() else path
    return folder.parent.name if folder.name == 'recording' else path.stem


def _pace(profile: str, speed: float | None) -> dict[str, object]:
    """Give the speed that was asked for; raises ConfigurationError where it would not count."""
    if speed is not None and profile != 'robot':
        raise ConfigurationError(f'--speed {speed:g} counts with --profile robot only; add that')
    return {} if speed is None else {'speed': speed}


def _check(files: list[str]) -> None:
    """Refuse unknown parameters, as the nodes do; without ROS nobody knows all of them."""
    if not files or not find_spec('rclpy'):
        return
    from qwen_embodied.nodes.declared import check_parameter_file

    for fault in (line for path in files for line in check_parameter_file(path)):
        raise ConfigurationError(fault)


def _topics(file: Path | None, namespace: str) -> TopicMap:
    from qwen_embodied.replay import TopicMap, read_map

    names = read_map(file) if file else TopicMap()
    return replace(names, namespace=namespace) if namespace else names


def _replay(path: Path, values: dict[str, object], folder: Path, ways: _Ways) -> int:
    from qwen_embodied.replay import configure, read_bag, rerun
    from qwen_embodied.replay.golden import compare, compare_scenes, read_golden
    from qwen_embodied.replay.outcome import finished_in, write_report

    earlier = None if ways.golden is None else read_golden(ways.golden)
    bag = read_bag(path, recover=ways.recover)
    config = configure(values, bag.configuration)
    begun = time.monotonic()
    with _progress(f'replaying {path.name}') as tell:
        way = ways.of_reading(bag.duration)
        with finished_in(folder) as made:
            report = rerun(bag, config, folder=made, progress=tell, way=way)
            changes = None
            if earlier is not None and ways.golden is not None:
                changes = compare(earlier, report.plain())
                changes += compare_scenes(ways.golden.parent, made)
            page, data = (folder / path.name for path in write_report(report, made, changes))
    _say(report, time.monotonic() - begun, changes)
    typer.echo(f'report: {page}  {data}')
    return DONE if report.is_good and not changes else FAILED


def _publish(bag: Path, own_names: bool) -> None:
    """Play a recording until Ctrl-C."""
    from qwen_embodied.cli_up import run

    names = 'own' if own_names else 'replay'
    run('replay', {'bag': str(bag), 'names': names})


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


def missing_library(error: ModuleNotFoundError) -> Exception:
    """Give the error that says how to install what recordings need; the same one for others."""
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
            rest = f', {left:.0f} s left' if share > FORESEEN else ''
            sys.stderr.write(f'{self._title}: {100 * share:.0f} %{rest}\n')


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(replay)
