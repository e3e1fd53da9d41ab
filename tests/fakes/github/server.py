"""A GitHub on loopback: the API as `routes` answers it, and git's own smart http behind it.

Starts a thread, and `git http-backend` for each request of git. Counts every call, checks each
against the official description where there is one, and fails as a test asks.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import tests.fakes.github.content  # noqa: F401 - its operations are served, too
from tests.fakes.github.description import description
from tests.fakes.github.routes import Reply, answered, message
from tests.fakes.github.state import REFUSING, Call, Fault, State, Token

_API: Final = "/api/v3"
_WORDS: Final = {401: "Bad credentials", 429: "Too many requests"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
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

    def _serve(self) -> None:
        state, parts, begun_s = self.server.state, urlsplit(self.path), time.monotonic()
        raw = self._raw()
        api = parts.path.startswith(_API)
        path = unquote(parts.path.removeprefix(_API))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = json.loads(raw) if api and raw else None
        call = Call(self.command, path, query, body)
        fault = state.fault(call)
        if fault is not None and fault.when == "before":
            self._fail(call, fault)
            return
        reply, sent = self._api(call) if api else self._git(call, raw)
        # A call takes so long in all, whatever the fake itself takes for it.
        time.sleep(max(0.0, begun_s + state.latency_s - time.monotonic()))
        with state.lock:
            state.calls.append((call, reply.status))
            state.spans.append((begun_s, time.monotonic()))
        if fault is not None:
            self._fail(call, fault, counted=True)
            return
        self._send(reply, sent)

    def __getattr__(self, name: str) -> Any:
        """`do_GET` and the others: all methods are served alike."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _api(self, call: Call) -> tuple[Reply, bytes]:
        state, token = self.server.state, self._token()
        with state.lock:
            if token is None:
                reply = message(401, "Bad credentials")
            else:
                reply = answered(state, call, token)
            if token is not None and token.scopes is not None:
                reply.headers["X-OAuth-Scopes"] = ", ".join(token.scopes)
        self._check(call, reply)
        return reply, b"" if reply.body is None else json.dumps(reply.body).encode()

    def _check(self, call: Call, reply: Reply) -> None:
        known = description()
        if known is not None:
            wrong = known.wrong_request(call.method, call.path, call.query, call.body)
            wrong += known.wrong_answer(call.method, call.path, reply.status, reply.body)
            self.server.state.wrong += wrong

    def _token(self) -> Token | None:
        kind, _, secret = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            secret = base64.b64decode(secret).decode().partition(":")[2]
        state = self.server.state
        if self.path.startswith(f"{_API}/app/"):
            # What an App signs is PyJWT's to get right; that it was signed is seen by its shape.
            return Token() if secret.count(".") == 2 else None
        return state.tokens.get(secret)

    def _git(self, call: Call, raw: bytes) -> tuple[Reply, bytes]:
        state, token = self.server.state, self._token()
        name = call.path.split("/")[2].removesuffix(".git")
        repo = state.repos.get(name)
        if token is None:
            return Reply(401, headers={"WWW-Authenticate": 'Basic realm="GitHub"'}), b""
        writes = "git-receive-pack" in (call.path + str(call.query))
        if repo is None or name in state.unseen:
            return Reply(404), b""
        if not token.may("contents:write" if writes else "contents:read"):
            return Reply(403), b""
        rest = call.path.split(".git", 1)[1]
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
            "GIT_PROJECT_ROOT": str(repo.bare),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PATH_INFO": rest,
            "QUERY_STRING": urlsplit(self.path).query,
            "REQUEST_METHOD": call.method,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(raw)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": token.login,
            **({} if token.may("workflows:write") else {REFUSING: "1"}),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(
            ["git", "http-backend"], input=raw, env=environment, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        status = int(headers.pop("Status", "200").split(" ")[0])
        return Reply(status, headers=headers), content

    def _fail(self, call: Call, fault: Fault, *, counted: bool = False) -> None:
        state = self.server.state
        if not counted:
            with state.lock:
                state.calls.append((call, fault.kind if isinstance(fault.kind, int) else 0))
        if isinstance(fault.kind, int):
            body = {"message": _WORDS.get(fault.kind, "The fake was told to fail.")}
            self._send(Reply(fault.kind, body, dict(fault.headers)), json.dumps(body).encode())
            return
        if fault.kind == "hang":
            state.over.wait(20)
        self.close_connection = True

    def _send(self, reply: Reply, content: bytes) -> None:
        self.send_response(reply.status)
        for key, value in reply.headers.items():
            self.send_header(key, value)
        if "Content-Type" not in reply.headers:
            self.send_header("Content-Type", "application/json")
        if reply.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if reply.status != 204:
            self.wfile.write(content)

    def _raw(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)


@contextmanager
def serving(folder: Path, token: str = "canary-token", **more: Any) -> Iterator[State]:  # noqa: S107 - a fake's
    """A GitHub that lasts as long as the context, and what it keeps."""
    folder.mkdir(parents=True, exist_ok=True)
    state = State(folder, tokens={token: Token()}, **more)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.state = state
    state.web = f"http://127.0.0.1:{server.server_address[1]}"
    state.base = state.web + _API
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
