"""Starts what has to be tried out, side by side, and joins what it said into facts."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from qwen_embodied.bringup import added_environment
from qwen_embodied.cameras import CAMERAS
from qwen_embodied.doctor import machine
from qwen_embodied.doctor.facts import Facts, Probe, RobotFacts, Wanted
from qwen_embodied.doctor.heard import Graph
from qwen_embodied.errors import ConfigurationError
from qwen_embodied.parameter_files import read_sections, settings_of
from qwen_embodied.resources import shared_file

T = TypeVar('T')

# Which tell the robot, the surest first.
CELL_NODES = ('arm_controller', 'safety_supervisor', 'planner')
CONFIG = (
    'cell', '1_camera', '2_perception', '3_planning', '4_motion', '5_safety', '6_control',
)  # fmt: skip
LISTEN, LIMIT = 1.2, 20.0  # s: how long topics are heard; when a process is given up
TRIALS = 4  # of nodes/trying.py
NOT_REACHED = 'it was not reached'
# Which node's parameter says what is wanted.
ASKED = {
    'robot': ('arm_controller', 'robot'),
    'description': ('arm_controller', 'robot_description'),
    'backend': ('arm_controller', 'backend'),
    'planner': ('planner', 'planner'),
    'servers': ('planner', 'servers'),
    'model': ('planner', 'model'),
    'plain_http': ('planner', 'plain_http'),
    'obstacles': ('planner', 'obstacles'),
    'colour_transport': ('perception', 'colour_transport'),
    'depth_transport': ('perception', 'depth_transport'),
    'pair_tolerance': ('perception', 'pair_tolerance'),
    'frame_id': ('perception', 'frame_id'),
    'latch_file': ('safety_supervisor', 'latch_file'),
    'audit_file': ('safety_supervisor', 'audit_file'),
}
# Of these, what is judged as it runs; the rest is tried out as the files have it.
TOLD = (
    'description', 'backend', 'colour_transport', 'depth_transport', 'pair_tolerance', 'frame_id',
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What is examined.

    Attributes:
        files: Parameter files over those of config/.
        namespace: Of the graph.
        robot: File of config/robots, in place of what the parameter files say.
        seconds: How long topics are heard, s.
        graph: Whether to look at the running graph at all.
        camera: Whose driver's topics are looked at while no perception runs.
        camera_prefix: Before the camera's topics, in place of its driver's usual.
    """

    files: tuple[Path, ...] = ()
    namespace: str = ''
    robot: str = ''
    seconds: float = LISTEN
    graph: bool = True
    camera: str = 'own'
    camera_prefix: str = ''

    def __post_init__(self) -> None:
        """Refuse a camera that is not known."""
        if self.camera not in CAMERAS:
            raise ConfigurationError(f'camera = {self.camera!r}; known are {", ".join(CAMERAS)}')


def gather(request: Request, environment: Mapping[str, str] | None = None) -> Facts:
    """Look at everything; it takes as long as its slowest part."""
    given = dict(os.environ if environment is None else environment)
    files = [*(shared_file(f'config/{name}.yaml') for name in CONFIG), *request.files]
    wanted = wanted_by(files, request)
    trials = _start(request, wanted, files, given)
    here = machine.gather(given, (wanted.latch_file, wanted.audit_file))
    ended = {name: trial.end() for name, trial in trials.items()}
    ros, graph = _heard(ended.get('graph'))
    native, robot, configuration, rendering = _tried(ended['tried'])
    return Facts(
        machine=here,
        wanted=running(wanted, graph),
        native=native,
        rendering=rendering if machine.installed('mujoco') else None,
        ros=ros,
        configuration=read_as(tuple[str, ...], configuration),
        robot=read_as(RobotFacts, robot),
        own_robot=own_robot(wanted, graph, given),
        server=ended['server'][-1] if 'server' in ended else None,
        graph=graph,
    )


def wanted_by(files: Sequence[Path], request: Request) -> Wanted:
    """Read what parameter files want; what is wrong in them another check tells."""
    values: dict[str, Any] = {}
    space = f'/{request.namespace.strip("/")}' if request.namespace.strip('/') else ''
    for path in files:
        try:
            sections = read_sections(path)
        except ConfigurationError:
            continue
        for field, (node, name) in ASKED.items():
            setting = settings_of(sections, f'{space}/{node}').get(name)
            if setting is not None and type(setting.value) is type(getattr(Wanted(), field)):
                values[field] = setting.value
    if request.robot:
        values['robot'] = request.robot
    return Wanted(**values)


def running(wanted: Wanted, graph: Graph | None) -> Wanted:
    """Put what running nodes tell in place of what the files say of them."""
    values: dict[str, Any] = {}
    for field in TOLD if graph is not None else ():
        node, name = ASKED[field]
        value = graph.told(node).get(name) if graph else None
        if type(value) is type(getattr(wanted, field)):
            values[field] = value
    return replace(wanted, **values)


class Trial:
    """A process that tries one thing out."""

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str], said: object = None
    ) -> None:
        """Start it.

        Args:
            words: After the interpreter.
            environment: Of the process.
            said: Written to its standard input as JSON.
        """
        self._limit = LIMIT * machine.slowdown()
        self._deadline = time.monotonic() + self._limit
        self._process = subprocess.Popen(
            [sys.executable, *words],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._say(json.dumps(said))

    def end(self) -> tuple[Probe, ...]:
        """Wait for its end, at most until its time is over.

        Returns:
            The lines that it printed, and last how it ended where it did not end well.
        """
        try:
            left = max(self._deadline - time.monotonic(), 0.1)
            output, errors = self._process.communicate(timeout=left)
        except subprocess.TimeoutExpired:
            self._process.kill()
            output, _ = self._process.communicate()
            late = Probe(False, f'no answer within {self._limit:.3g} s', is_late=True)
            return (*_lines(output), late)
        code, lines = self._process.returncode, _lines(output)
        said = errors.strip().splitlines()
        fault = Probe(False, said[-1] if said else f'it ended with {code}')
        return lines if code == 0 and lines else (*lines, fault)

    def _say(self, text: str) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(BrokenPipeError), pipe:
                pipe.write(text)
        self._process.stdin = None


def _lines(output: str) -> tuple[Probe, ...]:
    return tuple(Probe(True, line) for line in output.splitlines())


def read_as(kind: type[T], probe: Probe) -> T | None:
    """Read what a process printed; None where it failed."""
    if not probe.worked:
        return None
    try:
        return TypeAdapter(kind).validate_json(probe.said)
    except ValidationError:
        return None


def _start(
    request: Request, wanted: Wanted, files: list[Path], given: Mapping[str, str]
) -> dict[str, Trial]:
    """Start everything that takes time."""
    environment = {**given, **added_environment(given), 'PYTHONWARNINGS': 'ignore'}
    trials: dict[str, Trial] = {}
    if request.graph:
        line = ['-m', 'qwen_embodied.nodes.examining', '--namespace', request.namespace]
        line += ['--seconds', str(request.seconds)]
        line += ['--transports', wanted.colour_transport, wanted.depth_transport]
        line += ['--camera', request.camera, '--camera-prefix', request.camera_prefix]
        trials['graph'] = Trial(line, environment)
    path = '' if wanted.description in ('preset', 'topic') else wanted.description
    trial = [wanted.robot, path, wanted.obstacles, [str(path) for path in files]]
    trials['tried'] = Trial(['-m', 'qwen_embodied.nodes.trying'], environment, trial)
    if wanted.planner == 'server':
        asked = [wanted.servers, wanted.model, wanted.plain_http]
        trials['server'] = Trial(['-m', 'qwen_embodied.doctor.asking'], environment, asked)
    return trials


def own_robot(wanted: Wanted, graph: Graph | None, given: Mapping[str, str]) -> RobotFacts | None:
    """Load the robot for which the graph runs, with its own description.

    Args:
        wanted: By the parameter files alone.
        graph: The running one, if any.
        given: Environment.

    Returns:
        None where it is the wanted one; one with a fault where it is not known.
    """
    if graph is None:
        return None
    there = [node for node in CELL_NODES if graph.named(node)]
    told: Mapping[str, Any] = next((graph.told(node) for node in there if graph.told(node)), {})
    if there and not told:
        return RobotFacts('', fault=f'{there[0]} does not tell its robot', is_late=True)
    name, given_as = str(told.get('robot', wanted.robot)), told.get('robot_description', '')
    path = '' if given_as in ('preset', 'topic') else given_as
    if name == wanted.robot and not (graph.description or path):
        return None
    said = [name, graph.description or path, '', None]
    *_, probe = Trial(['-m', 'qwen_embodied.nodes.trying'], given, said).end()
    told_robot = read_as(Probe, probe)
    found = read_as(RobotFacts, told_robot) if told_robot else None
    return found or RobotFacts(name, fault=probe.said, is_late=probe.is_late)


def _heard(ended: tuple[Probe, ...] | None) -> tuple[Probe, Graph | None]:
    """Say whether rclpy works, and what was seen of the graph."""
    if ended is None:
        return Probe(True, 'the running graph was not looked at'), None
    graph = read_as(Graph, ended[-1])
    return (ended[-1], None) if graph is None else (Probe(True, graph.rmw), graph)


def _tried(ended: tuple[Probe, ...]) -> tuple[Probe, ...]:
    """Give one answer for each trial; how the process ended for those that it did not reach."""
    told = [read_as(Probe, line) or line for line in ended]
    missing = TRIALS - len(told)
    return (
        *told,
        *[Probe(False, NOT_REACHED) if told[-1].worked else told[-1]] * missing,
    )
