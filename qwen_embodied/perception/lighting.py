"""What the light did to an image, and the correction that undoes it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import ConfigurationError, ContractError
from qwen_embodied.messages import Frame, LightingReport
from qwen_embodied.parameters import param
from qwen_embodied.perception.deflicker import Deflicker
from qwen_embodied.perception.light_findings import report_on
from qwen_embodied.perception.light_sample import CLIPPED, Floats, Pixels, Sample
from qwen_embodied.perception.light_steps import (
    BlackLevel,
    Exposure,
    LocalTone,
    Shadows,
    Step,
    WhiteBalance,
)
from qwen_embodied.perception.treatment import Treatment

TOO_DARK = 12  # levels of the brightest channel, below which noise hides the hue
OTHER_SCENE = 0.6  # change of the logarithm of luma after which nothing is remembered
SAME_LIGHT = 0.02  # change up to which the last judgement holds
PATIENCE = 12  # images for which a judgement holds at most
STEPS: dict[str, type[Step]] = {
    'deflicker': Deflicker,
    'black_level': BlackLevel,
    'white_balance': WhiteBalance,
    'exposure': Exposure,
    'shadows': Shadows,
    'local_tone': LocalTone,
}


@dataclass(frozen=True)
class LightingParameters:
    """Which steps the correction takes."""

    light_steps: list[str] = param(
        list(STEPS),
        f'Steps of the lighting correction in their order, of {", ".join(STEPS)}; '
        "'none' alone switches the correction off.",
    )


@dataclass(frozen=True, eq=False)
class Corrected:
    """An image after correction.

    Attributes:
        rgb: (H, W, 3) uint8.
        measure: Makes the report; called when that is first asked for.
        raw: The image before correction, (H, W, 3) uint8; None where it was not kept.
        gains: What white balance did to linear red, green and blue.
        exposure: What the correction of exposure did to linear light.
    """

    rgb: Pixels
    measure: Callable[[], LightingReport]
    raw: Pixels | None = None
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: float = 1.0

    @cached_property
    def report(self) -> LightingReport:
        """On the image before correction."""
        return self.measure()

    def frame(self, frame: Frame) -> Frame:
        """Give a frame with this image in place of the one that was corrected."""
        return replace(frame, rgb=self.rgb, uncorrected=frame.raw)

    def usable(self, mask: slice | tuple[slice, slice] = slice(None)) -> NDArray[np.bool_]:
        """Tell which raw pixels (H, W) carry colour: neither clipped nor lost in the dark.

        Args:
            mask: Part of the image to look at, such as `np.s_[10:50, 20:90]`.
        """
        pixels = (self.rgb if self.raw is None else self.raw)[mask]
        highest = pixels.max(axis=2)
        return np.asarray((highest < CLIPPED) & (highest >= TOO_DARK))


class LightingCorrection:
    """Reports on the light of successive images and undoes what it did to them.

    Only the tone of pixels changes, never their place. It remembers the images before, so that
    its own decisions do not flicker; an image of another scene is judged afresh.
    """

    def __init__(self, steps: tuple[Step, ...] | None = None) -> None:
        """Choose the steps, in their order; all of STEPS by default, none with `()`."""
        self.steps = tuple(step() for step in STEPS.values()) if steps is None else steps
        self._treatment, self._age = Treatment(), 0

    @classmethod
    def from_names(cls, names: list[str]) -> LightingCorrection:
        """Build the steps of LightingParameters.light_steps.

        Raises:
            ConfigurationError: A step is not known.
        """
        chosen = [] if names == ['none'] else names
        for name in chosen:
            if name not in STEPS:
                raise ConfigurationError(
                    f'light_steps: there is no step {name!r}; known are {", ".join(STEPS)}, or '
                    "'none' alone"
                )
        return cls(tuple(STEPS[name]() for name in chosen))

    def reset(self) -> None:
        """Forget the images before."""
        self._treatment, self._age = Treatment(), 0

    def __call__(self, rgb: Pixels) -> Corrected:
        """Correct an image (H, W, 3) uint8; it is left as it was.

        Raises:
            ContractError: It is no such image.
        """
        rgb = _checked(rgb)
        sample = Sample.of(rgb, self._treatment.notes)
        change = _change(sample)
        if change > SAME_LIGHT or self._age >= PATIENCE:
            treatment = self._judged(sample if change < OTHER_SCENE else Sample.of(rgb))
            self._treatment, self._age = treatment.after(self._treatment), 0
        self._age += 1
        treatment = self._treatment
        r, g, b = treatment.gains.tolist()
        measure = partial(report_on, sample, treatment)
        return Corrected(treatment.apply(rgb), measure, rgb, (r, g, b), treatment.exposure)

    def _judged(self, sample: Sample) -> Treatment:
        """Let each step decide."""
        treatment = Treatment().noting(thumbnail=sample.thumbnail)
        for step in self.steps:
            before, treatment = treatment, step(treatment, sample)
            if before.shading is None and treatment.shading is not None:
                sample = _evened(sample, treatment.shading)
        return treatment


def measure_light(rgb: Pixels) -> LightingReport:
    """Report on the light of one image (H, W, 3) uint8."""
    sample = Sample.of(_checked(rgb))
    return report_on(sample, LocalTone()(Treatment(), sample))


def _checked(rgb: Pixels) -> Pixels:
    rgb = np.asarray(rgb)
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise ContractError('rgb', (rgb.shape, rgb.dtype.name), 'of shape (H, W, 3) and uint8')
    return np.ascontiguousarray(rgb)


def _evened(sample: Sample, factor: Floats) -> Sample:
    height, width = sample.small.shape[:2]
    return sample.evened(np.asarray(cv2.resize(factor, (width, height)), dtype=np.float32))


def _change(sample: Sample) -> float:
    """Give how much the light on the scene changed since the last judgement, as a logarithm.

    The largest mean change of a row counts, so that bands of flicker are seen, and a quarter of
    the mean change of pixels, which noise has its part in; infinite for the first image.
    """
    before, now = sample.before.get('thumbnail'), sample.thumbnail
    if before is None or before.shape != now.shape:
        return float('inf')
    apart = now - before
    return float(max(np.abs(apart).mean() / 4, np.abs(apart.mean(axis=1)).max()))
