"""Tiny Qwen models with random weights; the tests of a checkout make them."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qwen_embodied.errors import MissingDependencyError, extra
from qwen_embodied.planning import QwenModel, QwenSettings

WIDTH = 256
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
    for family in _maker().FAMILIES:
        with _built(family) as model:
            yield family, model


@contextmanager
def wide_model() -> Iterator[TinyModel]:
    """Build a Qwen3-VL whose vocabulary and time a token are those of a real one on a GPU.

    It has 151 936 tokens and a width at which a token takes a processor core about 20 ms.

    Raises:
        MissingDependencyError: As of `tiny_models`.
    """
    tiny = _maker()
    with _built(tiny.FAMILIES[0], tokenizer=tiny.make_large_tokenizer(), width=WIDTH) as model:
        yield model


@contextmanager
def _built(family: str, **settings: Any) -> Iterator[TinyModel]:
    tiny = _maker()
    with tempfile.TemporaryDirectory() as name:
        tiny.save(name, family, **settings)
        held, free = (
            QwenModel(QwenSettings(name, constrained=constrained, local_only=True))
            for constrained in (True, False)
        )
        yield TinyModel(held, free, lambda seed: tiny.shake(held, seed))


def _maker() -> Any:
    missing = [name for name in ('torch', 'llguidance') if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependencyError(missing[0], extra('vlm'))
    if not (TESTS / 'planning' / 'tiny.py').is_file():
        raise MissingDependencyError('the folder test', 'run the bench in a checkout')
    if str(TESTS) not in sys.path:
        sys.path.append(str(TESTS))
    return importlib.import_module('planning.tiny')
