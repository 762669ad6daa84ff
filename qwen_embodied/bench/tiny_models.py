"""Tiny Qwen models with random weights; the tests of a checkout make them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen_embodied.errors import MissingDependencyError
from qwen_embodied.planning import QwenModel, QwenSettings

TESTS = Path(__file__).resolve().parents[2] / 'test'


@dataclass(frozen=True)
class TinyModel:
    """One family's model, with and without the constraint.

    Attributes:
        held: To the schema.
        free: Of it.
        shake: Gives `held` other random weights; takes a seed.
    """

    held: QwenModel
    free: QwenModel
    shake: Callable[[int], None]


def tiny_models() -> Iterator[tuple[str, TinyModel]]:
    """Build a tiny model of each family and give it with the family's name.

    Raises:
        MissingDependencyError: This is no checkout, or torch or llguidance is missing.
    """
    tiny = _maker()
    for family in tiny.FAMILIES:
        with tempfile.TemporaryDirectory() as name:
            tiny.save(name, family)
            held, free = (
                QwenModel(QwenSettings(name, constrained=constrained, local_only=True))
                for constrained in (True, False)
            )
            yield family, TinyModel(held, free, lambda seed, model=held: tiny.shake(model, seed))  # type: ignore[misc]


def constraint_cost(schema: dict[str, Any], count: int) -> Any:
    """Time the constraint alone with a vocabulary of 151 936 tokens: s per token, (count,)."""
    return _maker().large_vocabulary_cost(schema, count)


def _maker() -> Any:
    missing = [name for name in ('torch', 'llguidance') if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependencyError(missing[0], "pip install 'qwen_embodied[vlm]'")
    if not (TESTS / 'planning' / 'tiny.py').is_file():
        raise MissingDependencyError('the folder test', 'run the bench in a checkout')
    if str(TESTS) not in sys.path:
        sys.path.append(str(TESTS))
    return importlib.import_module('planning.tiny')
