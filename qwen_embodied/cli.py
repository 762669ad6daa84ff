"""The command line; `qwen-embodied --help` lists its commands.

Exit codes: 0 done and confirmed, 1 the task failed or was refused, 2 wrong usage or
configuration, 3 something is missing on this machine. What is heavy is imported by the command
that needs it, so that --help answers at once.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qwen_embodied import (
    __version__,
    cli_approve,
    cli_audit,
    cli_calibrate,
    cli_doctor,
    cli_export,
    cli_parameters,
    cli_record,
    cli_replay,
    cli_up,
)
from qwen_embodied.cli_groups import Commands
from qwen_embodied.errors import (
    ConfigurationError,
    MissingDependencyError,
    QwenEmbodiedError,
    extra,
)
from qwen_embodied.robot_names import preset_of
from qwen_embodied.system_libraries import explain

FAILED, WRONG_USAGE, MISSING, INTERRUPTED = 1, 2, 3, 130
EPILOG = (
    'Exit codes: 0 done and confirmed; 1 the task failed, was refused, or a question was asked '
    'back; 2 wrong usage or configuration, such as a file that is not there; 3 something is '
    'missing on this machine; 130 ended by Ctrl-C.'
)
# Third-party modules that an extra brings.
EXTRA_OF = {
    'mujoco': 'sim', 'matplotlib': 'sim', 'av': 'sim', 'torch': 'vlm', 'llguidance': 'vlm',
    'torchvision': 'vlm', 'openai': 'server', 'httpx2': 'server',
    'rclpy': 'ros', 'sensor_msgs': 'ros', 'trajectory_msgs': 'ros', 'std_msgs': 'ros',
    'std_srvs': 'ros', 'diagnostic_msgs': 'ros', 'visualization_msgs': 'ros',
}  # fmt: skip

app = typer.Typer(
    name='qwen-embodied',
    cls=Commands,
    help='Say what the robot arm should do, and watch it being done safely.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # which would break long choices and paths anywhere
    epilog=EPILOG,
)


class Light(StrEnum):
    """The lamps that the simulated table knows by name."""

    NORMAL = 'normal'
    DIM = 'dim'
    DARK = 'dark'
    BRIGHT = 'bright'
    WARM = 'warm'
    COLD = 'cold'
    SIDELIGHT = 'sidelight'


Instruction = Annotated[str, typer.Argument(help='What to do, in English or Chinese.')]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help='Of the simulated table.')]
Lamp = Annotated[Light, typer.Option(help='How the simulated table is lit.')]
Json = Annotated[bool, typer.Option('--json', help='Print JSON, for programs.')]
Record = Annotated[
    bool, typer.Option('--record', help='Leave a recording in the run folder, for `replay`.')
]
SceneFile = Annotated[
    Path | None, typer.Option('--scene', help='JSON file of a scene, in place of the simulation.')
]
SeenFile = Annotated[
    Path | None,
    typer.Option(
        '--image',
        exists=True,
        help='PNG or JPEG of a table; FILE.json beside it may hold its scene.',
    ),
]
RobotName = Annotated[str, typer.Option('--robot', help='Whose reach counts: name or YAML file.')]
Settings = Annotated[
    list[str] | None,
    typer.Option('--set', metavar='NAME=VALUE', help='As in config/3_planning.yaml; repeatable.'),
]
ImageFile = Annotated[
    Path | None, typer.Argument(exists=True, help='JPEG or PNG; without it, simulated.')
]
DepthFile = Annotated[
    Path | None,
    typer.Option('--depth', exists=True, help='Of the same view: 16-bit PNG in mm, or .npy in m.'),
]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option('--version', callback=_version, is_eager=True, help='Say the version.')
    ] = False,
) -> None:
    """Say what the robot arm should do, and watch it being done safely."""


@app.command()
def demo(
    instruction: Instruction = 'put the red cube in the blue bowl',
    seed: Seed = 0,
    light: Lamp = Light.NORMAL,
    output: Annotated[Path, typer.Option(help='Folder that gets a folder per run.')] = Path(
        'runs'
    ),
    in_process: Annotated[
        bool, typer.Option('--in-process', help='One process in virtual time, without ROS.')
    ] = False,
    record: Record = False,
) -> None:
    """Run an instruction on a simulated table: camera, plan, arm, and a check of the result."""
    from qwen_embodied.demo import DemoSettings, run_demo

    settings = DemoSettings(instruction, seed, light.value, parent=output, record=record)
    raise typer.Exit(run_demo(settings, in_process=in_process))


@app.command()
def perceive(  # noqa: PLR0913 - each is an option
    image: ImageFile = None,
    depth: DepthFile = None,
    seed: Seed = 0,
    light: Lamp = Light.NORMAL,
    picture: Annotated[
        Path | None, typer.Option(help='PNG file that gets the annotated image.')
    ] = None,
    raw: Annotated[
        Path | None, typer.Option(help='PNG file that gets the image as the camera saw it.')
    ] = None,
    as_json: Json = False,
) -> None:
    """Look at a photograph, or a simulated table, and say what stands on it."""
    from qwen_embodied import looking

    if image is None:
        frame = looking.simulated_frame(seed, light.value)
        scene = looking.perceived(frame)
    else:
        frame, scene = looking.photographed(image, depth)
    if picture is not None:
        looking.write_annotated(picture, frame, scene)
    if raw is not None:
        from qwen_embodied.run_folder import write_png

        write_png(raw, frame.rgb)
    if as_json:
        from qwen_embodied.serialization import to_json

        typer.echo(to_json(scene, indent=2))
        return
    for item in scene.objects:
        typer.echo(item.summary)


@app.command()
def plan(  # noqa: PLR0913 - each is an option
    instruction: Instruction,
    scene: SceneFile = None,
    image: SeenFile = None,
    depth: DepthFile = None,
    seed: Seed = 0,
    light: Lamp = Light.NORMAL,
    robot: RobotName = 'panda',
    settings: Settings = None,
) -> None:
    """Plan an instruction and print plan, groundings and violations; nothing moves."""
    from qwen_embodied import looking
    from qwen_embodied.plan_sheet import planned, write_picture

    view, found = looking.seen_in(scene, image, depth, (seed, light.value))
    sheet = planned(instruction, found, view, settings or [], preset_of(robot))
    typer.echo(sheet.plan.model_dump_json(indent=2, exclude_none=True))
    # A person at a terminal has just read the question.
    shown = sheet.plan.question if sys.stdout.isatty() else None
    for line in sheet.lines():
        if line != shown:
            typer.echo(line, err=True)
    if image is not None:
        typer.echo(f'picture: {write_picture(image, sheet)}', err=True)
    raise typer.Exit(FAILED if sheet.plan.question or sheet.violations else 0)


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help='chain, light, plan, replay, safety, motion.')],
    quick: Annotated[
        bool, typer.Option('--quick', help='Measure less, for a first look.')
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option('--json', metavar='FILE', help='File that gets the rows.')
    ] = None,
) -> None:
    """Measure, print a table, and exit with 0 only when every bar holds."""
    from qwen_embodied.bench import run_bench, table

    report = run_bench(name, quick=quick)
    typer.echo(table(report))
    if json_file is not None:
        report.write(json_file)
    raise typer.Exit(0 if report.holds else FAILED)


@app.command()
def light(
    output: Annotated[Path, typer.Argument(help='File that gets the sheet, .png or .jpg.')],
    seed: Seed = 0,
) -> None:
    """Draw a contact sheet of a table in twenty kinds of light, raw and corrected."""
    from qwen_embodied.bench.light_sheet import contact_sheet, write_sheet

    write_sheet(output, contact_sheet(seed))
    typer.echo(f'{output}: every condition in three severities, each as seen and as corrected')


app.add_typer(cli_up.app)
for part in (
    cli_approve,
    cli_audit,
    cli_doctor,
    cli_parameters,
    cli_record,
    cli_replay,
    cli_export,
):
    part.register(app)
app.add_typer(cli_calibrate.app)


def main() -> None:
    """Run the command line; an error becomes one sentence and an exit code."""
    try:
        app()
    except QwenEmbodiedError as error:
        _leave(str(error), _code_of(error))
    except ModuleNotFoundError as error:
        missing = (error.name or '').partition('.')[0]
        if missing not in EXTRA_OF:
            raise
        _leave(f'{missing} is missing; {extra(EXTRA_OF[missing])}', MISSING)
    except ImportError as error:
        absent = explain(error)
        if absent is None:
            raise
        _leave(str(absent), MISSING)
    except KeyboardInterrupt:
        _leave('stopped by Ctrl-C', INTERRUPTED)


def _code_of(error: QwenEmbodiedError) -> int:
    if isinstance(error, MissingDependencyError):
        return MISSING
    return WRONG_USAGE if isinstance(error, ConfigurationError) else FAILED


def _leave(sentence: str, code: int) -> None:
    typer.echo(f'qwen-embodied: {sentence}', err=True)
    sys.exit(code)
