"""From a place in the image to what the arm can reach for: a perceived object or a point."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import GroundingError
from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.messages import Frame, Scene, SceneObject
from qwen_embodied.planning.facts import Workspace
from qwen_embodied.planning.grounding import QWEN3_VL, Box, Convention, Grounding, read_grounding
from qwen_embodied.planning.prompts import locate_messages
from qwen_embodied.planning.vision_model import Model, ModelRequest

Array = NDArray[np.float64]

NEIGHBOURS = 3  # px around a pixel whose depth is asked
VALID_SHARE = 0.5  # of the neighbours that must have depth
SPREAD = 0.015  # m between the neighbours' 10th and 90th percentile; more is an edge
MARGIN = 12.0  # px by which a pixel may miss an object's box
REACH = 0.02  # m by which a depth point may miss an object's bounding box
FOOT = 0.25  # of a solid's height below its centre; the table shows below that
FEW_TOKENS = 256


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
    words: str, model: Model, scene: Scene, frame: Frame, convention: Convention = QWEN3_VL
) -> Target:
    """Find what a description refers to, though perception has no name for it.

    Args:
        words: Such as 'the thing to drink from'.
        model: Is asked for a box in the frame's colour image.
        scene: Perceived in the frame.
        frame: With depth where something may be meant that perception did not find.
        convention: Of the model's family.

    Raises:
        GroundingParseError: The reply names no place.
        GroundingError: There is nothing to reach for at that place.
    """
    height, width = frame.rgb.shape[:2]
    request = ModelRequest(locate_messages(words), frame.rgb, max_tokens=FEW_TOKENS)
    places = read_grounding(model.complete(request).text, convention, width, height)
    return resolve(places[0], scene, frame)


def resolve(
    grounding: Grounding,
    scene: Scene,
    frame: Frame | None = None,
    workspace: Workspace | None = None,
) -> Target:
    """Take a place in the image to a perceived object, else to a measured point.

    The object must agree with the depth where there is depth: a box that another thing covers
    is not taken for what covers it.

    Args:
        grounding: In pixels of the image that the scene was perceived in.
        scene: As perceived.
        frame: With depth; without it only perceived objects can be meant.
        workspace: Where points may lie; None for the usual table.

    Raises:
        GroundingError: No object is there, and no point that can be trusted.
    """
    point = None
    fault = 'there is no depth image'
    if frame is not None and frame.depth is not None:
        point, fault = _measured(grounding.pixel, frame)
    item = _object_at(grounding, scene, point)
    if item is not None:
        return Target(grounding, item.id, item.position)
    place = workspace or Workspace()
    if point is not None and not place.holds(float(point[0]), float(point[1])):
        point, fault = None, 'it lies outside the workspace'
    if point is None:
        x, y = grounding.pixel
        what = f'{grounding.label or "what was meant"} at pixel ({x:.0f}, {y:.0f}): {fault};'
        raise GroundingError(what, tuple(item.id for item in scene.objects))
    return Target(grounding, None, point)


def _measured(pixel: tuple[float, float], frame: Frame) -> tuple[Array | None, str]:
    """Lift a pixel by the depth around it; gives the point in the base frame, or why not."""
    depth = np.asarray(frame.depth, dtype=np.float64)
    column, row = int(pixel[0]), int(pixel[1])
    rows = slice(max(0, row - NEIGHBOURS), row + NEIGHBOURS + 1)
    columns = slice(max(0, column - NEIGHBOURS), column + NEIGHBOURS + 1)
    around = depth[rows, columns]
    valid = around[np.isfinite(around) & (around > 0)]
    if not len(valid) >= VALID_SHARE * around.size:
        return None, f'only {len(valid)} of {around.size} pixels around it have depth'
    low, middle, high = np.percentile(valid, (10, 50, 90))
    if not high - low <= SPREAD:
        return None, f'its neighbourhood spans {1000 * (high - low):.0f} mm of depth, an edge'
    in_camera = frame.intrinsics.deproject(np.array(pixel), np.array(middle))
    return transform(frame.camera_in_base, in_camera), ''


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
        box = grounding.box
        return max(near, key=lambda item: (_overlap(item.box, box), item.id))
    return min(pool, key=lambda item: (float(np.prod(item.size)), item.id))


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
