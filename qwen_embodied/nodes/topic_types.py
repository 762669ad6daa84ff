"""The Python class of a message type that is only known by its name."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import re
from typing import Any

from qwen_embodied.errors import ReplayError

NAME = re.compile(r'([a-z][a-z0-9_]*)/msg/([A-Z][A-Za-z0-9]*)')


def load(topic: str, kinds: list[str]) -> type[Any]:
    """Import the class of a topic's type.

    Args:
        topic: Named in errors.
        kinds: Types that are published there.

    Raises:
        ReplayError: There are several types, or their package is not installed.
    """
    if len(kinds) != 1:
        raise ReplayError(f'{topic} has several types: {", ".join(kinds)}')
    match = NAME.fullmatch(kinds[0])
    if match is None:
        raise ReplayError(f'{topic} has the type {kinds[0]}, which is no message')
    package, name = match.groups()
    try:
        found: type[Any] = getattr(importlib.import_module(f'{package}.msg'), name)
    except (ImportError, AttributeError) as error:
        raise ReplayError(f'{kinds[0]} is not installed: {error}') from error
    return found
