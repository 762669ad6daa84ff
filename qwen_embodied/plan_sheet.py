"""A plan laid out for a person: its steps, where each object is, what is wrong, a picture."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CameraError, ConfigurationError, ContractError
from qwen_embodied.messages import Frame, Scene, SceneObject
from qwen_embodied.parameters import parse
from qwen_embodied.planning import (
    ModelPlanner,
    Plan,
    PlannerParameters,
    PlanRequest,
    Target,
    Violation,
    check,
    make_planner,
)
from qwen_embodied.run_folder import write_png
from qwen_embodied.serialization import from_json
from qwen_embodied.wording import say

Pixels = NDArray[np.uint8]
Pixel = tuple[int, int]
LARGEST_FILE = 20_000_000  # bytes
LONGEST_SIDE = 4096  # px
FORMATS = ('PNG', 'JPEG')
QUOTES = str.maketrans('‘’“”→', '\'\'"">')  # what the picture's font lacks
PAPER, INK, FAULT, ARROW, DARK, CROSS = (
    (250, 250, 248), (30, 30, 34), (200, 40, 30), (255, 70, 160), (20, 20, 24), (70, 230, 255),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PlanSheet:
    """A plan with what it was made from.

    Attributes:
        instruction: The operator's words.
        plan: To be laid out.
        scene: It was made for.
        violations: Of the plan.
        planner: Who made it, in words.
        figures: Of the model's calls, one line each.
        targets: What the operator's descriptions were found to be, by their words.
    """

    instruction: str
    plan: Plan
    scene: Scene
    violations: tuple[Violation, ...]
    planner: str
    figures: tuple[str, ...] = ()
    targets: tuple[tuple[str, Target], ...] = ()

    def groundings(self) -> list[str]:
        """Say where each object that the plan names is, in the image and on the table.

        What was described comes first, with where the model sees it.
        """
        found = [_described(words, target) for words, target in self.targets]
        return [*found, *(_grounding(item) for item in self._named())]

    def lines(self) -> list[str]:
        """Give groundings, the model's figures, the question if there is one, and the faults."""
        question = [self.plan.question] if self.plan.question else []
        return [*self.groundings(), *self.figures, *question, *self.faults()]

    def faults(self) -> list[str]:
        """Say what is wrong with the plan, step by step from 1."""
        return [f'step {one.step + 1}: {one.rule}: {one.message}' for one in self.violations]

    def picture(self, rgb: Pixels) -> Pixels:
        """Draw the plan: named objects boxed, described places crossed, an arrow per placement.

        Args:
            rgb: The image that the scene was perceived in, (H, W, 3) uint8; left as it was.

        Returns:
            A new image (H + text, W, 3).
        """
        canvas = np.ascontiguousarray(rgb).copy()
        for item in self._named():
            _draw_box(canvas, item)
        for start, end in self._arrows():
            _draw_arrow(canvas, start, end)
        for _, target in self.targets:
            _draw_cross(canvas, target)
        return np.concatenate([canvas, self._caption(canvas.shape[1])])

    def _named(self) -> list[SceneObject]:
        ids = [name for step in self.plan.steps for name in (step.object, step.target) if name]
        items = (self.scene.find(name) for name in dict.fromkeys(ids))
        return [item for item in items if item is not None]

    def _arrows(self) -> list[tuple[Pixel, Pixel]]:
        """Give the pixels from and to which things are placed, where both are known."""
        described = {words: _rounded(target.grounding.pixel) for words, target in self.targets}
        found = []
        for step in self.plan.steps:
            start, end = self.scene.find(step.object or ''), self.scene.find(step.target or '')
            goal = _middle(end) if end and end.box else described.get(step.words or '')
            if step.action == 'place' and start and start.box and goal:
                found.append((_middle(start), goal))
        return found

    def _caption(self, width: int) -> Pixels:
        lines = [(f'"{self.instruction}" ({self.planner})', INK)]
        steps = (say(step, self.scene) for step in self.plan.steps)
        lines += [(f'{number}. {words}', INK) for number, words in enumerate(steps, start=1)]
        lines += [(fault, FAULT) for fault in self.faults()]
        return _text(lines, width)


def planned(
    instruction: str,
    scene: Scene,
    view: Frame | Pixels | None,
    settings: list[str],
    robot: str | None = None,
) -> PlanSheet:
    """Plan with the planner that settings such as 'planner=server' choose.

    Args:
        instruction: The operator's words.
        scene: Perceived, or read from a file.
        view: What the scene was perceived in: a frame, only its colours (H, W, 3), or None.
        settings: As 'name=value'.
        robot: Preset, or path of such a YAML file, whose reach is checked; None trusts that it
            gets everywhere.
    """
    values = parse(PlannerParameters, settings, '--set')
    planner = make_planner(values)
    frame = view if isinstance(view, Frame) else None
    rgb = view.rgb if isinstance(view, Frame) else view
    request = PlanRequest(instruction, scene, rgb, frame=frame, reach=_reach_of(robot))
    plan = planner.plan(request)
    account = planner.account if isinstance(planner, ModelPlanner) else None
    figures = account.figures() if account else {}
    lines = tuple(f'{name}: {value}' for name, value in figures.items())
    targets = account.targets if account else ()
    return PlanSheet(
        instruction, plan, scene, check(plan, request), values.planner, lines, targets
    )


def _reach_of(robot: str | None) -> Callable[[float, float, float], bool] | None:
    from qwen_embodied.motion import load_robot
    from qwen_embodied.motion.reach import Reach

    return None if robot is None else Reach(load_robot(robot))


def read_scene(path: Path) -> Scene:
    """Read the scene of a file."""
    try:
        return from_json(path.read_text(encoding='utf-8'), Scene)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    except ContractError as error:
        raise ConfigurationError(f'{path}: {error}') from error


def write_picture(image: Path, sheet: PlanSheet) -> Path:
    """Write the plan's picture beside its image, as NAME.plan.png, and give its path."""
    path = image.with_suffix('.plan.png')
    write_png(path, sheet.picture(read_image(image)))
    return path


def read_image(path: Path) -> Pixels:
    """Read a PNG or JPEG file as RGB (H, W, 3); its header is checked before it is decoded.

    Raises:
        CameraError: Not such a file, too large, or damaged.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise CameraError(f'{path}: has {size} bytes, allowed are {LARGEST_FILE}')
        with warnings.catch_warnings(), Image.open(path, formats=FORMATS) as image:
            warnings.simplefilter('error')
            if max(image.size) > LONGEST_SIDE or min(image.size) < 1:
                raise CameraError(f'{path}: is {image.size} px, allowed are {LONGEST_SIDE} a side')
            return np.asarray(image.convert('RGB'))
    except UnidentifiedImageError as error:
        raise CameraError(f'{path}: is neither a PNG nor a JPEG image') from error
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        raise CameraError(f'{path}: cannot be read: {error}') from error


def _grounding(item: SceneObject) -> str:
    x, y, z = item.position
    where = f'x {x:.3f}  y {y:+.3f}  z {z:.3f} m'
    if item.box is None:
        return f'{item.id:20} not in view  {where}'
    x0, y0, x1, y1 = item.box
    return f'{item.id:20} pixels {x0:.0f},{y0:.0f} to {x1:.0f},{y1:.0f}  {where}'


def _described(words: str, target: Target) -> str:
    x, y, z = target.position
    u, v = target.grounding.pixel
    what = target.object_id or 'a bare surface'
    return f'‘{words}’: {what}, seen at pixel {u:.0f},{v:.0f}  x {x:.3f}  y {y:+.3f}  z {z:.3f} m'


def _rounded(pixel: tuple[float, float]) -> Pixel:
    return round(pixel[0]), round(pixel[1])


def _middle(item: SceneObject) -> Pixel:
    x0, y0, x1, y1 = item.box or (0.0, 0.0, 0.0, 0.0)
    return round((x0 + x1) / 2), round((y0 + y1) / 2)


def _draw_box(canvas: Pixels, item: SceneObject) -> None:
    import cv2

    if item.box is None:
        return
    x0, y0, x1, y1 = (round(value) for value in item.box)
    cv2.rectangle(canvas, (x0, y0), (x1, y1), DARK, 3, cv2.LINE_AA)
    cv2.rectangle(canvas, (x0, y0), (x1, y1), (255, 220, 0), 1, cv2.LINE_AA)


def _draw_arrow(canvas: Pixels, start: Pixel, end: Pixel) -> None:
    import cv2

    for ink, width in ((DARK, 5), (ARROW, 2)):
        cv2.arrowedLine(canvas, start, end, ink, width, cv2.LINE_AA, tipLength=0.06)


def _draw_cross(canvas: Pixels, target: Target) -> None:
    import cv2

    middle = _rounded(target.grounding.pixel)
    for ink, width in ((DARK, 4), (CROSS, 2)):
        cv2.drawMarker(canvas, middle, ink, cv2.MARKER_TILTED_CROSS, 16, width, cv2.LINE_AA)


def _text(lines: list[tuple[str, tuple[int, int, int]]], width: int) -> Pixels:
    """Write lines on paper, each cut to the width."""
    import cv2

    font, scale, pitch = cv2.FONT_HERSHEY_SIMPLEX, 0.45, 20
    paper = np.full((pitch * len(lines) + 12, width, 3), PAPER, dtype=np.uint8)
    for row, (words, ink) in enumerate(lines, start=1):
        shown = (
            words.translate(QUOTES).encode('ascii', 'replace').decode('ascii')[: (width - 16) // 8]
        )
        cv2.putText(paper, shown, (8, row * pitch), font, scale, ink, 1, cv2.LINE_AA)
    return paper
