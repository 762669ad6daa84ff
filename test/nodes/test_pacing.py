"""A paced thread: it keeps its rate, never bursts, and reports its end."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time

import pytest

from qwen_embodied.errors import NodeError, SimulationError
from qwen_embodied.nodes.pacing import Pacer


def paced(rate, calls, action=None):
    """Run until an action was called a number of times; gives the instants."""
    instants, done = [], threading.Event()

    def call():
        instants.append(time.monotonic())
        if action:
            action(len(instants))
        if len(instants) >= calls:
            done.set()

    pacer = Pacer('tested', rate, call)
    assert done.wait(10.0)
    pacer.close()
    return instants


def test_it_is_never_faster_than_its_rate():
    instants = paced(200.0, 40)
    assert instants[-1] - instants[0] >= 38 / 200.0


def test_what_is_late_comes_later_and_not_in_a_burst():
    instants = paced(100.0, 20, lambda count: time.sleep(0.2) if count == 5 else None)
    # Of the twenty periods that were missed at most one is made up for.
    assert instants[-1] - instants[0] >= 0.2 + 13 / 100.0


def test_it_ends_in_its_own_thread():
    ended = []
    pacer = Pacer('tested', 100.0, bool, at_end=lambda: ended.append(threading.current_thread()))
    pacer.close()
    assert [thread.name for thread in ended] == ['tested']
    pacer.check()


def test_an_error_of_the_action_ends_it_and_is_raised_by_check():
    def fail():
        raise SimulationError('the world broke')

    pacer = Pacer('tested', 100.0, fail)
    pacer._thread.join(5.0)
    with pytest.raises(SimulationError, match='the world broke'):
        pacer.check()
    pacer.close()


@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_a_fault_of_the_action_does_not_go_unseen():
    pacer = Pacer('tested', 100.0, lambda: 1 / 0)
    pacer._thread.join(5.0)
    with pytest.raises(NodeError, match='the thread tested ended by a fault'):
        pacer.check()
    pacer.close()
