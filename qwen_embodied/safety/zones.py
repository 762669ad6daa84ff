"""C8 for links and C11: where moving links may be, and where a hard stop would take them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.safety.context import Body, Breach, SafetyContext
from qwen_embodied.safety.curve import Curve

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
ROUNDING = 1e-6
NOTICEABLE = 1e-3  # rad or m; a hard stop that takes no joint further is on the path


def check_zones(rows: Rows, curve: Curve, context: SafetyContext, body: Body) -> Iterator[Breach]:
    """C8: every moving link stays in its box and out of the zones.

    Args:
        rows: Samples of the curve that are looked at, (M,).
        curve: Of the trajectory.
        context: With the box and the zones.
        body: Gives the links.
    """
    spheres = body.link_spheres(curve.samples.positions[rows])
    centres, radii = spheres[..., :3], spheres[..., 3]
    p, times = context.parameters, curve.times[rows]
    lower, upper = np.array(p.body_lower), np.array(p.body_upper)
    room = np.minimum(centres - lower, upper - centres) - radii[..., None]
    yield from _nearest(room.min(axis=(1, 2)), times, 0.0, 'from the border of the cell')
    for zone in p.zones:
        low, high = np.array(zone[:3]), np.array(zone[3:])
        away = np.maximum(np.maximum(low - centres, centres - high), 0.0)
        inside = np.maximum(low - centres, centres - high).max(axis=-1)
        gap = np.where(inside > 0.0, np.linalg.norm(away, axis=-1), inside) - radii
        corner = ', '.join(f'{value:g}' for value in zone[:3])
        name = f'from the zone at {corner}'
        yield from _nearest(gap.min(axis=1), times, p.zone_margin, name)


def check_envelope(
    rows: Rows, curve: Curve, context: SafetyContext, body: Body
) -> Iterator[Breach]:
    """C11: a stop that leaves the path, each joint as hard as it can, is clear as well.

    Args:
        rows: Samples of the curve that are looked at, (M,).
        curve: Of the trajectory.
        context: With the limits, scaled to what motions may use.
        body: Gives the contacts.
    """
    speeds = curve.samples.velocities[rows]
    limits = context.limits.of(context.joints)
    # Brakes know no share of the limits that is allowed to motions.
    hardest = limits.acceleration / context.parameters.acceleration_scale
    way = np.sign(speeds) * speeds**2 / (2 * hardest)
    far = np.abs(way).max(axis=1) > NOTICEABLE
    ends = np.clip(curve.samples.positions[rows] + way, limits.lower, limits.upper)[far]
    if not len(ends):
        return
    # Where a hand is let near things, it is let near them while it stops as well.
    contact = body.contact(ends, np.ones(len(ends), dtype=bool))
    if contact is None:
        return
    time = float(curve.times[rows[far][contact.sample]])
    message = (
        f'{contact.first} and {contact.second}: a hard stop at {time:.2f} s ends '
        f'{contact.distance:.3f} m apart, needed {contact.allowed:.3f}'
    )
    yield Breach('C11', message, None, time, float(contact.distance), float(contact.allowed))


def _nearest(gaps: Array, times: Array, needed: float, name: str) -> Iterator[Breach]:
    within = gaps >= needed - ROUNDING
    if within.all():
        return
    row = int(np.argmin(gaps))  # the first NaN, if there is one
    gap, time = float(gaps[row]), float(times[row])
    message = f'a link: {gap:.3f} m {name} at {time:.2f} s, needed {needed:g}'
    yield Breach('C8', message, None, time, gap, needed)
