"""Tries out, for the doctor, what may end the process that does it: one line of JSON per trial.

Native libraries, robot, parameter files, rendering, in this order: they share what they import,
and what ends the process keeps only those after it from being told.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import json
import sys
from importlib.util import find_spec

from qwen_embodied.doctor.facts import Probe
from qwen_embodied.doctor.trying import native, robot


def configuration(files: list[str]) -> Probe:
    """Give the faults of parameter files as JSON."""
    from qwen_embodied.nodes.declared import check_parameter_file

    try:
        faults = [fault for path in files for fault in check_parameter_file(path)]
    except ImportError as error:
        return Probe(False, str(error))
    return Probe(True, json.dumps(faults))


def rendering() -> Probe:
    """Draw without a screen."""
    from qwen_embodied.simulation.offscreen import try_rendering

    return Probe(True, try_rendering())


def main() -> None:
    """Read robot, description, obstacles and files as a JSON list from the standard input.

    With null for the files it tells the robot alone.
    """
    name, description, obstacles, files = json.loads(sys.stdin.read())
    if files is None:
        _tell(robot(name, description, obstacles))
        return
    _tell(native())
    _tell(robot(name, description, obstacles))
    _tell(configuration(files))
    if find_spec('mujoco'):
        _tell(rendering())


def _tell(probe: Probe) -> None:
    sys.stdout.write(json.dumps(dataclasses.asdict(probe)) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main()
