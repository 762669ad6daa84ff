"""A served model: what it says arrives, and whatever goes wrong is one typed error in time."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import resource
import socket
import ssl
import threading
import time

import numpy as np
import pytest

from planning import scenes
from planning import scripted_server as scripted
from planning.scripted_server import MODEL, says, serving, status
from qwen_embodied.errors import ConfigurationError, ModelCancelledError, ModelError
from qwen_embodied.planning import PlanRequest, plan_schema
from qwen_embodied.planning.addresses import KEY_VARIABLE, ServerSettings, refused_version
from qwen_embodied.planning.vision_model import Message, ModelRequest

pytest.importorskip('openai')
from qwen_embodied.planning.server import ServerModel, ServerPlanner

IMAGE = np.zeros((48, 64, 3), dtype=np.uint8)
HELLO = ModelRequest((Message('user', 'hello'),))
PLAN = (
    '{"steps": [{"action": "pick", "object": "red_cube_1"}, {"action": "place", "object":'
    ' "red_cube_1", "relation": "in", "target": "blue_bowl_1"}], "summary": "In it goes."}'
)
# Of the tests only: users wait longer.
SHORT = {'connect': 0.5, 'first_token': 0.6, 'total': 1.2, 'rounds': 1, 'backoff': 0.01}


def model_at(*servers, **settings):
    urls = tuple(getattr(server, 'url', server) for server in servers)
    return ServerModel(ServerSettings(urls, MODEL, **{**SHORT, **settings}))


def free_address():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return f'http://127.0.0.1:{probe.getsockname()[1]}/v1'


def test_a_reply_comes_with_its_figures():
    with serving(says('hello there')) as server:
        reply = model_at(server).complete(HELLO)
    assert reply.text == 'hello there'
    assert (reply.prompt_tokens, reply.reply_tokens) == (11, 7)
    assert 0 < reply.first_token <= reply.seconds


def test_a_reply_without_streaming_is_read_too():
    with serving(scripted.whole('hello')) as server:
        assert model_at(server).complete(HELLO).text == 'hello'


def test_the_request_carries_image_schema_and_zero_temperature():
    schema = plan_schema(scenes.SIMPLE)
    with serving(says('{}')) as server:
        model_at(server).complete(ModelRequest(HELLO.messages, IMAGE, schema))
        (_, body), = server.requests  # fmt: skip
    assert body['temperature'] == 0
    assert body['response_format']['json_schema']['schema'] == schema
    assert body['chat_template_kwargs'] == {'enable_thinking': False}
    picture, words = body['messages'][0]['content']
    assert picture['image_url']['url'].startswith('data:image/png;base64,')
    assert words == {'type': 'text', 'text': 'hello'}


def test_the_key_comes_from_the_environment_and_stays_out_of_errors(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, 'secret-123')
    refuses = status(401, '{"error": {"message": "bad key secret-123"}}')
    with serving(refuses) as server, pytest.raises(ModelError, match='401') as caught:
        model_at(server, rounds=3).complete(HELLO)
    assert server.requests[0][0]['authorization'] == 'Bearer secret-123'
    assert 'secret-123' not in str(caught.value)
    assert len(server.requests) == 1  # a wrong key does not become right


MISBEHAVIOURS = [
    (status(500), '500'),
    (status(503), '503'),
    (status(401), '401'),
    (status(404), '404'),
    (status(429), '429'),
    (status(302, Location='http://127.0.0.1:9/v1/chat/completions'), '302'),
    (scripted.hangs, 'no token'),
    (scripted.hangs_in_the_middle, 'longer than|timed out'),
    (scripted.drips_headers, 'no token'),
    (scripted.drips, 'no token'),
    (scripted.cut, 'cut off'),
    (scripted.resets, 'disconnected|reset|closed'),
    (scripted.floods, 'longer than|more than'),
    (scripted.floods_one_line, 'more than'),
    (scripted.gzip_bomb, 'gzip'),
    (scripted.garbage, 'cut off|JSON'),
    (scripted.no_http, 'HTTP|disconnected'),
    (scripted.wrong_shapes, 'delta'),
    (scripted.mixed_ids, 'different completions'),
    (scripted.error_event, 'out of memory'),
    (lambda handler: handler.plain('not json'), 'JSON'),
    (lambda handler: handler.plain('[1]'), 'event'),
    (lambda handler: handler.plain('[' * 100000), 'JSON'),
    (says('hello', model='evil/model'), 'evil/model'),
]


@pytest.mark.parametrize(('behaviour', 'word'), MISBEHAVIOURS)
def test_x10_f32_every_misbehaviour_is_one_typed_error_in_time_and_memory(behaviour, word):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    with serving(behaviour) as server, pytest.raises(ModelError, match=word) as caught:
        model_at(server).complete(HELLO)
    assert server.url in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert time.monotonic() - begun < 10  # the limit is 1.2 s; a busy machine may be late
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20_000  # KiB; bomb and flood are 100 MB


def test_a_server_that_is_down_says_so():
    with pytest.raises(ModelError, match=r'refused|connect'):
        model_at(free_address()).complete(HELLO)


def test_a_name_that_does_not_exist_says_so():
    with pytest.raises(ModelError, match='no server answered'):
        model_at('https://no-such-host.invalid/v1').complete(HELLO)


def test_a_certificate_that_nobody_signed_is_refused(tmp_path):
    with tls_server(tmp_path) as url, pytest.raises(ModelError, match=r'(?i)certificate'):
        model_at(url).complete(HELLO)


def test_the_next_server_answers_and_is_asked_first_then():
    with serving(status(500)) as ill, serving(says('one'), says('two')) as well:
        model = model_at(ill, well)
        assert [model.complete(HELLO).text for _ in range(2)] == ['one', 'two']
        assert len(ill.requests) == 1


def test_a_server_that_recovers_is_asked_again():
    with serving(status(503), says('back')) as server:
        assert model_at(server, rounds=2).complete(HELLO).text == 'back'


def test_an_old_answer_is_not_taken_again():
    with serving(says('yes', identity='same')) as server:
        model = model_at(server)
        assert model.complete(HELLO).text == 'yes'
        with pytest.raises(ModelError, match='old answer'):
            model.complete(HELLO)


@pytest.mark.parametrize(
    'behaviour', [scripted.hangs, scripted.hangs_in_the_middle, scripted.drips_headers]
)
def test_cancel_from_another_thread_ends_a_call_at_once(behaviour):
    with serving(behaviour) as server:
        model = model_at(server, first_token=30.0, total=30.0)
        ended = []

        def call():
            with pytest.raises(ModelCancelledError):
                model.complete(HELLO)
            ended.append(True)

        thread = threading.Thread(target=call)
        thread.start()
        while not server.requests:
            time.sleep(0.01)
        model.cancel()
        thread.join(10)
        assert ended  # far before the 30 s of its own limit


@pytest.mark.parametrize(
    ('version', 'is_refused'),
    [
        ('0.8.2', False), ('0.8.3', True), ('0.11.0', True), ('0.14.0', True), ('0.14.0rc1', True),
        ('0.14.1', False), ('1.0', False), ('v0.9.2+cu128', True), ('dev', True), ('', True),
    ],
)  # fmt: skip
def test_x11_a_vllm_with_an_unsafe_decoder_gets_no_image(version, is_refused):
    assert bool(refused_version(f'{{"version": "{version}"}}')) == is_refused
    with serving(says('{}'), version=f'{{"version": "{version}"}}') as server:
        model = model_at(server)
        asked = ModelRequest(HELLO.messages, IMAGE)
        if is_refused:
            with pytest.raises(ModelError, match=r'vLLM|cannot be read'):
                model.complete(asked)
            assert server.requests == []
        else:
            assert model.complete(asked).text == '{}'


@pytest.mark.parametrize('url', ['', 'ftp://a/v1', 'http:///v1', 'https://me:key@host/v1', 'host'])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ConfigurationError):
        ServerSettings((url,), MODEL)


def test_x10_open_http_is_for_this_machine_unless_allowed():
    for url in ('http://localhost:1/v1', 'http://127.0.0.1/v1', 'http://[::1]:8/v1'):
        assert ServerSettings((url,), MODEL)
    with pytest.raises(ConfigurationError, match='in the open'):
        ServerSettings(('http://10.0.0.7:8000/v1',), MODEL)
    assert ServerSettings(('http://10.0.0.7:8000/v1',), MODEL, plain_http=True)


def test_the_planner_plans_through_a_server():
    with serving(says(PLAN)) as server:
        planner = ServerPlanner(server.url, MODEL)
        plan = planner.plan(PlanRequest('put the red cube in the blue bowl', scenes.SIMPLE))
    assert [step.action for step in plan.steps] == ['pick', 'place']
    assert planner.account.source == 'model'
    assert planner.account.figures()['reply tokens'] == '7'


def test_without_any_server_the_grammar_plans_or_asks():
    settings = ServerSettings((free_address(),), MODEL, **SHORT)
    planner = ServerPlanner((), MODEL, settings=settings)
    plan = planner.plan(PlanRequest('put the red cube in the blue bowl', scenes.SIMPLE))
    assert plan.question is None
    assert planner.account.source == 'fallback'
    plan = planner.plan(PlanRequest('make me something to drink', scenes.SIMPLE))
    assert 'not available' in plan.question


def tls_server(folder):
    """Serve TLS with a certificate signed by itself."""
    import subprocess
    from contextlib import contextmanager

    key, certificate = folder / 'key.pem', folder / 'certificate.pem'

    @contextmanager
    def run():
        command = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                   '-subj', '/CN=localhost', '-keyout', key, '-out', certificate]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip('openssl is not installed')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        with serving(says('x')) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            yield server.url.replace('http:', 'https:')

    return run()
