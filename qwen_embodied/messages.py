"""The frozen messages that stages exchange. SI units, radians, seconds; frames in the names."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qwen_embodied.errors import ContractError
from qwen_embodied.geometry import Intrinsics
from qwen_embodied.light_report import CameraAdvice as CameraAdvice
from qwen_embodied.light_report import LightingFinding as LightingFinding
from qwen_embodied.light_report import LightingReport as LightingReport

Array = NDArray[np.float64]

BASIC_COLOURS = (
    'black', 'white', 'grey', 'red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink',
    'brown',
)  # fmt: skip
SHAPES = ('cube', 'box', 'cylinder', 'ball', 'bowl', 'bin', 'tray')
CONTAINERS = ('bowl', 'bin', 'tray')
ARM_STATES = ('idle', 'executing', 'succeeded', 'aborted', 'rejected')
OBJECT_ID = re.compile(r'[a-z][a-z0-9_]{0,63}')


def _array(name: str, value: ArrayLike, shape: tuple[int | None, ...]) -> Array:
    """Copy to a read-only float array of the shape (None: any length)."""
    array = np.array(value, dtype=np.float64)
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=False)
    )
    if not fits:
        wanted = tuple('any' if side is None else side for side in shape)
        raise ContractError(name, array.shape, f'an array of shape {wanted}')
    array.flags.writeable = False
    return array


def _set(instance: object, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(instance, name, value)


def _names(field: str, names: object) -> tuple[str, ...]:
    result = tuple(names) if isinstance(names, tuple | list) else ()
    if not all(isinstance(name, str) and name for name in result) or isinstance(names, str):
        raise ContractError(field, names, 'a tuple of names')
    return result


@dataclass(frozen=True, eq=False)
class Frame:
    """A colour image with depth, seen at one instant.

    Attributes:
        stamp: Time of the exposure, s.
        frame_id: Of the optical frame.
        rgb: Colour, (H, W, 3) uint8.
        depth: Distance along the optical axis, (H, W) float32 m, NaN where invalid; or None.
        intrinsics: Of the camera; its size is the image's.
        camera_in_base: Pose (4, 4) of the optical frame.
    """

    stamp: float
    frame_id: str
    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32] | None
    intrinsics: Intrinsics
    camera_in_base: Array

    def __post_init__(self) -> None:
        """Refuse images whose sizes or types do not agree."""
        rgb = np.array(self.rgb)
        size = (self.intrinsics.height, self.intrinsics.width)
        if rgb.dtype != np.uint8 or rgb.shape != (*size, 3):
            raise ContractError('Frame.rgb', (rgb.shape, rgb.dtype.name), f'{(*size, 3)} uint8')
        rgb.flags.writeable = False
        _set(self, rgb=rgb, camera_in_base=_array('camera_in_base', self.camera_in_base, (4, 4)))
        if self.depth is not None:
            depth = np.array(self.depth, dtype=np.float32)
            if depth.shape != size:
                raise ContractError('Frame.depth', depth.shape, f'of the size {size} of rgb')
            depth.flags.writeable = False
            _set(self, depth=depth)


@dataclass(frozen=True, eq=False)
class SceneObject:
    """One perceived object.

    Attributes:
        id: Stable while the object is tracked; ASCII letters, digits and underscores.
        label: Words for a person, such as 'red cube'.
        colour: One of BASIC_COLOURS, or 'unknown'.
        shape: One of SHAPES, or 'unknown'.
        object_in_base: Pose (4, 4): the origin is the centre of the bounding box, z points up,
            x runs along the longer horizontal side.
        size: Of the bounding box along its own x, y, z, (3,) m.
        confidence: 0 to 1.
        box: Bounding box in the image (x0, y0, x1, y1) px, or None when it is not in view.
    """

    id: str
    label: str
    colour: str
    shape: str
    object_in_base: Array
    size: Array
    confidence: float
    box: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse ids, names and numbers that later stages could not use."""
        if not OBJECT_ID.fullmatch(self.id):
            raise ContractError('SceneObject.id', self.id, f'of the form {OBJECT_ID.pattern}')
        if self.colour not in (*BASIC_COLOURS, 'unknown'):
            raise ContractError('SceneObject.colour', self.colour, f'one of {BASIC_COLOURS}')
        if self.shape not in (*SHAPES, 'unknown'):
            raise ContractError('SceneObject.shape', self.shape, f'one of {SHAPES}')
        if not 0.0 <= self.confidence <= 1.0:
            raise ContractError('SceneObject.confidence', self.confidence, 'between 0 and 1')
        object_in_base = _array('object_in_base', self.object_in_base, (4, 4))
        size = _array('size', self.size, (3,))
        if not (
            np.isfinite(object_in_base).all() and np.isfinite(size).all() and (size > 0).all()
        ):
            raise ContractError('SceneObject.size', size.tolist(), 'finite and positive')
        _set(self, object_in_base=object_in_base, size=size)

    @property
    def position(self) -> Array:
        """Centre of the bounding box in the base frame, (3,) m."""
        centre: Array = self.object_in_base[:3, 3]
        return centre

    @property
    def summary(self) -> str:
        """Id, place and size in one line, for a person."""
        (x, y, z), (width, depth, height) = self.position, self.size * 1e3
        where = f'x {x:.3f}  y {y:+.3f}  z {z:.3f} m'
        return f'{self.id:20} {where}  {width:.0f} x {depth:.0f} x {height:.0f} mm'

    @property
    def is_container(self) -> bool:
        """True for bowls, bins and trays."""
        return self.shape in CONTAINERS


@dataclass(frozen=True, eq=False)
class Scene:
    """What stands on the table at one instant.

    Attributes:
        stamp: Of the frame it was seen in, s.
        frame_id: Of the base frame.
        objects: With different ids.
        table_height: z of the table in the base frame, m.
        lighting: What the light did to the frame, or None.
    """

    stamp: float
    frame_id: str
    objects: tuple[SceneObject, ...]
    table_height: float
    lighting: LightingReport | None = None

    def __post_init__(self) -> None:
        """Refuse doubled ids."""
        _set(self, objects=tuple(self.objects))
        ids = [item.id for item in self.objects]
        if len(set(ids)) != len(ids):
            raise ContractError('Scene.objects', ids, 'objects with different ids')

    def find(self, object_id: str) -> SceneObject | None:
        """Give the object with an id, or None."""
        return next((item for item in self.objects if item.id == object_id), None)


@dataclass(frozen=True, eq=False)
class JointState:
    """Joint positions at one instant.

    Attributes:
        stamp: Of the measurement, s.
        names: Of the joints, all different.
        positions: (J,) rad or m.
        velocities: (J,) rad/s or m/s; None when the source has none.
    """

    stamp: float
    names: tuple[str, ...]
    positions: Array
    velocities: Array | None = None

    def __post_init__(self) -> None:
        """Refuse doubled names and arrays of another length."""
        names = _names('JointState.names', self.names)
        if len(set(names)) != len(names):
            raise ContractError('JointState.names', names, 'all different')
        count = (len(names),)
        _set(self, names=names, positions=_array('JointState.positions', self.positions, count))
        if self.velocities is not None:
            _set(self, velocities=_array('JointState.velocities', self.velocities, count))

    def of(self, names: tuple[str, ...]) -> Array:
        """Give positions (J,) in the order of names; raises ContractError for one it lacks."""
        index = {name: at for at, name in enumerate(self.names)}
        missing = [name for name in names if name not in index]
        if missing:
            raise ContractError('joint_states', list(self.names), f'with the joints {missing}')
        return np.array([self.positions[index[name]] for name in names])


@dataclass(frozen=True, eq=False)
class JointTrajectory:
    """Joint positions over time.

    The shapes are checked here; whether the numbers may be executed is for the safety rules.

    Attributes:
        joint_names: Of the columns.
        times: From the start, (T,) s.
        positions: (T, J) rad or m.
        velocities: (T, J), or None.
        accelerations: (T, J), or None.
        id: Names the trajectory in statuses and events.
    """

    joint_names: tuple[str, ...]
    times: Array
    positions: Array
    velocities: Array | None = None
    accelerations: Array | None = None
    id: str = ''

    def __post_init__(self) -> None:
        """Refuse arrays whose shapes do not agree."""
        names = _names('JointTrajectory.joint_names', self.joint_names)
        times = _array('JointTrajectory.times', self.times, (None,))
        shape = (len(times), len(names))
        _set(self, joint_names=names, times=times)
        for name in ('positions', 'velocities', 'accelerations'):
            value = getattr(self, name)
            if value is not None or name == 'positions':
                _set(self, **{name: _array(f'JointTrajectory.{name}', value, shape)})

    @property
    def duration(self) -> float:
        """Time of the last point, s; 0 without points."""
        return float(self.times[-1]) if len(self.times) else 0.0


@dataclass(frozen=True)
class ArmStatus:
    """What the arm controller does with a trajectory.

    Attributes:
        trajectory_id: Of the trajectory the status speaks of; empty when there was none.
        state: One of ARM_STATES.
        reason: For a person; empty while all is well.
        tracking_error: Largest |commanded - measured| of an arm joint now, rad.
        work: Counts the controller's ticks; stands still when they stop. None where not counted.
    """

    trajectory_id: str
    state: str
    reason: str = ''
    tracking_error: float = 0.0
    work: int | None = None

    def __post_init__(self) -> None:
        """Refuse unknown states."""
        if self.state not in ARM_STATES:
            raise ContractError('ArmStatus.state', self.state, f'one of {ARM_STATES}')
