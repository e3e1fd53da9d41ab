"""What the tests of the embedded catalog share: its calls, its file, and other processes."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.catalog.port import Schema, Tier
from tests.providers.catalog_suite import DOMAIN, MARKER, OTHER, TEAM, changes

FILE = "catalog.sqlite3"
Snapshot = dict[str, tuple[int, int, bytes]]


def create(catalog: LocalCatalog, tier: Tier = "raw", domain: str = DOMAIN) -> Schema:
    return catalog.create_schema(domain, tier, marker=MARKER)


def writes(catalog: LocalCatalog) -> dict[str, Callable[[], object]]:
    """Every mutating call of the port; those after the first need it."""
    return {
        "create_schema": lambda: create(catalog),
        "set_marker": lambda: catalog.set_marker(DOMAIN, "raw", OTHER),
        **changes(catalog),
    }


def reads(catalog: LocalCatalog) -> dict[str, Callable[[], object]]:
    return {
        "schema": lambda: catalog.schema(DOMAIN, "raw"),
        "tiers": lambda: catalog.tiers(DOMAIN),
        "grants": lambda: catalog.grants(DOMAIN, "raw"),
        "may_read": lambda: catalog.may_read(TEAM, DOMAIN, "raw"),
    }


def snapshot(folder: Path) -> Snapshot:
    """Everything in the folder and the folder itself: modes, times of change and contents."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, content)
    return found


def sql(file: Path, text: str, *values: object) -> list[tuple[Any, ...]]:
    """Another program writes to the file, or looks into it."""
    with closing(sqlite3.connect(file)) as connection, connection:
        return connection.execute(text, values).fetchall()


def code_of(call: Callable[[], object]) -> str | None:
    """The code of the error of ours that the call raises, if it does."""
    try:
        call()
    except PlatformError as error:
        return error.code
    return None


def property_of(file: Path, key: str, value: object, namespace: str = f"{DOMAIN}.raw") -> None:
    text = "INSERT OR REPLACE INTO iceberg_namespace_properties VALUES ('platform', ?, ?, ?)"
    sql(file, text, namespace, key, value)


@contextmanager
def on_connect(pragma: str) -> Iterator[None]:
    """Every connection that is opened meanwhile has this limit."""

    def limit(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


CHILD = """
import os, signal, sqlite3, sys
from pathlib import Path
from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.marker import Marker
{warm}
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def before(module, name, times=1):
    real, left = getattr(module, name), [times]
    def call(*given, **named):
        left[0] -= 1
        return real(*given, **named) if left[0] else die()
    setattr(module, name, call)

def after(module, name, times=1):
    real, left = getattr(module, name), [times]
    def call(*given, **named):
        result = real(*given, **named)
        left[0] -= 1
        return result if left[0] else die()
    setattr(module, name, call)

def at_once(count, work):
    '''Processes that start at the same moment; prints what each of them says, in order.'''
    gate_read, gate = os.pipe()
    ends = []
    for number in range(count):
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(gate)
            os.read(gate_read, 1)
            try:
                said = str(work(number))
            except PlatformError as error:
                said = error.code
            except BaseException as error:
                said = repr(error)
            os.write(write, said.encode())
            os._exit(0)
        os.close(write)
        ends.append(read)
    os.close(gate)
    for read in ends:
        with open(read) as opened:
            print(opened.read())

catalog = LocalCatalog(Path(sys.argv[1]))
def create(tier='raw', domain='loyalty', onboarding='onboarding-1'):
    catalog.create_schema(domain, tier, marker=Marker('loyalty', str(onboarding)))
    return 'made'
"""
WARM = "from sqlalchemy.orm import Session\nfrom platform_cli.providers.catalog import store\n"


def child(
    catalog: LocalCatalog, code: str, *, warm: bool = True, **environment: str
) -> subprocess.Popen[str]:
    program = CHILD.replace("{warm}", WARM if warm else "")
    return subprocess.Popen(
        [sys.executable, "-c", program + code, str(catalog.root)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output.strip()


def killed(catalog: LocalCatalog, code: str) -> None:
    process = child(catalog, code)
    process.communicate(timeout=60)
    assert process.returncode == -9


def leftovers(catalog: LocalCatalog) -> list[str]:
    return sorted(path.name for path in catalog.root.iterdir() if path.name != FILE)
