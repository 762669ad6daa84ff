"""The parameters of every node, by its name."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameter_files import Section, read_sections, unknown_nodes
from qwen_embodied.parameters import check_settings, defaults

NODES = (
    'simulation', 'perception', 'planner', 'safety_supervisor', 'arm_controller', 'fake_arm',
    'recorder', 'replay',
)  # fmt: skip


def parameters_of(node: str) -> type[Any]:
    """Give the dataclass of a node's parameters; raises ConfigurationError for no node."""
    if node not in NODES:
        raise ConfigurationError(f'there is no node {node!r}; known are {", ".join(NODES)}')
    found: type[Any] = import_module(f'qwen_embodied.nodes.{node}_node').Parameters
    return found


def check_parameter_file(path: Path | str) -> tuple[str, ...]:
    """Check a parameter file against every node for which it has a section of its own.

    A section for all nodes, such as /**, has to suit at least one of them.

    Returns:
        One sentence per fault, with file and line; none where the file is right.
    """
    try:
        sections = read_sections(path)
    except ConfigurationError as error:
        return (str(error),)
    names = {name for section in sections for name in section.settings}
    nodes = [node for node in NODES if node != 'simulation' or find_spec('mujoco')]
    named = [node for node in nodes if any(part.node == node for part in sections)]
    suited = named or [
        max(nodes, key=lambda node: len(names & set(defaults(parameters_of(node)))))
    ]
    faults = chain.from_iterable(_faults(node, sections, str(path)) for node in suited)
    return tuple(dict.fromkeys((*unknown_nodes(sections, NODES), *faults)))


def _faults(node: str, sections: tuple[Section, ...], path: str) -> list[str]:
    """Check each parameter by itself, so that all faults are told and not the first alone."""
    cls = parameters_of(node)
    found: list[str] = []
    for section in sections:
        for name, setting in section.settings.items():
            if section.node in (node, '*', '**'):
                try:
                    check_settings(cls, {name: setting}, path)
                except ConfigurationError as error:
                    found.append(str(error))
    return found
