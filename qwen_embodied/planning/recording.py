"""Every model call kept under a key, so that a run can be repeated without the model."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from qwen_embodied.errors import ConfigurationError, ModelError
from qwen_embodied.planning.vision_model import Model, ModelReply, ModelRequest


def call_key(request: ModelRequest, identity: Mapping[str, Any]) -> str:
    """Give the SHA-256 over image, prompt, schema, model and parameters of a call."""
    described = {
        'messages': [asdict(message) for message in request.messages],
        'schema': request.schema,
        'max_tokens': request.max_tokens,
        'model': dict(identity),
        'image': None if request.image is None else list(request.image.shape),
    }
    text = json.dumps(described, sort_keys=True, ensure_ascii=True, allow_nan=False)
    total = hashlib.sha256(text.encode())
    if request.image is not None:
        total.update(np.ascontiguousarray(request.image).tobytes())
    return total.hexdigest()


class RecordedModel:
    """Asks a model and keeps every reply; a call that is on record is not asked again."""

    def __init__(self, model: Model, folder: Path) -> None:
        """Take the model, and the folder that gets one JSON file per call."""
        self._model, self._folder = model, folder

    @property
    def identity(self) -> Mapping[str, Any]:
        """That of the model."""
        return self._model.identity

    @property
    def progress(self) -> str:
        """That of the model, where it says how far its loading is."""
        return str(getattr(self._model, 'progress', 'ready'))

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer from the record or ask the model."""
        key = call_key(request, self.identity)
        kept = _read(self._folder / f'{key}.json')
        if kept is not None:
            return kept
        reply = self._model.complete(request)
        self._keep(key, request, reply)
        return reply

    def cancel(self) -> None:
        """End the call under way."""
        self._model.cancel()

    def _keep(self, key: str, request: ModelRequest, reply: ModelReply) -> None:
        content = {
            'key': key,
            'model': dict(self.identity),
            'messages': [asdict(message) for message in request.messages],
            'reply': asdict(reply),
        }
        text = json.dumps(content, indent=1, ensure_ascii=True) + '\n'
        path = self._folder / f'{key}.json'
        part = path.with_suffix('.part')
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_text(text, encoding='utf-8')
            part.replace(path)
        except OSError as error:
            raise ConfigurationError(f'{path}: cannot be written: {error.strerror}') from error


class ReplayedModel:
    """Answers from a record alone."""

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        """Take the folder, and the identity of the model that was recorded."""
        self._folder, self._identity = folder, dict(identity)

    @property
    def identity(self) -> Mapping[str, Any]:
        """That of the recorded model."""
        return self._identity

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer from the record; raises ModelError for a call that is not in it."""
        key = call_key(request, self._identity)
        kept = _read(self._folder / f'{key}.json')
        if kept is None:
            raise ModelError(f'the record in {self._folder} holds no call {key[:12]}')
        return kept

    def cancel(self) -> None:
        """Do nothing: an answer from a record takes no time."""


def _read(path: Path) -> ModelReply | None:
    """Read a kept reply; None where there is none."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        return ModelReply(**content['reply'])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f'{path}: the record of this call cannot be read: {error}') from error
