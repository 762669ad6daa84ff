"""Where model servers are, how long they may take, and which are not safe to ask."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from qwen_embodied.errors import ConfigurationError

KEY_VARIABLE = 'QWEN_EMBODIED_API_KEY'
# CVE-2026-22778: an image can leak memory of vLLM's decoder; fixed in 0.14.1.
UNSAFE_VLLM = ((0, 8, 3), (0, 14, 0))
NO_THINKING = {'chat_template_kwargs': {'enable_thinking': False}}


@dataclass(frozen=True)
class ServerSettings:
    """Where models are served, and how long they may take.

    Attributes:
        urls: Addresses with their /v1, asked in this order.
        model: As the servers name it.
        connect: Longest time to connect, s.
        first_token: Longest wait for the first token, s.
        total: Longest time for a reply over all servers and rounds, s.
        rounds: How often all servers are tried.
        backoff: Pause before the second round, s; doubles from round to round.
        structured: Ask for JSON that fits the schema; off for engines that refuse to be asked.
            Replies are validated here in any case.
        check_version: Ask a vLLM for its version before it gets an image.
        plain_http: Allow http to other machines; images and key then travel in the open.
        extra: Further fields of each request.
    """

    urls: tuple[str, ...]
    model: str
    connect: float = 2.0
    first_token: float = 10.0
    total: float = 20.0
    rounds: int = 2
    backoff: float = 0.3
    structured: bool = True
    check_version: bool = True
    plain_http: bool = False
    extra: Mapping[str, Any] = field(default_factory=lambda: dict(NO_THINKING))

    def __post_init__(self) -> None:
        """Refuse addresses that are none, and open ways to other machines."""
        if not self.urls or not self.model:
            raise ConfigurationError('a served model needs an address and a name')
        for url in self.urls:
            _check_url(url, plain_http=self.plain_http)

    @property
    def identity(self) -> dict[str, Any]:
        """What determines the reply."""
        return {
            'engine': 'server', 'model': self.model, 'temperature': 0,
            'structured': self.structured, 'extra': dict(self.extra),
        }  # fmt: skip


def key_of(settings: ServerSettings) -> str:
    """Give the key from the environment; empty without one."""
    return os.environ.get(KEY_VARIABLE, '')


def root_of(url: str) -> str:
    """Give the address without its /v1."""
    return re.sub(r'/v1/?$', '', url.rstrip('/'))


def refused_version(body: str) -> str:
    """Say why a server that answers /version with this body gets no image; empty when it may.

    A version that cannot be read is refused as well: unknown is not safe.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ''
    if not isinstance(content, dict) or 'version' not in content:
        return ''
    numbers = re.match(r'v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?', str(content['version']))
    if numbers is None:
        return f'its version {str(content["version"])[:40]!r} cannot be read'
    version = tuple(int(part or 0) for part in numbers.groups())
    if UNSAFE_VLLM[0] <= version <= UNSAFE_VLLM[1]:
        shown = '.'.join(map(str, version))
        return f'vLLM {shown} must not get images (CVE-2026-22778); install 0.14.1 or newer'
    return ''


def _check_url(url: str, *, plain_http: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ('http', 'https') or not parts.hostname:
        raise ConfigurationError(f'{url!r} is no address such as http://127.0.0.1:8000/v1')
    if parts.username or parts.password:
        raise ConfigurationError(f'a key does not belong into the address; set {KEY_VARIABLE}')
    if parts.scheme == 'http' and not plain_http and not _is_loopback(parts.hostname):
        raise ConfigurationError(
            f'{url}: http to another machine sends images and key in the open; use https, '
            'or allow it with plain_http'
        )


def _is_loopback(host: str) -> bool:
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
