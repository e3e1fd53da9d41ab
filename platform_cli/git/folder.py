"""A folder of files as one commit, in the language of `git fast-import`.

Byte for byte: fast-import knows no filters, attributes, line ends or ignored files. Follows no
link and reads nothing outside the folder. Starts nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from platform_cli.errors import PlatformError
from platform_cli.git.process import plain


def write_stream(stream: IO[bytes], folder: Path, message: str, author: str) -> None:
    """The folder as one commit in the language of `git fast-import`, which applies no filter."""
    text = message.encode(errors="replace").replace(b"\0", b"")
    who = author.encode(errors="replace")
    head = (b"author " + who, b"committer " + who, b"data %d" % len(text), text)
    stream.write(b"\n".join((b"commit refs/heads/main", *head, b"")))
    for name, mode, content in _entries(os.fsencode(folder)):
        stream.write(b"M %s inline %s\ndata %d\n" % (mode, _quoted(name), len(content)))
        stream.write(content + b"\n")
    stream.write(b"done\n")


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
        return b"120000", os.readlink(entry.path)  # noqa: PTH115 - bytes
    if not entry.is_file(follow_symlinks=False):
        raise PlatformError("PLT-GIT-002", f"{_shown(name)} is neither a file nor a folder")
    with open(entry.path, "rb", opener=_no_follow) as file:
        mode = b"100755" if os.fstat(file.fileno()).st_mode & stat.S_IXUSR else b"100644"
        return mode, file.read()


def _no_follow(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _quoted(name: bytes) -> bytes:
    escaped = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _shown(name: bytes) -> str:
    return plain(name.decode(errors="replace"))
