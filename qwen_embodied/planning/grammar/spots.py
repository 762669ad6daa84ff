"""Free spots of the table near a wanted place."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

from qwen_embodied.planning.facts import APART, Workspace, outer_radius
from qwen_embodied.planning.grammar.syntax import Unclear
from qwen_embodied.planning.grammar.table import Point, Table

GRID = 0.02
GAP = APART + 0.001  # so that rounding to millimetres leaves what the search wants to be free
INSET = 0.06


def region(word: str, workspace: Workspace) -> Point:
    """Give the middle of a side or corner: 'left', 'back_left' or 'middle'."""
    parts = word.split('_')
    x = (workspace.x_min + workspace.x_max) / 2
    y = (workspace.y_min + workspace.y_max) / 2
    x = workspace.x_min + INSET if 'front' in parts else x
    x = workspace.x_max - INSET if 'back' in parts else x
    y = workspace.y_max - INSET if 'left' in parts else y
    y = workspace.y_min + INSET if 'right' in parts else y
    return (x, y)


def free_spot(
    table: Table, name: str, wanted: Point, word: str = '', kept: tuple[Point, ...] = ()
) -> Point:
    """Give the free spot nearest to a wanted one.

    Args:
        table: With what stands where now.
        name: Of the object that needs the room.
        wanted: (x, y) m.
        word: Side or corner that must not be left; '' for the whole table.
        kept: Points (x, y) m that must stay free for something else.
    """
    room = outer_radius(table.items[name])
    others = [
        (table.spots[key], outer_radius(item) + room + GAP)
        for key, item in table.items.items()
        if key not in (name, table.held)
    ]
    others += [(point, 2 * room + GAP) for point in kept]
    best: Point | None = None
    for spot in _grid(table.workspace, wanted):
        is_nearer = best is None or math.dist(spot, wanted) < math.dist(best, wanted) - 1e-9
        is_free = is_nearer and all(math.dist(spot, other) >= need for other, need in others)
        is_free = is_free and _is_within(spot, word, table.workspace)
        if is_free and table.reaches(spot, name):
            best = spot
    if best is None:
        raise Unclear('There is no free room there. Where else should I put it?')
    return best


def _grid(workspace: Workspace, wanted: Point) -> list[Point]:
    columns = round((workspace.x_max - workspace.x_min) / GRID)
    rows = round((workspace.y_max - workspace.y_min) / GRID)
    points = [
        (round(workspace.x_min + i * GRID, 3), round(workspace.y_min + j * GRID, 3))
        for i in range(columns + 1)
        for j in range(rows + 1)
    ]
    exact = (round(wanted[0], 3), round(wanted[1], 3))
    points = [point for point in points if workspace.holds(*point)]
    return [exact, *points] if workspace.holds(*exact) else points


def _is_within(spot: Point, word: str, workspace: Workspace) -> bool:
    middle_x = (workspace.x_min + workspace.x_max) / 2
    middle_y = (workspace.y_min + workspace.y_max) / 2
    tests = {
        'left': spot[1] > middle_y, 'right': spot[1] < middle_y,
        'front': spot[0] < middle_x, 'back': spot[0] > middle_x,
    }  # fmt: skip
    return all(tests.get(part, True) for part in word.split('_'))
