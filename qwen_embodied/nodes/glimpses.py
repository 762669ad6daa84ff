"""Reads the newest messages that the doctor heard into plain facts."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CompressedImage

from qwen_embodied.camera.images import read_depth, read_image, read_intrinsics
from qwen_embodied.camera.images_compressed import read_compressed, read_compressed_depth
from qwen_embodied.doctor.heard import Joints, Lens, Picture
from qwen_embodied.doctor.scope import CLOCK, COLOUR, DEPTH, JOINTS, LENS
from qwen_embodied.errors import QwenEmbodiedError
from qwen_embodied.nodes import conversions_safety
from qwen_embodied.nodes.overheard import DESCRIPTION, DIAGNOSTICS, SAFETY, TF, Ear
from qwen_embodied.safety import SafetyState


def latest(ears: dict[str, Ear]) -> dict[str, Any]:
    """Read the newest messages into the fields of Graph."""
    description, state = ears[DESCRIPTION].last(), _safety(ears[SAFETY].last())
    clock = ears[CLOCK]
    times = [_seconds(message.clock) for message in (clock.first(), clock.last()) if message]
    return {
        'colour': _picture(ears[COLOUR].last()),
        'depth': _picture(ears[DEPTH].last(), is_depth=True),
        'lens': _lens(ears[LENS].last()),
        'joints': _joints(ears[JOINTS].last()),
        'description': '' if description is None else description.data,
        'clocks': tuple(times),
        'trouble': _trouble(ears[DIAGNOSTICS].each()),
        'safety': '' if state is None else state.state,
        'reasons': () if state is None else state.reasons,
        'edges': _edges(ears),
    }


def _seconds(time_: Any) -> float:
    return float(time_.sec + time_.nanosec * 1e-9)


def _picture(message: Any, *, is_depth: bool = False) -> Picture | None:
    """Read an image as the perception node does."""
    if message is None:
        return None
    is_compressed = isinstance(message, CompressedImage)
    encoding = message.format if is_compressed else message.encoding
    readers = (read_compressed_depth, read_depth) if is_depth else (read_compressed, read_image)
    try:
        pixels = readers[0](message) if is_compressed else readers[1](message)
    except QwenEmbodiedError as error:
        return Picture(encoding, 0, 0, message.header.frame_id, str(error))
    height, width = pixels.shape[:2]
    seen = Picture(encoding, width, height, message.header.frame_id)
    if not is_depth:
        return seen
    valid = pixels[np.isfinite(pixels)]
    middle = float(np.median(valid)) if valid.size else None
    return replace(seen, valid=valid.size / max(pixels.size, 1), middle=middle)


def _lens(message: Any) -> Lens | None:
    if message is None:
        return None
    fault = ''
    try:
        read_intrinsics(message)
    except QwenEmbodiedError as error:
        fault = str(error)
    focal, frame = float(message.k[0]), message.header.frame_id
    return Lens(message.width, message.height, focal, message.distortion_model, frame, fault)


def _joints(message: Any) -> Joints | None:
    if message is None:
        return None
    finite = [
        tuple(float(value) if math.isfinite(value) else None for value in values)
        for values in (message.position, message.velocity)
    ]
    return Joints(tuple(message.name), *finite)


def _safety(message: Any) -> SafetyState | None:
    try:
        return None if message is None else conversions_safety.safety_from_ros(message)[0]
    except QwenEmbodiedError:
        return None


def _trouble(messages: list[Any]) -> str:
    for message in reversed(messages):
        for status in message.status:
            if status.name == 'perception':
                return '' if status.level == DiagnosticStatus.OK else str(status.message)
    return ''


def _edges(ears: dict[str, Ear]) -> tuple[tuple[str, str], ...] | None:
    if TF[0] not in ears:
        return None
    messages = [message for topic in TF for message in ears[topic].each()]
    pairs = {
        (item.header.frame_id.strip('/'), item.child_frame_id.strip('/'))
        for message in messages
        for item in message.transforms
    }
    return tuple(sorted(pairs))
