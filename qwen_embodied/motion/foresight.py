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
from qwen_embodied.motion.motions import Held, Motion
from qwen_embodied.motion.parameters import MotionParameters
from qwen_embodied.motion.robot import Robot
from qwen_embodied.motion.shapes import Obstacle
from qwen_embodied.motion.skills import Point, Skills

Array = NDArray[np.float64]
Asked = tuple[object, ...]
Make = Callable[[Skills, JointState], Motion]

ALIKE = 1e-9  # rad and m; joints that differ by less are the same


class _Begun(NamedTuple):
    """A motion in the making.

    Attributes:
        asked: What for.
        start: Row (J + 1,) where it starts.
        held: What is in the gripper there.
        maker: Who makes it.
        made: It.
    """

    asked: Asked
    start: Array
    held: Held | None
    maker: Skills
    made: Future[Motion]


class ForesightedSkills(Skills):
    """Makes what is foreseen in a thread, and gives the same motions as `Skills`, only earlier.

    A motion counts only when exactly what was foreseen is then asked for, at the same joints;
    else it is thrown away. Never are two motions made at once, since the solvers of a robot are
    for one thread at a time.
    """

    def __init__(
        self,
        robot: Robot,
        parameters: MotionParameters | None = None,
        obstacles: tuple[Obstacle, ...] = (),
    ) -> None:
        """Take the robot, what the operator set, and bodies that no camera sees."""
        super().__init__(robot, parameters, obstacles)
        self._thread = ThreadPoolExecutor(1, 'next motion')
        self._begun: list[_Begun] = []

    def close(self) -> None:
        """Begin no more motions; one in the making ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    # -- what will be asked ---------------------------------------------------------------

    def foresee_place(
        self, after: Motion, item: SceneObject, relation: str, target: SceneObject | None,
        scene: Scene, *, position: Point | None = None,
    ) -> None:  # fmt: skip
        """Begin to make the placing that follows a pick."""
        self._drop()
        asked = ('place', item, relation, target, scene, position)
        self._begin(asked, _end(after), self.held, lambda maker, state: Skills.place(
            maker, item, relation, target, scene, state, position=position
        ))  # fmt: skip

    def foresee_home(self, after: Motion) -> None:
        """Begin to make the way home that follows a placing or a push."""
        self._drop()
        self._begin(('home', self._scene), _end(after), None, Skills.home)

    def foresee_pick(self, after: Motion, item: SceneObject, scene: Scene) -> bool:
        """Begin to make the pick that follows a way home after a motion; True as it is done."""
        finger = _end(after).of((self._mover.gripper.joint,))
        names = (*self.robot.joint_names, self._mover.gripper.joint)
        state = JointState(0.0, names, np.append(self.robot.home, finger))
        self._begin(
            ('pick', item, scene), state, None,
            lambda maker, state: Skills.pick(maker, item, scene, state),
        )  # fmt: skip
        return True

    # -- what is asked --------------------------------------------------------------------

    def pick(self, item: SceneObject, scene: Scene, state: JointState) -> Motion:
        """Take an object, as `Skills` does."""
        foreseen = self._foreseen(('pick', item, scene), state)
        return super().pick(item, scene, state) if foreseen is None else foreseen

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

    def _begin(self, asked: Asked, state: JointState, held: Held | None, make: Make) -> None:
        """Let a motion be made after those that were begun before."""
        maker = copy(self)
        maker.held = held
        made = self._thread.submit(make, maker, state)
        self._begun.append(_Begun(asked, self._mover.row(state), held, maker, made))

    def _drop(self) -> None:
        """Want nothing of what was begun, and wait until it is made no more."""
        for begun in self._begun:
            begun.made.cancel()
        wait([begun.made for begun in self._begun])
        self._begun = []

    def _foreseen(self, asked: Asked, state: JointState) -> Motion | None:
        """Give the motion where it was foreseen, or raise why there is none."""
        begun = self._begun[0] if self._begun else None
        if begun is None or begun.asked != asked or begun.held is not self.held:
            self._drop()
            return None
        if not np.allclose(begun.start, self._mover.row(state), rtol=0.0, atol=ALIKE):
            self._drop()
            return None
        del self._begun[0]
        wait([begun.made])
        self.held, self._scene = begun.maker.held, begun.maker._scene
        return begun.made.result()


def _end(motion: Motion) -> JointState:
    """Give the joints where a motion ends."""
    last = motion.segments[-1].trajectory
    return JointState(0.0, last.joint_names, last.positions[-1])
