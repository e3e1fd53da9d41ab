"""How a case goes wrong: at the fronts, at the database, or by Ctrl-C."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Final, Literal

from tests.security.front import Fault
from tests.security.worlds import World

Failure = Literal["none", "401", "403", "404", "500", "drop", "hang", "broken", "tls", "interrupt"]
FAILURES: Final[tuple[Failure, ...]] = (
    "none",
    "401",
    "403",
    "404",
    "500",
    "drop",
    "hang",
    "broken",
    "tls",
    "interrupt",
)
_CALM: Final = ("60", "240")
_HURRIED: Final = ("60", "2")
_SHORT: Final = ("0.3", "1.5")
_MOMENTS: Final = ("http.client.send", "open", "socket.connect", "subprocess.Popen")


@dataclass(slots=True)
class Going:
    """How one case goes wrong."""

    env: dict[str, str] = field(default_factory=dict)
    interrupt: tuple[str, int] | None = None
    failed: int = 0
    """How many calls met the failure; known when it is over."""


@contextmanager
def going_wrong(world: World, failure: Failure, chance: random.Random) -> Iterator[Going]:
    """The world while the case lasts."""
    going = Going()
    timeout_s, deadline_s = {"none": _CALM, "interrupt": _CALM, "hang": _SHORT}.get(
        failure, _HURRIED
    )
    going.env["PLATFORM_CLI_PROFILES_SWEEP_TIMEOUT_S"] = timeout_s
    going.env["PLATFORM_CLI_PROFILES_SWEEP_DEADLINE_S"] = deadline_s
    fault: Fault | None = None
    skip, after = chance.choice((0, 0, 1, 2, 4, 8, 16, 32)), chance.random() < 0.5
    if failure.isdecimal():
        fault = Fault(int(failure), skip, after)
    elif failure in {"drop", "hang", "broken"}:
        fault = Fault(failure, skip, after)  # type: ignore[arg-type]  # one of the three
    elif failure == "tls":
        strange = str(world.folder.parent / f"{world.name}-strange.pem")
        going.env |= {"REQUESTS_CA_BUNDLE": strange, "SSL_CERT_FILE": strange}
    elif failure == "interrupt":
        moment = chance.choice(_MOMENTS)
        going.interrupt = (moment, chance.randint(1, 200 if moment == "open" else 12))
    world.begin(fault)
    try:
        if "PGPASSWORD" in world.env:
            with _database(world, failure, going):
                yield going
        else:
            yield going
    finally:
        going.failed = world.end()


@contextmanager
def _database(world: World, failure: Failure, going: Going) -> Iterator[None]:
    """The journal's server, as the failure has it."""
    url = world.env["PLATFORM_CLI_JOURNAL_URL"]
    key = "PLATFORM_CLI_JOURNAL_URL"
    if failure == "401":
        world.secrets["wrong"] = going.env["PGPASSWORD"] = "canary-wrong-password"
    elif failure == "403":
        going.env[key] = url.replace("guarded@", "reader@")
    elif failure == "404":
        going.env[key] = url.replace("/postgres?", "/absent?")
    if failure in {"none", "401", "403", "404", "interrupt"}:
        yield
        return
    with _listening(failure) as port:
        mode = "verify-full" if failure == "tls" else "disable"
        options = f"sslmode={mode}&connect_timeout=2"
        going.env[key] = f"postgresql://guarded@127.0.0.1:{port}/postgres?{options}"
        yield


@contextmanager
def _listening(failure: Failure) -> Iterator[int]:
    """A database's port where everything goes wrong."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.settimeout(0.2)

        def serve() -> None:
            while not over.is_set():
                try:
                    made, _ = server.accept()
                except OSError:
                    continue
                with made:
                    made.settimeout(20)
                    try:
                        _misbehave(made, failure, over)
                    except OSError:
                        continue

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            over.set()
            thread.join()


def _misbehave(made: socket.socket, failure: Failure, over: Event) -> None:
    asked = made.recv(4096)
    if failure == "tls":
        made.sendall(b"N")
    elif failure == "hang":
        over.wait(20)
    elif failure == "broken":
        made.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + asked)
    elif failure == "500":
        made.sendall(b"R" + struct.pack("!ii", 8, 3))  # the password, please, as it is
        said = made.recv(4096).replace(b"\0", b" ")[1:]
        fields = b"SFATAL\0VFATAL\0CXX000\0Myou sent " + said + b"\0\0"
        made.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)
