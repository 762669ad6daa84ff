"""The supervisor's state and its last rejection, from ROS and to ROS."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus

from qwen_embodied.errors import ContractError
from qwen_embodied.nodes.conversions import diagnostic, key_values, number
from qwen_embodied.safety import SafetyState

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
    if not values['sequence'].isdecimal():
        raise ContractError('safety/state sequence', values['sequence'], 'a whole number')
    state = SafetyState(
        values['state'],
        values['permission'],
        _split(values['reasons']),
        number(values['lease'], 'safety/state lease'),
        int(values['sequence']),
        values['trajectory_id'],
        number(values['scale'], 'safety/state scale'),
        values.get('nonce', ''),
        _split(values.get('withheld', '')),
    )
    refused = _split(values.get('rejected_reasons', ''))
    return state, Rejection(values.get('rejected_id', ''), refused)


def _joined(lines: tuple[str, ...]) -> str:
    return '\n'.join(line.replace('\n', ' ') for line in lines)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split('\n')) if text else ()
