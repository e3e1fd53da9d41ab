"""A folder of files as one commit, in the language of `git fast-import`, and back again.

Byte for byte: there are no filters, attributes, line ends or ignored files here. Follows no link,
and neither reads nor writes outside the folder. Starts nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from platform_cli.errors import PlatformError
from platform_cli.git.process import plain

_FILE: Final = b"100644"
_PROGRAM: Final = b"100755"
_LINK: Final = b"120000"

_Tree = dict[bytes, "_Tree | tuple[bytes, bytes]"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a tree: a file, a link or a submodule."""

    path: str
    mode: bytes
    id: str

    @property
    def ordinary(self) -> bool:
        """Whether it is a file, and neither a link nor a submodule."""
        return self.mode.startswith(b"100")


def write_folder(stream: IO[bytes], folder: Path, message: str, author: str) -> None:
    """The folder as one commit in the language of `git fast-import`, which applies no filter."""
    _write_head(stream, message, author)
    for name, mode, content in _entries(os.fsencode(folder)):
        _write_file(stream, name, mode, content)
    stream.write(b"done\n")


def tree_id(folder: Path) -> str:
    """The id that git gives the tree of these files, without asking it: it would take a commit."""
    root: _Tree = {}
    for name, mode, content in _entries(os.fsencode(folder)):
        *above, last = name.split(b"/")
        place = root
        for part in above:
            deeper = place.setdefault(part, {})
            assert isinstance(deeper, dict)  # noqa: S101 - a folder has no file of its own name
            place = deeper
        place[last] = (mode, _object(b"blob", content))
    return _tree(root).hex()


def _tree(tree: _Tree) -> bytes:
    lines = []
    for name, inside in tree.items():
        if isinstance(inside, dict):  # git sorts a folder as if its name ended with a slash
            lines.append((name + b"/", b"40000 " + name + b"\0" + _tree(inside)))
        else:
            lines.append((name, inside[0] + b" " + name + b"\0" + inside[1]))
    return _object(b"tree", b"".join(line for _, line in sorted(lines)))


def _object(kind: bytes, content: bytes) -> bytes:
    """The id of an object: how git names it, and no proof of anything."""
    head = b"%s %d\0" % (kind, len(content))
    return hashlib.sha1(head + content, usedforsecurity=False).digest()


def write_changes(
    stream: IO[bytes],
    parent: str,
    files: Iterable[tuple[str, bytes | None, bytes]],
    message: str,
    author: str,
) -> None:
    """The files as one commit on top of `parent`: path, mode in `parent` and content of each."""
    _write_head(stream, message, author)
    stream.write(b"from %s\n" % parent.encode())
    for path, mode, content in files:
        _write_file(stream, _path(path), _PROGRAM if mode == _PROGRAM else _FILE, content)
    stream.write(b"done\n")


def write_files(into: Path, entries: Iterable[tuple[Entry, bytes | None]]) -> None:
    """Make the folder with these files and links. Leaves nothing where it cannot make them all."""
    into.mkdir()
    try:
        links = []
        for entry, content in entries:
            place = into / os.fsdecode(_path(entry.path))
            place.parent.mkdir(parents=True, exist_ok=True)
            if entry.mode == _LINK and content is not None:
                links.append((place, content))
            elif content is None:  # a submodule: git leaves an empty folder for it, too
                place.mkdir()
            else:
                _write_new(place, content, 0o777 if entry.mode == _PROGRAM else 0o666)
        for place, content in links:  # after all files, none of which is written through a link
            place.symlink_to(os.fsdecode(content))
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


def _write_new(place: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(place, flags, mode), "wb") as file:
        file.write(content)


def _path(path: str) -> bytes:
    """The path as bytes. Raises PLT-GIT-002 for one that would lead out, or into a repository."""
    name = os.fsencode(path)
    parts = name.lower().split(b"/")
    if b"\0" in name or not {b"", b".", b"..", b".git"}.isdisjoint(parts):
        raise PlatformError("PLT-GIT-002", f"{_shown(name)!r} is not a path for a file")
    return name


def _write_head(stream: IO[bytes], message: str, author: str) -> None:
    text = message.encode(errors="replace").replace(b"\0", b"")
    who = author.encode(errors="replace")
    head = (b"author " + who, b"committer " + who, b"data %d" % len(text), text)
    stream.write(b"\n".join((b"commit refs/heads/main", *head, b"")))


def _write_file(stream: IO[bytes], name: bytes, mode: bytes, content: bytes) -> None:
    stream.write(b"M %s inline %s\ndata %d\n" % (mode, _quoted(name), len(content)))
    stream.write(content + b"\n")


def _entries(folder: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Path, mode and content of each file below the folder, in the order of their bytes."""
    found: list[tuple[bytes, os.DirEntry[bytes]]] = []
    waiting = [b""]
    while waiting:
        above = waiting.pop()
        with os.scandir(os.path.join(folder, above)) as inside:  # noqa: PTH118 - bytes
            for entry in inside:
                name = above + entry.name
                if entry.name.lower() == b".git":
                    raise PlatformError("PLT-GIT-002", f"{_shown(name)}: git keeps no such name")
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(name + b"/")
                else:
                    found.append((name, entry))
    for name, entry in sorted(found, key=lambda pair: pair[0]):
        yield name, *_content(name, entry)


def _content(name: bytes, entry: os.DirEntry[bytes]) -> tuple[bytes, bytes]:
    if entry.is_symlink():  # kept as a link, as git does: what it points at is never read
        return _LINK, os.readlink(entry.path)  # noqa: PTH115 - bytes
    if not entry.is_file(follow_symlinks=False):
        raise PlatformError("PLT-GIT-002", f"{_shown(name)} is neither a file nor a folder")
    with open(entry.path, "rb", opener=_no_follow) as file:
        mode = _PROGRAM if os.fstat(file.fileno()).st_mode & stat.S_IXUSR else _FILE
        return mode, file.read()


def _no_follow(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _quoted(name: bytes) -> bytes:
    escaped = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _shown(name: bytes) -> str:
    return plain(name.decode(errors="replace"))
