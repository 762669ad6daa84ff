"""A model that loads in the background, while its owner goes on serving."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from qwen_embodied.errors import ModelCancelledError, ModelError, QwenEmbodiedError
from qwen_embodied.planning.vision_model import Model, ModelReply, ModelRequest

Progress = Callable[[str], None]
LOAD_TIME = 600.0  # s
STEP = 0.1  # s between looks at the cancel flag


class BackgroundModel:
    """Loads a model once, in a thread of its own."""

    def __init__(
        self,
        load: Callable[[Progress], Model],
        identity: Mapping[str, Any],
        wait: float = LOAD_TIME,
    ) -> None:
        """Begin to load.

        Args:
            load: Builds the model; is given a function that takes words on how far it is.
            identity: That of the model to come.
            wait: Longest time that a call waits for the model, s.
        """
        self._load, self._identity, self._wait = load, dict(identity), wait
        self._model: Model | None = None
        self._error: BaseException | None = None
        self._words, self._begun = 'starting', time.monotonic()
        self._ready, self._cancelled = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name='model loading', daemon=True)
        self._thread.start()

    @property
    def identity(self) -> Mapping[str, Any]:
        """That of the model to come."""
        return self._identity

    @property
    def progress(self) -> str:
        """Say in words how far it is; 'ready' in the end."""
        if self._error is not None:
            return f'failed: {self._error}'
        if self._ready.is_set():
            return 'ready'
        return f'{self._words}, {time.monotonic() - self._begun:.0f} s'

    @property
    def is_ready(self) -> bool:
        """True when the model can be asked."""
        return self._ready.is_set() and self._error is None

    def complete(self, request: ModelRequest) -> ModelReply:
        """Wait for the model, then ask it; raises ModelError where it did not load."""
        self._cancelled.clear()
        deadline = time.monotonic() + self._wait
        while not self._ready.wait(STEP):
            if self._cancelled.is_set():
                raise ModelCancelledError('cancelled while the model was loading')
            if time.monotonic() > deadline:
                raise ModelError(f'the model is still loading: {self.progress}')
        if self._model is None:
            raise ModelError(f'the model could not be loaded: {self._error}') from self._error
        return self._model.complete(request)

    def cancel(self) -> None:
        """End the call under way; the loading goes on."""
        self._cancelled.set()
        if self._model is not None:
            self._model.cancel()

    def _run(self) -> None:
        try:
            self._model = self._load(self._tell)
        except (QwenEmbodiedError, ImportError, OSError, ValueError, RuntimeError) as error:
            self._error = error
        finally:
            self._ready.set()

    def _tell(self, words: str) -> None:
        self._words = words
