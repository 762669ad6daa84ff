"""The bodies of a robot: poses of its links for many joint positions, and their shapes."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from qwen_embodied.errors import RobotModelError
from qwen_embodied.motion.description import RobotSettings
from qwen_embodied.motion.shapes import cover
from qwen_embodied.motion.urdf import complete, read_xml

Array = NDArray[np.float64]
FEW = 6  # rows; up to here Pinocchio in a loop beats numpy


@dataclass(frozen=True, eq=False)
class Part:
    """One collision shape of a link.

    Attributes:
        link: Name of the link.
        body: Index of the joint that carries it; 0 is the base.
        geometry: coal's shape.
        pose: (4, 4) of the shape in the frame of the body.
        spheres: Cover of the shape, (N, 4) x y z radius in the frame of the body, m.
    """

    link: str
    body: int
    geometry: Any
    pose: Array
    spheres: Array


class Chain:
    """Forward kinematics of every body, for one row of joints or for many at once."""

    def __init__(self, model: Any, names: tuple[str, ...]) -> None:
        """Prepare for rows whose columns are the joints of names."""
        self._model, self._data = model, model.createData()
        self._columns = np.array([model.joints[model.getJointId(name)].idx_q for name in names])
        self._neutral = np.clip(0.0, model.lowerPositionLimit, model.upperPositionLimit)
        pin.forwardKinematics(model, self._data, self._neutral)
        self._parents = [int(parent) for parent in model.parents]
        self._placements = [np.array(p.homogeneous) for p in model.jointPlacements]
        self._sources = [_source(model, joint) for joint in range(model.njoints)]
        self._axes = [_axis(self._data, joint) for joint in range(model.njoints)]

    def spread(self, row: Array) -> Array:
        """Give Pinocchio's vector for a row with or without the gripper."""
        full: Array = self._neutral.copy()
        full[self._columns[: len(row)]] = row
        return full

    def axis(self, body: int) -> Array:
        """Give the axis about which a body turns, (3,) in its own frame; zero if it slides."""
        turning: Array = self._axes[body][3:]
        return turning

    def stroke(self, body: int) -> float:
        """Bound how far a body slides from its placement, m; zero when it only turns."""
        sliding = self._axes[body][:3].any() and not self._axes[body][3:].any()
        column = self._sources[body][0]
        ends = (self._model.lowerPositionLimit[column], self._model.upperPositionLimit[column])
        return float(np.abs(ends).max()) if sliding else 0.0

    def link_of(self, body: int) -> int:
        """Give the frame index of the link that a joint moves first."""
        for index, frame in enumerate(self._model.frames):
            if frame.type == pin.FrameType.BODY and frame.parentJoint == body:
                return index
        raise RobotModelError(f'the joint {self._model.names[body]} carries no link')

    def reaches(self, part: Part) -> Array:
        """Bound how far points of a part move for each joint's motion, (bodies,) m per rad or m.

        A ball around points of a body that turns lies within the ball around its centre's
        projection on the axis that is as much wider as the centre was away from it.
        """
        reaches = np.zeros(len(self._parents))
        body, centres, radii = part.body, part.spheres[:, :3], part.spheres[:, 3]
        while body:
            axis, stroke = self.axis(body), self.stroke(body)
            along = centres if stroke else np.outer(centres @ axis, axis)
            radii = radii + np.linalg.norm(centres - along, axis=1) + stroke
            reaches[body] = 1.0 if stroke else radii.max()
            placement = self._placements[body]
            centres = along @ placement[:3, :3].T + placement[:3, 3]
            body = self._parents[body]
        return reaches

    def poses(self, rows: Array) -> Array:
        """Give body_in_base (N, bodies, 4, 4) for rows (N, J) or (N, J + 1)."""
        if len(rows) > FEW:
            return self._many(rows)
        result = np.empty((len(rows), len(self._parents), 4, 4))
        for at, row in enumerate(rows):
            pin.forwardKinematics(self._model, self._data, self.spread(row))
            for body, placement in enumerate(self._data.oMi):
                result[at, body] = placement.homogeneous
        return result

    def _many(self, rows: Array) -> Array:
        full = np.tile(self._neutral, (len(rows), 1))
        full[:, self._columns[: rows.shape[1]]] = rows
        result = np.empty((len(rows), len(self._parents), 4, 4))
        result[:, 0] = np.eye(4)
        for body in range(1, len(self._parents)):
            column, scaling, offset = self._sources[body]
            angle = full[:, column] * scaling + offset
            fixed = result[:, self._parents[body]] @ self._placements[body]
            result[:, body] = fixed @ _motion(self._axes[body], angle)
        return result


def _source(model: Any, joint: int) -> tuple[int, float, float]:
    """Give the column that drives a joint, with the factor and offset of a mimic."""
    kind = model.joints[joint]
    if joint and kind.shortname() == 'JointModelMimic':
        inner = kind.extract()
        return int(inner.idx_q), float(inner.scaling), float(inner.offset)
    return int(kind.idx_q), 1.0, 0.0


def _axis(data: Any, joint: int) -> Array:
    """Give the unit twist (6,) of a joint: linear, then angular."""
    return np.array(data.joints[joint].S).reshape(6, -1)[:, 0] if joint else np.zeros(6)


def _motion(axis: Array, value: Array) -> Array:
    """Move along a unit twist: (N, 4, 4)."""
    result = np.tile(np.eye(4), (len(value), 1, 1))
    angular = axis[3:]
    if not angular.any():
        result[:, :3, 3] = value[:, None] * axis[:3]
        return result
    x, y, z = angular
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    sine, cosine = np.sin(value)[:, None, None], np.cos(value)[:, None, None]
    result[:, :3, :3] += sine * cross + (1.0 - cosine) * (cross @ cross)
    return result


def body_of(model: Any, xml: str, settings: RobotSettings) -> tuple[Part, ...]:
    """Give the shapes of a robot: its own, or those of the body that the settings name."""
    if settings.body is None:
        return read_parts(model, xml, settings.packages)
    other = complete(read_xml(settings.body), {}, '', None)
    donor = pin.buildModelFromXML(other, mimic=True)
    items = _shapes(donor, other, settings.packages)
    for item in items:
        frame = donor.frames[item.parentFrame]
        if not model.existBodyName(frame.name):
            raise RobotModelError(
                f'the body has the link {frame.name}, but the URDF has no such link'
            )
        target = model.frames[model.getBodyId(frame.name)]
        item.placement = target.placement * frame.placement.actInv(item.placement)
        item.parentJoint, item.parentFrame = target.parentJoint, model.getBodyId(frame.name)
    return _parts(model, items)


def read_parts(model: Any, xml: str, packages: Sequence[str | Path] = ()) -> tuple[Part, ...]:
    """Read the collision shapes of a URDF; a cylinder with a ball at either end is a capsule."""
    return _parts(model, _shapes(model, xml, packages))


def _shapes(model: Any, xml: str, packages: Sequence[str | Path]) -> list[Any]:
    try:
        shapes = pin.buildGeomFromUrdfString(
            model,
            xml,
            pin.GeometryType.COLLISION,
            package_dirs=[str(folder) for folder in packages],
        )
    except (ValueError, RuntimeError) as error:
        raise RobotModelError(
            f'the collision shapes cannot be read: {str(error).strip()}; name the folders of '
            'package:// in the settings (packages), or a URDF of simple shapes (body)'
        ) from error
    return list(shapes.geometryObjects)


def _parts(model: Any, items: list[Any]) -> tuple[Part, ...]:
    used: set[str] = set()
    parts = []
    for item in items:
        ends = _ends(item, items)
        if ends:
            used.update(end.name for end in ends)
            geometry = coal.Capsule(item.geometry.radius, 2 * item.geometry.halfLength)
            parts.append(_part(model, item, geometry))
            used.add(item.name)
    parts += [_part(model, item, _solid(item)) for item in items if item.name not in used]
    if not parts:
        raise RobotModelError(
            'the URDF has no collision shapes; name a URDF of simple shapes in the settings (body)'
        )
    return tuple(sorted(parts, key=lambda part: part.body))


def _solid(item: Any) -> Any:
    """Give a shape as it is, and of a mesh its convex hull."""
    if not isinstance(item.geometry, coal.BVHModelBase):
        return item.geometry
    item.geometry.buildConvexHull(True, 'Qt')
    return item.geometry.convex


def _ends(item: Any, items: list[Any]) -> list[Any]:
    """Find the two spheres that make a cylinder a capsule; [] when there are none."""
    if not isinstance(item.geometry, coal.Cylinder):
        return []
    tips = [
        item.placement.translation
        + sign * item.geometry.halfLength * item.placement.rotation[:, 2]
        for sign in (-1.0, 1.0)
    ]
    found = [
        other
        for tip in tips
        for other in items
        if isinstance(other.geometry, coal.Sphere)
        and other.parentFrame == item.parentFrame
        and abs(other.geometry.radius - item.geometry.radius) < 1e-6
        and np.linalg.norm(other.placement.translation - tip) < 1e-6
    ]
    return found if len(found) == 2 else []


def _part(model: Any, item: Any, geometry: Any) -> Part:
    pose = np.array(item.placement.homogeneous)
    return make_part(model.frames[item.parentFrame].name, int(item.parentJoint), geometry, pose)


def make_part(link: str, body: int, geometry: Any, pose: Array) -> Part:
    """Build a part with its cover of spheres."""
    spheres = cover(geometry)
    spheres[:, :3] = spheres[:, :3] @ pose[:3, :3].T + pose[:3, 3]
    return Part(link, body, geometry, pose, spheres)
