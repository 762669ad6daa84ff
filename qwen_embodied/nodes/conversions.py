"""Times, joint states, trajectories, scenes and statuses, from ROS and to ROS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Duration, Time
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from sensor_msgs.msg import JointState as JointStateMessage
from std_msgs.msg import Header, String
from trajectory_msgs.msg import JointTrajectory as JointTrajectoryMessage
from trajectory_msgs.msg import JointTrajectoryPoint

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import (
    ArmStatus,
    Array,
    JointState,
    JointTrajectory,
    LightingReport,
    Scene,
)
from qwen_embodied.serialization import from_json, to_json

LONGEST_TIME = 2**31  # s, what the seconds of a stamp hold
MOST_DIGITS = 18
_LEVELS = {'aborted': DiagnosticStatus.ERROR, 'rejected': DiagnosticStatus.WARN}


def _split(seconds: float, field: str) -> tuple[int, int]:
    if not 0.0 <= seconds < LONGEST_TIME:
        raise ContractError(field, seconds, f'from 0 to {LONGEST_TIME} s')
    whole, rest = divmod(round(seconds * 1e9), 1_000_000_000)
    return whole, rest


def time_from_ros(stamp: Time | Duration) -> float:
    """Read a stamp or a duration in seconds."""
    return float(stamp.sec) + float(stamp.nanosec) * 1e-9


def time_to_ros(seconds: float) -> Time:
    """Write a time in seconds, at least 0."""
    whole, rest = _split(seconds, 'stamp')
    return Time(sec=whole, nanosec=rest)


def header(stamp: float, frame_id: str = '') -> Header:
    """Build a header from a time in seconds."""
    return Header(stamp=time_to_ros(stamp), frame_id=frame_id)


def joint_state_from_ros(message: JointStateMessage) -> JointState:
    """Read a joint state; absent velocities become None.

    Raises:
        ContractError: Names are doubled or lengths disagree.
    """
    velocities = np.array(message.velocity) if len(message.velocity) else None
    return JointState(
        time_from_ros(message.header.stamp),
        tuple(message.name),
        np.array(message.position, dtype=float),
        velocities,
    )


def joint_state_to_ros(state: JointState) -> JointStateMessage:
    """Write a joint state."""
    velocities = [] if state.velocities is None else state.velocities.tolist()
    return JointStateMessage(
        header=header(state.stamp),
        name=list(state.names),
        position=state.positions.tolist(),
        velocity=velocities,
    )


def trajectory_from_ros(message: JointTrajectoryMessage) -> JointTrajectory:
    """Read a trajectory that starts on receipt; its id is header.frame_id.

    Raises:
        ContractError: Lengths disagree, a stamp is set, or efforts are asked for.
    """
    start = time_from_ros(message.header.stamp)
    if start != 0.0:
        raise ContractError('trajectory header.stamp', start, '0: it starts on receipt')
    points = message.points
    if any(len(point.effort) for point in points):
        raise ContractError('trajectory effort', 'given', 'empty: the arm is position controlled')
    names = tuple(message.joint_names)
    return JointTrajectory(
        names,
        np.array([time_from_ros(point.time_from_start) for point in points]),
        _columns([point.positions for point in points], len(names)),
        _optional([point.velocities for point in points], len(names)),
        _optional([point.accelerations for point in points], len(names)),
        id=message.header.frame_id,
    )


def trajectory_to_ros(trajectory: JointTrajectory) -> JointTrajectoryMessage:
    """Write a trajectory; its id travels in header.frame_id and the stamp stays 0."""
    message = JointTrajectoryMessage(
        header=Header(frame_id=trajectory.id), joint_names=list(trajectory.joint_names)
    )
    message.points = [_point(trajectory, at) for at in range(len(trajectory.times))]
    return message


def _point(trajectory: JointTrajectory, at: int) -> JointTrajectoryPoint:
    whole, rest = _split(float(trajectory.times[at]), 'time_from_start')
    rows = (trajectory.positions, trajectory.velocities, trajectory.accelerations)
    position, velocity, acceleration = ([] if row is None else row[at].tolist() for row in rows)
    return JointTrajectoryPoint(
        positions=position,
        velocities=velocity,
        accelerations=acceleration,
        time_from_start=Duration(sec=whole, nanosec=rest),
    )


def _columns(rows: Sequence[Sequence[float]], width: int) -> Array:
    """Stack rows to (T, width); a row of another length is refused with its number."""
    for at, row in enumerate(rows):
        if len(row) != width:
            raise ContractError(f'trajectory point {at}', f'{len(row)} values', f'of {width}')
    return np.array(rows, dtype=float).reshape(len(rows), width)


def _optional(rows: Sequence[Sequence[float]], width: int) -> Array | None:
    return None if not any(len(row) for row in rows) else _columns(rows, width)


def command_from_ros(message: JointTrajectoryMessage) -> tuple[tuple[str, ...], Array, float]:
    """Read one set-point: joint names, positions (J,) and the time (s) to be there.

    Raises:
        ContractError: It has not exactly one point, or lengths disagree.
    """
    if len(message.points) != 1:
        raise ContractError('arm/command', f'{len(message.points)} points', 'one point')
    names = tuple(message.joint_names)
    positions = _columns([message.points[0].positions], len(names))[0]
    return names, positions, time_from_ros(message.header.stamp)


def command_to_ros(names: tuple[str, ...], positions: Array, at: float) -> JointTrajectoryMessage:
    """Write one set-point that is to be reached at a time in seconds."""
    point = JointTrajectoryPoint(positions=np.asarray(positions, dtype=float).tolist())
    return JointTrajectoryMessage(header=header(at), joint_names=list(names), points=[point])


def scene_from_ros(message: String) -> Scene:
    """Read a scene; raises ContractError when it is not one."""
    return from_json(message.data, Scene)


def scene_to_ros(scene: Scene) -> String:
    """Write a scene as JSON."""
    return String(data=to_json(scene))


def arm_status_from_ros(message: DiagnosticStatus) -> ArmStatus:
    """Read what the arm controller does; raises ContractError for a foreign status."""
    values = key_values(message)
    missing = [key for key in ('trajectory_id', 'state', 'tracking_error') if key not in values]
    if missing:
        raise ContractError('arm/status', sorted(values), f'with the keys {missing}')
    error = number(values['tracking_error'], 'tracking_error')
    count = values.get('work', '')
    work = whole(count, 'arm/status work') if count else None
    return ArmStatus(
        values['trajectory_id'], values['state'], values.get('reason', ''), error, work
    )


def arm_status_to_ros(status: ArmStatus, hardware_id: str = '') -> DiagnosticStatus:
    """Write what the arm controller does."""
    values = {
        'trajectory_id': status.trajectory_id,
        'state': status.state,
        'reason': status.reason,
        'tracking_error': repr(float(status.tracking_error)),
        'work': '' if status.work is None else str(status.work),
    }
    return diagnostic(
        'arm_controller',
        status.reason or status.state,
        values,
        level=_LEVELS.get(status.state, DiagnosticStatus.OK),
        hardware_id=hardware_id,
    )


def diagnostic(
    name: str,
    message: str,
    values: dict[str, str],
    *,
    level: bytes = DiagnosticStatus.OK,
    hardware_id: str = '',
) -> DiagnosticStatus:
    """Build a diagnostic status."""
    pairs = [KeyValue(key=key, value=value) for key, value in values.items()]
    return DiagnosticStatus(
        level=level, name=name, message=message, hardware_id=hardware_id, values=pairs
    )


def light_to_ros(report: LightingReport) -> DiagnosticStatus:
    """Tell of the light: a warning with its remedy, the figures and what the camera should do."""
    values = {
        item.name: f'{item.value:.3g} {item.unit}'.strip()
        + ('' if item.verdict == 'good' else f', {item.verdict}: {item.remedy}')
        for item in report.findings
    }
    if report.camera is not None and report.camera.text:
        values['camera'] = report.camera.text
    is_good = report.verdict == 'good'
    level = DiagnosticStatus.OK if is_good else DiagnosticStatus.WARN
    text = 'good' if is_good else f'{report.verdict}: {report.remedy}'
    return diagnostic('perception: light', text, values, level=level)


def key_values(message: DiagnosticStatus) -> dict[str, str]:
    """Read the values of a diagnostic status; of a doubled key the last counts."""
    return {pair.key: pair.value for pair in message.values}


def number(text: str, field: str) -> float:
    """Read a finite number; raises ContractError."""
    try:
        value = float(text)
    except ValueError as error:
        raise ContractError(field, text, 'a number') from error
    if not math.isfinite(value):
        raise ContractError(field, text, 'finite')
    return value


def whole(text: str, field: str) -> int:
    """Read a count; raises ContractError, also for one that is longer than any count."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise ContractError(field, text[:40], f'a whole number of at most {MOST_DIGITS} digits')
    return int(text)
