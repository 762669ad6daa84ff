"""The workcell of a ROS graph: blocking calls for the executive, fed by callbacks."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.errors import CameraError, ControlError, TaskError
from qwen_embodied.messages import ArmStatus, Frame, JointState, JointTrajectory, Scene
from qwen_embodied.safety import LATCHED, SafetyState
from qwen_embodied.workcell import Observation, TaskEvent

View = Callable[[float, NDArray[np.uint8]], Frame | None]

RECENT = 0.5  # s, age of a scene that is still news
NEXT_WORDS = 2  # of the supervisor, the second of which it surely said later
ENDED = ('succeeded', 'aborted', 'rejected')


@dataclass(frozen=True)
class Patience:
    """How long the workcell waits, in wall-clock seconds.

    Attributes:
        look: For a new scene.
        answer: For the first status of a proposed trajectory.
        silence: For joint states while it moves or waits.
        overrun: Of the workcell's time beyond a trajectory's duration.
        word: For the supervisor's state after a trajectory that failed.
    """

    look: float = 10.0
    answer: float = 5.0
    silence: float = 5.0
    overrun: float = 5.0
    word: float = 0.5


class RosWorkcell:
    """Waits on what the callbacks of a node hear; every wait ends, at the latest in time.

    Attributes:
        sign: Gives the id of a trajectory from its name; may wait, and raises to end the task.
        halt: Called where a trajectory is given up that may still be followed.
    """

    def __init__(
        self,
        propose: Callable[[JointTrajectory], None],
        report: Callable[[TaskEvent], None],
        patience: Patience | None = None,
        *,
        frames: int = 3,
        view: View | None = None,
    ) -> None:
        """Join the outputs.

        Args:
            propose: Sends a trajectory to the safety supervisor.
            report: Tells the operator.
            patience: Time limits.
            frames: New scenes a look waits for; the last one counts.
            view: Gives the frame with depth of a stamp and its image, or None without.
        """
        self._propose, self._report = propose, report
        self._patience = patience or Patience()
        self._frames, self._view = frames, view
        self.sign: Callable[[str], str] = str
        self.halt: Callable[[], object] = bool
        self._changed = threading.Condition()
        self._scenes: list[Scene] = []
        self._rgb: tuple[float, NDArray[np.uint8]] | None = None
        self._state: tuple[float, JointState] | None = None
        self._status = ArmStatus('', 'idle')
        self._ends: dict[str, ArmStatus] = {}
        self._trouble = ''
        self._safety, self._stop = 0, (float('-inf'), '')
        self._lease: tuple[float, SafetyState] | None = None
        self._closed = False
        self._session, self._count = uuid.uuid4().hex[:6], 0

    # -- what the callbacks hear ----------------------------------------------------------

    def hear_scene(self, scene: Scene) -> None:
        """Take a perceived scene."""
        with self._changed:
            self._scenes.append(scene)
            del self._scenes[:-10]
            self._changed.notify_all()

    def hear_image(self, image: tuple[float, NDArray[np.uint8]]) -> None:
        """Take the stamp, s, and the corrected image (H, W, 3) of a scene."""
        with self._changed:
            self._rgb = image
            self._changed.notify_all()

    def hear_state(self, state: JointState) -> None:
        """Take measured joints."""
        with self._changed:
            self._state = (time.monotonic(), state)
            self._changed.notify_all()

    def hear_status(self, status: ArmStatus) -> None:
        """Take what the arm controller does."""
        with self._changed:
            self._status = status
            if status.state in ENDED:
                self._ends = {**self._ends, status.trajectory_id: status}
            self._changed.notify_all()

    def hear_safety(self, state: SafetyState) -> None:
        """Take what the safety supervisor says."""
        with self._changed:
            self._safety += 1
            self._lease = (time.monotonic(), state)
            if state.state in LATCHED:
                self._stop = (self.now(), '; '.join(state.reasons) or state.state)
            self._changed.notify_all()

    def hear_trouble(self, text: str) -> None:
        """Take what perception says is wrong; empty when nothing is."""
        self._trouble = text

    def close(self) -> None:
        """End every wait with a TaskError: the node is going down."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # -- the protocol of the executive ----------------------------------------------------

    def now(self) -> float:
        """Give the stamp of the newest joint state, s."""
        return self._state[1].stamp if self._state else 0.0

    def state(self) -> JointState:
        """Give the newest measured joints; raises ControlError when there are none."""
        self._wait(lambda: self._state is not None, self._patience.silence)
        if self._state is None or self._silence() > self._patience.silence:
            raise ControlError(f'no joint_states for {self._silence():.0f} s; is the arm running?')
        return self._state[1]

    def stopped(self, since: float) -> str:
        """Say why the supervisor latched a stop since a time, s; empty where it did not."""
        at, why = self._stop
        return why if at >= since else ''

    def glimpse(self) -> Observation | None:
        """Give the newest scene with its image, where it is not old."""
        scene = self._scenes[-1] if self._scenes else None
        image = self._image_of(scene) if scene else None
        if scene is None or image is None or self.now() - scene.stamp > RECENT:
            return None
        frame = self._view(scene.stamp, image) if self._view else None
        return Observation(scene, image, self.state(), frame)

    def look(self) -> Observation:
        """Wait for scenes seen after this call."""
        since, limit = self.state().stamp, self._patience.look
        if not self._wait(lambda: len(self._after(since)) >= self._frames, limit):
            said = f'; perception says: {self._trouble}' if self._trouble else ''
            raise CameraError(f'no new perception/scene for {limit:.0f} s{said}')
        scene = self._after(since)[-1]
        self._wait(lambda: self._image_of(scene) is not None, limit)
        image = self._image_of(scene)
        if image is None:
            raise CameraError(f'no perception/image for the scene of {scene.stamp:.2f} s')
        frame = self._view(scene.stamp, image) if self._view else None
        return Observation(scene, image, self.state(), frame)

    def execute(self, trajectory: JointTrajectory) -> ArmStatus:
        """Propose a trajectory under an own id and wait for how it ends."""
        self._count += 1
        self._ends = {}
        name = self.sign(f'{self._session}-{self._count:04d}')
        named = replace(trajectory, id=name)
        self._propose(named)
        if not self._wait(lambda: self._answered(named.id), self._patience.answer):
            return self._give_up(
                named.id,
                f'no answer for {self._patience.answer:.0f} s; '
                'are the safety supervisor and the arm controller running?',
            )
        end = self.now() + named.duration + self._patience.overrun
        while not self._wait(lambda: named.id in self._ends, 1.0):
            is_over = self.now() > end and not self._is_watched(named.id)
            if self._silence() > self._patience.silence or is_over:
                return self._give_up(named.id, self._why_unended())
        status = self._ends.pop(named.id)
        if status.state != 'succeeded' and self._safety:
            # The supervisor's word may be behind the controller's: hear why before going on.
            heard = self._safety + NEXT_WORDS
            self._wait(lambda: self._safety >= heard, self._patience.word)
        return status

    def wait(self, seconds: float) -> None:
        """Let the workcell's time pass."""
        end = self.state().stamp + seconds
        while not self._wait(lambda: self.now() >= end, 1.0):
            self.state()

    def report(self, event: TaskEvent) -> None:
        """Tell the operator."""
        self._report(event)

    # -- inside ---------------------------------------------------------------------------

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        with self._changed:
            met = self._changed.wait_for(lambda: self._closed or condition(), seconds)
            if self._closed:
                raise TaskError('the planner node is ending')
            return met

    def _after(self, stamp: float) -> list[Scene]:
        return [scene for scene in self._scenes if scene.stamp > stamp]

    def _image_of(self, scene: Scene) -> NDArray[np.uint8] | None:
        return self._rgb[1] if self._rgb and self._rgb[0] >= scene.stamp - 1e-6 else None

    def _answered(self, trajectory_id: str) -> bool:
        return self._status.trajectory_id == trajectory_id or trajectory_id in self._ends

    def _is_watched(self, trajectory_id: str) -> bool:
        """Say whether the supervisor, which knows the pace, still waits for its end."""
        if self._lease is None:
            return False
        heard, state = self._lease
        is_recent = time.monotonic() - heard <= self._patience.silence
        return is_recent and state.trajectory_id == trajectory_id

    def _give_up(self, trajectory_id: str, reason: str) -> ArmStatus:
        self.halt()
        return ArmStatus(trajectory_id, 'aborted', reason)

    def _silence(self) -> float:
        return time.monotonic() - self._state[0] if self._state else float('inf')

    def _why_unended(self) -> str:
        if self._silence() > self._patience.silence:
            return f'no joint_states for {self._silence():.0f} s'
        return self._status.reason or 'the arm controller did not finish it in time'
