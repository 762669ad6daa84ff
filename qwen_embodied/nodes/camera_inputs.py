"""The camera's topics: raw or compressed, with depth or without, watched for what goes wrong."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from qwen_embodied.errors import CameraError, ContractError, QwenEmbodiedError
from qwen_embodied.messages import Frame
from qwen_embodied.nodes import drops, qos
from qwen_embodied.nodes.bounds import check_size
from qwen_embodied.nodes.drops import Drops, FrozenCameraError, FrozenCheck
from qwen_embodied.nodes.frames import FIRST_CAMERA, FrameJoiner, RawFrame, inputs_of
from qwen_embodied.parameters import param


@dataclass(frozen=True)
class CameraInputParameters:
    """How images come, and when they are too old, too far apart or frozen."""

    pair_tolerance: float = param(
        0.02, 'Largest difference of the stamps of colour and depth, s.', bounds=(0.0, 0.2)
    )
    silence: float = param(
        5.0, 'Time without images after which the diagnostics say so, s.', bounds=(0.5, 60.0)
    )
    colour_transport: str = param(
        'raw',
        'How colour comes; compressed adds /compressed to the topic.',
        choices=('raw', 'compressed'),
    )
    depth_transport: str = param(
        'raw',
        'How depth comes; compressedDepth adds that to the topic; none: there is none.',
        choices=('raw', 'compressedDepth', 'none'),
    )
    image_reliability: str = param(
        'best_effort',
        'What is asked of the camera driver; best_effort takes every publisher.',
        choices=('best_effort', 'reliable'),
    )
    frozen_after: int = param(
        20,
        'Equal pictures in a row after which the camera counts as frozen; 0 for a camera '
        'without any noise.',
        bounds=(0, 1000),
    )


class CameraInputs:
    """Subscribes to the camera, joins its images and counts what is dropped and why."""

    def __init__(
        self, node: Node, values: CameraInputParameters, camera: str = FIRST_CAMERA
    ) -> None:
        """Subscribe to the topics in the namespace of a camera."""
        self._node, self._values = node, values
        self._drops, self._mismatch = Drops(), ''
        self._check_frozen = FrozenCheck(values.frozen_after)
        self._frames = FrameJoiner(
            values.pair_tolerance,
            needs_depth=values.depth_transport != 'none',
            count=self._drops.add,
            camera=camera,
        )
        self.take = self._frames.take
        colour, info, depth = inputs_of(camera)
        if values.colour_transport == 'compressed':
            self._listen(f'{colour}/compressed', CompressedImage, self._frames.add_colour)
        else:
            self._listen(colour, Image, self._frames.add_colour)
        if values.depth_transport == 'compressedDepth':
            self._listen(f'{depth}/compressedDepth', CompressedImage, self._frames.add_depth)
        elif values.depth_transport == 'raw':
            self._listen(depth, Image, self._frames.add_depth)
        self._listen(info, CameraInfo, self._frames.add_info)

    def check(self, frame: Frame) -> None:
        """Look at each frame once; raises FrozenCameraError."""
        self._check_frozen(frame)

    def drop(self, error: QwenEmbodiedError) -> None:
        """Count a frame that could not be used."""
        if isinstance(error, FrozenCameraError):
            self._drops.add(drops.FROZEN)
        elif isinstance(error, CameraError | ContractError):
            self._drops.add(drops.UNREADABLE)
        else:
            self._drops.add(drops.UNSEEN)

    @property
    def trouble(self) -> str:
        """Say why no images come; empty while they do."""
        return self._mismatch or self._frames.silent(self._values.silence)

    @property
    def counts(self) -> dict[str, str]:
        """Give how many images were dropped for each reason, for the diagnostics."""
        return {f'dropped: {reason}': str(n) for reason, n in self._drops.counts.items()}

    def _listen(self, topic: str, kind: type[Any], action: Callable[[Any], None]) -> None:
        """Subscribe to a topic, and notice when its publisher offers less than is asked for."""
        watch = SubscriptionEventCallbacks(
            incompatible_qos=lambda event: self._mismatched(topic, event.last_policy_kind)
        )
        profile = qos.STATE if self._values.image_reliability == 'reliable' else qos.SENSOR

        def take(message: Any) -> None:
            try:
                check_size(message, topic)
            except ContractError:
                self._drops.add(drops.UNREADABLE)
                return
            action(message)

        self._node.create_subscription(kind, topic, take, profile, event_callbacks=watch)

    def _mismatched(self, topic: str, policy: Any) -> None:
        name = getattr(policy, 'name', str(policy)).lower()
        self._mismatch = (
            f'{topic}: its publisher offers less than is asked for ({name}); '
            'set image_reliability to best_effort'
        )
        self._node.get_logger().error(self._mismatch, throttle_duration_sec=5.0)


__all__ = ['CameraInputParameters', 'CameraInputs', 'RawFrame']
