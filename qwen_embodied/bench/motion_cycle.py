"""Picks per hour: the motion cycle in MuJoCo behind every rule of safety and control.

Perception takes no part: objects stand where the simulation says, and the time in which motions
are planned does not pass in the simulation; it is reported beside the figures.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from qwen_embodied.anchor import Anchor
from qwen_embodied.bench.report import Row, at_least, figure
from qwen_embodied.errors import QwenEmbodiedError, TaskError
from qwen_embodied.messages import JointTrajectory, SceneObject
from qwen_embodied.motion import Motion, Skills, load_robot
from qwen_embodied.motion.timing import prepare
from qwen_embodied.simulation import MujocoWorld, ObjectSpec, SceneSpec
from qwen_embodied.stepped_cell import SteppedCell

Array = NDArray[np.float64]

TRANSFER = 0.4  # m
SPOTS = ((0.5, -TRANSFER / 2), (0.5, TRANSFER / 2))  # x, y m
NEAR = ('approach', 'lift', 'lower', 'retreat')  # segments at the speed near things
REACHED = 0.02  # m, of a placed object from where it should be
HOUR = 3600.0


@dataclass
class Cycles:
    """What was measured.

    Attributes:
        times: Of each cycle in simulated time, s.
        bounds: Shortest time of the same paths, s.
        planning: Wall-clock time spent on the motions of each cycle, s.
        done: How many objects came to their place.
        segments: Simulated time by segment, s, summed.
        failures: In words.
    """

    times: list[float] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    planning: list[float] = field(default_factory=list)
    done: int = 0
    segments: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class PickingCell:
    """A simulated table with one cube, the skills, the supervisor and the tracker."""

    def __init__(self, seed: int = 0) -> None:
        """Build it and wait until the supervisor is armed; nothing but the cube is there."""
        x, y = SPOTS[0]
        cube = ObjectSpec('red_cube', 'cube', 'red', (0.045, 0.045, 0.045), (x, y, 0.0225), 0.3)
        self.world = MujocoWorld(SceneSpec((cube,), seed))
        self.skills = Skills(load_robot('panda'))
        self._cell, self._anchor = SteppedCell(self.world, self.skills.robot), Anchor()
        self._cell.start()

    def cube(self) -> SceneObject:
        """Give the cube as it stands."""
        return self.world.ground_truth().objects[0]

    def cycle(self, goal: tuple[float, float], into: Cycles) -> None:
        """Pick the cube and put it down at (x, y) m."""
        began, spent, bound = self.world.time, 0.0, 0.0
        for action in ('pick', 'place'):
            started = time.perf_counter()
            motion = self._plan(action, goal)
            spent += time.perf_counter() - started
            for segment in motion:
                at = self.world.time
                self._execute(segment.trajectory)
                taken = self.world.time - at
                into.segments[segment.name] = into.segments.get(segment.name, 0.0) + taken
                bound += shortest(self.skills, segment.name, segment.trajectory)
        into.times.append(self.world.time - began)
        into.bounds.append(bound)
        into.planning.append(spent)
        self.skills.held = None
        missed = float(np.linalg.norm(self.cube().position[:2] - np.array(goal)))
        if not missed <= REACHED:
            raise TaskError(f'the cube is {missed * 1e3:.0f} mm from where it should be')
        into.done += 1

    def _plan(self, action: str, goal: tuple[float, float]) -> Motion:
        scene, state = self.world.ground_truth(), self.world.read()
        self._cell.surround(scene, state)
        start = self._anchor.of(state)
        if action == 'pick':
            return self.skills.pick(scene.objects[0], scene, start)
        return self.skills.place(scene.objects[0], 'at', None, scene, start, position=goal)

    def _execute(self, trajectory: JointTrajectory) -> None:
        status = self._cell.execute(trajectory)
        self._anchor.take(trajectory, status)
        if status.state != 'succeeded':
            raise TaskError(status.reason)


def run_cycles(count: int) -> Cycles:
    """Carry the cube to and fro; a failed cycle is counted and a new cell goes on."""
    cell, found = PickingCell(), Cycles()
    for number in range(count):
        y = float(cell.cube().position[1])
        goal = SPOTS[0] if y > 0.0 else SPOTS[1]
        try:
            cell.cycle(goal, found)
        except QwenEmbodiedError as error:
            found.failures.append(f'cycle {number}: {error}')
            cell = PickingCell()
    return found


def shortest(skills: Skills, name: str, trajectory: JointTrajectory) -> float:
    """Give the time, s, of a segment's path at the planner's speeds without a bound on jerk.

    The arm's part is what toppra finds with the same joint speeds, joint accelerations and tool
    speed; the fingers' part is the fastest stroke, where they move alone.
    """
    finger = np.ptp(trajectory.positions[:, -1])
    arm = trajectory.positions[:, :-1]
    if np.ptp(arm, axis=0).max() < 1e-9:
        limits = skills._mover.finger_limits
        return stroke(float(finger), float(limits.velocity[0]), float(limits.acceleration[0]))
    p = skills.parameters
    return fastest(skills, arm, p.near_speed if name in NEAR else p.tool_speed)


def stroke(distance: float, velocity: float, acceleration: float) -> float:
    """Give the shortest time, s, from rest to rest over a distance."""
    if distance < velocity**2 / acceleration:
        return 2.0 * float(np.sqrt(distance / acceleration))
    return distance / velocity + velocity / acceleration


def fastest(skills: Skills, points: Array, tool_speed: float) -> float:
    """Give toppra's time, s, for joint points (N, J) with joint and tool speeds bounded."""
    toppra, limits, robot = prepare(), skills._mover.limits, skills.robot
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    keep = np.concatenate([[True], steps > 1e-6])
    along = np.concatenate(
        [[0.0], np.cumsum(np.linalg.norm(np.diff(points[keep], axis=0), axis=1))]
    )
    curve = CubicSpline(along, points[keep])
    knots = np.linspace(0.0, along[-1], 201)
    tool = robot.tool_poses(curve(knots))[:, :3, 3]
    rate = np.linalg.norm(np.gradient(tool, knots, axis=0), axis=1)
    share = (np.abs(curve(knots, 1)) / limits.velocity).max(axis=1)
    most = np.minimum(1.0 / np.maximum(share, 1e-9), tool_speed / np.maximum(rate, 1e-9))
    path = toppra.SplineInterpolator(knots, np.column_stack([curve(knots), _fast(knots)]))
    bounds = np.tile(np.stack([-limits.velocity, limits.velocity], axis=1), (len(knots), 1, 1))
    extra = np.stack([-most, most], axis=1)[:, None, :]
    speeds = np.concatenate([bounds, extra], axis=1)

    def at(position: float) -> Array:
        found: Array = speeds[min(int(np.searchsorted(knots, position)), len(knots) - 1)]
        return found

    wide = np.append(limits.acceleration, 1e6)
    rules = [
        toppra.constraint.JointVelocityConstraintVarying(at),
        toppra.constraint.JointAccelerationConstraint(np.stack([-wide, wide], axis=1)),
    ]
    solver = toppra.algorithm.TOPPRA(rules, path, gridpoints=knots, solver_wrapper='seidel')
    _, speed, _ = solver.compute_parameterization(0.0, 0.0)
    return float((np.diff(knots) / np.maximum((speed[1:] + speed[:-1]) / 2, 1e-9)).sum())


def _fast(knots: Array) -> Array:
    """Give a further joint that runs along the path, so that its speed can be bounded."""
    return knots.copy()


def rows(quick: bool) -> list[Row]:
    """Measure 200 cycles, or 6."""
    count = 6 if quick else 200
    found = run_cycles(count)
    rate = HOUR / float(np.mean(found.times)) if found.times else float('nan')
    over = float(np.sum(found.times) / np.sum(found.bounds)) if found.times else float('nan')
    planning = float(np.median(found.planning)) if found.planning else float('nan')
    return [
        at_least(
            f'picks per hour of simulated time, {TRANSFER:g} m, {count} cycles', rate, '/h',
            bar=900,
        ),
        at_least('objects brought to their place', 100.0 * found.done / count, '%', bar=99),
        replace(figure('cycle over its time-optimal bound', over), goal='<= 1.10'),
        figure('planning of one cycle, wall clock, p50', planning, 's'),
    ]  # fmt: skip
