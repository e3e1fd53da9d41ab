"""A home with many domains, made out of one that a real `init` left, under other names.

Every id, name and commit is the copy's own and fits in all of the places: journal, forge, catalog,
pager. A test holds a copy beside what a second real `init` left.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from platform_cli.journal.event import Event, from_line, to_line
from platform_cli.journal.sqlite import SqliteJournal

REAL: Final = "loyalty"
ID: Final = re.compile(
    r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b|(?<=trial-)[0-9a-f]{12}\b"
)
_COMMIT: Final = re.compile(r"\b[0-9a-f]{40}\b")
_DATA: Final = re.compile(rb"data (\d+)\n")


def names(number: int) -> list[str]:
    """The names of so many domains."""
    return [f"domain{each:04}" for each in range(number)]


@dataclass(frozen=True, slots=True)
class Copied:
    """Turns what is written of the real domain into what is written of another one."""

    name: str
    moved: tuple[str, str] = ("", "")
    """The real home, and the one that the copy is in."""
    commit: str | None = None

    def __call__(self, text: str) -> str:
        """The text, with the other domain's name, ids and commit."""
        text = ID.sub(self._id, text.replace(*self.moved).replace(REAL, self.name))
        # Only the first commit is in a journal's lasting records; others were trials.
        return text if self.commit is None else _COMMIT.sub(self.commit, text)

    def _id(self, found: re.Match[str]) -> str:
        digest = sha256(f"{self.name} {found[0].replace('-', '')}".encode()).hexdigest()
        places = iter(digest)
        return "".join("-" if char == "-" else next(places) for char in found[0])


@dataclass(frozen=True, slots=True)
class Model:
    """What the real `init` left, read once."""

    home: Path
    events: Sequence[str]
    stream: bytes
    book: dict[str, Any]
    rows: Sequence[tuple[str, ...]]

    @classmethod
    def of(cls, home: Path) -> Model:
        """Read the home of one real domain."""
        with closing(SqliteJournal.read(home / "journal.sqlite3")) as journal:
            events = [to_line(each) for each in journal.events()]
        with closing(sqlite3.connect(home / "catalog" / "catalog.sqlite3")) as catalog:
            rows = catalog.execute("SELECT * FROM iceberg_namespace_properties").fetchall()
        export = ("git", "-C", str(_bare(home, REAL)), "fast-export", "main")
        return cls(
            home,
            events,
            subprocess.run(export, capture_output=True, check=True).stdout,
            json.loads((home / "pager" / "pager.json").read_text(encoding="utf-8")),
            rows,
        )


def make(model: Model, home: Path, wanted: Sequence[str]) -> None:
    """A home with these domains beside nothing else."""
    home.mkdir(mode=0o700)
    copies = [_repository(model, home, name) for name in wanted]
    with closing(SqliteJournal.open(home / "journal.sqlite3", home / "locks")) as journal:
        journal.extend(_events(model, copies))
    _pager(model, home, copies)
    _catalog(model, home, copies)


def copied_events(model: Model, wanted: Sequence[str]) -> Iterator[Event]:
    """The events of so many onboardings, one after the other."""
    return _events(model, [Copied(name) for name in wanted])


def _events(model: Model, copies: Sequence[Copied]) -> Iterator[Event]:
    for copied in copies:
        yield from (from_line(copied(line)) for line in model.events)


def _repository(model: Model, home: Path, name: str) -> Copied:
    """The domain's folder on the forge; its one commit, made of the real one's files."""
    real, copied = model.home / "forge" / "local" / REAL, Copied(name)
    folder, bare = home / "forge" / "local" / name, _bare(home, name)
    bare.mkdir(parents=True)
    for part in ("objects", "refs"):
        (bare / part).mkdir()
    for part in ("HEAD", "config"):
        shutil.copy(_bare(model.home, REAL) / part, bare)
    load = ("git", "-C", str(bare), "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet")
    subprocess.run(load, input=_stream(model.stream, copied), check=True)
    commit = (bare / "refs" / "heads" / "main").read_text(encoding="ascii").strip()
    copied = Copied(name, (str(model.home), str(home)), commit)
    for record in real.glob("*.json"):
        text = record.read_text(encoding="utf-8")
        (folder / record.name).write_text(copied(text), encoding="utf-8")
    return copied


def _stream(stream: bytes, copied: Callable[[str], str]) -> bytes:
    """git's own form of a repository: paths, what is in the files, and messages copied."""

    def copy(text: bytes) -> bytes:
        return copied(text.decode()).encode()

    parts, place = [], 0
    while found := _DATA.search(stream, place):
        end = found.end() + int(found[1])
        body = copy(stream[found.end() : end])
        parts += [copy(stream[place : found.start()]), b"data %d\n" % len(body), body]
        place = end
    return b"".join((*parts, copy(stream[place:])))


def _pager(model: Model, home: Path, copies: Sequence[Copied]) -> None:
    book: dict[str, Any] = {"schema": model.book["schema"]}
    for part, entries in model.book.items():
        if part != "schema":
            text = json.dumps(entries)
            book[part] = [each for copied in copies for each in json.loads(copied(text))]
    (home / "pager").mkdir()
    file = home / "pager" / "pager.json"
    file.write_text(json.dumps(book, indent=2) + "\n", encoding="utf-8")


def _catalog(model: Model, home: Path, copies: Sequence[Copied]) -> None:
    shutil.copytree(model.home / "catalog", home / "catalog")
    with closing(sqlite3.connect(home / "catalog" / "catalog.sqlite3")) as catalog:
        catalog.execute("DELETE FROM iceberg_namespace_properties")
        for copied in copies:
            own = [tuple(copied(text) for text in row) for row in model.rows]
            catalog.executemany("INSERT INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)", own)
        catalog.commit()


def _bare(home: Path, name: str) -> Path:
    return home / "forge" / "local" / name / f"{name}.git"
