"""The connection to a model server: bounded in size and time, and ended from any thread."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2

BODY_BYTES = 1024 * 1024


class Wire(httpx2.BaseTransport):
    """One call's transport: no reuse, no proxy, no compression, no more than BODY_BYTES.

    Attributes:
        ended: Why it was ended from outside, or None.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        """Take the TLS settings."""
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.HTTPTransport(verify=context, trust_env=False, limits=limits)
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self.ended: str | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; the body of its response is bounded."""
        request.headers['Accept-Encoding'] = 'identity'
        request.extensions = {**request.extensions, 'trace': self._trace}
        response = self._inner.handle_request(request)
        coding = response.headers.get('content-encoding', 'identity')
        if coding.strip().lower() not in ('', 'identity'):
            response.close()
            raise httpx2.DecodingError(f'it sends {coding[:20]} though that was not asked for')
        response.stream = _Bounded(response.stream)
        return response

    def limit(self, seconds: float, reason: str) -> None:
        """End the connection after a time, in place of an earlier limit."""
        self.release()
        self._timer = threading.Timer(max(0.0, seconds), self.end, (reason,))
        self._timer.daemon = True
        self._timer.start()

    def release(self) -> None:
        """Take the limit away."""
        if self._timer is not None:
            self._timer.cancel()

    def end(self, reason: str) -> None:
        """Shut the connection down, so that a thread that reads from it goes on at once."""
        with self._lock:
            self.ended = self.ended or reason
            for connected in self._sockets:
                _shut(connected)

    def close(self) -> None:
        """Release the limit and the connection."""
        self.release()
        self._inner.close()

    def _trace(self, name: str, info: dict[str, Any]) -> None:
        """Note each socket as it is connected, before and after TLS."""
        if not name.endswith(('connect_tcp.complete', 'start_tls.complete')):
            return
        stream = info.get('return_value')
        found = stream.get_extra_info('socket') if stream is not None else None
        with self._lock:
            if found is not None:
                self._sockets.append(found)
            if self.ended and found is not None:
                _shut(found)


class _Bounded(httpx2.SyncByteStream):
    """A body of which no more than BODY_BYTES are read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        count = 0
        for chunk in self._stream:
            count += len(chunk)
            if count > BODY_BYTES:
                raise httpx2.ReadError(f'it sent more than {BODY_BYTES} bytes')
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        # A socket wrapped by TLS would first exchange farewells with a peer that may hang.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
