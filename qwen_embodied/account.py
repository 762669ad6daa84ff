"""The account of a run on the terminal: one short line per event."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from rich.console import Console
from rich.text import Text

from qwen_embodied.task import TaskEvent

WORDS = {
    'accepted': ('you say', 'bold'),
    'looked': ('looks', 'cyan'),
    'planned': ('plans', 'magenta'),
    'asked': ('asks', 'yellow'),
    'step': ('moves', 'blue'),
    'verified': ('checks', 'green'),
    'retry': ('retries', 'yellow'),
    'changed': ('notices', 'yellow'),
    'replanned': ('replans', 'magenta'),
    'paused': ('holds', 'yellow'),
    'resumed': ('goes on', 'blue'),
    'replaced': ('you change', 'bold'),
    'question': ('asks', 'yellow'),
    'succeeded': ('done', 'bold green'),
    'failed': ('fails', 'bold red'),
    'cancelled': ('stops', 'bold yellow'),
}


class Account:
    """Prints events; the segments of a step are collected behind its line."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to a console; standard output where absent."""
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._segments: list[str] = []

    def line(self, word: str, text: str, style: str = 'dim') -> None:
        """Print one line with its word in the left column."""
        self._flush()
        self._write(word, text, style)

    def event(self, event: TaskEvent) -> None:
        """Print an event."""
        if event.kind == 'segment':
            self._segments.append(event.text)
            return
        word, style = WORDS.get(event.kind, (event.kind, 'dim'))
        self.line(word, event.text.strip() or '(nothing)', style)
        for number, words in enumerate(event.data.get('steps', ()), start=1):
            self._write('', f'{number}. {words}', style)

    def _flush(self) -> None:
        if self._segments:
            self._write('', ' → '.join(self._segments), 'dim')
            self._segments = []

    def _write(self, word: str, text: str, style: str) -> None:
        line = Text(f'{word:>10}  ', style=style)
        line.append(text, style='dim' if style == 'dim' else '')
        self.console.print(line)
