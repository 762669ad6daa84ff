"""Line charts as SVG that take their colours from the page, so that they suit light and dark."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from qwen_embodied.replay.results import LightSpan

Array = NDArray[np.float64]

WIDTH, HEIGHT = 420.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 10.0, 22.0
MOST_POINTS = 600


@dataclass(frozen=True, eq=False)
class Line:
    """A line of a chart: (N, 2) x and y, and the class that gives its colour."""

    points: Array
    kind: str


def chart(title: str, lines: list[Line], levels: tuple[float, ...] = (), unit: str = '') -> str:
    """Draw lines over time, with levels that are not to be passed.

    Args:
        title: Above the chart.
        lines: With x in s.
        levels: y of dashed lines.
        unit: Of y.
    """
    drawn = [line for line in lines if len(line.points)]
    if not drawn:
        return ''
    scale = _Scale.around(drawn, levels)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" '
        f'aria-label="{escape(title, quote=True)}">',
        scale.grid(unit),
    ]
    parts += [
        f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{scale.y(level):.1f}" '
        f'y2="{scale.y(level):.1f}"/>'
        for level in levels
        if scale.low <= level <= scale.high
    ]
    parts += [f'<polyline class="{line.kind}" points="{scale.path(line)}"/>' for line in drawn]
    return (
        f'<figure class="plot"><figcaption>{escape(title)}</figcaption>'
        f'{"".join(parts)}</svg></figure>'
    )


def light_band(spans: tuple[LightSpan, ...], duration: float) -> str:
    """Draw the verdicts on the light over time, as a band of one height."""
    length = max(duration, 1e-9)
    cells = []
    for at, span in enumerate(spans):
        end = spans[at + 1].start if at + 1 < len(spans) else duration
        share = max(end - span.start, 0.0) / length
        kind = 'fine' if span.verdict == 'good' else 'poor'
        words = escape(f'{span.verdict}, {span.start:.1f} to {end:.1f} s', quote=True)
        cells.append(f'<span class="{kind}" style="flex:{share:.5f}" title="{words}"></span>')
    return f'<div class="band">{"".join(cells)}</div>'


@dataclass(frozen=True)
class _Scale:
    """From values to places in the chart."""

    start: float
    end: float
    low: float
    high: float

    @classmethod
    def around(cls, lines: list[Line], levels: tuple[float, ...]) -> _Scale:
        """Fit the lines, and those levels that are near them."""
        every = np.vstack([line.points for line in lines])
        every = every[np.isfinite(every).all(axis=1)]
        if not len(every):
            return cls(0.0, 1.0, 0.0, 1.0)
        (start, low), (end, high) = every.min(axis=0), every.max(axis=0)
        room = max(high - low, 1e-6)
        near = [level for level in levels if low - room <= level <= high + room]
        low, high = min([low, *near]), max([high, *near])
        pad = 0.06 * max(high - low, 1e-6)
        return cls(
            float(start), float(max(end, start + 1e-6)), float(low - pad), float(high + pad)
        )

    def x(self, value: float) -> float:
        return LEFT + (value - self.start) / (self.end - self.start) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def path(self, line: Line) -> str:
        points = line.points[:: max(1, len(line.points) // MOST_POINTS)]
        return ' '.join(f'{self.x(x):.1f},{self.y(y):.1f}' for x, y in points)

    def grid(self, unit: str) -> str:
        parts = []
        for value in _ticks(self.low, self.high, 4):
            y = self.y(value)
            parts.append(
                f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{LEFT - 5}" y="{y + 3.5:.1f}" text-anchor="end">{value:g}</text>'
            )
        ticks = _ticks(self.start, self.end, 6)
        for value in ticks:
            parts.append(
                f'<text x="{self.x(value):.1f}" y="{HEIGHT - 7}" text-anchor="middle">'
                f'{value:g}{" s" if value == ticks[-1] else ""}</text>'
            )
        parts.append(f'<text x="4" y="{TOP + 2}">{escape(unit)}</text>' if unit else '')
        return ''.join(parts)


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Choose at most `most` round numbers from low to high."""
    rough = (high - low) / most
    power = 10.0 ** np.floor(np.log10(rough))
    step = next((power * k for k in (1.0, 2.0, 5.0, 10.0) if power * k >= rough), power * 10.0)
    first = np.ceil(low / step) * step
    count = int((high - first) / step + 1e-9) + 1
    return [round(float(first + at * step), 9) + 0.0 for at in range(count)]
