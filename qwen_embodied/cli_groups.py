"""Groups of commands, whose list says what each does in a whole sentence."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class Commands(TyperGroup):
    """Commands by name; the sentence of none is cut off at the width of the terminal."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Find a command, None where there is none."""
        found = super().get_command(ctx, cmd_name)
        if found is not None and found.help:
            found.short_help = found.help.partition('\n\n')[0]
        return found
