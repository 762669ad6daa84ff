"""A recorded run repeats itself without the model; weights load in the background."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import threading
from dataclasses import replace

import numpy as np
import pytest

from planning import scenes
from planning.fake_model import DOWN, ListedModel
from planning.test_repairing import GOOD, WORDS
from qwen_embodied.errors import ConfigurationError, ModelCancelledError, ModelError
from qwen_embodied.planning import (
    BackgroundModel,
    GrammarPlanner,
    Message,
    ModelPlanner,
    ModelRequest,
    PlannerParameters,
    PlanRequest,
    RecordedModel,
    ReplayedModel,
    make_planner,
)
from qwen_embodied.planning.recording import call_key
from qwen_embodied.planning.weights import check_source

IMAGE = np.zeros((4, 6, 3), dtype=np.uint8)
ASKED = ModelRequest((Message('user', 'hello'),), IMAGE, {'type': 'object'}, 9)


def test_a_run_is_repeated_from_its_record_byte_for_byte(tmp_path):
    request = PlanRequest(WORDS, scenes.SIMPLE, np.zeros((48, 64, 3), np.uint8))
    model = ListedModel('nonsense', GOOD)
    first = ModelPlanner(RecordedModel(model, tmp_path))
    plan = first.plan(request)
    again = ModelPlanner(ReplayedModel(tmp_path, model.identity))
    assert again.plan(request).model_dump_json() == plan.model_dump_json()
    assert again.account == first.account
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_on_record_is_not_asked_again(tmp_path):
    model = ListedModel('one', 'two')
    recorded = RecordedModel(model, tmp_path)
    assert [recorded.complete(ASKED).text for _ in range(3)] == ['one'] * 3
    assert len(model.requests) == 1


def test_a_call_that_is_not_on_record_is_an_error(tmp_path):
    with pytest.raises(ModelError, match='holds no call'):
        ReplayedModel(tmp_path, {}).complete(ASKED)


def test_a_failed_call_leaves_nothing(tmp_path):
    with pytest.raises(ModelError):
        RecordedModel(ListedModel(DOWN), tmp_path / 'record').complete(ASKED)
    assert not (tmp_path / 'record').exists()


def test_a_damaged_record_says_so(tmp_path):
    model = ListedModel('one')
    RecordedModel(model, tmp_path).complete(ASKED)
    (kept,) = tmp_path.iterdir()
    kept.write_text('{"reply": {"nonsense": 1}}')
    with pytest.raises(ModelError, match='cannot be read'):
        RecordedModel(model, tmp_path).complete(ASKED)


@pytest.mark.parametrize(
    'other',
    [
        replace(ASKED, messages=(Message('user', 'hullo'),)),
        replace(ASKED, messages=(Message('system', 'hello'),)),
        replace(ASKED, image=None),
        replace(ASKED, image=IMAGE + 1),
        replace(ASKED, image=IMAGE.reshape(6, 4, 3)),
        replace(ASKED, schema=None),
        replace(ASKED, max_tokens=10),
    ],
)
def test_the_key_changes_with_everything_that_determines_a_reply(other):
    assert call_key(other, {}) != call_key(ASKED, {})
    assert call_key(ASKED, {'model': 'b'}) != call_key(ASKED, {'model': 'a'})
    assert call_key(replace(ASKED), {}) == call_key(ASKED, {})


def test_a_model_loads_in_the_background_and_says_how_far_it_is():
    go, inner = threading.Event(), ListedModel('hello')

    def load(tell):
        tell('reading weights')
        go.wait(30)
        return inner

    model = BackgroundModel(load, inner.identity, wait=0.0)
    with pytest.raises(ModelError, match='still loading'):
        model.complete(ASKED)
    assert not model.is_ready
    go.set()
    waiting = BackgroundModel(load, inner.identity)
    assert waiting.complete(ASKED).text == 'hello'
    assert waiting.progress == 'ready'


def test_a_call_that_waits_for_the_weights_can_be_cancelled():
    go, ended = threading.Event(), []
    model = BackgroundModel(lambda tell: go.wait(30), {})

    def call():
        with pytest.raises(ModelCancelledError):
            model.complete(ASKED)
        ended.append(True)

    thread = threading.Thread(target=call)
    thread.start()
    while thread.is_alive():
        model.cancel()
        thread.join(0.1)
    go.set()
    assert ended


@pytest.mark.parametrize(
    'error', [ConfigurationError('no weights'), OSError('disk'), ImportError()]
)
def test_a_model_that_cannot_be_loaded_is_one_typed_error(error):
    def load(tell):
        raise error

    model = BackgroundModel(load, {})
    with pytest.raises(ModelError, match='could not be loaded'):
        model.complete(ASKED)
    assert model.progress.startswith('failed')


@pytest.mark.parametrize(
    ('values', 'word'),
    [
        ({'planner': 'qwen'}, 'model'),
        ({'planner': 'qwen', 'model': '/nowhere'}, 'neither a folder'),
        ({'planner': 'qwen', 'model': 'Qwen/Qwen3.5-4B'}, '40 hexadecimal'),
        ({'planner': 'qwen', 'model': 'Qwen/Qwen3.5-4B', 'revision': 'main'}, '40 hexadecimal'),
        (
            {'planner': 'qwen', 'model': 'a/b', 'servers': 'http://127.0.0.1/v1'},
            'takes no servers',
        ),
        ({'planner': 'server', 'model': 'a'}, 'servers'),
        ({'planner': 'server', 'model': 'a', 'servers': 'http://10.0.0.1/v1'}, 'in the open'),
        ({'planner': 'replay', 'model': 'a'}, 'record'),
    ],
)
def test_a_choice_that_lacks_something_says_what(values, word):
    if values['planner'] == 'server' and 'servers' in values:
        pytest.importorskip('openai')
    with pytest.raises(ConfigurationError, match=word):
        make_planner(PlannerParameters(**values))


def test_without_a_choice_the_grammar_plans():
    assert isinstance(make_planner(PlannerParameters()), GrammarPlanner)


def test_x12_a_pinned_hub_id_is_accepted_and_a_wrong_checksum_is_not(tmp_path):
    assert check_source('Qwen/Qwen3.5-4B', '0' * 40) is None
    (tmp_path / 'model.safetensors').write_bytes(b'weights')
    assert check_source(str(tmp_path), None) == tmp_path
    (tmp_path / 'SHA256SUMS').write_text(f'{"0" * 64}  model.safetensors\n')
    with pytest.raises(ConfigurationError, match='not the file'):
        check_source(str(tmp_path), None)
    right = hashlib.sha256(b'weights').hexdigest()
    (tmp_path / 'SHA256SUMS').write_text(f'{right}  model.safetensors\n')
    assert check_source(str(tmp_path), None) == tmp_path
    (tmp_path / 'more.safetensors').write_bytes(b'slipped in')
    with pytest.raises(ConfigurationError, match=r'more\.safetensors: SHA256SUMS does not name'):
        check_source(str(tmp_path), None)
