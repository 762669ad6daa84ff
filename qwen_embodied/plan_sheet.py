"""A plan laid out for a person: its steps, where each object is, what is wrong, a picture."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CameraError, ConfigurationError, ContractError
from qwen_embodied.messages import Scene, SceneObject
from qwen_embodied.parameters import parse
from qwen_embodied.planning import (
    ModelPlanner,
    Plan,
    PlannerParameters,
    PlanRequest,
    Violation,
    make_planner,
    verify,
)
from qwen_embodied.run_folder import write_png
from qwen_embodied.serialization import from_json
from qwen_embodied.wording import say

Pixels = NDArray[np.uint8]
LARGEST_FILE = 20_000_000  # bytes
LONGEST_SIDE = 4096  # px
FORMATS = ('PNG', 'JPEG')
PAPER, INK, FAULT, ARROW, DARK = (
    (250, 250, 248), (30, 30, 34), (200, 40, 30), (255, 70, 160), (20, 20, 24),
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
    """

    instruction: str
    plan: Plan
    scene: Scene
    violations: tuple[Violation, ...]
    planner: str
    figures: tuple[str, ...] = ()

    def groundings(self) -> list[str]:
        """Say where each object that the plan names is, in the image and on the table."""
        return [_grounding(item) for item in self._named()]

    def lines(self) -> list[str]:
        """Give groundings, the model's figures, the question if there is one, and the faults."""
        question = [self.plan.question] if self.plan.question else []
        return [*self.groundings(), *self.figures, *question, *self.faults()]

    def faults(self) -> list[str]:
        """Say what is wrong with the plan, step by step from 1."""
        return [f'step {one.step + 1}: {one.rule}: {one.message}' for one in self.violations]

    def picture(self, rgb: Pixels) -> Pixels:
        """Draw the plan: named objects boxed, an arrow per placement, the steps below.

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
        return np.concatenate([canvas, self._caption(canvas.shape[1])])

    def _named(self) -> list[SceneObject]:
        ids = [name for step in self.plan.steps for name in (step.object, step.target) if name]
        items = (self.scene.find(name) for name in dict.fromkeys(ids))
        return [item for item in items if item is not None]

    def _arrows(self) -> list[tuple[SceneObject, SceneObject]]:
        placed = [step for step in self.plan.steps if step.action == 'place' and step.target]
        pairs = [
            (self.scene.find(step.object or ''), self.scene.find(step.target or ''))
            for step in placed
        ]
        return [(one, two) for one, two in pairs if one and two and one.box and two.box]

    def _caption(self, width: int) -> Pixels:
        lines = [(f'"{self.instruction}" ({self.planner})', INK)]
        steps = (say(step, self.scene) for step in self.plan.steps)
        lines += [(f'{number}. {words}', INK) for number, words in enumerate(steps, start=1)]
        lines += [(fault, FAULT) for fault in self.faults()]
        return _text(lines, width)


def planned(instruction: str, scene: Scene, rgb: Pixels | None, settings: list[str]) -> PlanSheet:
    """Plan with the planner that settings such as 'planner=server' choose."""
    values = parse(PlannerParameters, settings, '--set')
    planner = make_planner(values)
    plan = planner.plan(PlanRequest(instruction, scene, rgb))
    figures = planner.account.figures() if isinstance(planner, ModelPlanner) else {}
    lines = tuple(f'{name}: {value}' for name, value in figures.items())
    return PlanSheet(instruction, plan, scene, verify(plan, scene, None), values.planner, lines)


def read_scene(path: Path | None, image: Path | None) -> Scene:
    """Read the scene of a file, else the one that lies beside an image as FILE.json."""
    wanted = path or (image or Path('scene')).with_suffix('.json')
    try:
        return from_json(wanted.read_text(encoding='utf-8'), Scene)
    except FileNotFoundError as error:
        hint = 'qwen-embodied perceive --raw FILE.png --json > FILE.json makes image and scene'
        raise ConfigurationError(f'{wanted}: cannot be read: it is missing; {hint}') from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f'{wanted}: cannot be read: {error}') from error
    except ContractError as error:
        raise ConfigurationError(f'{wanted}: {error}') from error


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


def _middle(item: SceneObject) -> tuple[int, int]:
    x0, y0, x1, y1 = item.box or (0.0, 0.0, 0.0, 0.0)
    return round((x0 + x1) / 2), round((y0 + y1) / 2)


def _draw_box(canvas: Pixels, item: SceneObject) -> None:
    import cv2

    if item.box is None:
        return
    x0, y0, x1, y1 = (round(value) for value in item.box)
    cv2.rectangle(canvas, (x0, y0), (x1, y1), DARK, 3, cv2.LINE_AA)
    cv2.rectangle(canvas, (x0, y0), (x1, y1), (255, 220, 0), 1, cv2.LINE_AA)


def _draw_arrow(canvas: Pixels, start: SceneObject, end: SceneObject) -> None:
    import cv2

    for ink, width in ((DARK, 5), (ARROW, 2)):
        cv2.arrowedLine(
            canvas, _middle(start), _middle(end), ink, width, cv2.LINE_AA, tipLength=0.06
        )


def _text(lines: list[tuple[str, tuple[int, int, int]]], width: int) -> Pixels:
    """Write lines on paper, each cut to the width."""
    import cv2

    font, scale, pitch = cv2.FONT_HERSHEY_SIMPLEX, 0.45, 20
    paper = np.full((pitch * len(lines) + 12, width, 3), PAPER, dtype=np.uint8)
    for row, (words, ink) in enumerate(lines, start=1):
        shown = words.encode('ascii', 'replace').decode('ascii')[: (width - 16) // 8]
        cv2.putText(paper, shown, (8, row * pitch), font, scale, ink, 1, cv2.LINE_AA)
    return paper
