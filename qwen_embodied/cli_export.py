"""The command `qwen-embodied export`."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qwen_embodied.cli_replay import Recover, Topics
from qwen_embodied.errors import MissingDependencyError, extra
from qwen_embodied.robot_names import preset_of

LIBRARIES = ('pyarrow', 'av', 'rosbags', 'mcap')

Bags = Annotated[
    list[Path], typer.Argument(exists=True, help='Folders of recordings, or .mcap or .db3 files.')
]
Output = Annotated[Path, typer.Option('--out', help='Folder of the data set; must not be there.')]
Task = Annotated[str, typer.Option(help='Of every frame; the recorded instructions without.')]
Rate = Annotated[
    int | None,
    typer.Option(min=1, max=240, help='Frames in a second; as images come without.'),
]
PerTask = Annotated[
    bool, typer.Option('--per-task', help='Begin an episode at every recorded instruction.')
]
Camera = Annotated[str, typer.Option(help='Its name; the first part of its topic without.')]
Commands = Annotated[
    str, typer.Option(help='Topic of the commands; arm/command or trajectory/approved without.')
]
RobotName = Annotated[
    str, typer.Option('--robot', help='panda, ur5e, xarm7, so101 or a YAML; as recorded without.')
]


def export(  # noqa: PLR0913 - each is an option
    bags: Bags,
    out: Output,
    task: Task = '',
    fps: Rate = None,
    per_task: PerTask = False,
    camera: Camera = '',
    commands: Commands = '',
    robot: RobotName = '',
    topics: Topics = None,
    recover: Recover = False,
) -> None:
    """Write recordings as a data set for training, in the LeRobot format v3.0."""
    try:
        from qwen_embodied.export import ExportOptions, export_bags
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    from qwen_embodied.replay import TopicMap, read_bag, read_map

    preset = preset_of(robot) if robot else ''
    read = [read_bag(path, recover=recover) for path in bags]
    options = ExportOptions(
        robot=preset or read[0].configuration.get('robot', 'panda'),
        task=task,
        fps=fps,
        per_task=per_task,
        camera=camera,
        command_topic=commands,
        topics=read_map(topics) if topics else TopicMap(),
    )
    report = export_bags(read, out, options)
    for note in report.notes:
        typer.echo(f'note: {note}')
    typer.echo(f'{out}: {report.episodes} episodes, {report.frames} frames at {report.fps} Hz, '
               f'tasks: {"; ".join(report.tasks)}')  # fmt: skip


def _missing(error: ModuleNotFoundError) -> Exception:
    name = (error.name or '').partition('.')[0]
    if name not in LIBRARIES:
        return error
    return MissingDependencyError(name, extra('export'))


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(export)
