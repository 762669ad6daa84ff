"""The logs of a replay: written line by line, and hashed as they are written."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

from qwen_embodied.errors import ConfigurationError

NAMES = ('scenes', 'plan', 'trajectories')


class ReplayLogs:
    """Logs scenes.jsonl, plan.jsonl and trajectories.jsonl; without a folder only hashed."""

    def __init__(self, folder: Path | None) -> None:
        """Open the files; raises ConfigurationError where the folder cannot be made."""
        self._hashes = {name: hashlib.sha256() for name in NAMES}
        self._files: dict[str, IO[bytes]] = {}
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._files = {name: (folder / f'{name}.jsonl').open('wb') for name in NAMES}
        except OSError as error:
            raise ConfigurationError(f'{folder}: cannot be written: {error.strerror}') from error

    def write(self, name: str, line: str) -> None:
        """Write a line to one of the logs."""
        data = line.encode() + b'\n'
        self._hashes[name].update(data)
        file = self._files.get(name)
        if file is None:
            return
        try:
            file.write(data)
        except OSError as error:
            raise _unwritten(name, error) from error

    def digest(self, name: str) -> str:
        """Give the SHA-256 of what was written to a log."""
        return self._hashes[name].hexdigest()

    def __enter__(self) -> ReplayLogs:
        """Give the logs."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Close the files; raises ConfigurationError where their rest cannot be written."""
        for name, log in self._files.items():
            try:
                log.close()
            except OSError as reason:
                if kind is None:
                    raise _unwritten(name, reason) from reason


def _unwritten(name: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(f'{name}.jsonl: cannot be written: {error.strerror}')
