"""What must outlast a restart reaches the disk, however slow the disk is."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import threading

import pytest

from qwen_embodied.nodes import keeping
from qwen_embodied.nodes.keeping import Keeper
from qwen_embodied.safety import AuditFile, LatchFile
from safety.cases import Watched


class SlowAudit(AuditFile):
    """Writes nothing until it may."""

    def __init__(self, path):
        super().__init__(path)
        self.has_begun, self.may_write = threading.Event(), threading.Event()

    def append(self, values):
        self.has_begun.set()
        self.may_write.wait()
        return super().append(values)


@pytest.fixture
def slow(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, 'WAITING', 3)
    audit = SlowAudit(tmp_path / 'audit.jsonl')
    yield audit
    audit.may_write.set()


def test_e3_a_latch_is_kept_once_there_is_room_for_it(slow, tmp_path):
    latch, said = LatchFile(tmp_path / 'latch.json'), []
    keeper = Keeper(latch, slow, 'digest', said.append)
    cell = Watched().run()
    keeper.follow(cell.supervisor)
    slow.has_begun.wait()
    for _ in range(20):
        cell.propose(name='')
        cell.run(0.01)
        keeper.follow(cell.supervisor)
    cell.supervisor.stop('button', cell.now)
    assert keeper.follow(cell.supervisor)
    assert not keeper.follow(cell.supervisor)
    assert latch.read() is None
    slow.may_write.set()
    while latch.read() is None:
        keeper.follow(cell.supervisor)
    assert latch.read() == cell.supervisor.latch
    keeper.close()
    lines = [json.loads(line) for line in (tmp_path / 'audit.jsonl').read_text().splitlines()]
    assert len(lines) < 20
    assert said == []
