"""The rows of a bench, their table and their JSON file."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qwen_embodied.errors import ConfigurationError

COLUMNS = ('name', 'value', 'unit', 'bar', 'goal', 'peer', 'holds')


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Attributes:
        name: What was measured.
        value: The figure; NaN where the measurement failed.
        unit: Of value; empty for a plain count.
        bar: What the figure must reach, such as '>= 95'; empty when it only informs.
        goal: What it should reach one day, in the same form.
        peer: What another system reaches, with its name, in the same unit.
        holds: True when the bar is reached; a row without a bar holds.
        ratio: Of this package to a baseline measured side by side.
        interval: 95 % confidence interval of ratio.
    """

    name: str
    value: float
    unit: str = ''
    bar: str = ''
    goal: str = ''
    peer: str = ''
    holds: bool = True
    ratio: float | None = None
    interval: tuple[float, float] | None = None


def at_least(
    name: str, value: float, unit: str, *, bar: float, goal: str = '', peer: str = ''
) -> Row:
    """Build a row that holds when value >= bar; NaN does not hold."""
    return Row(name, value, unit, f'>= {bar:g}', goal, peer, holds=bool(value >= bar))


def at_most(
    name: str, value: float, unit: str, *, bar: float, goal: str = '', peer: str = ''
) -> Row:
    """Build a row that holds when value <= bar; NaN does not hold."""
    return Row(name, value, unit, f'<= {bar:g}', goal, peer, holds=bool(value <= bar))


def figure(name: str, value: float, unit: str = '', *, peer: str = '') -> Row:
    """Build a row without a bar, which only informs."""
    return Row(name, value, unit, peer=peer)


@dataclass(frozen=True)
class Report:
    """The rows of one run of a bench.

    Attributes:
        bench: Its name.
        machine: Where it ran, in words.
        date: When it ended, ISO 8601 in UTC.
        rows: In the order of measurement.
    """

    bench: str
    machine: str
    date: str
    rows: tuple[Row, ...]

    @property
    def holds(self) -> bool:
        """True when there are rows and every bar is reached."""
        return bool(self.rows) and all(row.holds for row in self.rows)

    def to_json(self) -> str:
        """Write the report as JSON; a figure that is not finite becomes null."""
        plain = {
            'bench': self.bench,
            'machine': self.machine,
            'date': self.date,
            'rows': [_plain(row) for row in self.rows],
        }
        return json.dumps(plain, indent=2, allow_nan=False, ensure_ascii=False) + '\n'

    def write(self, path: Path) -> None:
        """Write the JSON to a file; raises ConfigurationError where that cannot be done."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.to_json(), encoding='utf-8')
        except OSError as error:
            raise ConfigurationError(f'{path}: cannot be written: {error.strerror}') from error


def table(report: Report) -> str:
    """Lay the rows out as a Markdown table, so that it can stand in the README as it is."""
    cells = [list(COLUMNS)] + [[*_cells(row)] for row in report.rows]
    widths = [max(len(line[at]) for line in cells) for at in range(len(COLUMNS))]
    lines = [_line(line, widths) for line in cells]
    lines.insert(1, '|' + '|'.join('-' * (width + 2) for width in widths) + '|')
    return '\n'.join([f'{report.bench}, {report.date}, {report.machine}', '', *lines])


def machine() -> str:
    """Describe this machine: processor, cores, memory, system and Python."""
    cores = os.cpu_count() or 1
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30
    system = platform.freedesktop_os_release().get('PRETTY_NAME', platform.system())
    return (
        f'{_processor()}, {cores} cores, {memory:.0f} GiB, {system}, '
        f'Python {platform.python_version()}'
    )


def _processor() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        lines = []
    named = (line.partition(':')[2].strip() for line in lines if line.startswith('model name'))
    return next(named, platform.machine())


def _plain(row: Row) -> dict[str, Any]:
    values = asdict(row)
    values['value'] = row.value if math.isfinite(row.value) else None
    if row.ratio is None:
        del values['ratio'], values['interval']
    return values


def _cells(row: Row) -> tuple[str, ...]:
    value = f'{row.value:.4g}'
    if row.ratio is not None:
        low, high = row.interval or (math.nan, math.nan)
        value += f' (x{row.ratio:.2f}, {low:.2f} to {high:.2f})'
    verdict = ('yes' if row.holds else 'NO') if row.bar else ''
    return (row.name, value, row.unit, row.bar, row.goal, row.peer, verdict)


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return '| ' + ' | '.join(padded) + ' |'
