"""An HTTP server on loopback that answers as it is told, and every way to misbehave."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import socket
import threading
import time
import zlib
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODEL = 'Qwen/Qwen3-VL-4B-Instruct'


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        body = self.server.version
        self.plain(body, 404 if body is None else 200)

    def do_POST(self):
        length = int(self.headers.get('Content-Length', 0))
        self.asked = json.loads(self.rfile.read(length))
        self.server.requests.append(
            ({name.lower(): value for name, value in self.headers.items()}, self.asked)
        )
        count = len(self.server.requests)
        behaviour = self.server.behaviours[min(count, len(self.server.behaviours)) - 1]
        try:
            behaviour(self)
        except (BrokenPipeError, ConnectionError):
            self.server.cut_off.set()

    def plain(self, body, status=200, kind='application/json', **headers):
        data = b'' if body is None else body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()
        self.wfile.write(data)

    def open_stream(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Connection', 'close')
        self.end_headers()
        self.close_connection = True

    def event(self, piece=None, *, finish=None, identity='one', model=MODEL, usage=None):
        choice = {'index': 0, 'delta': {'content': piece}, 'finish_reason': finish}
        chunk = {'id': identity, 'object': 'chat.completion.chunk', 'created': 1, 'model': model,
                 'choices': [choice], 'usage': usage}  # fmt: skip
        self.wfile.write(f'data: {json.dumps(chunk)}\n\n'.encode())
        self.wfile.flush()

    def log_message(self, *arguments):
        pass


def says(text, *, identity=None, model=MODEL, delay=0.0):
    """Stream a reply in three pieces, with an id of its own."""

    def behave(handler):
        own = identity or f'id-{id(handler)}-{time.monotonic_ns()}'
        time.sleep(delay)
        handler.open_stream()
        third = len(text) // 3 + 1
        for at in range(0, max(1, len(text)), third):
            handler.event(text[at : at + third], identity=own, model=model)
        usage = {'prompt_tokens': 11, 'completion_tokens': 7, 'total_tokens': 18}
        handler.event(finish='stop', identity=own, model=model, usage=usage)
        handler.wfile.write(b'data: [DONE]\n\n')

    return behave


def whole(text):
    """Answer with one JSON body, as engines without streaming do."""
    message = {'index': 0, 'message': {'role': 'assistant', 'content': text},
               'finish_reason': 'stop'}  # fmt: skip
    body = json.dumps({'id': f'w-{text[:9]}', 'model': MODEL, 'choices': [message]})
    return lambda handler: handler.plain(body)


def status(code, body='{"error": {"message": "no"}}', **headers):
    return lambda handler: handler.plain(body, code, **headers)


def hangs(handler):
    handler.server.released.wait(30)


def hangs_in_the_middle(handler):
    handler.open_stream()
    handler.event('{"steps"')
    handler.server.released.wait(30)


def drips_headers(handler):
    for byte in b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n' * 100:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        if handler.server.released.wait(0.05):
            return


def drips(handler):
    handler.open_stream()
    while not handler.server.released.wait(0.05):
        handler.wfile.write(b':')
        handler.wfile.flush()


def cut(handler):
    handler.open_stream()
    handler.event('{"steps": [{"action": "ho')


def resets(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def floods(handler):
    """Send 100 MB of well-formed events."""
    handler.open_stream()
    piece = 'x' * 65000
    for _ in range(1600):
        handler.event(piece)


def floods_one_line(handler):
    handler.open_stream()
    for _ in range(1600):
        handler.wfile.write(b'x' * 65536)


@cache
def bomb():
    packer = zlib.compressobj(9, wbits=31)
    pieces = [packer.compress(bytes(1_000_000)) for _ in range(100)]
    return b''.join([*pieces, packer.flush()])


def gzip_bomb(handler):
    handler.plain(bomb(), Content_Encoding='gzip')


def garbage(handler):
    handler.plain(bytes(range(256)) * 10, kind='text/event-stream')


def no_http(handler):
    handler.wfile.write(b'SSH-2.0-OpenSSH_9.0\r\n')
    handler.close_connection = True


def wrong_shapes(handler):
    handler.plain(json.dumps({'choices': [{'message': 'hello'}]}))


def mixed_ids(handler):
    handler.open_stream()
    handler.event('{"a"', identity='one')
    handler.event(': 1}', identity='two', finish='stop')


def error_event(handler):
    handler.open_stream()
    handler.wfile.write(b'data: {"error": "out of memory"}\n\n')


@contextmanager
def serving(*behaviours, version=None):
    """Serve; the n-th request gets the n-th behaviour, later ones the last."""
    if gzip_bomb in behaviours:
        bomb()  # packed before the clock runs
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    server.behaviours, server.requests, server.version = behaviours, [], version
    server.released, server.cut_off = threading.Event(), threading.Event()
    server.handle_error = lambda *arguments: None
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    server.url = f'http://127.0.0.1:{server.server_address[1]}/v1'
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
