"""Whether the graph is secured (SROS2): wholly, or not at all, and never half.

What rcl takes for "off" without a word is refused here: a node that should be secure and is not
must not start.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qwen_embodied.errors import ConfigurationError

ENABLE, STRATEGY = 'ROS_SECURITY_ENABLE', 'ROS_SECURITY_STRATEGY'
KEYSTORE, OVERRIDE = 'ROS_SECURITY_KEYSTORE', 'ROS_SECURITY_ENCLAVE_OVERRIDE'
FILES = ('cert.pem', 'key.pem', 'permissions.p7s', 'governance.p7s', 'identity_ca.cert.pem')
ENCLAVES = '/qwen_embodied'  # of config/security/policy.xml


def enclave_arguments(
    module: str, environment: Mapping[str, str], given: Sequence[str]
) -> list[str]:
    """Give the ROS arguments with which a node joins a secured graph; none where it is not.

    Args:
        module: Of the node, such as 'qwen_embodied.nodes.planner_node'.
        environment: Of the process.
        given: Command line of the process; an enclave that it names stays.

    Raises:
        ConfigurationError: Security is half on, or files of the enclave are missing.
    """
    enabled, strategy = environment.get(ENABLE, ''), environment.get(STRATEGY, '')
    if enabled.lower() in ('', 'false') and strategy != 'Enforce':
        return []
    if enabled != 'true' or strategy != 'Enforce':
        raise ConfigurationError(
            f'{ENABLE}={enabled or "(not set)"}, {STRATEGY}={strategy or "(not set)"}: the graph '
            'would not be secured; set true and Enforce, or unset both'
        )
    node = module.rpartition('.')[2].removesuffix('_node')
    enclave = environment.get(OVERRIDE) or _named(given) or f'{ENCLAVES}/{node}'
    _check_files(enclave, environment.get(KEYSTORE, ''))
    return [] if _named(given) or environment.get(OVERRIDE) else ['--ros-args', '-e', enclave]


def _named(given: Sequence[str]) -> str:
    """Find the enclave that a command line names; empty without one."""
    places = [at for at, word in enumerate(given[:-1]) if word in ('-e', '--enclave')]
    return given[places[-1] + 1] if places else ''


def _check_files(enclave: str, keystore: str) -> None:
    folder = Path(keystore) / 'enclaves' / enclave.strip('/')
    missing = [name for name in FILES if not (folder / name).is_file()]
    if not keystore or missing:
        raise ConfigurationError(
            f'{folder} lacks {", ".join(missing or FILES)}; ros2 security generate_artifacts '
            f'-k KEYSTORE -p config/security/policy.xml makes them; then set {KEYSTORE}'
        )
