"""What a long bench has measured so far, so that it can be stopped and taken up again."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Store:
    """A file of JSON lines, one for each finished measurement.

    A bench that was stopped finds there what it need not measure again; a line that was cut off
    is measured again. Begin a new file after any change of the code.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Read what is there; without a path nothing is kept from one run to the next."""
        self._path = path
        self._values: dict[str, Any] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding='utf-8').splitlines():
                self._read(line)

    def __len__(self) -> int:
        """Count the measurements."""
        return len(self._values)

    def value(self, key: str, measure: Callable[[], Any]) -> Any:
        """Give what was measured under a key; measured now, and kept, where it was not.

        Args:
            key: Says what is measured, on which seed.
            measure: Gives something that JSON can hold.
        """
        if key not in self._values:
            self._values[key] = measure()
            self._write(key)
        return self._values[key]

    def _read(self, line: str) -> None:
        try:
            key, value = json.loads(line)
        except ValueError:
            return
        self._values[key] = value

    def _write(self, key: str) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open('a', encoding='utf-8') as file:
            file.write('\n' + json.dumps([key, self._values[key]]))
