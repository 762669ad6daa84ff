"""Scenes in named light for the light bench, and how well they were seen."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import PerceptionError
from qwen_embodied.geometry import inverse_pose, transform, yaw_of
from qwen_embodied.messages import BASIC_COLOURS, Frame, JointState, SceneObject
from qwen_embodied.perception import LightingCorrection, SceneEstimator
from qwen_embodied.perception.lighting import STEPS
from qwen_embodied.simulation import Laboratory, Layers, MujocoWorld, generate_scene

Rgb = NDArray[np.uint8]
Treat = Callable[[Frame], Frame]

SOLIDS, CONTAINERS = ('cube', 'box', 'cylinder', 'ball'), ('bowl', 'bin', 'tray')
TURNABLE = ('cube', 'box', 'bin', 'tray')
NEAR = 0.03  # m between an object and what is taken for it
CLIPPED_SHARE = 0.1  # of an object's pixels, from which on it carries no certain colour


def wanted(seed: int) -> tuple[tuple[str, str], ...]:
    """Draw four solids and two containers of any colours."""
    rng = np.random.default_rng([seed, 7])
    shapes = [*rng.choice(SOLIDS, 4), *rng.choice(CONTAINERS, 2, replace=False)]
    return tuple((str(rng.choice(BASIC_COLOURS)), str(shape)) for shape in shapes)


@dataclass(frozen=True, eq=False)
class Stage:
    """A scene that is ready to be photographed in any light."""

    seed: int
    laboratory: Laboratory
    layers: Layers
    frame: Frame
    state: JointState
    objects: tuple[SceneObject, ...]

    def pixels(self, item: SceneObject) -> tuple[slice, slice, NDArray[np.bool_]]:
        """Give the window of an object in the image and which of its pixels show it."""
        x0, y0, x1, y1 = (int(edge) for edge in item.box or (0, 0, 1, 1))
        rows, columns = slice(max(y0, 0), y1 + 1), slice(max(x0, 0), x1 + 1)
        depth = self.layers.depth[rows, columns].astype(np.float64)
        v, u = np.mgrid[rows.start : rows.start + depth.shape[0],
                        columns.start : columns.start + depth.shape[1]]  # fmt: skip
        pixels = np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float64)
        points = self.frame.intrinsics.deproject(pixels, depth.ravel())
        own = transform(inverse_pose(item.object_in_base) @ self.frame.camera_in_base, points)
        inside = (np.abs(own) <= item.size / 2 + 0.003).all(axis=1)
        inside &= own[:, 2] > 0.004 - item.size[2] / 2
        return rows, columns, inside.reshape(depth.shape)

    def is_clipped(self, item: SceneObject, rgb: Rgb) -> bool:
        """Tell whether an object's pixels in an image are clipped."""
        rows, columns, inside = self.pixels(item)
        seen = rgb[rows, columns][inside]
        return bool(len(seen) and (seen.max(axis=1) >= 254).mean() > CLIPPED_SHARE)


@contextmanager
def staged(seed: int) -> Iterator[Stage]:
    """Build the scene of a seed, and close it at the end of the block."""
    world = MujocoWorld(generate_scene(seed, wanted=wanted(seed)), seed=seed)
    laboratory = Laboratory(world.model, seed=seed)
    try:
        layers = laboratory.layers(world.snapshot())
        truth = world.ground_truth().objects
        yield Stage(seed, laboratory, layers, world.frame(), world.read(), truth)
    finally:
        laboratory.close()
        world.close()


def clahe(rgb: Rgb) -> Rgb:
    """Equalise the lightness in tiles, as is usually done."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    light, a, b = cv2.split(lab)
    light = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(light)
    return np.asarray(cv2.cvtColor(cv2.merge([light, a, b]), cv2.COLOR_LAB2RGB), dtype=np.uint8)


def gray_world(rgb: Rgb) -> Rgb:
    """Scale the channels to one mean, as is usually done."""
    means = rgb.reshape(-1, 3).mean(axis=0)
    scaled = rgb * (means.mean() / np.maximum(means, 1e-3))
    return np.asarray(np.clip(np.rint(scaled), 0, 255), dtype=np.uint8)


def ours(frame: Frame) -> Frame:
    """Correct one image without predecessors."""
    return LightingCorrection()(frame.rgb).frame(frame)


def without(name: str) -> Treat:
    """Give the correction without one of its steps."""
    steps = tuple(step() for key, step in STEPS.items() if key != name)
    return lambda frame: LightingCorrection(steps)(frame.rgb).frame(frame)


COLUMNS: dict[str, Treat] = {
    'ours': ours,
    'raw': lambda frame: frame,
    'CLAHE': lambda frame: replace(frame, rgb=clahe(frame.rgb)),
    'gray-world': lambda frame: replace(frame, rgb=gray_world(frame.rgb)),
}


@dataclass
class Tally:
    """What was made of the objects of a condition.

    Attributes:
        right: Unclipped objects with the right colour and shape.
        wrong: Unclipped objects with a wrong colour or shape.
        count: Unclipped objects.
        wrong_clipped: Clipped objects with a wrong colour or shape.
        clipped: Clipped objects.
        position: Errors, m.
        size: Largest errors of a side, m.
        yaw: Errors of boxes, rad.
    """

    right: int = 0
    wrong: int = 0
    count: int = 0
    wrong_clipped: int = 0
    clipped: int = 0
    position: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    yaw: list[float] = field(default_factory=list)

    def add(self, true: SceneObject, found: SceneObject | None, is_clipped: bool) -> None:
        """Count an object and what was found in its place."""
        unknown = found is None or 'unknown' in (found.colour, found.shape)
        right = found is not None and (found.colour, found.shape) == (true.colour, true.shape)
        wrong = not right and not unknown
        if is_clipped:
            self.clipped, self.wrong_clipped = self.clipped + 1, self.wrong_clipped + wrong
        else:
            self.count, self.right = self.count + 1, self.right + right
            self.wrong += wrong
        if found is not None and found.shape == true.shape:
            self.position.append(float(np.linalg.norm(found.position - true.position)))
            self.size.append(float(np.abs(found.size - true.size).max()))
            if true.shape in TURNABLE:
                self.yaw.append(_turned(true, found))

    def join(self, other: Tally) -> None:
        """Add what another one counted."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def judge(stage: Stage, raw: Rgb, treat: Treat, estimator: SceneEstimator, tally: Tally) -> None:
    """Perceive a treated image and count what was found."""
    frame = stage.frame
    estimator.reset()
    seen: tuple[SceneObject, ...] = ()
    treated = treat(replace(frame, rgb=raw))
    try:
        seen = estimator(treated, stage.state).objects
    except PerceptionError:
        seen = ()
    for item in stage.objects:
        tally.add(item, _nearest(item, seen), stage.is_clipped(item, raw))


def _nearest(item: SceneObject, seen: tuple[SceneObject, ...]) -> SceneObject | None:
    def away(one: SceneObject) -> Any:
        return np.linalg.norm(one.position - item.position)

    found = min(seen, key=away, default=None)
    return found if found is not None and away(found) < NEAR else None


def _turned(true: SceneObject, found: SceneObject) -> float:
    period = np.pi / 2 if true.shape == 'cube' else np.pi
    apart = yaw_of(found.object_in_base) - yaw_of(true.object_in_base)
    return float(abs((apart + period / 2) % period - period / 2))
