"""Depth cameras: what each kind makes of exact depth."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

BASELINE = 0.05  # m between the eyes of a stereo camera
SUBPIXEL = 1 / 16  # px, step of a stereo camera's disparity


def clean(depth, lens, rng):
    """No noise at all."""
    return depth


def plain(depth, lens, rng):
    """White noise that grows with the square of the distance."""
    return depth + rng.normal(0, 0.0015, depth.shape) * depth**2 / 1.4


def millimetres(depth, lens, rng):
    """Noise, then whole millimetres as in 16UC1 images."""
    return np.round(1e3 * plain(depth, lens, rng)) / 1e3


def stereo(depth, lens, rng):
    """Disparities in sixteenths of a pixel; noise is alike in neighbours; edges fly."""
    focal = lens.fx * BASELINE
    noise = cv2.GaussianBlur(rng.normal(0, 1, depth.shape), (0, 0), 1.5)
    disparity = focal / depth + 0.05 * noise / noise.std()
    disparity = np.round(disparity / SUBPIXEL) * SUBPIXEL
    return _flown(focal / np.maximum(disparity, 1e-3), rng, 0.5)


def shadowed(depth, lens, rng):
    """A band without depth beside what is nearer, as wide as the second eye does not see."""
    disparity = lens.fx * BASELINE / depth
    lost = np.zeros(depth.shape, bool)
    for shift in range(1, 25):
        nearer = np.roll(disparity, shift, axis=1)
        nearer[:, :shift] = 0.0
        lost |= nearer - disparity > shift
    return np.where(lost, np.nan, plain(depth, lens, rng))


def flying(depth, lens, rng):
    """Pixels at edges lie anywhere between the two surfaces."""
    return _flown(plain(depth, lens, rng), rng, 1.0)


def holed(depth, lens, rng):
    """Blobs without depth over an eighth of the picture."""
    blobs = cv2.GaussianBlur(rng.normal(0, 1, depth.shape), (0, 0), 1.2)
    return np.where(blobs < np.percentile(blobs, 12.5), np.nan, plain(depth, lens, rng))


def edgeless(depth, lens, rng):
    """No depth beside an edge, and stripes of lost lines."""
    jump = _jump(depth, 3) > 0.01
    stripes = (np.arange(len(depth)) % 16 == 3)[:, None]
    return np.where(jump | stripes, np.nan, plain(depth, lens, rng))


def wide(depth, lens, rng):
    """No depth within two pixels of an edge: thin walls have none at all."""
    return np.where(_jump(depth, 5) > 0.01, np.nan, plain(depth, lens, rng))


def salted(depth, lens, rng):
    """Single pixels with any depth."""
    wrong = rng.random(depth.shape) < 0.004
    return np.where(wrong, rng.uniform(0.2, 3.0, depth.shape), plain(depth, lens, rng))


def _jump(depth, width):
    kernel = np.ones((width, width), np.uint8)
    finite = np.nan_to_num(depth, nan=9.0, posinf=9.0)
    return cv2.dilate(finite, kernel) - cv2.erode(finite, kernel)


def _flown(depth, rng, share):
    finite = np.nan_to_num(depth, nan=9.0, posinf=9.0)
    far = cv2.dilate(finite, np.ones((3, 3), np.uint8))
    near = cv2.erode(finite, np.ones((3, 3), np.uint8))
    mixed = near + rng.random(depth.shape) * (far - near)
    flies = (far - near > 0.01) & (rng.random(depth.shape) < share)
    return np.where(flies & np.isfinite(depth), mixed, depth)


SENSORS = {
    one.__name__: one
    for one in (clean, plain, millimetres, stereo, shadowed, flying, holed, edgeless, wide, salted)
}


def sensed(frame, name, seed=0):
    """Give a frame with exact depth as a sensor of that name gives it."""
    rng = np.random.default_rng(seed)
    depth = SENSORS[name](frame.depth.astype(np.float64), frame.intrinsics, rng)
    depth = np.where(depth < 6.0, depth, np.nan)
    return replace(frame, depth=depth.astype(np.float32))
