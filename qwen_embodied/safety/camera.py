"""The camera behind the scene: frozen, dark, covered, old, or not where it was (D10, D11)."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.safety.findings import HOLD, NO_PLANS, Finding
from qwen_embodied.safety.parameters import Parameters

WEIGHTS = np.array([0.299, 0.587, 0.114])  # of red, green and blue in the luma
FULL = 250  # a pixel whose brightest channel is above is saturated
EVERY = 4  # rows and columns looked at


@dataclass(frozen=True)
class CameraSample:
    """What the rules must know of one image.

    Attributes:
        stamp: Of the exposure, s.
        mark: Equal for equal images.
        luma: Mean, 0 to 255.
        saturated: Share of pixels.
        depth: Share of pixels with a valid depth; None for a camera without depth.
        pose_stamp: When the camera's pose was measured, s; None for one that is fixed.
        reprojection: How far a known point is from where it should be seen, px; None without.
    """

    stamp: float
    mark: int
    luma: float
    saturated: float
    depth: float | None = None
    pose_stamp: float | None = None
    reprojection: float | None = None

    @classmethod
    def of(
        cls, stamp: float, rgb: NDArray[np.uint8], depth: NDArray[np.float32] | None = None
    ) -> CameraSample:
        """Sum up an image (H, W, 3) and its depth (H, W) m."""
        few = rgb[::EVERY, ::EVERY]
        mark = zlib.crc32(few.tobytes())
        valid = None
        if depth is not None:
            some = depth[::EVERY, ::EVERY]
            mark = zlib.crc32(some.tobytes(), mark)
            valid = float(np.mean(np.isfinite(some) & (some > 0.0)))
        luma = float(few.reshape(-1, 3).mean(axis=0) @ WEIGHTS)
        return cls(stamp, mark, luma, float(np.mean(few.max(axis=2) > FULL)), valid)


class CameraMonitor:
    """Judges the newest images; without any it judges nothing, unless motion is led by sight."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._latest: CameraSample | None = None
        self._equal, self._heard = 0, -math.inf
        self._bad_since: float | None = None

    def take(self, sample: CameraSample, now: float, *, is_moving: bool) -> None:
        """Take an image; an older one is ignored, unless its clock was set back."""
        before, back = self._latest, self._parameters.camera_silence
        # A stamp that is NaN is no order: it counts.
        if before is not None and before.stamp - back <= sample.stamp <= before.stamp:
            return
        self._heard = now
        same = is_moving and before is not None and sample.mark == before.mark
        self._equal = self._equal + 1 if same else 1
        self._latest = sample
        if not self._exposure(sample):
            self._bad_since = None
        elif self._bad_since is None:
            self._bad_since = now

    def findings(self, now: float, clock: float) -> list[Finding]:
        """Report what is wrong; `clock` is the time of the stamps, s."""
        p, sample = self._parameters, self._latest
        response = HOLD if p.vision_guided else NO_PLANS
        if sample is None:
            never = Finding('D10', 'camera: never heard', response)
            return [never] if p.vision_guided else []
        found: list[tuple[str, str, float, float]] = []
        age = clock - sample.stamp
        if p.vision_guided and not -p.state_future <= age <= p.camera_age:
            found.append(('D10', f'camera: image {age:.2f} s old', age, p.camera_age))
        silence = now - self._heard
        if not 0.0 <= silence <= p.camera_silence:
            said = f'camera: silent for {silence:.1f} s'
            found.append(('D10', said, silence, p.camera_silence))
        if not self._equal < p.frozen_images:
            found.append(('D10', 'camera: frozen', self._equal, p.frozen_images))
        if self._bad_since is not None and not now - self._bad_since <= p.camera_patience:
            found.append(('D10', f'camera: {self._exposure(sample)}', sample.luma, p.least_luma))
        if sample.depth is not None and not p.least_depth <= sample.depth <= 1.0:
            share = f'camera: depth in {sample.depth:.0%} of the image'
            found.append(('D10', share, sample.depth, p.least_depth))
        found += self._pose(sample, clock)
        return [Finding(rule, f'{text}, allowed {limit:g}', response, value, limit)
                for rule, text, value, limit in found]  # fmt: skip

    def _exposure(self, sample: CameraSample) -> str:
        """Say what is wrong with the light in an image; empty when nothing is."""
        p = self._parameters
        if not p.least_luma <= sample.luma <= 255.0 - p.least_luma:
            return f'mean luma {sample.luma:.0f}'
        if not 0.0 <= sample.saturated <= p.most_saturated:
            return f'{sample.saturated:.0%} of the image saturated'
        return ''

    def _pose(self, sample: CameraSample, clock: float) -> list[tuple[str, str, float, float]]:
        p = self._parameters
        found = []
        if sample.pose_stamp is not None:
            age = clock - sample.pose_stamp
            if not -p.state_future <= age <= p.camera_pose_age:
                text = f'pose of the camera {age:.2f} s old'
                found.append(('D11', text, age, p.camera_pose_age))
        if sample.reprojection is not None and not 0.0 <= sample.reprojection <= p.reprojection:
            text = f'a known point is seen {sample.reprojection:.1f} px off'
            found.append(('D11', text, sample.reprojection, p.reprojection))
        return found
