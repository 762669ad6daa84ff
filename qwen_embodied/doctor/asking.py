"""Asks a model server for an answer that fits a schema, and prints how it did."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import sys
from typing import Any

from qwen_embodied.errors import QwenEmbodiedError

SECONDS = 3.5
WORDS = 'Which of red, green and blue is the colour of grass? Answer in JSON: {"colour": "..."}'
SCHEMA: dict[str, Any] = {
    'type': 'object',
    'properties': {'colour': {'type': 'string', 'enum': ['red', 'green', 'blue']}},
    'required': ['colour'],
    'additionalProperties': False,
}


def ask(servers: str, model: str, *, plain_http: bool, seconds: float = SECONDS) -> str:
    """Ask once.

    Args:
        servers: Addresses with their /v1, comma between.
        model: As the servers name it.
        plain_http: Allow http to other machines.
        seconds: Longest wait, s.

    Returns:
        What to tell of an answer that fits.

    Raises:
        ModelError: No server gave an answer that fits.
        ConfigurationError: An address is wrong.
    """
    from qwen_embodied.errors import ModelError
    from qwen_embodied.planning.addresses import ServerSettings
    from qwen_embodied.planning.server import ServerModel
    from qwen_embodied.planning.vision_model import Message, ModelRequest

    urls = tuple(url.strip() for url in servers.split(',') if url.strip())
    settings = ServerSettings(
        urls, model, connect=1.0, first_token=seconds, total=seconds, rounds=1,
        plain_http=plain_http,
    )  # fmt: skip
    request = ModelRequest((Message('user', WORDS),), schema=SCHEMA, max_tokens=32)
    reply = ServerModel(settings).complete(request)
    if not fits(reply.text):
        raise ModelError(
            f'{reply.model} answered {reply.text[:60]!r}, which does not fit the schema'
        )
    return f'{reply.model} answered by the schema in {reply.seconds:.1f} s'


def fits(text: str) -> bool:
    """True for a reply that fits the schema."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return False
    allowed = SCHEMA['properties']['colour']['enum']
    return isinstance(content, dict) and [*content] == ['colour'] and content['colour'] in allowed


def main() -> None:
    """Read servers, model and plain_http as a JSON list from the standard input."""
    servers, model, plain_http = json.loads(sys.stdin.read())
    try:
        sys.stdout.write(ask(servers, model, plain_http=plain_http) + '\n')
    except QwenEmbodiedError as error:
        sys.stderr.write(f'{error}\n')
        sys.exit(1)


if __name__ == '__main__':
    main()
