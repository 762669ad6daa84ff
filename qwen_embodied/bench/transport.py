"""The way between two processes: are camera images lost, and how late is what arrives?"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from qwen_embodied.bench.report import Row, at_least, at_most
from qwen_embodied.bringup import graph_environment
from qwen_embodied.errors import NodeError

PROBE = [sys.executable, '-m', 'qwen_embodied.nodes.transport_probe']
DOMAIN = '87'  # apart from a graph that runs on this machine
SLACK = 60.0  # s for starting and finding each other


def measure_transport(seconds: float) -> list[Row]:
    """Send VGA colour and depth at 10 Hz and joint states at 100 Hz from process to process.

    Args:
        seconds: For how long.
    """
    found = probe_transport(seconds)
    share = 100.0 * found['received'] / found['sent'] if found['sent'] else 0.0
    words = f'{found["received"]:.0f} of {found["sent"]:.0f}'
    return [
        at_least(f'camera images delivered, {words} in {seconds:.0f} s', share, '%', bar=100),
        at_most('camera image, hop between processes, p50', found['image_p50_ms'], 'ms', bar=5),
        at_most('joint states, delay between processes, p99', found['joint_p99_ms'], 'ms', bar=20),
    ]


def probe_transport(
    seconds: float, environment: Mapping[str, str] | None = None
) -> dict[str, float]:
    """Run the two processes and give what the listener counted.

    Args:
        seconds: For how long the sender sends.
        environment: Of the processes; that of the graph where absent.

    Raises:
        NodeError: A process failed, or they did not find each other.
    """
    env = dict(graph_environment() if environment is None else environment)
    env['ROS_DOMAIN_ID'] = os.environ.get('QWEN_EMBODIED_PROBE_DOMAIN', DOMAIN)
    listener = subprocess.Popen([*PROBE, 'listen', str(seconds)], env=env, stdout=subprocess.PIPE)
    sender = subprocess.Popen([*PROBE, 'send', str(seconds)], env=env)
    try:
        text, _ = listener.communicate(timeout=seconds + SLACK)
        code = sender.wait(SLACK)
    except subprocess.TimeoutExpired as error:
        raise NodeError(f'the transport probe did not end in {seconds + SLACK:.0f} s') from error
    finally:
        for process in (listener, sender):
            process.kill()
            process.wait()
    if code or listener.returncode:
        raise NodeError(f'the transport probe ended with {code} and {listener.returncode}')
    result: dict[str, float] = json.loads(text)
    return result
