"""What a vision-language model is to the planners: a request in, a reply out."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

MAX_TOKENS = 1024


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Literal['system', 'user', 'assistant']
    text: str


@dataclass(frozen=True, eq=False)
class ModelRequest:
    """What a model is asked.

    Attributes:
        messages: Oldest first.
        image: Shown with the first turn of the user, (H, W, 3) uint8 RGB; or None.
        schema: JSON schema that the reply is to fit, or None for free text.
        max_tokens: Longest reply.
    """

    messages: tuple[Message, ...]
    image: NDArray[np.uint8] | None = None
    schema: dict[str, Any] | None = None
    max_tokens: int = MAX_TOKENS


@dataclass(frozen=True)
class ModelReply:
    """What a model answered, and how long that took.

    Attributes:
        text: The reply as it came.
        model: Who answered, as the engine names it.
        prompt_tokens: Length of the prompt with its image; None where the engine does not say.
        reply_tokens: Length of the reply; None where the engine does not say.
        first_token: From the call to the first token, s; None where it cannot be told.
        seconds: From the call to the end, s.
    """

    text: str
    model: str
    prompt_tokens: int | None = None
    reply_tokens: int | None = None
    first_token: float | None = None
    seconds: float = 0.0


class Model(Protocol):
    """A vision-language model, in this process or behind a network address."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Name what determines its replies: model, revision, parameters; plain JSON values."""
        ...

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer; raises ModelError when there is no answer, within a bounded time."""
        ...

    def cancel(self) -> None:
        """End the call under way, if there is one; from any thread."""
        ...
