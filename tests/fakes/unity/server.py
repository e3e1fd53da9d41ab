"""A Unity Catalog on loopback: counts every call, checks it, and fails as a test asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.unity.description import wrong_answer, wrong_request
from tests.fakes.unity.routes import Reply, answered, refused
from tests.fakes.unity.state import Call, Fault, FlavourName, State


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    state: State

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed, or dropped on purpose, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out together: apart, the second would wait for the first's receipt.
    wbufsize = 1 << 16
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it overrides
        """Say nothing."""

    def do_GET(self) -> None:
        """Read something."""
        self._serve()

    def do_POST(self) -> None:
        """Make something."""
        self._serve()

    def do_PATCH(self) -> None:
        """Change something."""
        self._serve()

    def do_DELETE(self) -> None:
        """Take something away."""
        self._serve()

    def _serve(self) -> None:
        state, parts = self.server.state, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_json = "json" in (self.headers.get("Content-Type") or "")
        body = json.loads(raw) if raw and is_json else None
        call = Call(self.command, parts.path, parse_qs(parts.query, keep_blank_values=True), body)
        fault = state.fault(call)
        if fault is not None and fault.when == "before":
            self._count(call, fault.kind if isinstance(fault.kind, int) else 0)
            self._fail(fault)
            return
        reply = self._reply(call)
        self._count(call, reply.status)
        if fault is not None:
            self._fail(fault)
            return
        self._send(reply)

    def _reply(self, call: Call) -> Reply:
        state = self.server.state
        with state.lock:
            state.wrong += wrong_request(state, call)
            reply = answered(state, call, self.headers.get("Authorization"))
            state.wrong += wrong_answer(state, call, reply.status, reply.body)
        return reply

    def _count(self, call: Call, status: int) -> None:
        state = self.server.state
        with state.lock:
            state.calls.append((call, status))

    def _fail(self, fault: Fault) -> None:
        if isinstance(fault.kind, int):
            told = refused(fault.kind, "THE_FAKE", "The fake was told to fail.")
            self._send(Reply(fault.kind, told.body, dict(fault.headers)))
            return
        if fault.kind == "cut":
            self._send_bytes(200, b"<html>", {"Content-Type": "text/html"})
            return
        if fault.kind == "hang":
            self.server.state.over.wait(20)
        self.close_connection = True

    def _send(self, reply: Reply) -> None:
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        self._send_bytes(
            reply.status, content, {"Content-Type": "application/json", **reply.headers}
        )

    def _send_bytes(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(flavour: FlavourName = "databricks") -> Iterator[State]:
    """A Unity Catalog that lasts as long as the context."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.state = state = State(flavour=flavour)
    state.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
