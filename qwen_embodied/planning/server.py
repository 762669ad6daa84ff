"""A Qwen model behind an OpenAI-compatible address: vLLM, SGLang, llama.cpp, Ollama, DashScope.

The only module that imports the openai client.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import httpx2
import openai

from qwen_embodied.errors import ModelCancelledError, ModelError
from qwen_embodied.planning.addresses import ServerSettings, key_of, refused_version, root_of
from qwen_embodied.planning.repairing import ModelPlanner
from qwen_embodied.planning.request import Planner
from qwen_embodied.planning.streaming import Answer, events, parsed
from qwen_embodied.planning.vision_model import ModelReply, ModelRequest
from qwen_embodied.planning.wire import Wire

SEEN = 1024
FAULTS = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, OSError, ValueError, TypeError)
# What another server or another second will not change.
FINAL = (400, 401, 403, 404, 405, 413, 422)


class ServerModel:
    """Asks the servers in turn until one answers; the last that did is asked first."""

    def __init__(self, settings: ServerSettings) -> None:
        """Take the settings; nothing is sent yet."""
        self._settings = settings
        self._context = ssl.create_default_context()
        self._key = key_of(settings)
        self._order = list(settings.urls)
        self._welcome: set[str] = set()
        self._seen: deque[str] = deque(maxlen=SEEN)
        self._cancelled, self._lock = threading.Event(), threading.Lock()
        self._wire: Wire | None = None

    @property
    def identity(self) -> Mapping[str, Any]:
        """Model and parameters; not the address, which does not change the reply."""
        return self._settings.identity

    def cancel(self) -> None:
        """End the call under way at once; from any thread."""
        with self._lock:
            self._cancelled.set()
            if self._wire is not None:
                self._wire.end('cancelled')

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer within the total time; raises ModelError with what each server said."""
        self._cancelled.clear()
        deadline = time.monotonic() + self._settings.total
        said: list[str] = []
        hopeless: set[str] = set()
        for turn in range(self._settings.rounds):
            if turn and self._cancelled.wait(self._settings.backoff * 2 ** (turn - 1)):
                raise ModelCancelledError('the call was cancelled')
            for url in [one for one in self._order if one not in hopeless]:
                try:
                    reply = self._ask(url, request, deadline)
                except _Refused as error:
                    said.append(f'{url}: {error}')
                    hopeless |= {url} if error.is_final else set()
                    continue
                self._order = [url, *(one for one in self._order if one != url)]
                return reply
        raise ModelError('no server answered: ' + '; '.join(dict.fromkeys(said)))

    def _ask(self, url: str, request: ModelRequest, deadline: float) -> ModelReply:
        if time.monotonic() >= deadline:
            raise _Refused('no time was left for it', is_final=True)
        wire = Wire(self._context)
        with self._lock:
            self._wire = wire
            if self._cancelled.is_set():
                wire.end('cancelled')
        try:
            return self._call(wire, url, request, deadline)
        except _Refused:
            raise
        except (*FAULTS, ModelError) as error:
            if wire.ended == 'cancelled':
                raise ModelCancelledError('the call was cancelled') from error
            code = getattr(error, 'status_code', None)
            words = wire.ended or _said(error, self._key)
            raise _Refused(words, is_final=code in FINAL) from error
        finally:
            with self._lock:
                self._wire = None
            wire.close()

    def _call(self, wire: Wire, url: str, request: ModelRequest, deadline: float) -> ModelReply:
        left = deadline - time.monotonic()
        wait = min(self._settings.first_token, left)
        wire.limit(wait, f'no token came within {wait:.1f} s')
        timeout = httpx2.Timeout(wait, connect=min(self._settings.connect, wait))
        with httpx2.Client(transport=wire, timeout=timeout, trust_env=False) as http:
            self._greet(http, url, request)
            client = openai.OpenAI(
                base_url=url, api_key=self._key or 'none', http_client=http, max_retries=0,
                organization=None, project=None,
            )  # fmt: skip
            begun = time.monotonic()
            asked: Any = client.chat.completions.with_streaming_response
            with asked.create(**self._body(request)) as response:
                answer = self._read(response, Answer(begun), wire, deadline)
        return self._checked(answer)

    def _read(self, response: Any, answer: Answer, wire: Wire, deadline: float) -> Answer:
        if not response.headers.get('content-type', '').startswith('text/event-stream'):
            answer.take(parsed(response.read().decode('utf-8', 'replace')))
            return answer
        for event in events(response.iter_lines()):
            if answer.take(event):
                left = deadline - time.monotonic()
                wire.limit(left, f'the reply took longer than {self._settings.total:g} s')
        return answer

    def _checked(self, answer: Answer) -> ModelReply:
        """Refuse halves, old answers and those of another model."""
        if answer.finish is None:
            raise ModelError('its reply was cut off')
        if self._key and self._key in answer.text:
            raise ModelError('its reply repeats the key')  # which a record would keep
        if answer.id and answer.id in self._seen:
            raise ModelError(f'it sent the old answer {answer.id[:40]!r} again')
        wanted = self._settings.model
        if answer.model and not re.match(re.escape(wanted) + r'($|[@:-])', answer.model):
            raise ModelError(f'{answer.model!r} answered instead of {wanted!r}')
        self._seen.append(answer.id)
        return ModelReply(
            text=answer.text,
            model=answer.model or wanted,
            prompt_tokens=answer.count('prompt_tokens'),
            reply_tokens=answer.count('completion_tokens'),
            first_token=answer.first_token,
            seconds=time.monotonic() - answer.begun,
        )

    def _greet(self, http: httpx2.Client, url: str, request: ModelRequest) -> None:
        """Refuse images to a vLLM whose image decoder is known to be unsafe; once per server."""
        if request.image is None or url in self._welcome or not self._settings.check_version:
            return
        headers = {'Authorization': f'Bearer {self._key}'} if self._key else {}
        response = http.get(f'{root_of(url)}/version', headers=headers)
        if response.status_code == httpx2.codes.OK:
            fault = refused_version(response.text[:2000])
            if fault:
                raise _Refused(fault, is_final=True)
        elif response.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise ModelError(f'its version cannot be asked: {response.status_code}')
        self._welcome.add(url)

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            'model': self._settings.model,
            'messages': _turns(request),
            'max_tokens': request.max_tokens,
            'temperature': 0,
            'stream': True,
            'stream_options': {'include_usage': True},
            'extra_body': dict(self._settings.extra),
        }
        if request.schema is not None and self._settings.structured:
            named = {'name': 'reply', 'strict': True, 'schema': request.schema}
            body['response_format'] = {'type': 'json_schema', 'json_schema': named}
        return body


class ServerPlanner(ModelPlanner):
    """Plans with a model behind one or several addresses."""

    def __init__(
        self,
        urls: str | tuple[str, ...],
        model: str,
        *,
        fallback: Planner | None = None,
        settings: ServerSettings | None = None,
    ) -> None:
        """Take the addresses; nothing is sent before the first plan.

        Args:
            urls: Such as 'http://127.0.0.1:8000/v1'; asked in this order.
            model: As the server names it.
            fallback: Plans where the model does not; GrammarPlanner where absent.
            settings: Limits and further parameters, in place of urls and model.

        Raises:
            ConfigurationError: An address is wrong, or not safe for a key.
        """
        listed = (urls,) if isinstance(urls, str) else tuple(urls)
        super().__init__(ServerModel(settings or ServerSettings(listed, model)), fallback=fallback)


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """What one server said; final where asking it again cannot help."""

    def __init__(self, words: str, *, is_final: bool) -> None:
        self.is_final = is_final
        super().__init__(words)


def _turns(request: ModelRequest) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    image = request.image
    for message in request.messages:
        content: list[dict[str, Any]] = [{'type': 'text', 'text': message.text}]
        if image is not None and message.role == 'user':
            content.insert(0, {'type': 'image_url', 'image_url': {'url': _data_url(image)}})
            image = None
        plain = len(content) == 1
        turns.append({'role': message.role, 'content': message.text if plain else content})
    return turns


def _data_url(rgb: Any) -> str:
    import cv2

    _, encoded = cv2.imencode('.png', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return f'data:image/png;base64,{base64.b64encode(encoded.tobytes()).decode("ascii")}'


def _said(error: BaseException, key: str) -> str:
    """Put an error into one line without the key."""
    cause = error.__cause__
    words = f'{error} ({cause})' if cause is not None and str(cause) else str(error)
    words = ' '.join(words.split())[:300] or type(error).__name__
    return words.replace(key, '…') if key else words
