"""Reads, decodes and corrects the next images in a thread while scenes are made of the last."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from qwen_embodied.errors import QwenEmbodiedError
from qwen_embodied.replay.moments import Account, Moment, MomentReader, Source

DEPTH = 3  # moments that wait: about 30 MB of VGA images


class Ahead:
    """Gives the moments of a recording in their order, prepared in a thread of its own.

    What is given does not depend on how fast the thread is.
    """

    def __init__(self, source: Source) -> None:
        """Prepare to read; iterate once."""
        self._reader = MomentReader(source)
        self._queue: queue.Queue[Moment | QwenEmbodiedError | None] = queue.Queue(DEPTH)
        self._is_done = threading.Event()

    @property
    def account(self) -> Account:
        """What was read so far."""
        return self._reader.account

    def __iter__(self) -> Iterator[Moment]:
        """Give moments; raises ReplayError where the recording is broken."""
        thread = threading.Thread(target=self._read, name='bag reader', daemon=True)
        thread.start()
        try:
            while True:
                item = self._queue.get()
                if item is None:
                    return
                if isinstance(item, QwenEmbodiedError):
                    raise item
                yield item
        finally:
            self._is_done.set()
            thread.join()

    def _read(self) -> None:
        end: QwenEmbodiedError | None = None
        try:
            for moment in self._reader:
                if not self._put(moment):
                    return
        except QwenEmbodiedError as error:
            end = error
        self._put(end)

    def _put(self, item: Moment | QwenEmbodiedError | None) -> bool:
        while not self._is_done.is_set():
            try:
                self._queue.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False
