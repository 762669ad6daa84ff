"""ServerPlanner against `transformers serve` on loopback, with a tiny model in it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

for needed in ('torch', 'openai', 'fastapi', 'uvicorn', 'accelerate'):
    pytest.importorskip(needed)

from planning import scenes, tiny  # noqa: E402
from qwen_embodied.planning import PlanRequest, ServerModel, ServerPlanner, verify  # noqa: E402
from qwen_embodied.planning.addresses import ServerSettings  # noqa: E402
from qwen_embodied.planning.prompts import plan_messages  # noqa: E402
from qwen_embodied.planning.vision_model import ModelRequest  # noqa: E402

TESTS = Path(__file__).resolve().parents[1]
START = """
import sys
from planning.native_ops import stand_in
stand_in()
import torch
torch.set_num_threads(1)
from transformers.cli.serve import Serve
Serve(sys.argv[1], device='cpu', host='127.0.0.1', port=int(sys.argv[2]), reasoning='off')
"""
IMAGE = np.zeros((64, 96, 3), np.uint8)
STARTING = 120.0  # s; importing torch on a busy machine


@pytest.fixture(scope='module')
def served(tmp_path_factory):
    """Serve a tiny Qwen3-VL; gives its folder, which is its name, and its address."""
    folder = tiny.save(tmp_path_factory.mktemp('served'), 'qwen3_vl')
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    log = (folder.parent / 'serve.log').open('wb')
    process = subprocess.Popen(
        [sys.executable, '-c', START, str(folder), str(port)],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join([str(TESTS), *sys.path])},
        stdout=log,
        stderr=log,
    )
    try:
        wait_until_healthy(process, port, Path(log.name))
        yield str(folder), f'http://127.0.0.1:{port}/v1'
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        log.close()


def wait_until_healthy(process, port, log):
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{port}/health', timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, log.read_text()[-2000:]
            time.sleep(0.2)
    pytest.fail(log.read_text()[-2000:])


def settings(served, **others):
    folder, url = served
    return ServerSettings((url,), folder, first_token=60.0, total=60.0, **others)


def test_a_served_qwen_takes_image_and_prompt_and_counts_its_tokens(served):
    request = PlanRequest('put the red cube in the blue bowl', scenes.SIMPLE, IMAGE)
    asked = ModelRequest(plan_messages(request), IMAGE, max_tokens=12)
    reply = ServerModel(settings(served)).complete(asked)
    plain = ServerModel(settings(served)).complete(ModelRequest(asked.messages, max_tokens=12))
    assert reply.reply_tokens <= 12
    image_tokens = (64 // 32) * (96 // 32)
    assert reply.prompt_tokens >= plain.prompt_tokens + image_tokens
    assert reply.first_token is not None


def test_what_an_engine_without_constraint_says_is_checked_here(served):
    planner = ServerPlanner((), '', settings=settings(served))
    request = PlanRequest('put the red cube in the blue bowl', scenes.SIMPLE, IMAGE)
    plan = planner.plan(request)
    assert len(planner.account.calls) == 3  # transformers serve ignores response_format
    assert planner.account.source == 'fallback'
    assert verify(plan, scenes.SIMPLE) == ()
