"""Takes messages as they arrive and writes them in a thread, with bounded memory."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from collections import Counter, deque

from qwen_embodied.errors import ReplayError
from qwen_embodied.replay.definitions import Definition
from qwen_embodied.replay.writer import BagWriter

MOST_WAITING = (
    64 * 2**20
)  # bytes that wait for the disk: a second of VGA colour and depth at 30 Hz


class Recorder:
    """Never blocks who delivers messages: what the disk is too slow for is dropped and counted.

    Attributes:
        drops: Messages that were not written, by topic.
        failure: Why nothing is written any more; empty while all is well.
    """

    def __init__(self, writer: BagWriter, *, most_waiting: int = MOST_WAITING) -> None:
        """Start the thread; `close` ends it and the recording."""
        self.drops: Counter[str] = Counter()
        self.failure = ''
        self._writer, self._most = writer, most_waiting
        self._waiting: deque[tuple[str, int, bytes]] = deque()
        self._bytes, self._is_closing = 0, False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name='recorder', daemon=True)
        self._thread.start()

    def add_topic(self, name: str, definition: Definition) -> None:
        """Describe a topic before its first message."""
        with self._changed:
            self._writer.add_topic(name, definition)

    def take(self, name: str, stamp: int, data: bytes) -> bool:
        """Take a message.

        Args:
            name: Of a topic that was added.
            stamp: When it arrived, ns.
            data: Serialised.

        Returns:
            False when it was dropped.
        """
        with self._changed:
            if self.failure or self._is_closing or self._bytes + len(data) > self._most:
                self.drops[name] += 1
                return False
            self._waiting.append((name, stamp, data))
            self._bytes += len(data)
            self._changed.notify()
        return True

    @property
    def counts(self) -> dict[str, int]:
        """Give how many messages of each topic were written."""
        return dict(self._writer.counts)

    def close(self) -> None:
        """Write what waits, end the file and its metadata; raises ReplayError when that failed."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()
        if self.failure:
            raise ReplayError(self.failure)
        self._writer.close()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closing)
                if not self._waiting:
                    return
                name, stamp, data = self._waiting.popleft()
            try:
                self._writer.write(name, stamp, data)
            except ReplayError as error:
                self._fail(name, str(error))
            with self._changed:
                self._bytes -= len(data)

    def _fail(self, name: str, reason: str) -> None:
        """Give up when nothing can be written; a single message too large is dropped."""
        with self._changed:
            self.drops[name] += 1
            if not self._writer.failure:
                return
            self.failure = reason
            for other, _, data in self._waiting:
                self.drops[other] += 1
                self._bytes -= len(data)
            self._waiting.clear()
