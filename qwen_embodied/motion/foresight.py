"""Skills that make the next motion while the arm still carries out the one before."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from copy import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.messages import JointState, Scene, SceneObject
from qwen_embodied.motion.motions import Motion
from qwen_embodied.motion.skills import Point, Skills

Array = NDArray[np.float64]
Asked = tuple[object, ...]


class _Begun(NamedTuple):
    """A motion in the making: what for, the row (J + 1,) where it starts, and by whom."""

    asked: Asked
    start: Array
    maker: Skills
    made: Future[Motion]


class ForesightedSkills(Skills):
    """Makes what is foreseen in a thread, and gives the same motions as `Skills`, only earlier.

    A motion counts only when exactly what was foreseen is then asked for, at the same joints;
    else it is thrown away. Never are two motions made at once, since the solvers of a robot are
    for one thread at a time.
    """

    _begun: _Begun | None = None

    # -- what will be asked ---------------------------------------------------------------

    def foresee_place(
        self, after: Motion, item: SceneObject, relation: str, target: SceneObject | None,
        scene: Scene, *, position: Point | None = None,
    ) -> None:  # fmt: skip
        """Begin to make the placing that follows a pick."""
        state, maker = _end(after), copy(self)
        asked = ('place', item, relation, target, scene, position)
        self._begin(asked, state, maker, lambda: Skills.place(
            maker, item, relation, target, scene, state, position=position
        ))  # fmt: skip

    def foresee_home(self, after: Motion) -> None:
        """Begin to make the way home that follows a placing or a push."""
        state, maker = _end(after), copy(self)
        maker.held = None
        self._begin(('home', self._scene), state, maker, lambda: Skills.home(maker, state))

    # -- what is asked --------------------------------------------------------------------

    def pick(self, item: SceneObject, scene: Scene, state: JointState) -> Motion:
        """Take an object, as `Skills` does."""
        self._drop()
        return super().pick(item, scene, state)

    def place(
        self, item: SceneObject, relation: str, target: SceneObject | None, scene: Scene,
        state: JointState, *, position: Point | None = None,
    ) -> Motion:  # fmt: skip
        """Put down what is held, as `Skills` does."""
        foreseen = self._foreseen(('place', item, relation, target, scene, position), state)
        if foreseen is not None:
            return foreseen
        return super().place(item, relation, target, scene, state, position=position)

    def push(
        self, item: SceneObject, direction: str, distance: float, scene: Scene, state: JointState
    ) -> Motion:
        """Push an object, as `Skills` does."""
        self._drop()
        return super().push(item, direction, distance, scene, state)

    def home(self, state: JointState, scene: Scene | None = None) -> Motion:
        """Go where the arm hides nothing, as `Skills` does."""
        foreseen = self._foreseen(('home', scene or self._scene), state)
        return super().home(state, scene) if foreseen is None else foreseen

    def let_go(self, state: JointState) -> Motion:
        """Open the gripper where it is, as `Skills` does."""
        self._drop()
        return super().let_go(state)

    # -- inside ---------------------------------------------------------------------------

    def _begin(
        self, asked: Asked, state: JointState, maker: Skills, make: Callable[[], Motion]
    ) -> None:
        self._drop()
        thread = ThreadPoolExecutor(1, 'next motion')
        self._begun = _Begun(asked, self._mover.row(state), maker, thread.submit(make))
        thread.shutdown(wait=False)

    def _drop(self) -> _Begun | None:
        """Wait until nothing is made any more, and give what was made."""
        begun, self._begun = self._begun, None
        if begun is not None:
            wait([begun.made])
        return begun

    def _foreseen(self, asked: Asked, state: JointState) -> Motion | None:
        """Give the motion where it was foreseen, or raise why there is none."""
        begun, held = self._drop(), self.held
        if begun is None or begun.asked != asked or begun.maker.held is not held:
            return None
        if not np.array_equal(begun.start, self._mover.row(state)):
            return None
        self._scene = begun.maker._scene
        return begun.made.result()


def _end(motion: Motion) -> JointState:
    """Give the joints where a motion ends."""
    last = motion.segments[-1].trajectory
    return JointState(0.0, last.joint_names, last.positions[-1])
