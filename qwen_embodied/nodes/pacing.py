"""A thread that calls something at a rate, and slows down rather than catching up."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Callable

from qwen_embodied.errors import NodeError, QwenEmbodiedError


class Pacer:
    """Calls an action at a rate until it is closed or the action raises a QwenEmbodiedError."""

    def __init__(
        self,
        name: str,
        rate: float,
        action: Callable[[], object],
        at_end: Callable[[], object] | None = None,
    ) -> None:
        """Start the thread.

        Args:
            name: Of the thread.
            rate: Hz; where the machine is late, calls come later instead of in a burst.
            action: Called without arguments, always in this one thread.
            at_end: Called in the same thread when it ends.
        """
        self._period, self._action, self._at_end = 1.0 / rate, action, at_end
        self._closing = threading.Event()
        self._error: QwenEmbodiedError | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise what ended the action, if anything did; to be called now and then."""
        if self._error is not None:
            raise self._error
        if not (self._thread.is_alive() or self._closing.is_set()):
            raise NodeError(f'the thread {self._thread.name} ended by a fault; see above')

    def close(self) -> None:
        """End the thread after the call that is under way."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._repeat()
        except QwenEmbodiedError as error:
            self._error = error
        finally:
            if self._at_end:
                self._at_end()

    def _repeat(self) -> None:
        due = time.monotonic()
        while not self._closing.wait(max(due - time.monotonic(), 0.0)):
            self._action()
            due = max(due + self._period, time.monotonic() - self._period)
