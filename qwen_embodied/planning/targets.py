"""From a place in the image to what the arm can reach for: a perceived object or a point."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import AmbiguousTargetError, GroundingError
from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.messages import Frame, Scene, SceneObject
from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.grounding import QWEN3_VL, Box, Convention, Grounding, read_grounding
from qwen_embodied.planning.prompts import locate_messages
from qwen_embodied.planning.vision_model import Model, ModelRequest

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

NEIGHBOURS = 3  # px around a pixel whose depth is asked
VALID_SHARE = 0.5  # of the neighbours that must have depth
SPREAD = 0.015  # m between the neighbours' 10th and 90th percentile; more is an edge
MARGIN = 12.0  # px by which a pixel may miss an object's box
REACH = 0.02  # m by which a depth point may miss an object's bounding box
FOOT = 0.25  # of a solid's height below its centre; the table shows below that
FEW_TOKENS = 256
MOST_PLACES = 16  # of a reply that are looked at
FOOTING = 0.02  # m around a bare point that must be level
LEVEL = 0.006  # m by which a level surface may be rough
FLAT_SHARE = 0.8  # of the footing that must be level
ALIKE = 0.8  # share of the best overlap from which on a second object may be meant as well
INSIDE = 0.7  # share of an object's box that lies in a box which frames it
FILLED = 0.5  # share of a box that the objects in it must cover to be what is meant
SAME = 0.03  # m between two points that are one


@dataclass(frozen=True, eq=False)
class Target:
    """What a description refers to.

    Attributes:
        grounding: Where the model sees it.
        object_id: Of the perceived object, or None for a bare point.
        position: In the base frame, (3,) m: the object's centre, or the measured point.
    """

    grounding: Grounding
    object_id: str | None
    position: Array


def ground(
    words: str, model: Model, scene: Scene, view: Frame | Pixels, convention: Convention = QWEN3_VL
) -> Target:
    """Find what a description refers to, though perception has no name for it.

    Args:
        words: Such as 'the thing to drink from'.
        model: Is asked for boxes in the colour image.
        scene: Perceived in the view.
        view: A frame, with depth where something may be meant that perception did not find; or
            only its colours (H, W, 3).
        convention: Of the model's family.

    Raises:
        GroundingParseError: The reply names no place.
        GroundingError: There is nothing to reach for at that place.
        AmbiguousTargetError: Several things fit the description.
        ModelError: The model gives no answer.
    """
    frame, rgb = (view, view.rgb) if isinstance(view, Frame) else (None, view)
    request = ModelRequest(locate_messages(words), rgb, max_tokens=FEW_TOKENS)
    reply = model.complete(request).text
    places = read_grounding(reply, convention, rgb.shape[1], rgb.shape[0])
    return meant(words, places, scene, frame)


def meant(
    words: str, places: tuple[Grounding, ...], scene: Scene, frame: Frame | None = None
) -> Target:
    """Give the one thing that all usable places of a description mean.

    Args:
        words: The description, for messages.
        places: Where a model sees what fits it; at least one.
        scene: As perceived.
        frame: With depth; without it only perceived objects can be meant.

    Raises:
        GroundingError: No place is usable; says why the first is not.
        AmbiguousTargetError: They mean several things.
    """
    found: list[Target] = []
    faults: list[GroundingError] = []
    for place in places[:MOST_PLACES]:
        try:
            target = resolve(place, scene, frame)
        except AmbiguousTargetError as error:
            raise AmbiguousTargetError(words, error.fitting) from error
        except GroundingError as error:
            faults.append(error)
            continue
        if not any(_is_same(target, other) for other in found):
            found.append(target)
    if not found:
        raise faults[0]
    if len(found) > 1:
        raise AmbiguousTargetError(words, tuple(_named(target, scene) for target in found))
    return found[0]


def resolve(
    grounding: Grounding,
    scene: Scene,
    frame: Frame | None = None,
    workspace: Workspace | None = None,
) -> Target:
    """Take a place in the image to a perceived object, else to a measured point.

    The object must agree with the depth where there is depth: a box that another thing covers
    is not taken for what covers it. A box that frames several objects alike means none of them,
    and a bare point must be of a surface on which something can stand.

    Args:
        grounding: In pixels of the image that the scene was perceived in.
        scene: As perceived.
        frame: With depth; without it only perceived objects can be meant.
        workspace: Where points may lie; None for the usual table.

    Raises:
        GroundingError: No object is there, and no point that can be trusted.
        AmbiguousTargetError: The box frames several objects alike.
    """
    point = None
    fault = 'there is no depth image'
    if frame is not None and frame.depth is not None:
        point, fault = _measured(grounding.pixel, frame)
    item = _object_at(grounding, scene, point)
    item = item or _framed(grounding, scene)
    if item is not None:
        return Target(grounding, item.id, item.position)
    place = workspace or Workspace()
    if point is not None and not place.holds(float(point[0]), float(point[1])):
        point, fault = None, 'it lies outside the workspace'
    if point is not None and frame is not None:
        fault = _unsupported(grounding.pixel, frame)
        point = None if fault else point
    if point is None:
        x, y = grounding.pixel
        what = f'{grounding.label or "what was meant"} at pixel ({x:.0f}, {y:.0f})'
        known = tuple(item.id for item in scene.objects)
        raise GroundingError(what, known, f'cannot be reached for: {fault}')
    return Target(grounding, None, point)


def _measured(pixel: tuple[float, float], frame: Frame) -> tuple[Array | None, str]:
    """Lift a pixel by the depth around it; gives the point in the base frame, or why not."""
    _, around = _around(pixel, frame, NEIGHBOURS)
    valid = around[np.isfinite(around) & (around > 0)]
    if not len(valid) >= VALID_SHARE * around.size:
        return None, f'only {len(valid)} of {around.size} pixels around it have depth'
    low, middle, high = np.percentile(valid, (10, 50, 90))
    if not high - low <= SPREAD:
        return None, f'its neighbourhood spans {1000 * (high - low):.0f} mm of depth, an edge'
    in_camera = frame.intrinsics.deproject(np.array(pixel), np.array(middle))
    return transform(frame.camera_in_base, in_camera), ''


def _around(pixel: tuple[float, float], frame: Frame, reach: int) -> tuple[Array, Array]:
    """Give the pixels (H, W, 2) around one, and their depth (H, W)."""
    column, row = int(pixel[0]), int(pixel[1])
    depth = np.asarray(frame.depth, dtype=np.float64)
    rows = slice(max(0, row - reach), row + reach + 1)
    columns = slice(max(0, column - reach), column + reach + 1)
    grid = np.mgrid[: depth.shape[0], : depth.shape[1]][::-1].transpose(1, 2, 0)
    return np.asarray(grid[rows, columns], dtype=np.float64), depth[rows, columns]


def _unsupported(pixel: tuple[float, float], frame: Frame) -> str:
    """Say why nothing can stand at a pixel: what is around it is not level; empty where it is."""
    middle = float(np.nanmedian(_around(pixel, frame, NEIGHBOURS)[1]))
    reach = max(NEIGHBOURS, round(FOOTING * frame.intrinsics.fx / middle))
    pixels, depth = _around(pixel, frame, reach)
    points = transform(frame.camera_in_base, frame.intrinsics.deproject(pixels, depth))
    heights = points[..., 2][np.isfinite(depth) & (depth > 0)]
    level = np.abs(heights - np.median(heights)) <= LEVEL
    if level.mean() >= FLAT_SHARE:
        return ''
    return f'only {100 * level.mean():.0f} % of the surface around it is level'


def _framed(grounding: Grounding, scene: Scene) -> SceneObject | None:
    """Give the object that fills a box whose middle is bare, such as an open ring."""
    box = grounding.box
    if box is None:
        return None
    area = (box[2] - box[0]) * (box[3] - box[1])
    inside = [item for item in scene.objects if _covered(item.box, box) >= INSIDE]
    sizes = [_area(item.box) for item in inside]
    if sum(sizes) < FILLED * area:
        return None
    if len(inside) > 1:
        raise AmbiguousTargetError(grounding.label or 'that', tuple(_the(i) for i in inside))
    return inside[0]


def _is_same(one: Target, two: Target) -> bool:
    if one.object_id is not None or two.object_id is not None:
        return one.object_id == two.object_id
    return float(np.linalg.norm(one.position - two.position)) <= SAME


def _named(target: Target, scene: Scene) -> str:
    item = scene.find(target.object_id or '')
    if item is not None:
        return _the(item)
    return 'the place at ({:.2f}, {:.2f})'.format(*target.position[:2])


def _the(item: SceneObject) -> str:
    return f'the {item.label} at ({item.position[0]:.2f}, {item.position[1]:.2f})'


def _area(box: Box | None) -> float:
    return 0.0 if box is None else (box[2] - box[0]) * (box[3] - box[1])


def _covered(inner: Box | None, outer: Box) -> float:
    """Give the share of a box that another one covers."""
    if inner is None:
        return 0.0
    wide = max(0.0, min(inner[2], outer[2]) - max(inner[0], outer[0]))
    tall = max(0.0, min(inner[3], outer[3]) - max(inner[1], outer[1]))
    return wide * tall / max(_area(inner), 1e-9)


def _object_at(grounding: Grounding, scene: Scene, point: Array | None) -> SceneObject | None:
    """Give the object that a place means: by depth where there is depth, else by its box."""
    items = list(scene.objects)
    if point is not None:
        items = [item for item in items if _holds(item, point)]
    seen = [item for item in items if item.box is not None]
    near = [item for item in seen if _misses(item.box, grounding.pixel) <= MARGIN]
    pool = near or (items if point is not None else [])
    if not pool:
        return None
    if grounding.box is not None and near:
        return _best_framed(near, grounding, grounding.box)
    return min(pool, key=lambda item: (float(np.prod(item.size)), item.id))


def _best_framed(items: list[SceneObject], grounding: Grounding, box: Box) -> SceneObject:
    """Give the object whose box is most like a given one; raises where another is as like it."""
    ranked = sorted(items, key=lambda item: (-_overlap(item.box, box), item.id))
    if len(ranked) > 1:
        first, second = (_overlap(item.box, box) for item in ranked[:2])
        if second >= ALIKE * first:
            fitting = tuple(_the(item) for item in ranked[:2])
            raise AmbiguousTargetError(grounding.label or 'that', fitting)
    return ranked[0]


def _holds(item: SceneObject, point: Array) -> bool:
    """Say whether a point lies in an object's bounding box, or hardly outside.

    Low down on something solid it does not: that is the table where the object has been.
    """
    local = transform(inverse_pose(item.object_in_base), point)
    is_bare = not item.is_container and local[2] < -FOOT * item.size[2]
    return bool((np.abs(local) <= item.size / 2 + REACH).all()) and not is_bare


def _misses(box: Box | None, pixel: tuple[float, float]) -> float:
    """Give the distance of a pixel from a box, px; 0 inside."""
    x0, y0, x1, y1 = box or (0.0, 0.0, 0.0, 0.0)
    x, y = pixel
    return float(np.hypot(max(x0 - x, 0.0, x - x1), max(y0 - y, 0.0, y - y1)))


def _overlap(one: Box | None, two: Box) -> float:
    """Give the intersection over the union of two boxes."""
    if one is None:
        return 0.0
    wide = max(0.0, min(one[2], two[2]) - max(one[0], two[0]))
    tall = max(0.0, min(one[3], two[3]) - max(one[1], two[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, two)]
    common = wide * tall
    return common / max(sum(areas) - common, 1e-9)
