"""A real PostgreSQL for tests: Debian's programs, a folder and a port of its own, loopback only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

USER = "platform"
PASSWORD = "canary-7f3a"  # noqa: S105 - of a server that lives as long as one test session
# A crash of the server loses nothing that the operating system has: so it need not sync.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "150",
    "shared_buffers": "16MB",
    "max_wal_size": "256MB",
}
# `platform` needs no password, everybody else does.
HBA = f"host all {USER} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`: the newest of Debian's, or one on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: len(str(p)))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@dataclass
class Server:
    """One server; tests stop and start it."""

    programs: Path
    folder: Path
    user: str | None
    port: int = 0
    schemas: int = 0
    process: subprocess.Popen[bytes] | None = None
    log: list[str] = field(default_factory=list)

    def init(self) -> None:
        command: list[str | Path] = [
            self.programs / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            USER,
        ]
        self._run([*command, "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync"])
        (self.folder / "data" / "pg_hba.conf").write_text(HBA, encoding="utf-8")

    def start(self) -> None:
        """Start it, on the port that it had before; returns when it answers."""
        for _ in range(5):
            port = self.port or _free_port()
            self._launch(port)
            if self._answers(port):
                self.port = port
                return
            self.kill()
        pytest.fail(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop it at once, as when its machine is switched off; every connection is cut."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        self._end(signal.SIGQUIT)

    def url(self, user: str = USER) -> str:
        """The address of a new, empty schema."""
        self.schemas += 1
        name = f"t{os.getpid()}_{self.schemas}"
        self.sql(f"CREATE SCHEMA {name}; GRANT USAGE ON SCHEMA {name} TO PUBLIC")
        return self.url_of(name, user)

    def url_of(self, schema: str, user: str = USER) -> str:
        options = f"-csearch_path%3D{schema}"
        return f"postgresql://{user}@127.0.0.1:{self.port}/postgres?options={options}"

    def sql(self, text: str, url: str | None = None) -> list[tuple[object, ...]]:
        """Run a statement beside the journal, with the server's own rights."""
        import psycopg

        address = url or f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def _launch(self, port: int) -> None:
        options = [f"-c{key}={value}" for key, value in (SETTINGS | {"port": str(port)}).items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                user=self.user,
                extra_groups=[] if self.user else None,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            )

    def _answers(self, port: int) -> bool:
        import psycopg

        for _ in range(600):
            if self.process is None or self.process.poll() is not None:
                return False
            try:
                psycopg.connect(f"postgresql://{USER}@127.0.0.1:{port}/postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None

    def _run(self, command: list[str | Path]) -> None:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=self.folder,
            user=self.user,
            extra_groups=[] if self.user else None,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        )
        assert done.returncode == 0, done.stderr.decode()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    pytest.skip("no user but root is known here, and PostgreSQL does not run as root")


@pytest.fixture(name="server", scope="session")
def _server() -> Iterator[Server]:
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL's programs are not here (Debian's package is `postgresql`)")
    user = _other_user()
    # Not pytest's folder: only its owner may enter that one.
    with tempfile.TemporaryDirectory(prefix="platform-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        server = Server(found, folder, user)
        server.init()
        server.start()
        server.sql(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
        server.sql("CREATE ROLE reader LOGIN PASSWORD 'x'")
        try:
            yield server
        finally:
            server.kill()
