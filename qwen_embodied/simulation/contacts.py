"""A second opinion on contacts: MuJoCo's own reading of a URDF and its own collision detection."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ContractError
from qwen_embodied.simulation.engine import load_mujoco
from qwen_embodied.simulation.objects import mujoco_quaternion

Array = NDArray[np.float64]

OURS, THEIRS = 1, 2  # contact bits of the robot and of obstacles


@dataclass(frozen=True, eq=False)
class Block:
    """An obstacle.

    Attributes:
        name: For a person.
        kind: 'box', 'cylinder' or 'sphere'.
        size: Of its bounding box along its own axes, (3,) m.
        pose: (4, 4) of its centre in the base frame.
    """

    name: str
    kind: str
    size: Array
    pose: Array


@dataclass(frozen=True)
class Overlap:
    """Two bodies that overlap; depth in m."""

    sample: int
    first: str
    second: str
    depth: float


class ContactJudge:
    """Finds where a robot overlaps blocks or itself, without any code of the motion stage."""

    def __init__(
        self, urdf: Path, blocks: Iterable[Block], ignored: Iterable[tuple[str, str]]
    ) -> None:
        """Compile the model.

        Args:
            urdf: Of the robot; its root is the base frame.
            blocks: Around it.
            ignored: Pairs of links whose contact does not count.
        """
        mujoco = self._mujoco = load_mujoco()
        description = ElementTree.parse(urdf).getroot()
        extension = ElementTree.SubElement(description, 'mujoco')
        ElementTree.SubElement(extension, 'compiler', discardvisual='true', fusestatic='false')
        spec = mujoco.MjSpec.from_string(ElementTree.tostring(description, encoding='unicode'))
        for body in spec.bodies[1:]:
            for geom in body.geoms:
                geom.contype, geom.conaffinity = OURS, OURS | THEIRS
        for block in blocks:
            _add_block(mujoco, spec, block)
        for first, second in ignored:
            spec.add_exclude(bodyname1=first, bodyname2=second)
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)

    def deepest(self, names: tuple[str, ...], rows: Array) -> Overlap | None:
        """Give the deepest overlap of any row, or None.

        Args:
            names: Of joints, one per column.
            rows: Joint positions, (N, J) rad or m.
        """
        columns = [int(self._model.joint(name).qposadr[0]) for name in names]
        worst: Overlap | None = None
        for sample, row in enumerate(rows):
            self._data.qpos[columns] = row
            self._mujoco.mj_kinematics(self._model, self._data)
            self._mujoco.mj_collision(self._model, self._data)
            contacts = self._data.contact
            if self._data.ncon and -contacts.dist.min() > (worst.depth if worst else 0.0):
                at = int(contacts.dist.argmin())
                pair = [self._name(int(geom)) for geom in contacts.geom[at]]
                worst = Overlap(sample, pair[0], pair[1], float(-contacts.dist[at]))
        return worst

    def _name(self, geom: int) -> str:
        own = self._model.geom(geom).name
        return own or str(self._model.body(int(self._model.geom_bodyid[geom])).name)


def _add_block(mujoco: Any, spec: Any, block: Block) -> None:
    kinds = {
        'box': (mujoco.mjtGeom.mjGEOM_BOX, block.size / 2),
        'cylinder': (mujoco.mjtGeom.mjGEOM_CYLINDER, [block.size[0] / 2, block.size[2] / 2, 0]),
        'sphere': (mujoco.mjtGeom.mjGEOM_SPHERE, [block.size[0] / 2, 0, 0]),
    }
    if block.kind not in kinds:
        raise ContractError('Block.kind', block.kind, f'one of {", ".join(kinds)}')
    shape, size = kinds[block.kind]
    spec.worldbody.add_geom(
        name=block.name,
        type=shape,
        size=np.asarray(size, dtype=float).tolist(),
        pos=block.pose[:3, 3].tolist(),
        quat=mujoco_quaternion(block.pose[:3, :3]),
        contype=THEIRS,
        conaffinity=OURS,
    )
