"""The steps of a correction: each a small frozen class that adds to a treatment."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.perception.illuminant import estimate_illuminant, gains_for
from qwen_embodied.perception.light_sample import (
    LINEAR,
    Floats,
    Levels,
    Sample,
    eased,
    steady,
)
from qwen_embodied.perception.treatment import Treatment

Curve = NDArray[np.float64]
_CHANNELS = np.array([0, 256, 512], dtype=np.int64)
KNEE = 0.75  # of linear light, above which highlights are compressed instead of clipped
MAP = (24, 32)  # rows and columns of the map of local tone
MOST_NOISE = 4.0  # levels, to which a correction may amplify the noise


class Step(Protocol):
    """Looks at a sample of the image and adds to what is to be done to it."""

    def __call__(self, treatment: Treatment, sample: Sample) -> Treatment:
        """Give the treatment with this step's part in it."""
        ...


@dataclass(frozen=True)
class BlackLevel:
    """Takes away light that the lens scattered over the whole image.

    A veil is believed only where there is contrast above it, but no black: an image of a white
    table alone has no black either.

    Attributes:
        strength: Share of the veil that is taken away.
        free: Linear light below which it is no veil.
        most: Largest linear light that is taken away.
    """

    strength: float = 0.85
    free: float = 0.015
    most: float = 0.15

    def __call__(self, treatment: Treatment, sample: Sample) -> Treatment:
        """Subtract the veil from all channels."""
        bright = float(LINEAR[sample.greys.quantile(0.99)])
        # Of nearly all pixels: a small thing that is darker than the veil would lose its colour.
        darkest = float(LINEAR[Levels.of(sample.lowest).quantile(0.001)])
        contrast = bright / max(float(LINEAR[sample.greys.quantile(0.004)]), 1e-4)
        veil = eased(darkest, self.free) if 3.0 < contrast < 20.0 else 0.0
        veil = steady(sample.before.get('veil'), min(veil, self.most, 0.4 * bright), 0.006)
        treatment = treatment.noting(veil=veil)
        if veil <= 0.0:
            return treatment
        left = self.strength * veil
        curves = np.clip((treatment.curves - left) / (1.0 - left), 0.0, 1.0)
        return replace(treatment, curves=curves)


@dataclass(frozen=True)
class WhiteBalance:
    """Makes grey things grey.

    Attributes:
        strength: Share of the shift that is undone.
        free: Shift that is left alone, mired.
        free_tint: Tint that is left alone, in natural logarithms.
    """

    strength: float = 1.0
    free: float = 22.0
    free_tint: float = 0.05

    def __call__(self, treatment: Treatment, sample: Sample) -> Treatment:
        """Scale the channels; the brightest levels, whose hue is lost, stay white."""
        light = estimate_illuminant(sample)
        mired = 0.0 if light is None else eased(light.support * light.mired, self.free)
        tint = 0.0 if light is None else eased(light.support * light.tint, self.free_tint)
        mired, tint = self.strength * mired, self.strength * tint
        mired = steady(sample.before.get('mired'), mired, 6.0)
        tint = steady(sample.before.get('tint'), tint, 0.02)
        treatment = treatment.noting(mired=mired, tint=tint)
        if mired == 0.0 and tint == 0.0:
            return treatment
        gains = gains_for(mired, tint)
        lost = np.clip((treatment.curves - 0.93) / 0.07, 0.0, 1.0) ** 2
        curves = treatment.curves * (gains[:, None] * (1 - lost) + lost)
        return replace(treatment, curves=curves, gains=gains)


@dataclass(frozen=True)
class Exposure:
    """Brings what is too dark or too bright back to where colours have names.

    Attributes:
        target: Linear light that the brightest thirtieth of the image should have.
        free: Deviation that is left alone, in natural logarithms.
        most: Largest factor on linear light.
    """

    target: float = 0.6
    free: float = 0.55
    most: float = 40.0

    def __call__(self, treatment: Treatment, sample: Sample) -> Treatment:
        """Scale all channels alike, and compress highlights instead of clipping them."""
        wanted = self._brighter(treatment, sample) or self._darker(sample)
        wanted = steady(sample.before.get('exposure'), wanted, 0.06)
        treatment = treatment.noting(exposure=wanted)
        if wanted == 0.0:
            return treatment
        factor = float(np.exp(wanted))
        top = float(treatment.curves[:, sample.tones.quantile(0.999)].max())
        curves = _lifted(treatment.curves, factor, top)
        return replace(treatment, curves=curves, exposure=factor)

    def _brighter(self, treatment: Treatment, sample: Sample) -> float:
        """Give the logarithm of the factor that an image too dark needs, or 0."""
        counts = np.bincount((sample.small + _CHANNELS).ravel(), minlength=768).reshape(3, 256)
        tops = (counts.cumsum(axis=1) < 0.97 * sample.grey.size).sum(axis=1)
        anchor = float(treatment.curves[(0, 1, 2), tops].max())
        short = eased(float(np.log(self.target / max(anchor, 1e-4))), self.free)
        loudest = 2.4 * np.log(MOST_NOISE / max(sample.noise, 0.5))
        return max(0.0, min(short, float(loudest), float(np.log(self.most))))

    def _darker(self, sample: Sample) -> float:
        """Give the logarithm of the factor that an overexposed image needs, or 0.

        What is clipped has lost its hue; to darken the rest much would give it a false one.
        """
        middle = float(LINEAR[sample.greys.quantile(0.5)])
        clipped = min(1.0, max(0.0, sample.clipped - 0.02) / 0.05)
        return min(0.0, clipped * max(eased(float(np.log(0.5 / max(middle, 1e-4))), 0.2), -0.4))


def _lifted(light: Curve, factor: float, top: float) -> Curve:
    """Scale light by a factor, keeping `top` and above at most 1 without a kink."""
    if factor <= 1.0:
        return factor * light + (1.0 - factor) * np.clip(light, 0.0, 1.0) ** 3
    scaled = factor * light
    if factor * top <= 1.0:
        return scaled
    start = KNEE / factor
    slope = factor * (top - start) / (1.0 - KNEE)
    along = np.clip((light - start) / (top - start), 0.0, None)
    bent = KNEE + (1.0 - KNEE) * along * slope / (1.0 + along * (slope - 1.0))
    return np.where(light <= start, scaled, bent)


@dataclass(frozen=True)
class Shadows:
    """Lifts what lies in deep shadow, when a notable part of the image does.

    Attributes:
        strength: Share of the depth that is taken away.
        free: Depth that is left alone, in natural logarithms below the middle of the image.
        most: Largest factor on linear light.
        share: Of the image that must lie in the dark.
    """

    strength: float = 0.6
    free: float = 1.2
    most: float = 2.6
    share: float = 0.12

    def __call__(self, treatment: Treatment, sample: Sample) -> Treatment:
        """Bend the dark end of the curves upwards, as far as the noise allows."""
        middle, dark = (float(LINEAR[sample.greys.quantile(share)]) for share in (0.5, self.share))
        depth = eased(float(np.log((middle + 1e-3) / (dark + 1e-3))), self.free)
        loudest = 2.4 * np.log(MOST_NOISE / max(sample.noise, 0.5)) - np.log(treatment.exposure)
        lift = max(0.0, min(self.strength * depth, float(np.log(self.most)), float(loudest)))
        lift = steady(sample.before.get('lift'), lift, 0.05)
        treatment = treatment.noting(lift=lift)
        if lift <= 0.0:
            return treatment
        knee = max(treatment.exposure * middle, 1e-3)
        under = np.clip(1.0 - treatment.curves / knee, 0.0, 1.0) ** 2
        curves = treatment.curves * (1.0 + (float(np.exp(lift)) - 1.0) * under)
        return replace(treatment, curves=curves)


@dataclass(frozen=True)
class LocalTone:
    """Evens out light that falls off across the scene, with a map too smooth to have edges.

    Attributes:
        strength: Share of the gradient that is taken away.
        free: Gradient that is left alone, in natural logarithms from end to end.
        most: Largest factor on linear light, up or down.
    """

    strength: float = 0.8
    free: float = 0.4
    most: float = 4.0

    def __call__(self, treatment: Treatment, sample: Sample) -> Treatment:
        """Multiply by the inverse of the fitted light."""
        fit = fitted_light(sample.luma)
        if fit is None:
            return treatment
        before = sample.before.get('fall')
        if before is not None:
            near = bool(np.abs(fit - before).max() < 0.06)
            fit = before if near else before + 0.25 * (fit - before)
        treatment = treatment.noting(fall=fit)
        surface = quadratic(fit, MAP)
        span = float(surface.max() - surface.min())
        share = self.strength * eased(span, self.free) / max(span, 1e-6)
        if share <= 0.0:
            return treatment
        most = float(np.log(self.most))
        level = np.minimum(np.maximum(-share * (surface - surface.mean()), -most), most)
        return treatment.shaded(np.exp(level).astype(np.float32))


def quadratic(fit: Curve, size: tuple[int, int]) -> Curve:
    """Give the surface (h, w) with the coefficients (5,) of x, y, xx, xy, yy; x, y in [-1, 1]."""
    surface: Curve = (_terms(*size)[:, 1:] @ fit).reshape(size)
    return surface


_STIFFNESS = {count: np.diag([1e-3, 1e-3, 1e-3, 8.0, 8.0, 8.0][:count]) for count in (3, 6)}


@cache
def _terms(height: int, width: int) -> Curve:
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing='ij')
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    return terms.reshape(-1, 6)


def fitted_light(luma: Floats) -> Curve | None:
    """Fit a quadratic surface to the logarithm of light on the surface that most pixels show.

    Args:
        luma: Luminance (h, w).

    Returns:
        Its coefficients (5,) as quadratic() takes them; None when less than a third of the
        pixels lie near to it.
    """
    thin = luma[1::3, 1::3]
    if min(thin.shape) < 6:
        return None
    values = np.log(thin.ravel() + np.float32(1e-3)).astype(np.float64)
    terms = _terms(*thin.shape)
    away = values - np.sort(values)[len(values) // 2]
    for count, width in ((3, 1.0), (3, 0.5), (6, 0.35), (6, 0.25)):
        weights = np.square(np.maximum(1.0 - np.square(away / width), 0.0))
        used = terms[:, :count]
        weighted = used * weights[:, None]
        solution = np.linalg.solve(weighted.T @ used + _STIFFNESS[count], weighted.T @ values)
        away = values - used @ solution
    if np.count_nonzero(np.abs(away) < 0.12) * 3 < len(away):
        return None
    return np.asarray(solution[1:])
