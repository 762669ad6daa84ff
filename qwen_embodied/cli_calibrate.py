"""The commands `qwen-embodied calibrate board | camera | hand-eye | collect`."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qwen_embodied.cli_groups import Commands
from qwen_embodied.robot_names import preset_of

app = typer.Typer(
    name='calibrate',
    cls=Commands,
    help='Find the lens and the place of a camera with a ChArUco or AprilTag board.',
    no_args_is_help=True,
    add_completion=False,
)


class Mount(StrEnum):
    """Where the camera is."""

    FIXED = 'fixed'
    HAND = 'hand'


BoardWords = Annotated[
    str,
    typer.Option('--board', help='Kind, columns x rows, side of a square and of a marker in m.'),
]
USUAL = 'charuco 7x5 0.030 0.022'


@app.command()
def board(
    output: Annotated[Path, typer.Argument(help='PNG for the printer, 100 dots per cm.')],
    words: BoardWords = USUAL,
) -> None:
    """Draw a board; print it at 100 %, glue it on something flat, and measure a square."""
    from qwen_embodied.camera.boards import Board
    from qwen_embodied.run_folder import write_png

    made = Board.parse(words)
    grey = made.draw(10000.0)
    write_png(output, grey[:, :, None].repeat(3, axis=2))
    width, height = made.size
    typer.echo(f'{output}: {width * 100:.1f} x {height * 100:.1f} cm, and white round it')


@app.command()
def camera(
    images: Annotated[
        list[Path], typer.Argument(exists=True, help='Images of the board, or folders of them.')
    ],
    words: BoardWords = USUAL,
    output: Annotated[Path, typer.Option(help='File for camera drivers.')] = Path('camera.yaml'),
    name: Annotated[str, typer.Option(help='Of the camera.')] = 'camera',
) -> None:
    """Calibrate a lens from ten or more images of the board in all parts of the image."""
    from qwen_embodied import calibrating
    from qwen_embodied.camera.boards import Board

    found, advice = calibrating.lens_from_images(images, Board.parse(words))
    calibrating.write_lens(output, found, name)
    lens = found.lens
    typer.echo(f'images     {found.images} with the board')
    typer.echo(
        f'lens       fx {lens.fx:.1f}  fy {lens.fy:.1f}  cx {lens.cx:.1f}  cy {lens.cy:.1f}'
    )
    typer.echo(
        f'error      {found.error:.2f} px; images that took no part {found.held_out:.2f} px'
    )
    _finish(output, advice)


@app.command('hand-eye')
def hand_eye(
    folder: Annotated[
        Path, typer.Argument(exists=True, help='Images with a .json of the joints each.')
    ],
    lens: Annotated[Path, typer.Option(exists=True, help='File that "calibrate camera" wrote.')],
    words: BoardWords = USUAL,
    robot: Annotated[str, typer.Option(help='File of config/robots.')] = 'panda',
    mount: Annotated[Mount, typer.Option(help='fixed: the board is in the hand.')] = Mount.FIXED,
    output: Annotated[Path, typer.Option(help='Parameters of the perception node.')] = Path(
        'camera_pose.yaml'
    ),
) -> None:
    """Find where the camera is from fifteen or more poses of the arm."""
    from qwen_embodied import calibrating
    from qwen_embodied.camera.boards import Board
    from qwen_embodied.motion import load_robot

    board, eye = Board.parse(words), calibrating.read_lens(lens)
    found, advice = calibrating.hand_eye_from_folder(
        folder, board, eye, load_robot(preset_of(robot)), mount.value
    )
    calibrating.write_camera_pose(output, found, mount.value)
    x, y, z = found.camera[:3, 3]
    typer.echo(f'camera     x {x:.4f}  y {y:.4f}  z {z:.4f} m in the {_frame(mount)}')
    typer.echo(
        f'error      {found.held_out_pixels:.2f} px, {found.held_out * 1e3:.2f} mm at the board, '
        'median of poses that took no part'
    )
    typer.echo(
        f'methods    Tsai, Park and Shah agree within {found.apart * 1e3:.2f} mm and '
        f'{found.apart_angle:.3f} degrees'
    )
    if found.outliers:
        typer.echo(f'look at    {", ".join(found.outliers)}: far worse than the others')
    _finish(output, advice)


def _frame(mount: Mount) -> str:
    return 'base' if mount is Mount.FIXED else 'hand'


def _finish(output: Path, advice: tuple[str, ...]) -> None:
    for word in advice:
        typer.echo(f'better     {word}')
    typer.echo(f'kept       {output}')


@app.command()
def collect(
    folder: Annotated[Path, typer.Argument(help='Folder that gets an image and joints per pose.')],
    words: BoardWords = USUAL,
    robot: Annotated[str, typer.Option(help='File of config/robots.')] = 'panda',
    namespace: Annotated[str, typer.Option(help='Of the graph.')] = '',
) -> None:
    """Take samples from a running camera and arm: Enter takes one, q ends."""
    from qwen_embodied.camera.boards import Board
    from qwen_embodied.motion import load_robot
    from qwen_embodied.nodes.collecting import Collector

    arm = load_robot(preset_of(robot))
    with Collector(folder, Board.parse(words), arm, namespace) as collector:
        typer.echo('Enter takes a sample, q ends')
        while typer.prompt('', default='', show_default=False, prompt_suffix='> ') != 'q':
            typer.echo(collector.take())
            for word in collector.advice():
                typer.echo(f'  {word}')
