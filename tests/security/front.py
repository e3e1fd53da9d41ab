"""What stands between the program and a fake: it lets calls through, or answers like a hostile server.

Its answers repeat everything that was sent: headers, forms and bodies, also where a proxy or a
server would only log them. Speaks TLS, and looks at the machine's command lines while git waits.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urlsplit

import trustme

HOSTILE: Final = (
    "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202eevil\u2066 [/foo] [bold] %s%n {0.__class__} "
)
"""What also stands in every error that a front answers with."""
Kind = int | Literal["drop", "hang", "broken"]
_MOVED: Final = range(300, 400)
_HOPS: Final = frozenset({"host", "connection", "transfer-encoding", "content-length"})
_GIT: Final = ("/info/refs", "/git-upload-pack", "/git-receive-pack")


@dataclass(slots=True)
class Fault:
    """What happens to every call after the first few; `after` lets it have its effect first."""

    kind: Kind
    skip: int = 0
    after: bool = False


@dataclass(slots=True)
class Front:
    """One server in front of another."""

    backend: str
    base: str = ""
    elsewhere: str = ""
    """Where a redirection leads."""
    fault: Fault | None = None
    calls: int = 0
    failed: int = 0
    seen: set[bytes] = field(default_factory=set)
    """The command lines of this machine's processes, whenever git was asking."""
    got: list[bytes] = field(default_factory=list)
    """Each request: its line, its headers and its body."""
    release: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def meet(self) -> Fault | None:
        """The fault that this call meets, if one does."""
        with self.lock:
            self.calls += 1
            if self.fault is None or self.calls <= self.fault.skip:
                return None
            self.failed += 1
            return self.fault

    def begin(self, fault: Fault | None) -> None:
        """Forget the calls so far."""
        with self.lock:
            self.release = Event()
            self.fault, self.calls = fault, 0
            self.got.clear()

    def end(self) -> None:
        """Let go of whoever hangs."""
        with self.lock:
            self.fault = None
            self.release.set()

    def look(self) -> None:
        """Note every command line of the machine."""
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.seen.add(place.read_bytes())
            except OSError:
                continue


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    front: Front

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that trusts nobody, or that was interrupted, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it overrides
        """Say nothing."""

    def __getattr__(self, name: str) -> Any:
        """All methods are served alike."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        front, body = self.server.front, self._body()
        front.got.append(f"{self.requestline}\n{self.headers}\n".encode() + body)
        if urlsplit(self.path).path.endswith(_GIT):
            front.look()
        fault = front.meet()
        if fault is None:
            self._answer(*self._forwarded(body))
            return
        if fault.after:
            self._forwarded(body)
        if isinstance(fault.kind, int):
            self._answer(*self._echo(fault.kind, body))
        elif fault.kind == "broken":
            head = {"Content-Type": "text/html", "X-Echo": self._one_line(body)}
            self._answer(200, head, b"<html>" + self._sent(body).encode())
        else:
            if fault.kind == "hang":
                front.release.wait(20)
            self.close_connection = True

    def _sent(self, body: bytes) -> str:
        """Everything that was sent, with what is in base64 made readable, too."""
        proof = self.headers.get("Authorization", "")
        kind, _, coded = proof.partition(" ")
        plain = base64.b64decode(coded).decode(errors="replace") if kind == "Basic" else ""
        form = [
            text for values in parse_qs(body.decode(errors="replace")).values() for text in values
        ]
        return " ".join([proof, plain, *form, body.decode(errors="replace")[:2000]])

    def _one_line(self, body: bytes) -> str:
        return "".join(c for c in self._sent(body) if c.isascii() and c.isprintable())[:900]

    def _echo(self, status: int, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """An error as each of the services words it, with what was sent as its words."""
        said, line = HOSTILE + self._sent(body), self._one_line(body)
        error: Any = {"message": said, "type": line, "code": status, "errors": [said, line]}
        if "/token" in self.path or "/oidc" in self.path:
            error = said
        told = {
            "message": said,
            "error": error,
            "error_description": said,
            "errors": [{"message": said}, said],
            "error_code": line,
            "documentation_url": said,
        }
        head = {"Content-Type": "application/json", "X-Echo": line}
        if status in _MOVED:
            head["Location"] = f"{self.server.front.elsewhere}{self.path}"
        if self.server.front.calls % 2:  # GitHub's way to say what is missing goes before words
            head |= {"X-Accepted-GitHub-Permissions": line, "X-Accepted-OAuth-Scopes": line}
        if status not in _MOVED and urlsplit(self.path).path.endswith(_GIT):
            return (
                status,
                {"Content-Type": "text/plain", "WWW-Authenticate": f'Basic realm="{line}"'},
                said.encode(),
            )
        return status, head, json.dumps(told).encode()

    def _forwarded(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(self.server.front.backend)
        assert parts.hostname
        trusting = ssl._create_unverified_context()  # noqa: S323 - the fake is on this machine
        connection = (
            http.client.HTTPSConnection(parts.hostname, parts.port, timeout=60, context=trusting)
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        )
        head = {key: text for key, text in self.headers.items() if key.lower() not in _HOPS}
        connection.request(self.command, self.path, body or None, head)
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        back = {key: text for key, text in reply.getheaders() if key.lower() not in _HOPS}
        return reply.status, back, content

    def _answer(self, status: int, head: dict[str, str], content: bytes) -> None:
        self.send_response(status, head.get("X-Echo"))
        for key, text in head.items():
            self.send_header(key, text)
        if status != http.client.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status != http.client.NO_CONTENT:
            self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)


@contextmanager
def standing(backend: str, authority: trustme.CA) -> Iterator[Front]:
    """A front for the server at that address, as long as the context lasts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.front = front = Front(backend)
    front.base = f"https://127.0.0.1:{server.server_address[1]}"
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.end()
        server.shutdown()
        server.server_close()
        thread.join()
