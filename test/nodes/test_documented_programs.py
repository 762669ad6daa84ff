"""The programs of docs/topics.md, run as they stand against the nodes of a real arm's profile."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from hand_made import thing
from nodes.robot_cell import RobotCell
from qwen_embodied.bringup import graph_environment

TEXT = (Path(__file__).parents[2] / 'docs' / 'topics.md').read_text(encoding='utf-8')
INSTRUCT, CALL, RESET = re.findall(r'```python\n(.*?)```', TEXT, re.DOTALL)[-3:]


@pytest.fixture
def cell(peer):
    return RobotCell(peer, (thing('red_cube_1', 0.5, 0.1),), robot='panda', dry_run=False)


@pytest.fixture
def do(peer, cell, tmp_path):
    """Run a program; the camera goes on meanwhile."""

    def run(text, *words):
        path = tmp_path / 'program.py'
        path.write_text(text, encoding='utf-8')
        environment = {**graph_environment(os.environ), 'ROS_DOMAIN_ID': str(peer.domain)}
        with subprocess.Popen(
            [sys.executable, '-W', 'ignore', str(path), *words],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as running:  # fmt: skip
            peer.wait_for(lambda: running.poll() is not None, 'its end', 60, each=cell.see)
            return running.returncode, running.stdout.read()

    return run


def test_an_instruction_is_sent_and_its_end_is_waited_for(do):
    code, said = do(INSTRUCT, 'put the moon in the cup')
    assert code == 1
    assert 'accepted - put the moon in the cup' in said
    assert 'question - ' in said


def test_sigterm_ends_an_instruction_that_waits(tmp_path):
    path = tmp_path / 'instruct.py'
    path.write_text(
        INSTRUCT.replace(
            'while not (left or is', 'print("waits", flush=True)\nwhile not (left or is'
        )
    )
    environment = {**graph_environment(os.environ), 'ROS_DOMAIN_ID': '85'}
    with subprocess.Popen(
        [sys.executable, str(path), 'go home'],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as running:  # fmt: skip
        assert running.stdout.readline() == 'waits\n'
        running.terminate()
        said = running.stdout.read()
        assert running.wait(20) == 1
    assert said == 'no longer waiting; planner/cancel ends the task\n'


def test_a_stop_is_reset_by_a_person_and_the_arm_armed_again(do, cell):
    cell.peer.wait_for(lambda: cell.joints, 'the arm', each=cell.see)
    assert 'safety_supervisor/stop True STOP_LATCHED' in do(CALL, 'safety_supervisor/stop')[1]
    assert 'safety_supervisor/arm False' in do(CALL, 'safety_supervisor/arm')[1]
    said = []
    # Before, inputs were not healthy for long.
    cell.peer.wait_for(
        lambda: 'now: DISARMED' in ''.join(said) or said.append(do(RESET, 'Ada')[1]),
        'the reset', patience=1.0,
    )  # fmt: skip
    assert 'latched: E1 stop: service ~/stop' in said[-1]
    assert do(RESET, 'Ada') == (1, 'nothing is latched\n')
    cell.peer.wait_for(
        lambda: 'safety_supervisor/arm True ARMED' in do(CALL, 'safety_supervisor/arm')[1],
        'the permission', patience=1.0,
    )  # fmt: skip
