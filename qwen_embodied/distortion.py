"""What a lens does to rays: the models of ROS and OpenCV, forwards and backwards.

Sources: D. C. Brown 1966 for plumb_bob and rational_polynomial, J. Kannala and S. Brandt 2006 for
equidistant; the order of the coefficients is that of sensor_msgs/CameraInfo.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEPS = 30
SMALLEST = 1e-12


def distorted(rays: Array, coefficients: tuple[float, ...], is_fisheye: bool) -> Array:
    """Bend rays (..., 2), x and y at depth one, as a lens does."""
    if is_fisheye:
        return _scaled(rays, _fisheye_radius(np.hypot(rays[..., 0], rays[..., 1]), coefficients))
    k = np.zeros(8)
    k[: len(coefficients)] = coefficients[:8]
    x, y = rays[..., 0], rays[..., 1]
    r = x * x + y * y
    radial = (1 + r * (k[0] + r * (k[1] + r * k[4]))) / (1 + r * (k[5] + r * (k[6] + r * k[7])))
    return np.stack(
        [
            x * radial + 2 * k[2] * x * y + k[3] * (r + 2 * x * x),
            y * radial + k[2] * (r + 2 * y * y) + 2 * k[3] * x * y,
        ],
        axis=-1,
    )


def undistorted(bent: Array, coefficients: tuple[float, ...], is_fisheye: bool) -> Array:
    """Find the rays (..., 2) that a lens bends to the given ones; NaN where there are none."""
    rays = np.array(bent)
    for _ in range(STEPS):
        error = distorted(rays, coefficients, is_fisheye) - bent
        if not np.abs(error).max(initial=0.0) > SMALLEST:
            break
        rays = rays - _newton(rays, error, coefficients, is_fisheye)
    missed = np.abs(distorted(rays, coefficients, is_fisheye) - bent).max(axis=-1)
    return np.where((missed < 1e-6)[..., None], rays, np.nan)


def _newton(rays: Array, error: Array, coefficients: tuple[float, ...], is_fisheye: bool) -> Array:
    """Solve the 2x2 systems of the derivative, taken by differences, for the step (..., 2)."""
    small = 1e-6
    base = distorted(rays, coefficients, is_fisheye)
    along = (distorted(rays + np.array([small, 0.0]), coefficients, is_fisheye) - base) / small
    across = (distorted(rays + np.array([0.0, small]), coefficients, is_fisheye) - base) / small
    size = along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0]
    size = np.where(np.abs(size) < SMALLEST, SMALLEST, size)
    step = np.stack(
        [
            across[..., 1] * error[..., 0] - across[..., 0] * error[..., 1],
            along[..., 0] * error[..., 1] - along[..., 1] * error[..., 0],
        ],
        axis=-1,
    )
    return np.clip(step / size[..., None], -0.5, 0.5)


def _fisheye_radius(radius: Array, coefficients: tuple[float, ...]) -> Array:
    k = np.zeros(4)
    k[: len(coefficients)] = coefficients[:4]
    angle = np.arctan(radius)
    square = angle * angle
    bent = angle * (1 + square * (k[0] + square * (k[1] + square * (k[2] + square * k[3]))))
    return np.where(radius > SMALLEST, bent / np.maximum(radius, SMALLEST), 1.0)


def _scaled(rays: Array, factor: Array) -> Array:
    return np.asarray(rays * factor[..., None])
