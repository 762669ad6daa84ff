"""What an operator may do to a running task: cancel, hold, let go on, or want something else."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

from qwen_embodied.budget import Budget
from qwen_embodied.errors import QwenEmbodiedError, StoppedError, TaskError
from qwen_embodied.workcell import TaskEvent, Workcell

PAUSE_PERIOD = 0.1  # s between looks whether a pause is over


class ReplacedError(QwenEmbodiedError):
    """The operator gave another instruction."""


class Interrupts:
    """Requests from any thread, which act where the task calls `check`."""

    def __init__(self, workcell: Workcell) -> None:
        """Report to a workcell, and let its time pass while the task is held."""
        self._cell = workcell
        self._cancelled, self._paused = threading.Event(), threading.Event()
        self._next: str | None = None
        self._lock = threading.Lock()
        self._since = 0.0

    def clear(self) -> None:
        """Forget all requests, and stops before now."""
        self._since = self._cell.now()
        self._cancelled.clear()
        self._paused.clear()
        self._next = None

    def cancel(self) -> None:
        """Ask for the end of the task."""
        self._cancelled.set()

    def pause(self) -> None:
        """Ask to hold."""
        self._paused.set()

    def resume(self) -> None:
        """Let a held task go on."""
        self._paused.clear()

    def instruct(self, instruction: str) -> None:
        """Ask for something else."""
        with self._lock:
            self._next = instruction

    @property
    def is_ended(self) -> bool:
        """True once nothing more may be done: cancelled, or stopped since `clear`."""
        return self.is_cancelled or bool(self._cell.stopped(self._since))

    @property
    def is_cancelled(self) -> bool:
        """True once the operator wants the task to end."""
        return self._cancelled.is_set()

    @property
    def is_paused(self) -> bool:
        """True while the operator holds the task."""
        return self._paused.is_set()

    def take_next(self) -> str | None:
        """Give the new instruction, once."""
        with self._lock:
            found, self._next = self._next, None
        return found

    def check(self, budget: Budget) -> None:
        """Hold while the operator wants it; pauses do not count in the budget.

        Raises:
            StoppedError: The arm was stopped since `clear`.
            TaskError: The task is cancelled, or its budget is used up.
            ReplacedError: The operator gave another instruction.
        """
        if self.is_paused and not self.is_cancelled:
            self._hold(budget)
        self.refuse_cancelled()
        why = self._cell.stopped(self._since)
        if why:
            raise StoppedError(why)
        if self._next is not None:
            raise ReplacedError(f'the operator now wants: {self._next}')
        budget.check(self._cell.now())

    def refuse_cancelled(self) -> None:
        """Raise TaskError once the task is cancelled."""
        if self.is_cancelled:
            raise TaskError('cancelled by the operator')

    def _hold(self, budget: Budget) -> None:
        begun = self._cell.now()
        self._tell('paused', 'I hold until you let me go on')
        while self._is_held():
            self._cell.wait(PAUSE_PERIOD)
        if self._next is not None:
            self._paused.clear()
        budget.pause(self._cell.now() - begun)
        self._tell('resumed', 'I go on')

    def _is_held(self) -> bool:
        is_over = self.is_cancelled or self._next is not None
        return self.is_paused and not is_over and not self._cell.stopped(self._since)

    def _tell(self, kind: str, text: str) -> None:
        self._cell.report(TaskEvent(self._cell.now(), kind, text))
