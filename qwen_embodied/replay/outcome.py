"""The files of a replay: report.html and report.json beside its logs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.replay.page import write_page
from qwen_embodied.replay.results import ReplayReport

PAGE, DATA = 'report.html', 'report.json'


@contextmanager
def finished_in(folder: Path) -> Iterator[Path]:
    """Give a new folder whose files come into `folder` at the end; where that fails none does.

    Raises:
        ConfigurationError: The folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(mkdtemp(prefix='.unfinished-', dir=folder))
    except OSError as error:
        raise _unwritten(folder, error) from error
    try:
        yield made
        _move(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
        with suppress(OSError):  # it holds an earlier report
            folder.rmdir()


def _move(made: Path, folder: Path) -> None:
    try:
        for path in sorted(made.iterdir()):
            path.replace(folder / path.name)
    except OSError as error:
        raise _unwritten(folder, error) from error


def _unwritten(folder: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f'{folder}: cannot be written: {error.strerror}')


def write_report(
    report: ReplayReport, folder: Path, changes: tuple[str, ...] | None = None
) -> tuple[Path, Path]:
    """Write both files.

    Args:
        report: Of a replay.
        folder: Made when it is not there.
        changes: Against an earlier replay; None where none was compared.

    Returns:
        The paths of the HTML and the JSON file.

    Raises:
        ConfigurationError: They cannot be written.
    """
    text = json.dumps(report.plain(), indent=2, ensure_ascii=False, allow_nan=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DATA).write_text(text + '\n', encoding='utf-8')
        (folder / PAGE).write_text(write_page(report, changes), encoding='utf-8')
    except OSError as error:
        raise _unwritten(folder, error) from error
    return folder / PAGE, folder / DATA
