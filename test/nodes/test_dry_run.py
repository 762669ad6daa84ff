"""The profile of a real arm over DDS before fake controllers: dry, armed, two in one graph."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

from std_srvs.srv import Trigger

from hand_made import thing
from nodes.robot_cell import RobotCell
from qwen_embodied.motion import load_robot
from qwen_embodied.rehearsal import BY_RULES, BY_SUPERVISOR

BOWL = thing('blue_bowl_1', 0.5, -0.2)


def test_a_dry_run_shows_plan_motions_and_verdicts_and_has_no_way_to_the_arm(peer):
    things = (thing('red_cube_1', 0.5, 0.1), BOWL)
    cell = RobotCell(peer, things, robot='ur5e')
    cell.say('put the red cube in the blue bowl')
    peer.wait_for(lambda: cell.shown, 'what the dry run shows', patience=60, each=cell.see)
    report = cell.report()
    assert report.success, report.reason
    assert report.steps == ('pick the red cube', 'place the red cube in the blue bowl')
    assert all(motion.approved and motion.duration > 0 for motion in report.motions)
    assert [motion.segment for motion in report.motions][-1] == 'home'
    assert [motion.judge for motion in report.motions][:2] == [BY_SUPERVISOR, BY_RULES]
    assert any('can be done' in line for line in report.lines())
    peer.wait_for(lambda: len(cell.approved) == 1, 'the one trajectory that starts where it is')
    assert cell.commands() == []
    for controller in ('scaled_joint_trajectory_controller', 'robotiq_gripper_controller'):
        assert peer.node.count_publishers(f'/{controller}/joint_trajectory') == 0
    assert np.ptp(cell.positions(), axis=0).max() == 0.0
    peer.wait_for(lambda: 'succeeded' in cell.kinds(), 'the end')
    ends = [event for event in cell.heard() if event.kind == 'succeeded']
    assert ends[0].text.startswith('dry run, nothing moved')
    assert ends[0].data['dry_run'] is True


def test_what_the_supervisor_refuses_is_refused_in_a_dry_run_too(peer, tmp_path):
    box = tmp_path / 'low.yaml'
    box.write_text(
        'safety_supervisor: {ros__parameters: {workspace_upper: [0.9, 0.8, 0.05]}}\n'
        'planner: {ros__parameters: {retries: 0}}'
    )
    cell = RobotCell(peer, (thing('red_cube_1', 0.5, 0.1),), robot='panda', params_file=str(box))
    cell.say('pick up the red cube')
    peer.wait_for(lambda: cell.shown, 'what the dry run shows', patience=60, each=cell.see)
    report = cell.report()
    assert not report.success
    assert not any(motion.approved for motion in report.motions)
    assert 'C8' in report.reason
    assert 'REFUSED: ' in '\n'.join(report.lines())
    assert cell.approved == []


def test_an_arm_moves_only_once_it_is_armed_and_at_a_tenth_of_its_speed(peer, tmp_path):
    once = tmp_path / 'once.yaml'
    once.write_text('planner: {ros__parameters: {retries: 0}}')
    given = {'robot': 'ur5e', 'dry_run': False, 'params_file': str(once)}
    cell = RobotCell(peer, (thing('red_cube_1', 0.5, 0.1),), **given)
    assert len(cell.commands()) == 2
    cell.say('pick up the red cube')
    peer.wait_for(lambda: 'failed' in cell.kinds(), 'the refusal', patience=60, each=cell.see)
    assert 'DISARMED' in cell.heard()[-1].text
    assert np.ptp(cell.positions(), axis=0).max() == 0.0
    assert peer.call('safety_supervisor/arm', Trigger).success
    cell.say('pick up the red cube')
    peer.wait_for(
        lambda: np.ptp(cell.positions(), axis=0).max() > 0.2, 'motion', patience=60, each=cell.see
    )
    robot, moved = load_robot('ur5e_2f85'), cell.approved[-1]
    limits = dict(zip(robot.all_limits.names, robot.all_limits.velocity, strict=True))
    allowed = 0.1 * np.array([limits[name] for name in moved.joint_names])
    assert (np.abs([point.velocities for point in moved.points]) <= allowed).all()
    assert peer.call('planner/cancel', Trigger).success


def test_two_arms_in_one_domain_do_each_their_own(peer):
    left = RobotCell(peer, (thing('red_cube_1', 0.5, 0.1),), robot='panda', namespace='left')
    right = RobotCell(peer, (thing('green_cube_1', 0.45, -0.1),), robot='ur5e', namespace='right')

    def see():
        left.see()
        right.see()

    left.say('pick up the red cube')
    right.say('pick up the green cube')
    peer.wait_for(lambda: left.shown and right.shown, 'both', patience=60, each=see)
    for cell, colour in ((left, 'red'), (right, 'green')):
        assert cell.report().success, cell.report().reason
        assert cell.report().instruction == f'pick up the {colour} cube'
        tasks = {event.task for event in cell.heard()}
        assert len(tasks) == 1
        assert len(cell.approved) == 1
        assert set(cell.joints[-1].name) >= set(cell.approved[0].joint_names)
    assert not {e.task for e in left.heard()} & {e.task for e in right.heard()}
