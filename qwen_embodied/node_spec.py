"""One node of a profile: where its parameters come from, and the command that runs it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.resources import shared_file

Value = bool | int | float | str | list[str]
Settings = tuple[tuple[str, Value], ...]
PARAMETERS = 'ros__parameters'


@dataclass(frozen=True)
class NodeSpec:
    """One node of a profile. What is named later below wins: config, usual, file, parameters.

    Attributes:
        name: Of the node and of its executable; its module is `nodes/<name>_node.py`.
        config: Parameter files below the shared folder, such as 'config/1_camera.yaml'.
        usual: What the profile sets, and a person's file may set otherwise.
        params_file: Path of a person's parameter file; empty for none.
        parameters: What was decided by the profile's arguments, which nothing overrides.
        remappings: (from, to) names of topics and services.
        namespace: Put before relative names; empty for none.
        log_level: From which on the node writes lines; empty for ROS's own.
        moves_arm: It is stopped before all others, so that the arm comes to rest.
        respawns: It is started again when it ends by a fault; else its end ends the graph.
    """

    name: str
    config: tuple[str, ...] = ()
    parameters: Settings = ()
    remappings: tuple[tuple[str, str], ...] = ()
    namespace: str = ''
    moves_arm: bool = field(default=False, kw_only=True)
    usual: Settings = field(default=(), kw_only=True)
    params_file: str = field(default='', kw_only=True)
    log_level: str = field(default='', kw_only=True)
    respawns: bool = field(default=False, kw_only=True)

    @property
    def module(self) -> str:
        """Python module that runs the node."""
        return f'qwen_embodied.nodes.{self.name}_node'

    @property
    def full_name(self) -> str:
        """Name of the node with its namespace, such as '/left/planner'."""
        return '/' + '/'.join([*self.namespace.strip('/').split('/'), self.name]).lstrip('/')

    def config_files(self) -> tuple[str, ...]:
        """Find the parameter files; raises ConfigurationError for one that is not there."""
        return tuple(str(shared_file(relative)) for relative in self.config)

    def values(self) -> dict[str, Any]:
        """Give every parameter that is set, from files and profile.

        Raises:
            ConfigurationError: A file is not there or is no parameter file.
        """
        found: dict[str, Any] = {}
        for path in self.config_files():
            found.update(read_sections(path, self.full_name))
        found.update(self.usual)
        if self.params_file:
            found.update(read_sections(self.params_file, self.full_name))
        found.update(self.parameters)
        return found

    def write_parameters(self, folder: Path) -> Path:
        """Write all parameters into one file; gives its path."""
        path = folder / f'{self.name}.yaml'
        content = {'/**': {PARAMETERS: self.values()}}
        path.write_text(yaml.safe_dump(content, width=10**6), encoding='utf-8')
        return path

    def ros_arguments(self, parameter_file: Path) -> list[str]:
        """Give the ROS arguments, but for the node's name and namespace."""
        line = ['--params-file', str(parameter_file)]
        for source, target in self.remappings:
            line += ['-r', f'{source}:={target}']
        return line + (['--log-level', self.log_level] if self.log_level else [])

    def command(self, parameter_file: Path) -> list[str]:
        """Build the command line that runs the node with this interpreter."""
        line = [sys.executable, '-m', self.module, '--ros-args', '-r', f'__node:={self.name}']
        if self.namespace:
            line += ['-r', f'__ns:=/{self.namespace.strip("/")}']
        return line + self.ros_arguments(parameter_file)


@dataclass(frozen=True)
class Profile:
    """The nodes of one way to run the package, in the order in which they are started.

    Attributes:
        name: Of the profile.
        nodes: In order.
        note: One sentence for who starts it; empty for none.
    """

    name: str
    nodes: tuple[NodeSpec, ...]
    note: str = ''

    def with_parameter(self, node: str, name: str, value: Value) -> Profile:
        """Give a copy in which one parameter of one node is set."""
        if node not in {spec.name for spec in self.nodes}:
            known = ', '.join(spec.name for spec in self.nodes)
            raise ConfigurationError(f'profile {self.name} has no node {node}; it has {known}')
        nodes = tuple(
            replace(spec, parameters=(*spec.parameters, (name, value)))
            if spec.name == node
            else spec
            for spec in self.nodes
        )
        return replace(self, nodes=nodes)

    def check(self) -> None:
        """Look at every file before anything starts.

        Raises:
            ConfigurationError: A file is missing, or has a section for no node of the profile.
        """
        for spec in self.nodes:
            spec.values()
        for path in {spec.params_file for spec in self.nodes if spec.params_file}:
            for section in dict(_sections(path)):
                if not any(matches(section, spec.full_name) for spec in self.nodes):
                    known = ', '.join(spec.full_name for spec in self.nodes)
                    raise ConfigurationError(
                        f'{path}: {section} is no node of profile {self.name}; those are {known}'
                    )


def read_sections(path: Path | str, full_name: str) -> dict[str, Any]:
    """Read what a ROS parameter file sets for a node, with wildcards; later sections win.

    A bare name counts in every namespace, which ROS itself does not do.
    """
    found: dict[str, Any] = {}
    for section, values in _sections(path):
        if matches(section, full_name):
            found.update(values)
    return found


def matches(section: str, full_name: str) -> bool:
    """True where the name of a section, such as '/**/planner', means a node."""
    if '/' not in section and '*' not in section:
        return full_name.rsplit('/', 1)[-1] == section
    pattern = re.escape('/' + section.strip('/'))
    pattern = pattern.replace(r'/\*\*', r'(/\w+)*').replace(r'/\*', r'/\w+')
    return re.fullmatch(pattern, full_name) is not None


def _sections(path: Path | str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        content = yaml.safe_load(Path(path).read_text(encoding='utf-8')) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    yield from _below(path, '', content)


def _below(path: Path | str, name: str, content: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Find the sections, which may lie in one another as namespaces do."""
    if not isinstance(content, Mapping):
        raise ConfigurationError(f'{path}: {name or "it"} must hold node names, then {PARAMETERS}')
    for key, value in content.items():
        if key == PARAMETERS and name:
            if not isinstance(value, Mapping):
                raise ConfigurationError(
                    f'{path}: {name}: {PARAMETERS} must hold names and values'
                )
            yield name, value
        else:
            yield from _below(path, f'{name}/{key}' if name else str(key), value)
