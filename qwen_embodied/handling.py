"""Does single steps: moves the arm, looks, and says what it saw."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from qwen_embodied.anchor import Anchor
from qwen_embodied.errors import (
    ControlError,
    GraspError,
    GroundingError,
    MotionError,
    PerceptionError,
    TrajectoryRejectedError,
)
from qwen_embodied.identity import Identities
from qwen_embodied.messages import Array, JointState, Scene, SceneObject
from qwen_embodied.motion import Motion, Skills
from qwen_embodied.planning import Step
from qwen_embodied.prediction import is_unmoved
from qwen_embodied.relations import not_at, unmet
from qwen_embodied.workcell import Observation, TaskEvent, Workcell

RECOVERABLE = (GroundingError, MotionError, ControlError, TrajectoryRejectedError, PerceptionError)
TOUCHLESS = ('pre-grasp', 'home')  # segments that leave everything where it is
WAITING = 0.1  # s of a wait after which cancel, pause and new instructions are looked for
SHORTEST = 1e-6  # s that need no wait
CARRYING = ('transfer', 'lower', 'home')  # segments in which what is held must stay held


class Handler:
    """Carries out steps in a workcell.

    Attributes:
        held: What is in the gripper, as it was perceived; or None.
        names: Which perceived object an id of the plan means now.
        then: The step that will follow, where it is known, so that its motion is made meanwhile.
        reach: Says whether the tool gets to x, y, z m in the base frame.
    """

    def __init__(
        self, workcell: Workcell, skills: Skills, check: Callable[[], None],
        refuse_cancelled: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Join the parts.

        Args:
            workcell: Camera, arm and clock.
            skills: Make motions.
            check: Is called before each motion, and may raise to end the task.
            refuse_cancelled: Is called last before a motion begins; raises once the task is
                cancelled.
        """
        self.held: SceneObject | None = None
        self.then: Step | None = None
        self.names = Identities()
        self._cell, self._skills, self._check = workcell, skills, check
        self._refuse_cancelled = refuse_cancelled
        self._anchor, self.reach = Anchor(), skills.reaches
        self._view: Observation | None = None
        self._predicted: Scene | None = None
        self._begun: tuple[SceneObject, Motion] | None = None
        self._foreseen: tuple[SceneObject, Scene] | None = None

    def do(self, step: Step, scene: Scene) -> Scene:
        """Do a step and give the scene after it; raises where its effect is not seen."""
        actions: dict[str, Callable[[Step, Scene], Scene]] = {
            'pick': self._pick,
            'place': self._place,
            'push': self._push,
            'home': self._home,
            'wait': self._wait,
        }
        return actions[step.action](step, scene)

    def recover(self, step: Step) -> Scene:
        """Look again; fetch the object again when a placing lost it."""
        self.forget_lost()
        scene = self.clear_view().scene
        if step.action == 'place' and self.held is None:
            scene = self._pick(Step(action='pick', object=step.object), scene)
        return scene

    def forget_lost(self) -> None:
        """Hold nothing any more where nothing is between the fingers."""
        if self.held is not None and not self.is_holding():
            self.held = None

    def take_stock(self) -> None:
        """Know what the hand of a task that was broken off still holds."""
        self.forget_lost()
        taken = self._skills.held
        if self.held is None and taken is not None and self.is_holding():
            self.held = taken.item

    def clear_view(self) -> Observation:
        """Look from home, so that the arm hides nothing."""
        self.go_home()
        view = self._view = self._cell.look()
        self._predicted = view.scene
        found = ', '.join(item.label for item in view.scene.objects) or 'nothing'
        self._tell('looked', f'I see {found}', objects=[item.id for item in view.scene.objects])
        return view

    def go_home(self) -> None:
        """Move home unless the arm is there."""
        if not self._skills.is_home(self._cell.state()):
            self._move(self._skills.home(self._start()))

    def expectation(self) -> Observation | Scene | None:
        """Give what a look from home is expected to show, before it was taken; None if unknown.

        A scene alone is a prediction of what the last motion left: no image shows it.
        """
        glimpse = None
        if self._skills.is_home(self._cell.state()):
            glimpse = self._cell.glimpse()
        if glimpse is not None or self._predicted is None:
            return glimpse
        is_seen = self._view is not None and self._view.scene is self._predicted
        return self._view if is_seen else self._predicted

    def reach_out(self, step: Step, scene: Scene) -> None:
        """Move to where a pick begins, over everything; the same pick goes on from there."""
        item = self.names.find(step.object, scene)
        motion = self._skills.pick(item, scene, self._start())
        self._skills.held = None
        count = [segment.name for segment in motion].index('approach')
        self._move(replace(motion, segments=motion.segments[:count]))
        self._begun = (item, replace(motion, segments=motion.segments[count:]))

    def withdraw(self) -> None:
        """Come back from where `reach_out` went."""
        if self._begun is not None:
            self.go_home()

    def is_holding(self) -> bool:
        """Say whether something is between the fingers."""
        return self._skills.is_holding(self._cell.state())

    # -- steps ----------------------------------------------------------------------------

    def _pick(self, step: Step, scene: Scene) -> Scene:
        item = self.names.find(step.object, scene)
        motion = self._picking(item, scene)
        self._foresee_place(motion, item, scene)
        self._move(motion)
        if not self.is_holding():
            self._move(self._skills.let_go(self._start()))
            raise GraspError(f'the gripper closed without the {item.label}')
        self.held, self._predicted = item, replace(scene)
        self._tell('verified', f'the gripper holds the {item.label}')
        return scene

    def _picking(self, item: SceneObject, scene: Scene) -> Motion:
        """Give the motion of a pick, or what is left of one that was begun."""
        begun, self._begun = self._begun, None
        foreseen, self._foreseen = self._foreseen, None
        if begun is None or begun[0] is not item:
            if foreseen and foreseen[0].id == item.id and is_unmoved(foreseen[1], scene):
                item, scene = foreseen
            return self._skills.pick(item, scene, self._start())
        self._skills.held = begun[1].held
        return begun[1]

    def _foresee_place(self, motion: Motion, item: SceneObject, scene: Scene) -> None:
        """Let the placing after a pick be made while the arm picks."""
        step = self.then
        if step is None or step.action != 'place':
            return
        with suppress(GroundingError):
            target = self.names.find(step.target, scene) if step.target else None
            self._skills.foresee_place(
                motion, item, step.relation or 'at', target, scene, position=step.position
            )

    def _foresee_pick(self, motion: Motion, scene: Scene | None) -> None:
        """Let the way home, and the pick after it, be made while the arm places or pushes."""
        self._skills.foresee_home(motion)
        step = self.then
        if step is None or step.action != 'pick' or scene is None:
            return
        with suppress(GroundingError):
            item = self.names.find(step.object, scene)
            if self._skills.foresee_pick(motion, item, scene):
                self._foreseen = (item, scene)

    def _place(self, step: Step, scene: Scene) -> Scene:
        item = self.held or self.names.find(step.object, scene)
        if not self.is_holding():
            self.held = None
            raise ControlError(f'the {item.label} was lost on the way')
        target = self.names.find(step.target, scene) if step.target else None
        motion = self._skills.place(
            item, step.relation or 'at', target, scene, self._start(), position=step.position
        )
        left = _with(scene, item, motion.expected)
        self._foresee_pick(motion, left)
        self._move(motion)
        self.held = self._skills.held = None
        self._predicted = left
        if motion.expected is not None:
            self.names.expect(step.object or item.id, item, motion.expected[:3, 3])
        after = self.clear_view().scene
        self._verify_place(step, after)
        return after

    def _verify_place(self, step: Step, scene: Scene) -> None:
        item = self.names.find(step.object, scene)
        if step.target:
            fault = unmet(item, step.relation or 'on', self.names.find(step.target, scene))
        else:
            fault = not_at(item, step.position) if step.position else None
        if fault:
            raise ControlError(f'the {item.label} is not where it should be: {fault}')
        where = 'at its place'
        if step.target:
            label = self.names.find(step.target, scene).label
            where = f'{(step.relation or "on").replace("_", " ")} the {label}'
        self._tell('verified', f'the {item.label} is {where}')

    def _push(self, step: Step, scene: Scene) -> Scene:
        item = self.names.find(step.object, scene)
        motion = self._skills.push(
            item, step.direction or 'forward', step.distance or 0.1, scene, self._start()
        )
        left = _with(scene, item, motion.expected)
        self._foresee_pick(motion, left)
        self._move(motion)
        self._predicted = left
        after = self.clear_view().scene
        moved = self.names.find(step.object, after).position - item.position
        if not float(np.linalg.norm(moved[:2])) >= 0.5 * (step.distance or 0.1):
            raise ControlError(f'the {item.label} did not move')
        self._tell('verified', f'the {item.label} moved {np.linalg.norm(moved[:2]) * 100:.0f} cm')
        return after

    def _home(self, step: Step, scene: Scene) -> Scene:
        self._move(self._skills.home(self._start()))
        return scene

    def _wait(self, step: Step, scene: Scene) -> Scene:
        until = self._cell.now() + (step.seconds or 1.0)
        while (left := until - self._cell.now()) > SHORTEST:
            self._check()
            self._cell.wait(min(left, WAITING))
        return scene

    # -- moving ---------------------------------------------------------------------------

    def _move(self, motion: Motion) -> None:
        self._begun = None
        for segment in motion:
            self._check()
            if segment.name not in TOUCHLESS:
                self._predicted = None
            trajectory = segment.trajectory
            self._tell('segment', segment.name, duration=round(trajectory.duration, 3))
            self._refuse_cancelled()
            status = self._cell.execute(trajectory)
            self._anchor.take(trajectory, status)
            if status.state != 'succeeded':
                self._check()
            if status.state == 'rejected':
                raise TrajectoryRejectedError((f'{segment.name}: {status.reason}',))
            if status.state != 'succeeded':
                raise ControlError(f'{segment.name} was aborted: {status.reason}')
            if self.held and segment.name in CARRYING and not self.is_holding():
                raise ControlError(f'the {self.held.label} was lost on the way')

    def _start(self) -> JointState:
        """Give the joints at which the next motion starts."""
        return self._anchor.of(self._cell.state())

    def _tell(self, kind: str, text: str, **data: Any) -> None:
        self._cell.report(TaskEvent(self._cell.now(), kind, text, data))


def _with(scene: Scene, item: SceneObject, pose: Array | None) -> Scene | None:
    """Give the scene with one object at another pose (4, 4); None where that is not known."""
    if pose is None:
        return None
    others = tuple(other for other in scene.objects if other.id != item.id)
    return replace(scene, objects=(*others, replace(item, object_in_base=pose)))
