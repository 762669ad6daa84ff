"""Small pieces of the report's HTML; texts that are given as HTML must be escaped already."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from html import escape


def section(title: str, inner: str) -> str:
    """Build a section; empty without content."""
    return f'<section><h2>{escape(title)}</h2>{inner}</section>' if inner else ''


def badge(words: str, kind: str) -> str:
    """Build a coloured word; kind is 'fine' or 'poor'."""
    return f'<span class="badge {kind}">{escape(words)}</span>'


def number(value: float, digits: int) -> str:
    """Write a number for a table."""
    return f'{round(value, digits) + 0.0:.{digits}f}'  # never -0.0


def figure(value: float, unit: str) -> str:
    """Write a measured value with three digits that count, and shares as they are read."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return escape(f'{value:.{digits}f} {unit}'.strip())


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Build a table; heads that begin with # stand over numbers, an empty cell gets a dash."""
    kinds = [' class="number"' if head.startswith('#') else '' for head in heads]
    top = ''.join(
        f'<th{kind}>{escape(head.lstrip("#"))}</th>'
        for head, kind in zip(heads, kinds, strict=True)
    )
    lines = ''.join(
        '<tr>'
        + ''.join(f'<td{kind}>{cell or "–"}</td>' for cell, kind in zip(row, kinds, strict=True))
        + '</tr>'
        for row in rows
    )
    inner = f'<thead><tr>{top}</tr></thead><tbody>{lines}</tbody>'
    return f'<div class="scroll"><table>{inner}</table></div>'
