"""A thread that writes what must be kept, so that no disk ever delays a stop."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from qwen_embodied.safety import AuditFile, Decision, Latch, LatchFile, Parameters, Supervisor

WAITING = 2000  # decisions; a disk that is slower loses some, which the audit counts
PATIENCE = 2.0  # s, at the end
Task = Callable[[], str]


class Keeper:
    """Keeps the latch and the audit in files, in a thread of its own.

    Args:
        latch: File of the latch, or None.
        audit: File of the audit, or None.
        configuration: Digest that each decision was made with.
        warn: Told what could not be written, and which rules are off.

    Attributes:
        latch: That was kept before, then the newest.
    """

    def __init__(
        self,
        latch: LatchFile | None,
        audit: AuditFile | None,
        configuration: str,
        warn: Callable[[str], object],
    ) -> None:
        self._file, self._audit, self._configuration = latch, audit, configuration
        self.latch = latch.read() if latch else None  # as kept
        self._warn, self._missed, self._owes_latch = warn, 0, False
        self._tasks: queue.Queue[Task | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name='keeper', daemon=True)
        self._thread.start()

    @classmethod
    def of(cls, parameters: Parameters, warn: Callable[[str], object]) -> Keeper:
        """Open the files that the parameters name."""
        latch = LatchFile(parameters.latch_file) if parameters.latch_file else None
        audit = AuditFile(parameters.audit_file) if parameters.audit_file else None
        return cls(latch, audit, parameters.digest, warn)

    def follow(self, supervisor: Supervisor) -> bool:
        """Write what is new of a supervisor, soon; True when another stop is latched, or none."""
        is_new = supervisor.latch != self.latch
        if is_new or self._owes_latch:
            self.latch = supervisor.latch
            self.keep_latch(self.latch)
        for decision in supervisor.decisions.take():
            self.keep(decision)
            if decision.kind == 'disabled':
                self._warn(f'rules are off: {decision.message}')
        return is_new

    def keep_latch(self, latch: Latch | None) -> None:
        """Write the latch, soon; `follow` does so later where too much waits for the disk."""
        file = self._file
        if file is not None:
            self._owes_latch = not self._put(lambda: file.write(latch))

    def keep(self, decision: Decision) -> None:
        """Write a decision, soon."""
        file = self._audit
        if file is None:
            return
        date = datetime.now(UTC).isoformat(timespec='milliseconds')
        values = {'date': date, **decision.plain(), 'configuration': self._configuration}
        if self._missed:
            values['missed'] = self._missed
        self._missed = 0 if self._put(lambda: file.append(values)) else self._missed + 1

    def close(self) -> None:
        """Write what waits, for a while."""
        self._put(None)
        self._thread.join(PATIENCE)

    def _put(self, task: Task | None) -> bool:
        try:
            self._tasks.put_nowait(task)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            trouble = task()
            if trouble:
                self._warn(trouble)
