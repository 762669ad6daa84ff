"""The XML of a robot description: reading it, and completing what it may leave open."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from qwen_embodied.errors import RobotModelError

TURN = 2 * math.pi  # either way, for a joint that turns without end
MOVING = ('revolute', 'prismatic', 'continuous')
LIMITS = ('lower', 'upper', 'velocity')


@dataclass(frozen=True)
class ToolPlace:
    """Where the tool frame is when a description has no link of its name.

    Attributes:
        link: That carries the tool.
        xyz: Of the tool in the link, m.
        rpy: Of the tool in the link, rad, as in a URDF.
    """

    link: str
    xyz: tuple[float, float, float]
    rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)


def read_xml(source: str | Path) -> Element:
    """Parse a URDF that is given as its path, as its XML, or as /robot_description holds it.

    Raises:
        RobotModelError: It cannot be read or is no URDF.
    """
    given = isinstance(source, str) and '<' in source
    name = 'the robot description' if given else f'the URDF {source}'
    try:
        text = str(source) if given else Path(source).read_text(encoding='utf-8')
        root = ElementTree.fromstring(text)
    except (OSError, ElementTree.ParseError, UnicodeDecodeError) as error:
        raise RobotModelError(f'{name} cannot be read: {error}') from error
    if root.tag != 'robot':
        raise RobotModelError(f'{name} is no URDF: its root is <{root.tag}> instead of <robot>')
    if any('xacro' in element.tag for element in root.iter() if isinstance(element.tag, str)):
        raise RobotModelError(f'{name} is a xacro file; expand it first: xacro FILE > robot.urdf')
    return root


def attach(root: Element, part: Element, link: str) -> None:
    """Put another description on a link, unless a link of its root's name is there already.

    Args:
        root: Parsed description of the arm; it is changed.
        part: Parsed description of what is put on, such as a gripper.
        link: Of the arm, on which the root link of the part lies.

    Raises:
        RobotModelError: The arm has no such link, or has some of the part's names.
    """
    links = [item.get('name', '') for item in root.findall('link')]
    children = {child.get('link') for child in part.iterfind('joint/child')}
    own = [item.get('name', '') for item in part.findall('link')]
    first = next((name for name in own if name not in children), '')
    if first in links:
        return
    if link not in links:
        raise RobotModelError(f'the URDF has no link {link} for {first}; it has {_few(links)}')
    joints = {item.get('name', '') for item in root.findall('joint')}
    for item in (*part.findall('link'), *part.findall('joint')):
        name = item.get('name', '')
        if name in (links if item.tag == 'link' else joints):
            raise RobotModelError(
                f'the URDF has a {item.tag} {name} already, but no link {first} to which it '
                'belongs; leave attached out of the settings'
            )
        root.append(item)
    joint = ElementTree.SubElement(root, 'joint', name=f'{link}-{first}', type='fixed')
    ElementTree.SubElement(joint, 'parent', link=link)
    ElementTree.SubElement(joint, 'child', link=first)


def complete(
    root: Element,
    limits: Mapping[str, Mapping[str, float]],
    tool_frame: str,
    tool: ToolPlace | None,
) -> str:
    """Give the XML with every limit filled in.

    A continuous joint becomes a revolute one with a turn either way of zero. Limits that are
    given here win over those of the URDF.

    Args:
        root: Parsed description; it is changed.
        limits: lower and upper (rad or m) and velocity (rad/s or m/s) by joint.
        tool_frame: Link whose pose is wanted.
        tool: Where to put it when no link has that name.

    Raises:
        RobotModelError: Names the joint or link, what it lacks and the way out.
    """
    joints = {joint.get('name', ''): joint for joint in root.findall('joint')}
    unknown = [name for name in limits if name not in joints]
    if unknown:
        raise RobotModelError(
            f'limits are given for {unknown[0]}, but the URDF has the joints {_few(list(joints))}'
        )
    for name, joint in joints.items():
        _complete_joint(name, joint, limits.get(name, {}))
        _follow(name, joint)
    if tool is not None:
        _add_tool(root, tool_frame, tool)
    return ElementTree.tostring(root, encoding='unicode')


def _complete_joint(name: str, joint: Element, given: Mapping[str, float]) -> None:
    kind = joint.get('type')
    if kind == 'fixed':
        return
    if kind not in MOVING:
        raise RobotModelError(
            f'{name} is a {kind} joint; an arm needs {", ".join(MOVING)} or fixed'
        )
    limit = joint.find('limit')
    if limit is None:
        limit = ElementTree.SubElement(joint, 'limit')
    if kind == 'continuous':
        joint.set('type', 'revolute')
        limit.set('lower', str(-TURN))
        limit.set('upper', str(TURN))
    for key, value in given.items():
        limit.set(key, str(value))
    limit.set('effort', limit.get('effort', '0'))
    for key in LIMITS:
        _check(name, key, limit.get(key))


def _follow(name: str, joint: Element) -> None:
    """Rename a mimic joint so that it comes after the one it follows.

    Pinocchio reads siblings in the order of their names and needs the leader first.
    """
    mimic = joint.find('mimic')
    leader = '' if mimic is None else mimic.get('joint', '')
    if name < leader:
        joint.set('name', f'{leader}~{name}')


def _check(joint: str, key: str, text: str | None) -> None:
    if text is None:
        raise RobotModelError(
            f'{joint} has no {key} limit in the URDF; '
            f'give it in the settings: limits: {{{joint}: {{{key}: ...}}}}'
        )
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RobotModelError(f'{joint} has the {key} limit {text!r}; it must be a finite number')


def _add_tool(root: Element, tool_frame: str, tool: ToolPlace) -> None:
    links = [link.get('name', '') for link in root.findall('link')]
    if tool_frame in links:
        return
    if tool.link not in links:
        raise RobotModelError(
            f'the URDF has neither {tool_frame} nor {tool.link}, which should carry it; '
            f'it has {_few(links)}'
        )
    ElementTree.SubElement(root, 'link', name=tool_frame)
    joint = ElementTree.SubElement(root, 'joint', name=f'{tool_frame}_joint', type='fixed')
    ElementTree.SubElement(joint, 'parent', link=tool.link)
    ElementTree.SubElement(joint, 'child', link=tool_frame)
    place = {key: ' '.join(map(str, getattr(tool, key))) for key in ('xyz', 'rpy')}
    ElementTree.SubElement(joint, 'origin', place)


def _few(names: list[str]) -> str:
    return ', '.join(names[:12]) + (f' and {len(names) - 12} more' if len(names) > 12 else '')
