"""A PagerDuty on loopback, over TLS: the successor's library speaks nothing else.

Starts a thread. Counts every call, checks each against the official description where there is
one, and fails as a test asks. REST and events share one address.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

from tests.fakes.pagerduty.description import wrong_answer, wrong_request
from tests.fakes.pagerduty.routes import Reply, answered, enqueued, refused
from tests.fakes.pagerduty.state import TOKEN, Call, Fault, State

EVENTS = "/v2/enqueue"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    state: State

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed, or dropped on purpose, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits for the client to confirm its head
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it overrides
        """Say nothing."""

    def do_GET(self) -> None:
        """Read something."""
        self._serve()

    def do_POST(self) -> None:
        """Make something."""
        self._serve()

    def do_PUT(self) -> None:
        """Change something."""
        self._serve()

    def _serve(self) -> None:
        state, parts = self.server.state, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw else None
        call = Call(self.command, parts.path, parse_qs(parts.query, keep_blank_values=True), body)
        begun_s = time.monotonic()
        fault = state.fault(call)
        if fault is not None and fault.when == "before":
            self._count(call, fault.kind if isinstance(fault.kind, int) else 0)
            self._fail(fault)
            return
        reply = self._reply(call)
        # A call takes so long in all, whatever the fake itself takes for it.
        time.sleep(max(0.0, begun_s + state.latency_s - time.monotonic()))
        self._count(call, reply.status)
        with state.lock:
            state.spans.append((begun_s, time.monotonic()))
        if fault is not None:
            self._fail(fault)
            return
        self._send(reply)

    def _reply(self, call: Call) -> Reply:
        state = self.server.state
        with state.lock:
            if call.path == EVENTS:
                reply = enqueued(state, call)
            elif self.headers.get("Authorization") != f"Token token={TOKEN}":
                reply = Reply(401)
            elif call.mutating and not self.headers.get("From", "x@example.org"):
                reply = refused(400, "Requester User Not Found")
            else:
                reply = answered(state, call)
            state.wrong += wrong_request(call) + wrong_answer(call, reply.status, reply.body)
        return reply

    def _count(self, call: Call, status: int) -> None:
        state = self.server.state
        with state.lock:
            state.calls.append((call, status))

    def _fail(self, fault: Fault) -> None:
        if isinstance(fault.kind, int):
            told = refused(fault.kind, "The fake was told to fail.")
            self._send(Reply(fault.kind, told.body, dict(fault.headers)))
            return
        if fault.kind == "cut":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"<html>")
        if fault.kind == "hang":
            self.server.state.over.wait(20)
        self.close_connection = True

    def _send(self, reply: Reply) -> None:
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for key, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[State, Path]]:
    """A PagerDuty that lasts as long as the context, and the file of who vouches for it."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    trusted = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.state = state = State()
    state.base = f"https://127.0.0.1:{server.server_address[1]}"
    # Each connection shakes hands in its own thread: one that hangs must not hold up the others.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state, trusted
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
