"""What the supervisor says and what it hears of images, the simulator and efforts, as ROS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import JointState as JointStateMessage

from qwen_embodied.errors import ContractError
from qwen_embodied.messages import Array
from qwen_embodied.nodes.conversions import diagnostic, key_values, number, whole
from qwen_embodied.safety import CameraSample, SafetyState, SimulatorHealth

KEYS = ('state', 'permission', 'reasons', 'lease', 'sequence', 'trajectory_id', 'scale')
_LEVELS = {
    'ARMED': DiagnosticStatus.OK,
    'EXECUTING': DiagnosticStatus.OK,
    'STOP_LATCHED': DiagnosticStatus.ERROR,
    'FAULT_LATCHED': DiagnosticStatus.ERROR,
}


@dataclass(frozen=True)
class Rejection:
    """The last trajectory that was refused.

    Attributes:
        trajectory_id: Of the trajectory; empty when none was refused yet.
        reasons: One line per broken rule.
    """

    trajectory_id: str = ''
    reasons: tuple[str, ...] = ()


def safety_to_ros(state: SafetyState, rejection: Rejection | None = None) -> DiagnosticStatus:
    """Write the lease; it repeats the last rejection, so that none is lost."""
    refused = rejection or Rejection()
    values = {
        'state': state.state,
        'permission': state.permission,
        'reasons': _joined(state.reasons),
        'lease': repr(float(state.lease)),
        'sequence': str(state.sequence),
        'trajectory_id': state.trajectory_id,
        'scale': repr(float(state.scale)),
        'nonce': state.nonce,
        'withheld': _joined(state.withheld),
        'rejected_id': refused.trajectory_id,
        'rejected_reasons': _joined(refused.reasons),
    }
    return diagnostic(
        'safety_supervisor',
        '; '.join(state.reasons) or state.state,
        values,
        level=_LEVELS.get(state.state, DiagnosticStatus.WARN),
    )


def safety_from_ros(message: DiagnosticStatus) -> tuple[SafetyState, Rejection]:
    """Read the lease; raises ContractError for a foreign or incomplete status."""
    values = key_values(message)
    missing = [key for key in KEYS if key not in values]
    if missing:
        raise ContractError('safety/state', sorted(values), f'with the keys {missing}')
    state = SafetyState(
        values['state'],
        values['permission'],
        _split(values['reasons']),
        number(values['lease'], 'safety/state lease'),
        whole(values['sequence'], 'safety/state sequence'),
        values['trajectory_id'],
        number(values['scale'], 'safety/state scale'),
        values.get('nonce', ''),
        _split(values.get('withheld', '')),
    )
    refused = _split(values.get('rejected_reasons', ''))
    return state, Rejection(values.get('rejected_id', ''), refused)


def camera_from_ros(message: DiagnosticStatus) -> CameraSample:
    """Read what is known of an image; raises ContractError."""
    values = key_values(message)
    missing = [name for name in ('stamp', 'mark', 'luma', 'saturated') if name not in values]
    if missing:
        raise ContractError('safety/camera', sorted(values), f'with the keys {missing}')
    read = {name: number(text, f'safety/camera {name}') for name, text in values.items()}
    return CameraSample(
        read['stamp'],
        int(read['mark']),
        read['luma'],
        read['saturated'],
        read.get('depth'),
        read.get('pose_stamp'),
        read.get('reprojection'),
    )


def camera_values(sample: CameraSample) -> dict[str, str]:
    """Write what is known of an image, for `conversions.diagnostic`."""
    return {
        name: repr(value)
        for name in sample.__dataclass_fields__
        if (value := getattr(sample, name)) is not None
    }


def health_from_ros(message: DiagnosticStatus) -> SimulatorHealth:
    """Read a simulator's health; raises ContractError."""
    values = key_values(message)
    return SimulatorHealth(
        number(values.get('time', ''), 'simulation/status time'),
        int(number(values.get('warnings', ''), 'simulation/status warnings')),
        values.get('is_finite') == 'True',
        values.get('resets_itself') != 'False',
    )


def heartbeat_from_ros(message: DiagnosticStatus) -> tuple[str, int]:
    """Read the source of a heartbeat and its work counter; raises ContractError."""
    values = key_values(message)
    source, work = values.get('source', ''), values.get('work', '')
    if not source:
        raise ContractError('safety/heartbeat source', source, 'a name')
    return source, whole(work, 'safety/heartbeat work')


def efforts_from_ros(message: JointStateMessage, joints: tuple[str, ...]) -> Array | None:
    """Read the efforts (J,) N·m of some joints; None where the message has none."""
    names = list(message.name)
    if len(message.effort) != len(names) or any(name not in names for name in joints):
        return None
    return np.array([message.effort[names.index(name)] for name in joints])


def _joined(lines: tuple[str, ...]) -> str:
    return '\n'.join(line.replace('\n', ' ') for line in lines)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split('\n')) if text else ()
