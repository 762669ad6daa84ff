"""The command that records: qwen-embodied record."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from qwen_embodied.cli_replay import missing_library
from qwen_embodied.robot_names import preset_of

Patterns = Annotated[
    list[str] | None, typer.Argument(help='Patterns of topics, such as "/camera/*"; all without.')
]
Folder = Annotated[Path | None, typer.Option(help='Of the recording; recordings/<date> without.')]
Megabytes = Annotated[float, typer.Option(min=0.0, help='Begin a new file after so many MB.')]
Seconds = Annotated[float, typer.Option(min=0.0, help='Begin a new file after so many seconds.')]
Memory = Annotated[
    float, typer.Option(min=1.0, help='MB that may wait for the disk; more is dropped, counted.')
]
RobotOfRecording = Annotated[
    str, typer.Option('--robot', help='panda, ur5e, xarm7, so101 or a YAML.')
]
CellFile = Annotated[
    Path | None, typer.Option(help='Your parameters, recorded too; the camera stands as they say.')
]


def record(  # noqa: PLR0913 - each is an option
    topics: Patterns = None,
    output: Folder = None,
    split_size: Megabytes = 0.0,
    split_time: Seconds = 0.0,
    memory: Memory = 64.0,
    robot: RobotOfRecording = 'panda',
    params_file: CellFile = None,
) -> None:
    """Record topics of the running graph as MCAP until Ctrl-C."""
    from qwen_embodied.bringup import graph_environment

    preset = preset_of(robot)
    os.environ.update(graph_environment())
    try:
        from qwen_embodied.nodes.recorder_node import record as run_recorder
    except ModuleNotFoundError as error:
        raise missing_library(error) from error
    code = run_recorder(
        topics=topics or ['*'],
        output='' if output is None else str(output),
        split_size=split_size,
        split_time=split_time,
        memory=memory,
        robot=preset,
        params_file='' if params_file is None else str(params_file),
    )
    raise typer.Exit(code)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(record)
