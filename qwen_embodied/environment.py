"""The environment in which nodes hear one another well."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Mapping

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.resources import shared_file

PARENT_VARIABLE = 'QWEN_EMBODIED_PARENT'
LAST_DOMAIN = 232
TRANSPORTS = 'config/fastdds.xml'
TRANSPORT_VARIABLES = (
    'FASTDDS_DEFAULT_PROFILES_FILE',
    'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_BUILTIN_TRANSPORTS',
)
# Two cores serve six processes: more threads than one per process only get in the way.
DEFAULT_ENVIRONMENT = {
    'OMP_NUM_THREADS': '1',
    'OPENBLAS_NUM_THREADS': '1',
    'MKL_NUM_THREADS': '1',
    'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
    'MUJOCO_GL': 'egl',
}


def added_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the variables with which nodes hear one another well, without those already set.

    Fast DDS loses about half of the camera images with its defaults; with the transports of
    config/fastdds.xml it loses none.

    Args:
        base: What is set already; this process's environment where absent.
    """
    known = os.environ if base is None else base
    added = {name: value for name, value in DEFAULT_ENVIRONMENT.items() if name not in known}
    if not any(known.get(name) for name in TRANSPORT_VARIABLES):
        added[TRANSPORT_VARIABLES[0]] = str(shared_file(TRANSPORTS))
    return added


def graph_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give a whole environment with what `added_environment` adds.

    Raises:
        ConfigurationError: ROS_DOMAIN_ID is no domain that DDS can use.
    """
    domain = (os.environ if base is None else base).get('ROS_DOMAIN_ID', '')
    if domain and not (domain.isascii() and domain.isdigit() and int(domain) <= LAST_DOMAIN):
        raise ConfigurationError(f'ROS_DOMAIN_ID={domain}; it must be 0 to {LAST_DOMAIN}')
    return {**(os.environ if base is None else base), **added_environment(base)}
