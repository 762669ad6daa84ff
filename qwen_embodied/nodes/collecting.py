"""Takes calibration samples from a running graph: an image with a board, and the joints then."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.node import Node
from sensor_msgs.msg import Image
from sensor_msgs.msg import JointState as JointStateMessage

from qwen_embodied.camera.boards import Board
from qwen_embodied.camera.hand_eye import hand_eye_advice
from qwen_embodied.messages import JointState
from qwen_embodied.motion import Robot
from qwen_embodied.nodes import conversions, qos
from qwen_embodied.nodes.conversions_image import stamped_image
from qwen_embodied.nodes.guest import Guest
from qwen_embodied.nodes.wiring import hear
from qwen_embodied.run_folder import write_png

STILL = 0.005  # rad/s


class Collector(Guest[Node]):
    """Hears camera and joints in an own thread; a context manager."""

    def __init__(
        self, folder: Path, board: Board, robot: Robot, namespace: str = '',
        domain: int | None = None, patience: float = 5.0,
    ) -> None:  # fmt: skip
        """Join the graph; `patience` is the longest wait for camera and arm, s."""
        self._patience = patience
        self._folder, self._board, self._robot = folder, board, robot
        self._hands: list[NDArray[np.float64]] = []
        self._heard = threading.Condition()
        self._image: tuple[float, NDArray[np.uint8]] | None = None
        self._state: JointState | None = None
        super().__init__(lambda context: self._built(context, namespace), domain)

    def _built(self, context: Context, namespace: str) -> Node:
        node = Node('calibration', context=context, namespace=namespace)
        hear(node, 'camera/color/image_raw', qos.SENSOR, stamped_image, self._see, Image)
        read = conversions.joint_state_from_ros
        hear(node, 'joint_states', qos.SENSOR, read, self._feel, JointStateMessage)
        return node

    def take(self) -> str:
        """Take a sample when arm and camera are there, the arm is still and the board is seen.

        Returns:
            What was done, or why nothing was.
        """
        with self._heard:
            self._image = self._state = None
            self._heard.wait_for(lambda: self._image is not None and self._state, self._patience)
            image, state = self._image, self._state
        if image is None or state is None:
            return f'nothing taken: no {"image" if image is None else "joint_states"}'
        if state.velocities is not None and not (np.abs(state.velocities) <= STILL).all():
            return 'nothing taken: the arm moves'
        corners = self._board.find(image[1])
        if corners is None:
            return 'nothing taken: the board is not seen'
        positions = state.of(self._robot.joint_names)
        self._hands.append(self._robot.forward(positions))
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._free()
        write_png(path, image[1])
        joints = dict(zip(self._robot.joint_names, positions.tolist(), strict=True))
        path.with_suffix('.json').write_text(json.dumps({'joints': joints}), encoding='utf-8')
        return f'{path.name}: {len(corners.ids)} corners'

    def advice(self) -> tuple[str, ...]:
        """Say which further poses are needed."""
        return hand_eye_advice(self._hands)

    def _free(self) -> Path:
        number = 1
        while (path := self._folder / f'{number:03d}.png').exists():
            number += 1
        return path

    def _see(self, image: tuple[float, NDArray[np.uint8]]) -> None:
        self._note(lambda: setattr(self, '_image', image))

    def _feel(self, state: JointState) -> None:
        self._note(lambda: setattr(self, '_state', state))

    def _note(self, action: Callable[[], None]) -> None:
        with self._heard:
            action()
            self._heard.notify_all()
