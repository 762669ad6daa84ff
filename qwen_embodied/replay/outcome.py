"""The files of a replay: report.html and report.json beside its logs."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

from qwen_embodied.errors import ConfigurationError
from qwen_embodied.replay.page import write_page
from qwen_embodied.replay.results import ReplayReport

PAGE, DATA = 'report.html', 'report.json'


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
        raise ConfigurationError(f'{folder}: cannot be written: {error.strerror}') from error
    return folder / PAGE, folder / DATA
