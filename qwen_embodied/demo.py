"""The demonstration: one instruction, carried out in simulation and judged by exact positions."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qwen_embodied.account import Account
from qwen_embodied.bringup import Profile, graph_environment, recorded, simulation
from qwen_embodied.errors import MissingDependencyError, extra
from qwen_embodied.messages import Scene
from qwen_embodied.motion import load_robot
from qwen_embodied.pipeline import Perception, Pipeline, SteppedWorld, Watch
from qwen_embodied.planning import GrammarPlanner, Plan, PlanRequest
from qwen_embodied.processes import Graph
from qwen_embodied.run_folder import dated, write_run
from qwen_embodied.run_record import Picture, RunRecord
from qwen_embodied.scoring import Goal, goals_of, translate, unmet_goals
from qwen_embodied.task import TaskEvent

if TYPE_CHECKING:
    from qwen_embodied.nodes.operating import Operator
    from qwen_embodied.simulation import MujocoWorld

VIEW_PERIOD = 0.05  # s, between pictures of the episode
DONE, FAILED = 0, 1
INTERRUPTED = 'stopped by Ctrl-C'


@dataclass(frozen=True)
class DemoSettings:
    """What to show.

    Attributes:
        instruction: In plain words.
        seed: Of the table and of the camera's noise.
        light: Name of a lamp setting.
        folder: The run folder; <parent>/<date>-<words> where None.
        parent: Folder of the run folders.
        record: Leave a recording in the run folder.
    """

    instruction: str
    seed: int = 0
    light: str = 'normal'
    folder: Path | None = None
    parent: Path = Path('runs')
    record: bool = False


def run_demo(settings: DemoSettings, *, in_process: bool) -> int:
    """Carry out an instruction in simulation.

    Args:
        settings: What to show.
        in_process: Run without ROS, in one process.

    Returns:
        The exit code: 0 when exact positions confirm the goal, 1 when not.
    """
    account = Account()
    try:
        if in_process:
            return run_in_process(settings, account)
        return run_graph(settings, account)
    except KeyboardInterrupt:
        account.line('stopped', 'by Ctrl-C', 'yellow')
        raise


def run_in_process(settings: DemoSettings, account: Account | None = None) -> int:
    """Run the chain in this process, in virtual time; gives the exit code."""
    from qwen_embodied.simulation import MujocoWorld, generate_scene

    account = account or Account()
    account.line('simulates', f'seed {settings.seed}, light {settings.light}, in one process')
    begun = time.monotonic()
    world = MujocoWorld(generate_scene(settings.seed), light=settings.light, seed=settings.seed)
    robot = load_robot('panda')
    film = _Film(world, account)
    settings = replace(settings, folder=settings.folder or run_folder_for(settings))
    before = world.ground_truth()
    with _seen(world, settings) as seen:
        pipeline = Pipeline(seen, Perception(robot), GrammarPlanner(), robot=robot, watch=film)
        record = pipeline.run(settings.instruction).record
    record.views = film.views
    record.timings = {'wall': round(time.monotonic() - begun, 3), 'simulated': world.time}
    return finish(settings, record, before, world.ground_truth(), account)


def run_graph(settings: DemoSettings, account: Account | None = None) -> int:
    """Run the chain as a ROS graph, one process per node; gives the exit code.

    Raises:
        QwenEmbodiedError: A node is missing, ended or fell silent; the run folder is written.
    """
    account = account or Account()
    begun, folder = time.monotonic(), settings.folder or run_folder_for(settings)
    settings = replace(settings, folder=folder)
    profile = _profile(settings)
    os.environ.update(graph_environment())
    names = [spec.name for spec in profile.nodes]
    account.line('starts', f'{", ".join(names)}; seed {settings.seed}, light {settings.light}')
    with _running(Graph(profile, logs_of(settings))) as operator:
        ready = time.monotonic() - begun
        account.line('ready', f'{len(profile.nodes)} nodes over DDS after {ready:.1f} s')
        before = operator.score()
        try:
            for event in operator.carry_out(settings.instruction):
                account.event(event)
            after = operator.score()
        except KeyboardInterrupt:
            operator.record.reason = INTERRUPTED
            account.line('stopping', 'by Ctrl-C; the arm comes to rest', 'yellow')
            raise
        finally:
            _leave(settings, operator.record, ready, time.monotonic() - begun, account)
    return finish(settings, operator.record, before, after, account)


@contextmanager
def _running(graph: Graph) -> Iterator[Operator]:
    """Start a graph where no other runs; gives who operates it once it is ready."""
    with _operator(graph) as operator:
        operator.refuse_neighbours(spec.name for spec in graph.profile.nodes)
        with graph:
            operator.wait_until_ready()
            yield operator


def _leave(
    settings: DemoSettings, record: RunRecord, ready: float, total: float, account: Account
) -> None:
    """Note the times; keep and say now what nobody will judge any more."""
    record.timings |= {'ready': round(ready, 3), 'total': round(total, 3)}
    if 'first motion' in record.timings:
        record.timings['first motion'] = round(ready + record.timings['first motion'], 3)
    if record.success:
        return
    folder = keep(settings, record)
    if record.reason == INTERRUPTED:
        account.line('kept', f'{folder}/')


def _profile(settings: DemoSettings) -> Profile:
    profile = simulation(seed=settings.seed, light=settings.light)
    return recorded(profile, str(recording_of(settings))) if settings.record else profile


def _operator(graph: Graph) -> Operator:
    try:
        from qwen_embodied.nodes.operating import Operator
    except ImportError as error:
        raise MissingDependencyError(
            str(error.name), f'source your ROS 2, or {extra("ros")}'
        ) from error
    return Operator(check=graph.check)


def logs_of(settings: DemoSettings) -> Path:
    """Give the folder of the nodes' logs."""
    return (settings.folder or run_folder_for(settings)) / 'logs'


def recording_of(settings: DemoSettings) -> Path:
    """Give the folder of the recording."""
    return (settings.folder or run_folder_for(settings)) / 'recording'


@contextmanager
def _seen(world: MujocoWorld, settings: DemoSettings) -> Iterator[SteppedWorld]:
    """Give the world, recorded where that is asked for."""
    if not settings.record:
        yield world
        return
    from qwen_embodied.replay.recording import recorded_world

    with recorded_world(world, recording_of(settings), settings.instruction) as recorder:
        yield recorder


def finish(
    settings: DemoSettings, record: RunRecord, before: Scene, after: Scene, account: Account
) -> int:
    """Judge a run by exact scenes, write its folder and say how it went."""
    if record.success:
        faults = confirm(record, before, after)
        record.success, record.reason = not faults, '; '.join(faults)
        if faults:
            account.line('denied', f'exact positions say: {record.reason}', 'bold red')
        elif _goals(record, before):
            account.line('confirmed', 'exact positions of the simulator agree', 'bold green')
        else:
            account.line('note', 'nothing was to be moved: there is nothing to confirm')
    elif record.plan and _goals(record, before) and not confirm(record, before, after):
        account.line('note', 'exact positions say that it was done; it was not seen', 'yellow')
    folder = keep(settings, record)
    names = ' '.join(sorted(path.name for path in folder.iterdir()))
    account.line('kept', f'{folder}/  {names}')
    return DONE if record.success else FAILED


def keep(settings: DemoSettings, record: RunRecord) -> Path:
    """Write the run folder."""
    record.settings = {'seed': settings.seed, 'light': settings.light, **record.settings}
    folder = settings.folder or run_folder_for(settings)
    return write_run(record, folder, load_robot('panda').limits.scaled(0.5, 0.5, 1.0))


def confirm(record: RunRecord, before: Scene, after: Scene) -> tuple[str, ...]:
    """Say what exact positions deny."""
    return unmet_goals(_goals(record, before), before, after)


def _goals(record: RunRecord, before: Scene) -> tuple[Goal, ...]:
    """Read the goals of a run; none where nothing was to be moved.

    They are read from the instruction on the exact scene, so that a wrong perception or a
    wrong plan cannot confirm itself; where the grammar does not know the words, the plan's own
    goals are taken.
    """
    goals = GrammarPlanner().goals(PlanRequest(record.instruction, before))
    if goals or not record.plan:
        return goals
    plan = Plan.model_validate_json(record.plan)
    return goals_of(translate(plan, record.scene_before, before) if record.scene_before else plan)


def run_folder_for(settings: DemoSettings) -> Path:
    """Name the folder of a run by date and words; by a hash where these are not Latin."""
    said = settings.instruction.strip()
    words = re.sub(r'[^a-z0-9]+', '-', said.lower()).strip('-')[:40]
    if not words and said:
        words = f'words-{hashlib.sha256(said.encode()).hexdigest()[:8]}'
    words = words or 'no-words'
    return settings.parent / dated(words)


class _Film(Watch):
    """Prints each event and takes a picture every VIEW_PERIOD of the world's time."""

    def __init__(self, world: MujocoWorld, account: Account) -> None:
        self.views: list[tuple[float, Picture]] = []
        self._world, self._account = world, account
        self._next = 0.0

    def event(self, event: TaskEvent) -> None:
        self._account.event(event)

    def step(self) -> None:
        if self._world.time >= self._next:
            self.views.append((self._world.time, self._world.picture()))
            self._next = self._world.time + VIEW_PERIOD
