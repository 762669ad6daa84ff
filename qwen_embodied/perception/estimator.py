"""From a frame to a scene: table, objects, containers with their contents, stable ids."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import PerceptionError
from qwen_embodied.geometry import inverse_pose, transform
from qwen_embodied.messages import Frame, JointState, LightingReport, Scene, SceneObject
from qwen_embodied.perception.finding import find_objects
from qwen_embodied.perception.flat import find_flat, look_flat
from qwen_embodied.perception.lighting import LightingCorrection, measure_light
from qwen_embodied.perception.parameters import PerceptionParameters
from qwen_embodied.perception.patches import measure
from qwen_embodied.perception.sightings import named
from qwen_embodied.perception.stacking import restack
from qwen_embodied.perception.surface import Surface, look
from qwen_embodied.perception.tracking import Sighting, Tracker
from qwen_embodied.perception.views import merge

Body = Callable[[JointState], NDArray[np.float64]]
Found = tuple[tuple[SceneObject, ...], float]  # objects, and the height of the table, m


class SceneEstimator:
    """Finds the objects on a table and follows them from frame to frame."""

    def __init__(
        self, parameters: PerceptionParameters | None = None, body: Body | None = None
    ) -> None:
        """Start with an empty table.

        Args:
            parameters: Thresholds.
            body: Gives the spheres (N, 4) x y z radius in the base frame, m, that cover the
                robot's links at a joint state. Without it the robot must be out of view.
        """
        self._parameters = parameters or PerceptionParameters()
        self._body = body
        self._tracker = Tracker(self._parameters)

    def reset(self) -> None:
        """Forget every object and every id."""
        self._tracker.reset()

    def __call__(
        self,
        frame: Frame,
        joint_state: JointState | None = None,
        lighting: LightingReport | None = None,
        surface: Surface | None = None,
        found: Sequence[Sighting] | None = None,
    ) -> Scene:
        """Estimate the scene; raises PerceptionError when the frame cannot give one.

        Args:
            frame: With aligned depth.
            joint_state: At the time of the frame, for dropping the robot's own points.
            lighting: Of the image before its correction; measured on the frame where None.
            surface: What `look` gave for this frame and joint state; made here where None.
            found: What `find` gave for that surface; found here where None.
        """
        light = lighting or measure_light(frame.rgb)
        if frame.depth is None and self._parameters.assume_table:
            objects, height = self._flat(frame, joint_state)
        else:
            seen = surface or self.look(frame, joint_state)
            objects, height = self._deep([frame], [seen], None if found is None else [found])
        return Scene(frame.stamp, self._parameters.frame_id, objects, height, light)

    def see(
        self,
        frames: Sequence[Frame],
        joint_state: JointState | None = None,
        lighting: LightingReport | None = None,
        surfaces: Sequence[Surface] | None = None,
    ) -> Scene:
        """Estimate the scene from several cameras' frames of one instant.

        The stamp, the light and the boxes in the image are those of the first frame.

        Args:
            frames: With aligned depth, at least one; their camera_in_base are in one base frame.
            joint_state: At the time of the frames, for dropping the robot's own points.
            lighting: Of the first image before its correction; measured on it where None.
            surfaces: What `look` gave for these frames; made here where None.

        Raises:
            PerceptionError: There is no frame, one of them cannot give a scene, or they see
                tables of different heights.
        """
        if not frames:
            raise PerceptionError('no frame to see; give at least one')
        objects, height = self._deep(
            frames, surfaces or [self.look(frame, joint_state) for frame in frames]
        )
        light = lighting or measure_light(frames[0].rgb)
        return Scene(frames[0].stamp, self._parameters.frame_id, objects, height, light)

    def look(self, frame: Frame, joint_state: JointState | None = None) -> Surface:
        """Find the table of a frame; knows nothing of other frames, so that it may run ahead.

        Raises:
            PerceptionError: The frame has no usable depth or shows no table.
        """
        return look(frame, self._parameters, self._spheres(joint_state))

    def find(self, surface: Surface) -> list[Sighting]:
        """Find what stands on a surface; knows nothing of other frames either."""
        return find_objects(surface, self._parameters)

    def _deep(
        self,
        frames: Sequence[Frame],
        surfaces: Sequence[Surface],
        known: Sequence[Sequence[Sighting]] | None = None,
    ) -> Found:
        self._check_heights([surface.plane.height for surface in surfaces])
        each = known or [self.find(surface) for surface in surfaces]
        found = merge([list(sightings) for sightings in each])
        sightings = restack(found, self._tracker.objects, self._parameters)
        seen = [sighting.item for sighting in sightings]
        views = list(zip(frames, surfaces, strict=True))
        objects = self._tracker.update(
            sightings,
            frames[0].stamp,
            lambda item: together([is_clear(item, *view, seen) for view in views]),
        )
        return objects, surfaces[0].plane.height

    def _check_heights(self, heights: list[float]) -> None:
        """Refuse views that do not see one table."""
        apart = max(heights) - min(heights)
        if apart > 2.0 * self._parameters.plane_tolerance:
            told = ', '.join(f'{height:.3f}' for height in heights)
            raise PerceptionError(
                f'the cameras see tables at {told} m; check the camera_in_base of each'
            )

    def _flat(self, frame: Frame, joint_state: JointState | None) -> Found:
        flat = look_flat(frame, self._parameters, self._spheres(joint_state))
        sightings = find_flat(flat, self._parameters)
        table = measure(frame.raw, flat.table)
        objects = self._tracker.update(
            named(sightings, table, self._parameters), frame.stamp, lambda item: True
        )
        return objects, self._parameters.table_height

    def _spheres(self, joint_state: JointState | None) -> NDArray[np.float64] | None:
        if self._body is None or joint_state is None:
            return None
        spheres = np.asarray(self._body(joint_state), dtype=np.float64)
        if spheres.ndim != 2 or spheres.shape[1] != 4 or not np.isfinite(spheres).all():
            raise PerceptionError(
                f"the robot's body has the shape {spheres.shape} or is not finite; "
                'it must be (N, 4) spheres'
            )
        return spheres


def perceive_photograph(frame: Frame) -> Scene:
    """Correct the light of one frame, with or without depth, and estimate its scene."""
    corrected = LightingCorrection()(frame.rgb).frame(frame)
    return SceneEstimator(PerceptionParameters(assume_table=True))(corrected)


def together(clear: list[bool | None]) -> bool | None:
    """Join what several cameras say of a place: still taken, seen to be empty, or hidden."""
    if None in clear:
        return None
    return True in clear


def is_clear(
    item: SceneObject, frame: Frame, surface: Surface, seen: list[SceneObject]
) -> bool | None:
    """Tell whether the place of an object is in clear view and empty.

    Returns:
        True: the camera sees past where its top was, or something else stands there.
        False: hidden or out of view. None: something like it is still there, or bears another.
    """
    if any(_stands_on(other, item) for other in seen):
        return None
    votes = [_vote(point, frame, surface) for point in _top_points(item)]
    if votes.count(False) * 2 >= len(votes):
        return False
    if votes.count(None) * 2 >= len(votes) and not _taken(item, seen):
        return None
    return True


def _top_points(item: SceneObject) -> NDArray[np.float64]:
    """Give five points (5, 3) on the top in the base frame; on the rim of a container."""
    reach = 0.48 if item.is_container else 0.25
    local = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]]) * reach
    if item.is_container:
        local = local[1:]
    local = np.column_stack([local * item.size[:2], np.full(len(local), item.size[2] / 2)])
    return transform(item.object_in_base, local)


def _vote(point: NDArray[np.float64], frame: Frame, surface: Surface) -> bool | None:
    local = transform(inverse_pose(frame.camera_in_base), point)
    pixel = frame.intrinsics.project(local)
    inside = np.isfinite(pixel).all() and (pixel >= 0).all()
    if not inside or pixel[0] > frame.intrinsics.width - 1:
        return False
    if pixel[1] > frame.intrinsics.height - 1:
        return False
    column, row = (round(value) for value in pixel.tolist())
    depth = float(surface.depth[row, column])
    if surface.robot[row, column] or not np.isfinite(depth) or depth < local[2] - 0.015:
        return False
    return True if depth > local[2] + 0.012 else None


def _stands_on(upper: SceneObject, lower: SceneObject) -> bool:
    """Tell whether an object is right above another one, and not in its place."""
    apart = np.abs(upper.position[:2] - lower.position[:2]).max()
    bottom = upper.position[2] - upper.size[2] / 2
    top = lower.position[2] + lower.size[2] / 2
    return bool(apart < lower.size[:2].max() / 2 and bottom > top - 0.01)


def _taken(item: SceneObject, seen: list[SceneObject]) -> bool:
    """Tell whether something that was found in this frame stands where the object stood."""
    return any(
        bool((np.abs(other.position[:2] - item.position[:2]) < other.size[:2] / 2).all())
        and abs(other.position[2] - item.position[2]) < 0.015
        and other.is_container == item.is_container
        for other in seen
    )
