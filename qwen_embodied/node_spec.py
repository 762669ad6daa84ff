"""One node of a profile: where its parameters come from, and the command that runs it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameter_files import Section, check_namespaces, read_sections, settings_of
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
            found.update(_set_by(path, self.full_name))
        found.update(self.usual)
        if self.params_file:
            found.update(_set_by(self.params_file, self.full_name))
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
            self._check_sections(read_sections(path))

    def _check_sections(self, sections: tuple[Section, ...]) -> None:
        names = [spec.full_name for spec in self.nodes]
        for name in names:
            check_namespaces(sections, name)
        for section in sections:
            if not any(section.fits(name) for name in names):
                raise ConfigurationError(
                    f'{section.place}: {section.pattern} is no node of profile {self.name}; '
                    f'those are {", ".join(names)}'
                )


def _set_by(path: Path | str, full_name: str) -> dict[str, Any]:
    """Read what a ROS parameter file sets for a node, with wildcards."""
    sections = read_sections(path)
    return {name: setting.value for name, setting in settings_of(sections, full_name).items()}
