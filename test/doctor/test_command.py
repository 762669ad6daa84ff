"""The command `qwen-embodied doctor` on this machine, whole and with faults put in."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

from doctor.well import WELL, changed
from qwen_embodied.cli_doctor import printed, summary
from qwen_embodied.doctor.examination import examine

ROOT = Path(__file__).resolve().parents[2]
DONE, FAILED = 0, 1
DOMAIN = '95'


def call(*arguments, **environment):
    return subprocess.run(
        [sys.executable, '-m', 'qwen_embodied', 'doctor', *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, 'COLUMNS': '80', 'ROS_DOMAIN_ID': DOMAIN, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_this_machine_is_well_enough_for_the_tests():
    result = call()
    assert result.returncode == DONE, result.stdout
    *table, summary = result.stdout.splitlines()
    assert summary.split(' checks in ')[0] == str(len(examine(WELL)))
    assert ' 0 FAIL' in summary
    assert max(map(len, table)) <= 80


def test_faults_are_found_named_and_mended(tmp_path):
    wrong = tmp_path / 'mine.yaml'
    wrong.write_text('planner:\n  ros__parameters:\n    retrys: 1\n', encoding='utf-8')
    robot = tmp_path / 'arm.yaml'
    robot.write_text('name: arm\n', encoding='utf-8')
    result = call(
        '--json', '--params-file', wrong, '--robot', robot, '--no-graph',
        AMENT_PREFIX_PATH='/opt/ros/jazzy',
        FASTDDS_DEFAULT_PROFILES_FILE='/nowhere/profiles.xml',
        ROS_LOG_DIR=str(wrong / 'log'),
        MUJOCO_GL='egl',
        __EGL_VENDOR_LIBRARY_FILENAMES='/nowhere.json',
    )  # fmt: skip
    assert result.returncode == FAILED, result.stderr
    content = json.loads(result.stdout)
    failed = {item['name']: item for item in content['checks'] if item['status'] == 'FAIL'}
    assert set(failed) == {
        'one rclpy', 'transport profile', 'folders', 'rendering (EGL)', 'parameter files',
        'robot',
    }  # fmt: skip
    assert content['counts']['FAIL'] == len(failed)
    assert f'{wrong}:3: there is no parameter retrys' in failed['parameter files']['found']
    assert 'lacks urdf' in failed['robot']['found']
    assert 'sudo apt-get install libegl1' in failed['rendering (EGL)']['fix']
    assert all(item['fix'] for item in failed.values())


def test_a_middleware_that_is_not_installed_fails_without_a_traceback():
    result = call('--quiet', RMW_IMPLEMENTATION='rmw_nobody_cpp')
    assert result.returncode == FAILED
    assert 'rmw_nobody_cpp' in result.stdout
    assert 'Traceback' not in result.stdout + result.stderr


def test_the_table_shows_reason_and_fix_and_fits_a_narrow_terminal():
    text = printed(examine(changed(machine__disk=50, machine__cores=1)), 80)
    assert 'FAIL   disk' in text
    assert '-> free some space, or work in another folder' in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_what_quiet_hides_is_counted_and_where_to_see_it_is_said():
    some, none = Counter(PASS=44, WARN=2), Counter(PASS=46)
    line = '46 checks in 2.3 s: 44 PASS, 2 WARN, 0 FAIL, 0 SKIP'
    assert summary(some, 2.31) == line
    hint = '\nto see what is WARN: qwen-embodied doctor'
    assert summary(some, 2.31, quiet=True) == line + hint
    assert hint not in summary(none, 2.31, quiet=True)


def test_the_page_names_every_check():
    page = (ROOT / 'docs' / 'doctor.md').read_text(encoding='utf-8')
    names = [item.name for item in examine(WELL)]
    assert [name for name in names if f'| {name} |' not in page] == []
