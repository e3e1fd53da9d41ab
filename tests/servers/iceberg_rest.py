"""Iceberg's own REST catalog, from its published artifacts, on loopback for as long as it is needed.

Skips, with the reason, where there is no Java, no Maven, or no registry for it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

_FOLDER: Final = Path(__file__).parent / "iceberg"
_GOAL: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath"
_OFFLINE_S: Final = 60
_ONLINE_S: Final = 240
_SEPARATOR: Final = "\x1f"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Its address. `folder` is for scratch."""
    if missing := [name for name in ("java", "mvn") if shutil.which(name) is None]:
        pytest.skip(f"Iceberg's own REST catalog needs {' and '.join(missing)}, which is not here")
    command = ["java", "-cp", _classpath(folder), str(_FOLDER / "Serve.java")]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stderr
        port = process.stdout.readline().strip()
        assert port, process.stderr.read()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def ask(uri: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """One request as nobody's client sends it: the status, and what came with it."""
    from urllib.error import HTTPError

    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    asked = Request(f"{uri}{path}", data, headers, method=method)  # noqa: S310 - of loopback
    try:
        with urlopen(asked, timeout=20) as answer:  # noqa: S310 - the same
            status, content = answer.status, answer.read()
    except HTTPError as error:
        status, content = error.code, error.read()
        error.close()
    return status, json.loads(content) if content else None


def emptied(uri: str, above: tuple[str, ...] = ()) -> None:
    """Take away everything that a test has left, as an admin would."""
    parent = f"?parent={quote(_SEPARATOR.join(above), safe='')}" if above else ""
    _, found = ask(uri, "GET", f"/v1/namespaces{parent}")
    for namespace in found["namespaces"]:
        emptied(uri, tuple(namespace))
        path = f"/v1/namespaces/{quote(_SEPARATOR.join(namespace), safe='')}"
        _, tables = ask(uri, "GET", f"{path}/tables")
        for one in tables["identifiers"]:
            ask(uri, "DELETE", f"{path}/tables/{one['name']}")
        ask(uri, "DELETE", path)


def _classpath(folder: Path) -> str:
    """What Maven has, or else fetches."""
    file = folder / "classpath"
    said = ""
    for mode, limit_s in (("--offline", _OFFLINE_S), ("--no-transfer-progress", _ONLINE_S)):
        command = ["mvn", "-q", "-B", mode, "-f", str(_FOLDER / "pom.xml"), _GOAL]
        try:
            done = subprocess.run(
                [*command, f"-Dmdep.outputFile={file}"],
                capture_output=True,
                text=True,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            said = f"Maven did not end in {limit_s} s"
            continue
        if done.returncode == 0 and file.exists():
            return file.read_text(encoding="utf-8").strip()
        said = next(iter((done.stdout + done.stderr).strip().splitlines()), "no word")
    pytest.skip(f"Maven has not got Iceberg's REST catalog: {said[:200]}")
