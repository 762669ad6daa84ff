"""The whole chain in one process: it does what it is told, inside every limit, the same twice."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from scipy.interpolate import BPoly

from hand_made import table, thing
from kinematic_world import KinematicWorld
from motion.judging import touches
from qwen_embodied.bench.tasks import TASKS
from qwen_embodied.geometry import pose
from qwen_embodied.interpolation import TrajectorySpline
from qwen_embodied.motion import box, load_robot
from qwen_embodied.pipeline import Pipeline
from qwen_embodied.planning import GrammarPlanner
from qwen_embodied.relations import unmet
from qwen_embodied.resources import shared_file
from qwen_embodied.scoring import unmet_goals
from qwen_embodied.simulation import MujocoWorld, SimulationParameters, generate_scene

SHARE = 0.5  # of the arm's own speeds and accelerations: the simulated cell's profile
ACCELERATION = np.array([15.0, 7.5, 10.0, 12.5, 15.0, 20.0, 20.0])  # rad/s², published
ROUNDING = 1e-6
INTO_BOWL = 'put the red cube in the blue bowl'


def urdf_limits():
    """Read limits without the package's own reader: lower, upper, velocity, (7,) each."""
    tree = ElementTree.parse(shared_file('config/robots/panda.urdf'))
    rows = []
    for number in range(1, 8):
        limit = tree.find(f"joint[@name='panda_joint{number}']/limit")
        rows.append([float(limit.get(key)) for key in ('lower', 'upper', 'velocity')])
    return np.array(rows).T


@pytest.fixture(scope='module')
def run():
    """One traced run of the three-clause task."""
    task = TASKS[4]
    details = SimulationParameters(record=True)
    world = MujocoWorld(generate_scene(2, wanted=task.wanted), seed=2, parameters=details)
    before = world.ground_truth()
    report = Pipeline.around(world).run(task.instruction)
    yield report, world, before
    world.close()


def test_three_clauses_are_carried_out(run):
    report, world, before = run
    assert report.success, report.reason
    assert unmet_goals(TASKS[4].goals, before, world.ground_truth()) == ()


def test_measured_motion_stays_inside_the_limits_at_1_khz(run):
    _, world, _ = run
    lower, upper, velocity = urdf_limits()
    measured = world.trace.measured[:, :7]
    assert np.diff(world.trace.times) == pytest.approx(0.001, abs=1e-9)
    assert (measured >= lower).all()
    assert (measured <= upper).all()
    speeds = np.abs(np.diff(measured, axis=0)) / 0.001
    assert (speeds.max(axis=0) <= SHARE * velocity).all(), speeds.max(axis=0) / velocity


def test_commanded_motion_stays_inside_the_limits_at_1_khz(run):
    _, world, _ = run
    lower, upper, velocity = urdf_limits()
    commanded = world.trace.commanded[:, :7]
    assert (commanded >= lower).all()
    assert (commanded <= upper).all()
    speeds = np.abs(np.diff(commanded, axis=0)) / 0.001
    assert (speeds <= SHARE * velocity + ROUNDING).all()
    # Set-points come every 10 ms with straight lines between: accelerations are theirs.
    nodes = commanded[::10]
    accelerations = np.abs(np.diff(nodes, n=2, axis=0)) / 0.01**2
    assert (accelerations <= SHARE * ACCELERATION).all()


def test_approved_curves_stay_inside_the_limits_between_their_points(run):
    report, _, _ = run
    lower, upper, velocity = urdf_limits()
    for item in report.record.trajectories:
        rows = np.stack([item.positions, item.velocities, item.accelerations], axis=1)[..., :7]
        curve = BPoly.from_derivatives(item.times, rows)
        times = np.arange(item.times[0], item.times[-1], 0.001)
        assert (curve(times) >= lower).all()
        assert (curve(times) <= upper).all()
        assert (np.abs(curve.derivative(1)(times)) <= SHARE * velocity + ROUNDING).all()
        assert (np.abs(curve.derivative(2)(times)) <= SHARE * ACCELERATION + ROUNDING).all()


def test_each_trajectory_starts_and_ends_at_rest(run):
    report, _, _ = run
    for item in report.record.trajectories:
        for edge in (0, -1):
            assert item.velocities[edge] == pytest.approx(0.0, abs=1e-6)


def test_the_same_seed_gives_the_same_bytes():
    first, second = (Pipeline.simulated(seed=5).run(INTO_BOWL) for _ in range(2))
    assert first.success
    assert first.digest() == second.digest()
    assert first.record.joint_log[-1].tobytes() == second.record.joint_log[-1].tobytes()
    assert [e.text for e in first.record.events] == [e.text for e in second.record.events]


def test_another_seed_gives_other_trajectories():
    first, second = (Pipeline.simulated(seed=seed).run(INTO_BOWL) for seed in (5, 6))
    assert first.digest() != second.digest()


@pytest.mark.parametrize(
    ('instruction', 'words'),
    [
        ('', 'What should I do'),
        ('put the moon in the cup', 'moon'),
        ('put the purple cube in the blue bowl', 'purple'),
        ('put the cube in the blue bowl', 'Which'),
        ('put the blue bowl in the red cube', ''),
        ('flurb the red cube', 'flurb'),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_moves(instruction, words):
    report = Pipeline.simulated(seed=1).run(instruction)
    assert not report.success
    assert words.lower() in report.reason.lower()
    assert report.record.trajectories == []


def test_the_record_holds_what_a_run_folder_needs(run):
    record = run[0].record
    assert record.before is not None
    assert record.after is not None
    assert record.plan.startswith('{')
    assert len(record.joint_log) > 1000
    assert record.events[-1].kind == 'succeeded'


def crosses(report, body):
    """Say whether any trajectory of a run leads through a body."""
    robot = load_robot('panda')
    splines = [TrajectorySpline(item) for item in report.record.trajectories]
    rows = [row for spline in splines for row in spline.sample(spline.dense_times(20.0)).positions]
    return any(touches(robot, row, (body,)) for row in rows)


def test_configured_obstacles_are_gone_round():
    scene = generate_scene(3)
    world = MujocoWorld(scene, seed=3)
    truth = world.ground_truth()
    cube, bowl = truth.find('red_cube_1').position, truth.find('blue_bowl_1').position
    post = box('post', [0.04, 0.04, 0.3], pose([*(cube + bowl)[:2] / 2, 0.15]))
    free = Pipeline.around(world).run(INTO_BOWL)
    world.close()
    world = MujocoWorld(scene, seed=3)
    routed = Pipeline.around(world, obstacles=(post,)).run(INTO_BOWL)
    world.close()
    assert free.success
    assert crosses(free, post)
    assert routed.success, routed.reason
    assert not crosses(routed, post)


@pytest.mark.parametrize('name', ['xarm7', 'ur5e_2f85'])
def test_other_arms_go_through_the_whole_chain(name):
    robot = load_robot(name)
    scene = table(thing('red_cube_1', 0.45, 0.15), thing('blue_tray_1', 0.45, -0.15))
    world = KinematicWorld(robot, scene)
    report = Pipeline(world, world.perceive, GrammarPlanner(), robot=robot).run(
        'put the red cube on the blue tray'
    )
    assert report.success, report.reason
    cube, tray = world.scene.find('red_cube_1'), world.scene.find('blue_tray_1')
    assert unmet(cube, 'on', tray) is None
