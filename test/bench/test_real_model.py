"""The rows of a real model, taken from a scripted server and from a model of random weights."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math

import pytest

pytest.importorskip('mujoco')

from planning import scripted_server as scripted
from qwen_embodied.bench import real_model
from qwen_embodied.bench.tasks import TASKS
from qwen_embodied.errors import ConfigurationError

STACK = TASKS[1]
PLACE = '[{"point_2d": [500, 500], "label": "it"}]'
PLAN = json.dumps(
    {
        'steps': [
            {'action': 'pick', 'object': 'green_cube_1'},
            {'action': 'place', 'object': 'green_cube_1', 'relation': 'on',
             'target': 'red_cube_1'},
        ],
        'summary': 'It is stacked.',
    }
)  # fmt: skip


@pytest.fixture(autouse=True)
def _one_task(monkeypatch):
    monkeypatch.setattr(real_model, 'TASKS', (STACK,))


def measured(settings):
    rows = {row.name.partition(': ')[2]: row for row in real_model.measure(settings, 1)}
    return {name.split(', of ')[0]: row for name, row in rows.items()}


def served(server):
    return f'planner=server servers={server.url} model={scripted.MODEL}'


def test_a_good_reply_counts_as_valid_and_reached():
    pytest.importorskip('openai')
    with scripted.serving(scripted.says(PLAN), scripted.says(PLACE)) as server:
        rows = measured(served(server))
    assert rows['plan valid at the first reply'].value == 100
    assert rows['goals reached in the plan'].value == 100
    assert rows['located inside the perceived box'].value <= 50
    assert rows['tokens of a reply, median'].value == 7


def test_a_repaired_reply_is_told_apart():
    pytest.importorskip('openai')
    replies = (scripted.says('I would.'), scripted.says(PLAN), scripted.says(PLACE))
    with scripted.serving(*replies) as server:
        rows = measured(served(server))
    assert rows['plan valid at the first reply'].value == 0
    assert rows['valid after at most two repairs'].value == 100


def test_a_server_that_is_down_reaches_nothing_and_ends():
    pytest.importorskip('openai')
    with scripted.serving(scripted.status(401)) as server:
        rows = measured(served(server))
    assert rows['goals reached in the plan'].value == 0
    assert rows['located inside the perceived box'].value == 0
    assert math.isnan(rows['first token, median'].value)


def test_random_weights_go_the_whole_way(tmp_path):
    pytest.importorskip('torch')
    pytest.importorskip('llguidance')
    from planning import tiny

    tiny.save(tmp_path, 'qwen3_vl')
    rows = measured(f'planner=qwen model={tmp_path} model_timeout=300 device=cpu')
    assert rows['goals reached in the plan'].value <= 100
    assert rows['tokens of a reply, median'].value > 0


def test_a_wrong_setting_is_named():
    with pytest.raises(ConfigurationError, match='planner'):
        list(real_model.measure('planner=oracle', 1))
