"""The open-source Unity Catalog server, from its published Java artifacts, for one test run.

Maven puts the artifacts into a folder outside of the repository, once; the server has its embedded
database in a folder of its own, listens on loopback, and ends with the context.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import requests

VERSION: Final = "0.4.1"
_ARTIFACT: Final = f"io.unitycatalog:unitycatalog-server:{VERSION}"
_MAIN: Final = "io.unitycatalog.server.UnityCatalogServer"
_DOWNLOAD_S: Final = 400
_START_S: Final = 120
_POM: Final = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tests</groupId><artifactId>unity-server</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>io.unitycatalog</groupId><artifactId>unitycatalog-server</artifactId>
    <version>{VERSION}</version>
  </dependency></dependencies>
</project>
"""
_FILES: Final = {
    "server.properties": "server.env=dev\nserver.authorization=disable\n",
    "hibernate.properties": "hibernate.connection.driver_class=org.h2.Driver\n"
    "hibernate.connection.url=jdbc:h2:file:./etc/db/h2db\nhibernate.hbm2ddl.auto=update\n",
    "server.log4j2.properties": "rootLogger.level=warn\nrootLogger.appenderRef.out.ref=out\n"
    "appender.out.type=Console\nappender.out.name=out\n",
}


class CannotBeHadError(Exception):
    """The server is not to be had on this machine; says why."""


def artifacts() -> Path:
    """The folder with the server's jars, fetched once. Raises CannotBeHadError."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise CannotBeHadError(f"{_ARTIFACT} needs {program}, which is not on this machine")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    tools = Path(os.environ.get("PLATFORM_TEST_TOOLS") or Path(cache) / "platform-cli/test-tools")
    jars = tools / f"unity-catalog-{VERSION}"
    tools.mkdir(parents=True, exist_ok=True)
    with (tools / ".unity-catalog.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            _fetch(tools / ".unity-catalog.new", jars)
    return jars


def _fetch(scratch: Path, jars: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    (scratch / "pom.xml").write_text(_POM, encoding="utf-8")
    order = ["mvn", "-q", "-B", "-U", "dependency:copy-dependencies", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(
            [*order, f"-DoutputDirectory={scratch / 'jars'}"],
            cwd=scratch,
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotBeHadError(f"{_ARTIFACT} was not fetched in {_DOWNLOAD_S} s") from None
    if done.returncode or not any((scratch / "jars").glob("unitycatalog-server-*.jar")):
        raise CannotBeHadError(f"{_ARTIFACT}: Maven cannot fetch it here (exit {done.returncode})")
    (scratch / "jars").rename(jars)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The server's address, for as long as the context lasts. Raises CannotBeHadError."""
    jars = artifacts()
    conf = folder / "etc" / "conf"
    conf.mkdir(parents=True)
    (folder / "etc" / "db").mkdir()
    for name, text in _FILES.items():
        (conf / name).write_text(text, encoding="utf-8")
    port = _two_ports()
    with (folder / "log").open("wb") as log:
        order = ["java", "-cp", f"{jars}/*", _MAIN, "--port", str(port)]
        server = subprocess.Popen(order, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(server, url, folder / "log")
            yield url
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(20)
            server.kill()
            server.wait()


def _two_ports() -> int:
    """A free port with a free one after it: the server takes both."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            with suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port
    raise AssertionError("no two ports beside each other are free")


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and server.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(f"{url}/api/2.1/unity-catalog/catalogs", timeout=5).ok:
                return
        time.sleep(0.2)
    raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")
