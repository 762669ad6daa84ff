"""C7, C8 and C9: the tool's speed, the places of all links, and their clearance."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.safety.context import Body, Breach, SafetyContext
from qwen_embodied.safety.curve import Curve
from qwen_embodied.safety.line import check_line
from qwen_embodied.safety.zones import Rows, check_envelope, check_zones

Array = NDArray[np.float64]
LEVER = 0.5  # m; how far a joint moves the links between it and the tool, per radian
ROUNDING = 1e-6


def check_space(curve: Curve, context: SafetyContext, body: Body) -> Iterator[Breach]:
    """Check speed and place of the tool, then (only if both hold) all links."""
    arm = curve.samples.positions[:, context.is_arm]
    tool = body.tool_positions(arm)
    speeds = np.linalg.norm(np.diff(tool, axis=0), axis=1) / np.diff(curve.times)
    breaches = (*_speed(speeds, curve, context), *_box(tool, curve, context))
    yield from breaches
    if breaches:
        return
    rows = _thinned(tool, arm, context.parameters.clearance_step)
    yield from check_zones(rows, curve, context, body)
    yield from check_line(rows, tool, curve, context, body)
    touching = tuple(_clearance(rows, speeds, curve, context, body))
    yield from touching
    if not touching:
        yield from check_envelope(rows, curve, context, body)


def _speed(speeds: Array, curve: Curve, context: SafetyContext) -> Iterator[Breach]:
    limit = context.parameters.max_tool_speed
    within = speeds <= limit * (1 + ROUNDING)
    if not within.all():
        row = int(np.argmax(speeds))  # the first NaN, if there is one
        time, value = float(curve.times[row]), float(speeds[row])
        message = f'tool: {value:.3f} m/s at {time:.2f} s, allowed {limit:g}'
        yield Breach('C7', message, None, time, value, limit)


def _box(tool: Array, curve: Curve, context: SafetyContext) -> Iterator[Breach]:
    lower = np.array(context.parameters.workspace_lower)
    upper = np.array(context.parameters.workspace_upper)
    inside = (tool >= lower - ROUNDING) & (tool <= upper + ROUNDING)
    for axis in np.flatnonzero(~inside.all(axis=0)):
        row = int(np.argmin(inside[:, axis]))
        time, value = float(curve.times[row]), float(tool[row, axis])
        low, high = float(lower[axis]), float(upper[axis])
        message = (
            f'tool: {"xyz"[axis]} = {value:.3f} m at {time:.2f} s, allowed {low:g} to {high:g}'
        )
        yield Breach('C8', message, None, time, value, high if value > high else low)


def _clearance(
    rows: Rows, speeds: Array, curve: Curve, context: SafetyContext, body: Body
) -> Iterator[Breach]:
    positions = curve.samples.positions
    ends = np.pad(speeds, 1, mode='edge')
    either_side = np.maximum(ends[:-1], ends[1:])
    slow = either_side <= context.parameters.slow_tool_speed
    contact = body.contact(positions[rows], slow[rows])
    if contact is None:
        return
    time = float(curve.times[rows[contact.sample]])
    message = (
        f'{contact.first} and {contact.second}: {contact.distance:.3f} m apart '
        f'at {time:.2f} s, needed {contact.allowed:.3f}'
    )
    yield Breach('C9', message, None, time, float(contact.distance), float(contact.allowed))


def _thinned(tool: Array, arm: Array, step: float) -> NDArray[np.intp]:
    """Choose rows (M,) between which no link moves further than about a step, m."""
    travel = np.maximum(
        np.linalg.norm(np.diff(tool, axis=0), axis=1),
        LEVER * np.abs(np.diff(arm, axis=0)).max(axis=1),
    )
    bins = np.floor(np.insert(np.cumsum(travel), 0, 0.0) / step)
    keep = np.insert(np.diff(bins) > 0, 0, True)
    keep[-1] = True
    return np.flatnonzero(keep)
