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
    return f'{value:.{digits}f}'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Build a table; heads that begin with # stand over numbers."""
    kinds = [' class="number"' if head.startswith('#') else '' for head in heads]
    top = ''.join(
        f'<th{kind}>{escape(head.lstrip("#"))}</th>'
        for head, kind in zip(heads, kinds, strict=True)
    )
    lines = ''.join(
        '<tr>'
        + ''.join(f'<td{kind}>{cell}</td>' for cell, kind in zip(row, kinds, strict=True))
        + '</tr>'
        for row in rows
    )
    inner = f'<thead><tr>{top}</tr></thead><tbody>{lines}</tbody>'
    return f'<div class="scroll"><table>{inner}</table></div>'
