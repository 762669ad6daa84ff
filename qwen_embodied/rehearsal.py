"""A dry run: the first motion is judged as things are, those after it as they would be then.

Nothing moves. What the camera sees and where the arm is are real; the arm and the things that it
would carry go on in imagination, and the same rules judge every trajectory.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from qwen_embodied.messages import ArmStatus, JointState, JointTrajectory
from qwen_embodied.motion import Obstacle, Robot
from qwen_embodied.replay.predicted import PredictedCell
from qwen_embodied.safety import Parameters as Rules
from qwen_embodied.workcell import ENDS, Observation, TaskEvent, Workcell

BY_SUPERVISOR, BY_RULES = 'the safety supervisor', 'the same rules, as things would be then'


@dataclass(frozen=True)
class Rehearsed:
    """One motion of a dry run.

    Attributes:
        segment: Name of the segment of the motion, such as 'lift'.
        duration: s.
        points: Of the trajectory.
        approved: Whether it may be done.
        reasons: Why not.
        judge: Who judged.
    """

    segment: str
    duration: float
    points: int
    approved: bool
    reasons: tuple[str, ...]
    judge: str

    @property
    def line(self) -> str:
        """One line for a person."""
        verdict = 'approved' if self.approved else f'REFUSED: {"; ".join(self.reasons)}'
        return f'{self.segment:12} {self.duration:6.2f} s {self.points:5} points  {verdict}'


@dataclass(frozen=True)
class Rehearsal:
    """What a dry run showed.

    Attributes:
        instruction: As given.
        success: Whether all of it can be done.
        reason: Why not; empty on success.
        steps: The plan in words.
        motions: In order.
    """

    instruction: str
    success: bool
    reason: str
    steps: tuple[str, ...]
    motions: tuple[Rehearsed, ...]

    def lines(self) -> list[str]:
        """Give it for a person."""
        said = [f'dry run of “{self.instruction}”: nothing moved']
        said += [f'  step {number}: {text}' for number, text in enumerate(self.steps, start=1)]
        said += [f'  {motion.line}' for motion in self.motions]
        total = sum(motion.duration for motion in self.motions)
        verdict = 'can be done' if self.success else f'cannot be done: {self.reason}'
        return [*said, f'  {len(self.motions)} motions, {total:.1f} s in all: {verdict}']


class RehearsedCell:
    """A workcell in which everything is real but motion; see `workcell.Workcell`."""

    def __init__(
        self,
        cell: Workcell,
        robot: tuple[Robot, tuple[Obstacle, ...]],
        rules: Callable[[], Rules],
        dry: str,
        tell: Callable[[Rehearsal], object],
    ) -> None:
        """Join the parts.

        Args:
            cell: Looks, and proposes trajectories to a supervisor before a controller that moves
                nothing.
            robot: The arm, and what stands around it that no camera sees.
            rules: Gives the thresholds of that supervisor; may wait for them.
            dry: Reason for which that controller rejects what the supervisor approved.
            tell: Gets what each dry run showed.
        """
        self._cell, self._robot, self._rules = cell, robot, rules
        self._dry, self._tell = dry, tell
        self._imagined: PredictedCell | None = None
        self._motions: list[Rehearsed] = []
        self._steps: tuple[str, ...] = ()
        self._instruction = self._segment = ''
        self._approved = 0

    def now(self) -> float:
        """Give the time, s."""
        return self._here.now()

    def state(self) -> JointState:
        """Give the joints, as they would be."""
        return self._here.state()

    def look(self) -> Observation:
        """See what is there; after the first motion, what would be there."""
        if self._approved and self._imagined is not None:
            return self._imagined.look()
        view = self._cell.look()
        self._imagined = self._imagine(view)
        return view

    def glimpse(self) -> Observation | None:
        """Give what was seen last; nothing once it is imagined, which a look gives at once."""
        return None if self._approved else self._cell.glimpse()

    def stopped(self, since: float) -> str:
        """Say why the supervisor latched a stop; imagined time may be ahead of the real one."""
        return self._cell.stopped(min(since, self._cell.now()))

    def wait(self, seconds: float) -> None:
        """Let time pass, in imagination once that has begun."""
        self._here.wait(seconds)

    def execute(self, trajectory: JointTrajectory) -> ArmStatus:
        """Have a trajectory judged; imagine it done when it is approved."""
        imagined = self._imagined = self._imagined or self._imagine(self._cell.look())
        if self._approved:
            status, judge = imagined.execute(trajectory), BY_RULES
        else:
            status, judge = self._cell.execute(trajectory), BY_SUPERVISOR
            if status.state == 'rejected' and status.reason == self._dry:
                status = imagined.execute(trajectory)
        self._keep(trajectory, status, judge)
        return status

    def report(self, event: TaskEvent) -> None:
        """Tell the operator, and at the end what the dry run showed."""
        self._take(event)
        if self._imagined is not None:
            self._imagined.report(event)
        is_end = event.kind in ENDS
        text = f'dry run, nothing moved: {event.text}' if is_end else event.text
        self._cell.report(replace(event, text=text, data={**event.data, 'dry_run': True}))
        if is_end:
            success = event.kind == 'succeeded'
            motions, reason = tuple(self._motions), '' if success else event.text
            self._tell(Rehearsal(self._instruction, success, reason, self._steps, motions))

    # -- inside ---------------------------------------------------------------------------

    @property
    def _here(self) -> Workcell:
        return self._imagined if self._approved and self._imagined is not None else self._cell

    def _imagine(self, view: Observation) -> PredictedCell:
        robot, obstacles = self._robot
        return PredictedCell(robot, view, self._rules(), obstacles)

    def _take(self, event: TaskEvent) -> None:
        if event.kind == 'accepted':
            self._imagined, self._approved, self._motions = None, 0, []
            self._instruction, self._steps = event.text, ()
        elif event.kind == 'segment':
            self._segment = event.text
        elif 'steps' in event.data:
            self._steps = tuple(event.data['steps'])

    def _keep(self, trajectory: JointTrajectory, status: ArmStatus, judge: str) -> None:
        approved = status.state == 'succeeded'
        self._approved += int(approved)
        reasons = () if approved else (status.reason,)
        points = len(trajectory.times)
        self._motions.append(
            Rehearsed(self._segment, trajectory.duration, points, approved, reasons, judge)
        )


__all__ = ['Rehearsal', 'Rehearsed', 'RehearsedCell']
