"""The graphs of the documented trial without an arm: nothing in either of them may be FAIL."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

ROOT = Path(__file__).resolve().parents[2]
LINE = [sys.executable, '-u', '-m', 'qwen_embodied']
ENVIRONMENT = {**os.environ, 'ROS_DOMAIN_ID': '96', 'PYTHONPATH': str(ROOT)}
PAGE = (ROOT / 'docs' / 'real_arm.md').read_text(encoding='utf-8')


def documented(pattern):
    """Give the first words of the page that fit."""
    found = re.search(pattern, PAGE, re.DOTALL)
    return found[1].replace('\\\n', ' ')


@contextlib.contextmanager
def running(words, folder):
    """Start what `up` starts, in a folder, until all is ready."""
    with subprocess.Popen(
        [*LINE, *shlex.split(words)], cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE,
        text=True,
    ) as up:  # fmt: skip
        try:
            assert any(' nodes are ready' in line for line in up.stdout)
            yield
        finally:
            up.send_signal(signal.SIGINT)
            up.communicate(timeout=30)


def doctor(*words):
    result = subprocess.run(
        [*LINE, 'doctor', '--json', *words], cwd=ROOT, env=ENVIRONMENT, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    return result.returncode, {item['name']: item for item in json.loads(result.stdout)['checks']}


def test_nothing_fails_in_the_documented_dry_run_nor_in_the_cell_beside_it(tmp_path):
    cell = documented(r'```yaml\n(# my_cell\.yaml\n.*?)```')
    (tmp_path / 'my_cell.yaml').write_text(cell, encoding='utf-8')
    simulation = documented(r'`qwen-embodied (up simulation --namespace cam[^`]*)`')
    with running(simulation, tmp_path):
        with running(documented(r'\[qwen-embodied (up robot [^\]]*)\]'), tmp_path):
            code, found = doctor()
        also, beside = doctor('--namespace', 'cam')
    for status, told in ((code, found), (also, beside)):
        assert [item for item in told.values() if item['status'] == 'FAIL'] == []
        assert status == 0
    assert found['joint names']['found'] == 'all 7 of ur5e_2f85 are there'
    assert 'ur5e_2f85' in found['nodes agree']['found']
    assert 'scaled_joint_trajectory_controller/' in found['controllers']['found']
    assert beside['joint names']['found'] == 'all 8 of panda are there'
    assert 'panda' in beside['nodes agree']['found']
    for told in (found, beside):
        assert told['use_sim_time']['found'] == 'simulated time in 5 nodes'
