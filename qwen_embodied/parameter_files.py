"""ROS parameter files: which setting counts for a node, and in which line it stands."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import yaml

from qwen_embodied.errors import ConfigurationError

KEY = 'ros__parameters'
# What every node has; qos_overrides are ROS's own.
COMMON = ('use_sim_time', 'start_type_description_service')
OWN_PREFIX = 'qos_overrides.'
# ROS reads 1e-3 as a number; YAML 1.1 takes it for text.
EXPONENT = re.compile(r'[-+]?\d+(\.\d*)?[eE][-+]?\d+$')


class _Loader(yaml.SafeLoader):
    """PyYAML's own loader with ROS's idea of a number."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the base class has it
        key: list(value) for key, value in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver('tag:yaml.org,2002:float', EXPONENT, list('-+0123456789'))


@dataclass(frozen=True)
class Setting:
    """One value of a parameter file.

    Attributes:
        value: As YAML has it.
        place: 'FILE:LINE', the first line being 1.
    """

    value: Any
    place: str


@dataclass(frozen=True)
class Section:
    """The parameters that a file has for one node, or for all that fit a pattern.

    Attributes:
        pattern: Full name of the node; * stands for one part of it and ** for any number.
        place: 'FILE:LINE'.
        settings: By the name of the parameter; nested ones are joined by dots.
    """

    pattern: str
    place: str
    settings: Mapping[str, Setting]

    def fits(self, node: str) -> bool:
        """True when it counts for a node, given by its full name such as /cell/planner."""
        parts = [
            {'**': r'(/\w+)*', '*': r'/\w+'}.get(part, '/' + re.escape(part))
            for part in self.pattern.strip('/').split('/')
        ]
        return re.fullmatch(''.join(parts), node) is not None

    @property
    def node(self) -> str:
        """Last part of the pattern."""
        return self.pattern.rpartition('/')[2]


@dataclass(frozen=True)
class RosArguments:
    """What the arguments of a node say about its parameters.

    Attributes:
        files: Parameter files in their order.
        remappings: New names by old ones.
    """

    files: tuple[str, ...]
    remappings: Mapping[str, str]

    @classmethod
    def of(cls, words: Sequence[str]) -> RosArguments:
        """Read them from a command line."""
        files, remappings = [], {}
        for word, following in itertools.pairwise(words):
            if word == '--params-file':
                files.append(following)
            elif word in ('-r', '--remap'):
                old, _, new = following.partition(':=')
                remappings[old.rpartition(':')[2]] = new
        return cls(tuple(files), remappings)

    def full_name(self, usual: str) -> str:
        """Give the full name of the node that is called `usual` where it is not renamed."""
        namespace = self.remappings.get('__ns', '').strip('/')
        name = self.remappings.get('__node', self.remappings.get('__name', usual))
        return f'/{namespace}/{name}' if namespace else f'/{name}'


def read_sections(path: Path | str) -> tuple[Section, ...]:
    """Read a parameter file.

    Raises:
        ConfigurationError: It cannot be read, is no parameter file, or has a key twice.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding='utf-8')
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = '' if error.problem_mark is None else f':{error.problem_mark.line + 1}'
        raise ConfigurationError(f'{path}{line}: cannot be read: {error.problem}') from error
    except (OSError, UnicodeError, yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f'{path}: cannot be read: {error}') from error
    if root is None:
        return ()
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError(f'{path}: must hold node names at its top')
    try:
        return tuple(_sections(root, str(path), ''))
    except RecursionError as error:
        raise ConfigurationError(f'{path}: a mapping holds itself') from error


def settings_of(sections: Iterable[Section], node: str) -> dict[str, Setting]:
    """Give what counts for a node; later sections win, and exact names win over patterns.

    Args:
        sections: Of one file.
        node: Full name, such as /planner.
    """
    fitting = [section for section in sections if section.fits(node)]
    ordered = sorted(fitting, key=lambda section: '*' not in section.pattern)
    return {name: value for part in ordered for name, value in part.settings.items()}


def check_sections(path: Path | str, nodes: Sequence[str]) -> None:
    """Refuse a file whose sections name a node that nobody starts.

    Args:
        path: Of the file.
        nodes: Names without namespace.

    Raises:
        ConfigurationError: Names file, line and the nearest node.
    """
    for fault in unknown_nodes(read_sections(path), nodes):
        raise ConfigurationError(fault)


def unknown_nodes(sections: Iterable[Section], nodes: Sequence[str]) -> Iterator[str]:
    """Give a sentence for each section of a node that nobody starts, as `check_sections`."""
    for section in sections:
        if section.node in (*nodes, '*', '**'):
            continue
        near = difflib.get_close_matches(section.node, nodes, n=1)
        hint = f'did you mean {near[0]}?' if near else f'known are {", ".join(nodes)}'
        yield f'{section.place}: there is no node {section.node}; {hint}'


def check_namespaces(sections: Iterable[Section], node: str) -> None:
    """Refuse a section for a node of that name that does not reach it in its namespace.

    ROS passes over such a section without a word.

    Args:
        sections: Of one file.
        node: Full name, such as /cell/planner.
    """
    name = node.rpartition('/')[2]
    for section in sections:
        if section.pattern.strip('/') == name and not section.fits(node):
            raise ConfigurationError(
                f'{section.place}: {section.pattern} does not mean {node}; '
                f'write /**/{name}, or {node}'
            )


def _sections(node: yaml.MappingNode, path: str, prefix: str) -> Iterator[Section]:
    """Walk down namespaces to the parameters of nodes."""
    for name, (place, child) in _entries(node, path).items():
        if name == KEY:
            settings = dict(_settings(child, path, '')) if _is_mapping(child, place) else {}
            yield Section(prefix or '/**', place, settings)
        elif _is_mapping(child, place):
            yield from _sections(child, path, f'{prefix}/{name.strip("/")}')


def _settings(node: yaml.MappingNode, path: str, prefix: str) -> Iterator[tuple[str, Setting]]:
    for name, (place, child) in _entries(node, path).items():
        if isinstance(child, yaml.MappingNode):
            yield from _settings(child, path, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}', Setting(_value(child, place), place)


def _entries(node: yaml.MappingNode, path: str) -> dict[str, tuple[str, yaml.Node]]:
    """Give place and content by key; raises ConfigurationError for a key that comes twice."""
    found: dict[str, tuple[str, yaml.Node]] = {}
    for key, child in node.value:
        place = f'{path}:{key.start_mark.line + 1}'
        name = str(key.value)
        if name in found:
            raise ConfigurationError(f'{place}: {name} stands there twice; see {found[name][0]}')
        found[name] = (place, child)
    return found


def _is_mapping(node: yaml.Node, place: str) -> TypeGuard[yaml.MappingNode]:
    """Tell a mapping from nothing; raises ConfigurationError for anything else."""
    if isinstance(node, yaml.MappingNode):
        return True
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return False
    raise ConfigurationError(f'{place}: must hold node names, then {KEY}, then names and values')


def _value(node: yaml.Node, place: str) -> Any:
    loader = _Loader('')
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f'{place}: cannot be read: {error}') from error
    finally:
        loader.dispose()
