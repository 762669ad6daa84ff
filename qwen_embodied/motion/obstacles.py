"""Obstacles that no camera sees: read from a file that the operator writes.

    obstacles:
      - {name: pillar, kind: box, size: [0.1, 0.1, 0.6], position: [0.5, 0.4, 0.3]}
      - {name: lamp, kind: sphere, radius: 0.1, position: [0.4, -0.3, 0.6]}
      - {name: ramp, kind: hull, points: [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]}

Lengths in metres in the base frame; orientation is a quaternion (x, y, z, w).
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qwen_embodied.errors import ConfigurationError, ContractError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.motion.shapes import Obstacle, box, capsule, cylinder, hull, sphere

Length = Annotated[float, Field(gt=0.0, le=20.0)]
Point = tuple[float, float, float]


class _Body(BaseModel):
    model_config = ConfigDict(extra='forbid', allow_inf_nan=False, frozen=True)
    name: str = Field(min_length=1, max_length=64)
    position: Point = (0.0, 0.0, 0.0)
    orientation: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)

    def frame(self) -> NDArray[np.float64]:
        """Give the pose (4, 4) in the base frame."""
        return pose(self.position, rotation_of(self.orientation))


class _Box(_Body):
    kind: Literal['box']
    size: tuple[Length, Length, Length]

    def build(self) -> Obstacle:
        return box(self.name, self.size, self.frame())


class _Sphere(_Body):
    kind: Literal['sphere']
    radius: Length

    def build(self) -> Obstacle:
        return sphere(self.name, self.radius, self.position)


class _Upright(_Body):
    kind: Literal['cylinder', 'capsule']
    radius: Length
    height: Length

    def build(self) -> Obstacle:
        make = cylinder if self.kind == 'cylinder' else capsule
        return make(self.name, self.radius, self.height, self.frame())


class _Hull(_Body):
    kind: Literal['hull']
    points: tuple[Point, ...] = Field(min_length=4, max_length=500)

    def build(self) -> Obstacle:
        return hull(self.name, self.points, self.frame())


class _File(BaseModel):
    model_config = ConfigDict(extra='forbid', frozen=True)
    obstacles: tuple[
        Annotated[_Box | _Sphere | _Upright | _Hull, Field(discriminator='kind')], ...
    ] = Field(max_length=500)


def read_obstacles(path: Path | str) -> tuple[Obstacle, ...]:
    """Read obstacles for Skills, World.from_scene and the safety rules' body.

    Raises:
        ConfigurationError: Names the file, the entry and what is wrong with it.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
        bodies = _File.model_validate(content).obstacles
        found = tuple(body.build() for body in bodies)
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    except ContractError as error:
        raise ConfigurationError(f'{path}: {error}') from error
    except ValidationError as error:
        first = error.errors()[0]
        where = '.'.join(str(part) for part in first['loc'])
        raise ConfigurationError(f'{path}: {where}: {first["msg"]}') from error
    names = [body.name for body in found]
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise ConfigurationError(f'{path}: obstacles named twice: {", ".join(doubles)}')
    return found
