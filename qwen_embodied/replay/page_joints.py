"""The part of the report on joints: recorded and planned, against their limits."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from html import escape

import numpy as np

from qwen_embodied.replay.measured import JointRange
from qwen_embodied.replay.page_parts import number, section, table
from qwen_embodied.replay.plots import Array, Line, chart
from qwen_embodied.replay.results import ReplayReport

KEY = (
    '<p class="key small"><span style="color:var(--recorded)"><i></i>recorded</span>'
    '<span style="color:var(--planned)"><i></i>planned</span>'
    '<span style="color:var(--limit)"><i></i>limit of the robot</span></p>'
)


def joints_section(report: ReplayReport) -> str:
    """Build the section."""
    joints = report.joints
    if not joints.ranges:
        return ''
    shift = _shift(report)
    plots = ''.join(
        chart(
            item.joint,
            [
                Line(joints.recorded[:, [0, 1 + at]], 'recorded'),
                Line(_planned(report, item.joint, shift), 'planned'),
            ],
            (item.lower, item.upper),
        )
        for at, item in enumerate(joints.ranges)
    )
    return section(
        'Joints',
        f'{_words(report, shift)}{KEY}<div class="plots">{plots}</div>{_ranges(joints.ranges)}',
    )


def _shift(report: ReplayReport) -> float:
    """Say by how much the plan is shown later, so that both motions begin together, s."""
    approved = [item for item in report.judged if not item.breaches]
    moved = report.joints.first_motion
    if not approved or moved is None:
        return 0.0
    return moved - (approved[0].start - report.origin)


def _planned(report: ReplayReport, joint: str, shift: float) -> Array:
    """Give (N, 2) time and position of a joint in the approved trajectories."""
    parts = [
        np.column_stack(
            [
                item.trajectory.times + (item.start - report.origin + shift),
                item.trajectory.positions[:, item.trajectory.joint_names.index(joint)],
            ]
        )
        for item in report.judged
        if not item.breaches and joint in item.trajectory.joint_names
    ]
    return np.vstack(parts) if parts else np.zeros((0, 2))


def _words(report: ReplayReport, shift: float) -> str:
    joints = report.joints
    lines = [f'{joints.count} joint states.']
    if joints.distance is not None:
        worst, middle = joints.distance
        lines.append(
            f'The recorded motion is up to {worst:.3f} rad away from the planned path (median '
            f'{middle:.3f} rad), timing left aside.'
        )
    if shift:
        lines.append(f'The plan is shown {shift:+.2f} s from when it was made, so that both '
                     'motions begin together.')  # fmt: skip
    text = f'<p>{escape(" ".join(lines))}</p>'
    if joints.breaches:
        items = ''.join(f'<li>{escape(line)}</li>' for line in joints.breaches)
        text += f'<div class="box poor"><ul>{items}</ul></div>'
    return text


def _ranges(ranges: tuple[JointRange, ...]) -> str:
    rows = [
        (
            escape(item.joint),
            number(item.lowest, 3), number(item.highest, 3),
            f'{item.lower:.3f} … {item.upper:.3f}',
            number(item.fastest, 3), number(item.speed_limit, 3),
            '<span class="fine">yes</span>' if item.is_within else '<span class="poor">no</span>',
        )
        for item in ranges
    ]  # fmt: skip
    heads = ('joint', '#lowest', '#highest', '#allowed', '#fastest', '#allowed speed', 'within')
    return f'<h3>recorded ranges, rad and rad/s (fingers m and m/s)</h3>{table(heads, rows)}'
