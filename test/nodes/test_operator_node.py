"""What a person's node keeps: a record of a task, and nothing between two."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

from nodes.arm_cell import HOME, NAMES, turn
from qwen_embodied.errors import NodeError
from qwen_embodied.messages import JointState
from qwen_embodied.nodes.operating import Operator


def hear(node):
    node._on_state(JointState(1.0, NAMES, HOME))
    node.record_view((1.0, np.zeros((2, 2, 3), np.uint8)))
    node._on_trajectory(turn())


def kept(record):
    return len(record.joint_log), len(record.views), len(record.trajectories)


def test_between_two_tasks_nothing_is_collected(domain, monkeypatch):
    with Operator(domain=domain) as operator:
        hear(operator.node)
        assert kept(operator.record) == (0, 0, 0)
        monkeypatch.setattr(operator.node, 'say', lambda words: hear(operator.node))
        with pytest.raises(NodeError, match='in time'):
            list(operator.carry_out('home', 0.1))
        hear(operator.node)
        assert kept(operator.record) == (1, 1, 1)
        assert operator.record.instruction == 'home'
