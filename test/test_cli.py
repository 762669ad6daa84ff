"""The command line: exit codes, one clear sentence on stderr, and an answer at once."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hand_made import table, thing
from qwen_embodied import __version__
from qwen_embodied.bench import BENCHES
from qwen_embodied.bench.replay_bags import small_bag
from qwen_embodied.bringup import LIGHT_NAMES
from qwen_embodied.cli import Light
from qwen_embodied.serialization import to_json

ROOT = Path(__file__).resolve().parents[1]
START = 'import sys; sys.argv[0] = "qwen-embodied"; from qwen_embodied.cli import main; main()'
COMMANDS = (
    'demo', 'up', 'plan', 'perceive', 'bench', 'approve', 'audit', 'doctor', 'parameters',
)  # fmt: skip
DONE, FAILED, WRONG_USAGE, MISSING, INTERRUPTED = 0, 1, 2, 3, 130


def call(*arguments, before='', width=120):
    """Run the command line as a user does; code may run before it in its process."""
    return subprocess.run(
        [sys.executable, '-c', before + START, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, 'COLUMNS': str(width), 'NO_COLOR': '1'},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def scene_file(tmp_path):
    path = tmp_path / 'scene.json'
    scene = table(thing('red_cube_1', 0.5, 0.1), thing('blue_bowl_1', 0.6, -0.2))
    path.write_text(to_json(scene), encoding='utf-8')
    return path


def assert_refused(result, code, *words):
    assert result.returncode == code
    assert 'Traceback' not in result.stderr
    for word in words:
        assert word in result.stderr


def test_help_names_every_command():
    result = call('--help')
    assert result.returncode == DONE
    assert [name for name in COMMANDS if name not in result.stdout] == []


@pytest.mark.parametrize('command', COMMANDS)
def test_every_command_and_option_is_explained(command):
    result = call(command, '--help')
    assert result.returncode == DONE
    assert 'Usage: qwen-embodied' in result.stdout


def test_help_keeps_words_whole_on_a_narrow_terminal():
    shown = [call('--help', width=80), call('demo', '--help', width=80)]
    assert max(len(line) for result in shown for line in result.stdout.splitlines()) <= 80
    assert 'say what stands\n' in shown[0].stdout
    assert '|'.join(LIGHT_NAMES) in shown[1].stdout


def test_help_says_exit_codes_benches_and_ranges():
    assert 'asked back; 2 wrong usage' in call('--help').stdout
    said = call('bench', '--help').stdout
    assert [name for name in BENCHES if name not in said] == []
    assert 'From 0.01 to 1.0.' in call('up', 'robot', '--help', width=200).stdout
    assert 'required' in call('up', 'replay', '--help', width=200).stdout


def test_help_loads_nothing_heavy():
    heavy = {'numpy', 'scipy', 'cv2', 'mujoco', 'rclpy', 'transformers', 'pinocchio'}
    say = f'lambda: sys.stderr.write(repr(set(sys.modules) & {heavy}))'
    result = call('--help', before=f'import atexit, sys; atexit.register({say});')
    assert result.stderr == 'set()'


def test_no_command_is_wrong_usage():
    result = call()
    assert result.returncode == WRONG_USAGE
    assert 'demo' in result.stdout + result.stderr


def test_version():
    assert call('--version').stdout.strip() == __version__


def test_lamps_are_those_of_the_profile():
    assert tuple(light.value for light in Light) == LIGHT_NAMES


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (('dance',), ('dance',)),
        (('demo', 'x', '--light', 'purple'), ('--light', 'sidelight')),
        (('demo', 'x', '--seed', '-1'), ('--seed',)),
        (('demo', 'x', '--seed', 'seven'), ('--seed',)),
        (('up', 'moon'), ("no profile 'moon'", 'simulation')),
        (('bench', 'speed'), ("no bench 'speed'", 'chain')),
        (('approve', 'abc'), ("'abc' is no hash", '8 to 64')),
        (('plan', 'x', '--scene', '/nowhere.json'), ('/nowhere.json', 'cannot be read')),
        (('plan', 'x', '--image', '/nowhere.png'), ('/nowhere.png', 'exist')),
        (('perceive', '/nowhere.png'), ('/nowhere.png', 'exist')),
        (('perceive', '--depth', '/nowhere.npy'), ('/nowhere.npy', 'exist')),
        (('export', '/nowhere', '--out', 'data'), ('/nowhere', 'exist')),
        (('parameters', '--check', '/nowhere.yaml'), ('/nowhere.yaml', 'exist')),
        (('calibrate', 'camera', '/nowhere'), ('/nowhere', 'exist')),
        (('calibrate', 'hand-eye', '.', '--lens', '/n.yaml'), ('/n.yaml', 'exist')),
        (('up', 'replay', '--bag', '/nowhere'), ('/nowhere', 'no such file')),
        (('audit', '/nowhere.jsonl'), ('/nowhere.jsonl', 'cannot be read')),
    ],
)
def test_wrong_usage_is_named(arguments, words):
    assert_refused(call(*arguments), WRONG_USAGE, *words)


def test_a_file_that_is_no_scene_is_wrong_usage(tmp_path):
    path = tmp_path / 'scene.json'
    path.write_text('{"stamp": 1}', encoding='utf-8')
    assert_refused(call('plan', 'x', '--scene', path), WRONG_USAGE, str(path), 'Scene')


def test_a_plan_is_printed_as_json(scene_file):
    result = call('plan', 'put the red cube in the blue bowl', '--scene', scene_file)
    assert result.returncode == DONE
    steps = json.loads(result.stdout)['steps']
    assert [step['action'] for step in steps] == ['pick', 'place']


@pytest.mark.parametrize('words', ['', 'put the moon in the cup', 'flibber the gribble'])
def test_what_cannot_be_planned_asks_and_fails(scene_file, words):
    result = call('plan', words, '--scene', scene_file)
    assert_refused(result, FAILED)
    assert result.stderr.strip()


def test_a_plan_is_held_against_the_reach_of_the_robot_that_is_named(scene_file):
    words = 'put the red cube in the blue bowl'
    result = call('plan', words, '--scene', scene_file, '--robot', 'so101')
    assert_refused(result, FAILED, 'out of my reach')


def test_a_missing_library_names_its_extra():
    result = call('perceive', before='import sys; sys.modules["mujoco"] = None;')
    assert_refused(result, MISSING, 'mujoco', "pip install '.[sim]'")


def test_a_look_at_the_table_as_json(tmp_path):
    picture = tmp_path / 'look' / 'table.png'
    result = call('perceive', '--seed', 3, '--picture', picture, '--json')
    assert result.returncode == DONE
    assert json.loads(result.stdout)['objects']
    assert picture.read_bytes().startswith(b'\x89PNG')


def test_up_starts_every_node_and_ctrl_c_ends_them(tmp_path):
    words = ('up', 'simulation', '--namespace', 'left')
    line = [sys.executable, '-u', '-c', START, *words]
    environment = {**os.environ, 'ROS_DOMAIN_ID': '83', 'PYTHONPATH': str(ROOT)}
    with subprocess.Popen(
        line, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as up:
        said = [up.stdout.readline() for _ in range(6)]
        assert 'Ctrl-C' in said[-1]
        (logs,) = (tmp_path / 'runs').iterdir()
        assert f'logs in runs/{logs.name};' in said[-1]
        assert logs.name.endswith('-simulation-left')
        came = list(itertools.takewhile(lambda line: 'all 5' not in line, up.stdout))
        assert {line.split()[0] for line in came if ' ready after ' in line} == {
            line.split()[0] for line in said[:-1]
        }
        up.send_signal(signal.SIGINT)
        last = up.stdout.read().splitlines()
        assert up.wait(30) == DONE
    assert [line.partition(':')[0] for line in last[-2:]] == ['stopping', 'stopped']
    processes = [int(text.split()[-1]) for text in said[:-1]]
    assert len(processes) == 5
    assert not [number for number in processes if Path(f'/proc/{number}').exists()]


def test_up_says_that_a_recording_has_ended(tmp_path):
    bag = small_bag(tmp_path / 'bag', images=3)
    words = ('up', 'replay', '--bag', str(bag), '--perception', 'false', '--logs', str(tmp_path))
    line = [sys.executable, '-u', '-c', START, *words]
    environment = {**os.environ, 'ROS_DOMAIN_ID': '84', 'PYTHONUNBUFFERED': '1'}
    with subprocess.Popen(
        line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as up:
        said = list(itertools.takewhile(lambda line: 'has ended' not in line, up.stdout))
        up.send_signal(signal.SIGINT)
        assert up.wait(30) == DONE
        assert up.stdout.read().splitlines() == [
            'stopping: the nodes end', 'stopped: every node has ended',
        ]  # fmt: skip
    assert 'NOT' not in ''.join(said)


def test_where_there_is_no_arm_none_is_said_to_hold(tmp_path):
    (tmp_path / 'none').mkdir()
    words = ('up', 'replay', '--bag', tmp_path / 'none', '--perception', 'false')
    result = call(*words, '--logs', tmp_path / 'logs')
    assert_refused(result, FAILED, 'the node replay ended with 1', str(tmp_path / 'none'))
    assert 'the arm' not in result.stderr


def test_a_demo_says_that_it_stopped_when_its_nodes_have_ended(tmp_path):
    line = [sys.executable, '-u', '-c', START, 'demo', '--output', str(tmp_path)]
    environment = {**os.environ, 'ROS_DOMAIN_ID': '86'}
    with subprocess.Popen(
        line,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        came = list(itertools.takewhile(lambda line: 'you say' not in line, demo.stdout))
        assert any('ready' in line for line in came)
        demo.send_signal(signal.SIGINT)
        last = demo.stdout.read().splitlines()
        assert demo.wait(30) == INTERRUPTED
    words = [line.split()[0] for line in last]
    assert words[-3:] == ['stopping', 'kept', 'stopped']
