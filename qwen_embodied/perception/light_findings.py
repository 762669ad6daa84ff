"""What is wrong with the light, each with a figure, a word and what a person can do."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np

from qwen_embodied.messages import CameraAdvice, LightingFinding, LightingReport
from qwen_embodied.perception.illuminant import Illuminant, estimate_illuminant
from qwen_embodied.perception.light_sample import LINEAR, Sample
from qwen_embodied.perception.light_steps import quadratic
from qwen_embodied.perception.treatment import Treatment

DARK = 24  # levels of luma, below which colours have no name
REMEDIES = {
    'covered': 'uncover the lens or switch the light on',
    'dark': 'add light or lengthen the exposure',
    'bright': 'shorten the exposure or dim the lamps',
    'warm': 'set the white balance of the camera, or use a whiter lamp',
    'cold': 'set the white balance of the camera, or use a warmer lamp',
    'tinted': 'replace the tinted lamp, or calibrate the white balance on a grey card',
    'flat': 'clean the lens, and shield it from light that shines into it',
    'uneven': 'move the lamp farther away, or add one on the dark side',
    'shadowed': 'add a second lamp on the other side, or a diffuser',
    'glaring': 'move or diffuse the lamp that is mirrored in glossy things',
    'flickering': 'use lamps that do not flicker, or expose for a whole period of the mains '
    '(10 ms at 50 Hz, 8.3 ms at 60 Hz)',
    'noisy': 'add light and lower the gain of the camera',
    'blurred': 'focus the camera, clean the lens, or shorten the exposure',
    'good': '',
}
# From the worst: the first that is found names the whole image.
ORDER = (
    'covered', 'bright', 'dark', 'warm', 'cold', 'tinted', 'flickering', 'glaring', 'noisy',
    'flat', 'blurred', 'uneven', 'shadowed',
)  # fmt: skip


def report_on(sample: Sample, treatment: Treatment) -> LightingReport:
    """Report on a sampled image and what the steps noted about it."""
    light = estimate_illuminant(sample)
    findings = (
        _brightness(sample), _clipping(sample), *_colour(light), _contrast(sample),
        *_evenness(sample, treatment), _glare(sample), _flicker(treatment), _noise(sample),
        _blur(sample),
    )  # fmt: skip
    words = {item.verdict for item in findings}
    verdict = next((word for word in ORDER if word in words), 'good')
    return LightingReport(
        mean_luma=float(sample.grey.mean()),
        dark_share=sample.greys.below(DARK),
        clipped_share=sample.clipped,
        colour_temperature=None if light is None else light.temperature,
        verdict=verdict,
        remedy=REMEDIES[verdict],
        tint=None if light is None else light.tint,
        findings=findings,
        camera=advise(sample, light),
    )


def advise(sample: Sample, light: Illuminant | None) -> CameraAdvice:
    """Say which settings of the camera would spare the correction its work."""
    top = max(float(LINEAR[sample.tones.quantile(0.97)]), 1e-3)
    wanted = float(np.clip(0.6 / top, 1 / 64, 64.0))
    if sample.clipped > 0.02:
        wanted = min(wanted, 0.5)
    factor = wanted if not 0.6 <= wanted <= 1.7 else 1.0
    gain = 0.5 if sample.noise > 5.0 else 1.0
    kelvin = light.temperature if light and (abs(light.mired) > 30 or light.tint > 0.1) else None
    words = []
    if factor != 1.0:
        words.append(f'multiply the exposure time by {factor:.2g}')
    if gain != 1.0:
        words.append('halve the gain and double the exposure time')
    if kelvin is not None:
        words.append(
            f'set the white balance for light of {kelvin:.0f} K as this camera now shows it'
        )
    return CameraAdvice(factor / gain, gain, kelvin, '; '.join(words))


def _found(name: str, value: float, unit: str, word: str) -> LightingFinding:
    return LightingFinding(name, value, unit, word, REMEDIES[word])


def _brightness(sample: Sample) -> LightingFinding:
    mean = float(sample.grey.mean())
    word = 'good'
    if mean < 55.0 or sample.greys.below(DARK) > 0.5:
        word = 'covered' if sample.greys.quantile(0.99) < 16 else 'dark'
    elif mean > 215.0:
        word = 'bright'
    return _found('exposure', mean, 'levels', word)


def _clipping(sample: Sample) -> LightingFinding:
    return _found('clipping', sample.clipped, '', 'bright' if sample.clipped > 0.15 else 'good')


def _colour(light: Illuminant | None) -> tuple[LightingFinding, ...]:
    if light is None:
        return ()
    word = 'good' if abs(light.mired) < 60.0 else 'warm' if light.mired > 0 else 'cold'
    tint = 'tinted' if abs(light.tint) > 0.1 else 'good'
    return (
        _found('colour temperature', light.temperature, 'K', word),
        _found('tint', light.tint, '', tint),
    )


def _contrast(sample: Sample) -> LightingFinding:
    """Stops between the darkest and the brightest hundredth."""
    low, high = (float(LINEAR[sample.greys.quantile(share)]) for share in (0.01, 0.99))
    stops = float(np.log2((high + 1e-3) / (low + 1e-3)))
    return _found('contrast', stops, 'stops', 'flat' if 0.8 < stops < 2.0 else 'good')


def _evenness(sample: Sample, treatment: Treatment) -> tuple[LightingFinding, ...]:
    """How much light falls off across the main surface, and which share of it is in shadow."""
    fall = treatment.notes.get('fall')
    if fall is None:
        return ()
    surface = quadratic(fall, sample.luma.shape)
    stops = float(np.ptp(surface)) / float(np.log(2.0))
    below = np.log(sample.luma + np.float32(1e-3)) - surface
    below = (below - np.median(below)).astype(np.float32)
    colours = sample.linear / np.maximum(sample.linear.sum(axis=2, keepdims=True), 1e-4)
    usual = np.median(np.ascontiguousarray(colours.reshape(-1, 3).T), axis=1)
    alike = np.abs(colours - usual).max(axis=2) < 0.05
    edge = cv2.morphologyEx(below, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0.35
    dark = alike & (below < -0.4) & (below > -3.0)
    near = cv2.dilate((edge & alike).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    share = float((dark & near).mean())
    return (
        _found('gradient', stops, 'stops', 'uneven' if stops > 1.5 else 'good'),
        _found('hard shadow', share, '', 'shadowed' if share > 0.05 else 'good'),
    )


def _glare(sample: Sample) -> LightingFinding:
    """Share of pixels that are white where most of the image is not."""
    share = float((sample.lowest >= 245).mean()) if sample.greys.quantile(0.5) < 225 else 0.0
    return _found('glare', share, '', 'glaring' if 0.004 < share < 0.3 else 'good')


def _flicker(treatment: Treatment) -> LightingFinding:
    """Standard deviation of the light on rows from image to image, in per cent."""
    banding = 100.0 * float(treatment.notes.get('banding', 0.0))
    return _found('flicker', banding, '%', 'flickering' if banding > 2.0 else 'good')


def _noise(sample: Sample) -> LightingFinding:
    return _found('noise', sample.noise, 'levels', 'noisy' if sample.noise > 5.0 else 'good')


def _blur(sample: Sample) -> LightingFinding:
    """Width of the sharpest edges, px: the rise over eight pixels per the rise over one."""
    rows = sample.rows
    if rows.shape[1] < 32:
        return _found('edge width', 0.0, 'px', 'good')
    wide = np.abs(rows[:, 8:] - rows[:, :-8])
    step = np.abs(np.diff(rows, axis=1))
    rise, steepest = (float(np.partition(v.ravel(), -9)[-9]) for v in (wide, step))
    if rise < 25.0 + 6.0 * sample.noise:
        return _found('edge width', 0.0, 'px', 'good')
    width = rise / max(steepest, 1.0)
    return _found('edge width', width, 'px', 'blurred' if width > 4.0 else 'good')
