"""Runs perception, planning, motion and safety again on a recording, as it came."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np

from qwen_embodied.errors import ReplayError
from qwen_embodied.geometry import pose, rotation_of
from qwen_embodied.messages import Scene
from qwen_embodied.motion import Skills, load_robot
from qwen_embodied.planning import GrammarPlanner, Planner
from qwen_embodied.replay.ahead import Ahead
from qwen_embodied.replay.apart import Apart
from qwen_embodied.replay.bag import Bag
from qwen_embodied.replay.config import ReplayConfig, stage_parameters
from qwen_embodied.replay.inputs import ClockJumpError
from qwen_embodied.replay.logs import ReplayLogs
from qwen_embodied.replay.measured import Measured, path_distance
from qwen_embodied.replay.moments import Account, Moment, MomentReader, Moments, Source
from qwen_embodied.replay.predicted import PredictedCell
from qwen_embodied.replay.results import Joints, Logs, ReplayReport
from qwen_embodied.replay.sight import Sight
from qwen_embodied.replay.topics import find_topics
from qwen_embodied.replay.transforms import camera_doubt
from qwen_embodied.run_record import RunRecord
from qwen_embodied.serialization import to_json
from qwen_embodied.task import Executive, TaskResult
from qwen_embodied.workcell import Observation

AT_REST = 0.02  # rad/s, below which a recorded arm may be planned for
MOST_COMPARED = 1000  # rows of the planned path that the recorded motion is compared with
Way = Literal['here', 'thread', 'process']
WAYS: dict[Way, Callable[[Source], Moments]] = {
    'here': MomentReader,
    'thread': Ahead,
    'process': Apart,
}


def rerun(
    bag: Bag,
    config: ReplayConfig,
    *,
    planner: Planner | None = None,
    folder: Path | None = None,
    progress: Callable[[float], object] | None = None,
    way: Way = 'thread',
) -> ReplayReport:
    """Replay a recording in virtual time.

    The same recording and configuration give the same logs, byte for byte, with a planner that
    gives the same plan for the same request.

    Args:
        bag: From `read_bag`.
        config: What to plan, and how to look.
        planner: GrammarPlanner where None.
        folder: Gets scenes.jsonl, plan.jsonl and trajectories.jsonl while they are made.
        progress: Told the share of the recording that was replayed, 0 to 1.
        way: Where images are read and corrected while others become scenes: in a 'process' of
            its own, which a script may ask for below `if __name__ == '__main__'` only, in a
            'thread', or 'here' one after the other. It decides the speed and nothing else.

    Raises:
        ReplayError: The recording is broken or lacks images, calibration or joints.
        ConfigurationError: The configuration is wrong, or the folder cannot be written.
    """
    with ReplayLogs(folder) as logs:
        replay = _Rerun(bag, config, planner or GrammarPlanner(), logs)
        return replay.run(WAYS[way], progress or _silent)


def _silent(share: float) -> None:
    del share


class _Rerun:
    """The state of one replay."""

    def __init__(self, bag: Bag, config: ReplayConfig, planner: Planner, logs: ReplayLogs) -> None:
        self._bag, self._config, self._planner, self._logs = bag, config, planner, logs
        self._stages = stage_parameters(config)
        self._robot = load_robot(config.robot)
        self._topics = find_topics(bag, config.topics)
        self._account = Account()
        self._sight = Sight(self._robot, self._stages.perception)
        self._measured = Measured(self._robot.all_limits, self._robot.joint_names)
        self._record = RunRecord(config.instruction)
        self._result: TaskResult | None = None
        self._cell: PredictedCell | None = None
        self._planned_at: float | None = None
        self._first: float | None = None
        self._last = 0.0
        self._partial = ''

    def run(
        self, read: Callable[[Source], Moments], progress: Callable[[float], object]
    ) -> ReplayReport:
        moments = read(self._source())
        length = max(self._bag.duration, 1e-9)
        try:
            for moment in moments:
                self._take(moment)
                progress(min(1.0, (self._last - (self._first or self._last)) / length))
        except ClockJumpError as error:
            self._partial = f'{error}; what came after was not replayed'
        progress(1.0)
        self._account = moments.account
        return self._report()

    def _source(self) -> Source:
        config = self._config
        return Source(
            self._bag, self._topics, config.tolerance, self._robot.all_limits.names,
            config.robot, self._stages.perception, self._stages.light.light_steps,
            pose(config.camera_position, rotation_of(config.camera_quaternion)), config.every,
        )  # fmt: skip

    # -- moments ---------------------------------------------------------------------------

    def _take(self, moment: Moment) -> None:
        for state in moment.states:
            self._at(state.stamp)
            self._measured.take(state)
        scene = self._sight.see(moment)
        if moment.frame is not None:
            self._at(moment.frame.stamp)
        if scene is None or moment.corrected is None:
            return
        self._logs.write('scenes', to_json(scene))
        self._record.scene_after = scene
        if self._is_time(scene):
            self._plan(scene, moment)

    def _at(self, stamp: float) -> None:
        self._first = stamp if self._first is None else self._first
        self._last = max(self._last, stamp)

    def _is_time(self, scene: Scene) -> bool:
        if not self._config.instruction or self._planned_at is not None:
            return False
        if self._config.at >= 0.0:
            return scene.stamp - (self._sight.origin or 0.0) >= self._config.at
        state = self._sight.state
        speeds = None if state is None else state.velocities
        is_resting = speeds is None or bool((np.abs(speeds) <= AT_REST).all())
        return is_resting and self._sight.frames_in_a_row >= self._config.settle

    def _plan(self, scene: Scene, moment: Moment) -> None:
        """Carry out the instruction in the cell that this moment is imagined to go on as."""
        state = self._sight.state
        if moment.corrected is None or state is None:
            return
        self._planned_at = scene.stamp - (self._sight.origin or 0.0)
        self._sight.show(f'planned here, {self._planned_at:.1f} s')
        self._record.scene_before = scene
        view = Observation(scene, moment.corrected.rgb, state)
        cell = self._cell = PredictedCell(self._robot, view, self._stages.safety)
        executive = Executive(cell, self._planner, Skills(self._robot, self._stages.motion))
        self._result = executive.run(self._config.instruction)
        self._record.events = cell.events
        self._record.trajectories = [item.trajectory for item in cell.judged if not item.breaches]
        plan = self._result.plan
        self._record.plan = plan.model_dump_json(exclude_none=True) if plan else ''
        self._logs.write('plan', self._record.plan or 'null')
        for item in cell.judged:
            self._logs.write('trajectories', to_json(item))
        self._measured.watch_from = scene.stamp

    # -- the report ------------------------------------------------------------------------

    def _report(self) -> ReplayReport:
        success, reason = self._outcome()
        seen = self._sight.finish(self._account.images)
        record = self._record
        record.success, record.reason = success, reason
        record.joint_names = self._measured.names
        record.joint_log = list(self._measured.rows)
        if seen.shown:
            record.before, record.after = seen.shown[0].annotated, seen.shown[-1].annotated
        return ReplayReport(
            success=success,
            reason=reason,
            plan=self._result.plan if self._result else None,
            record=record,
            settings=self._settings(),
            notes=self._notes(),
            partial=self._partial,
            duration=self._last - (self._first or 0.0),
            planned_at=self._planned_at,
            seen=seen,
            joints=self._joints(),
            judged=tuple(self._cell.judged) if self._cell else (),
            logs=Logs(*(self._logs.digest(name) for name in ('scenes', 'plan', 'trajectories'))),
            origin=self._sight.origin or 0.0,
        )

    def _outcome(self) -> tuple[bool, str]:
        if not self._account.images:
            raise ReplayError(
                f'no image of {self._topics.colour} could be used: '
                f'{"; ".join(self._notes()) or "there is none"}'
            )
        if self._result is not None:
            return self._result.success, self._result.reason
        if not self._config.instruction:
            return True, ''
        wanted = (
            f'from {self._config.at} s on' if self._config.at >= 0.0 else 'while the arm rested'
        )
        return False, f'nothing was planned: there was no good scene {wanted}'

    def _settings(self) -> dict[str, object]:
        values = {name: value for name, value in vars(self._config).items() if name != 'topics'}
        topics = {name: value for name, value in vars(self._topics).items() if value}
        recorded = dict(self._bag.configuration)
        return {'bag': self._bag.path.name, **values, 'topics': topics, 'recorded': recorded}

    def _notes(self) -> tuple[str, ...]:
        drops = (f'{count} x {reason}' for reason, count in sorted(self._account.drops.items()))
        nth = self._config.every
        thinned = (f'scenes were made of every {nth}th image',) if nth > 1 else ()
        unseen = (
            f'{count} images without a scene: {reason}'
            for reason, count in sorted(self._sight.refused.items())
        )
        camera = self._camera_doubt()
        place = (camera,) if camera else ()
        return (*self._bag.notes, *place, *self._account.notes, *drops, *unseen, *thinned)

    def _camera_doubt(self) -> str:
        frame = self._sight.frame_id
        if not frame:
            return ''
        base, used = self._robot.base_frame, self._source().camera_in_base
        return camera_doubt(self._bag, self._topics, base, frame, used)

    def _joints(self) -> Joints:
        measured, first = self._measured, self._sight.origin or 0.0
        rows = measured.rows
        since = rows.copy()
        if len(rows):
            since[:, 0] -= first
        breaches = tuple(
            f'{text} ({measured.breaches[joint]} x)'
            for joint, text in measured.first_breach.items()
        )
        moved = measured.first_motion
        return Joints(
            measured.names, since, measured.ranges, breaches, measured.count,
            None if moved is None else moved - first, self._distance(rows),
        )  # fmt: skip

    def _distance(self, rows: np.ndarray) -> tuple[float, float] | None:
        """Compare the arm joints of the recorded motion with the planned path."""
        moved = self._measured.first_motion
        approved = [item.trajectory for item in (self._cell.judged if self._cell else [])
                    if not item.breaches]  # fmt: skip
        if moved is None or not approved:
            return None
        arm = self._robot.joint_names
        columns = [1 + self._measured.names.index(name) for name in arm]
        planned = np.vstack(
            [
                item.positions[:, [item.joint_names.index(name) for name in arm]]
                for item in approved
            ]
        )
        step = max(1, len(planned) // MOST_COMPARED)
        return path_distance(rows[rows[:, 0] >= moved][:, columns], planned[::step])
