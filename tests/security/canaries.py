"""A credential that is looked for afterwards, in every spelling in which it could have got out."""

from __future__ import annotations

import base64
import gzip
import os
import re
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

_SHORTEST_BASE64: Final = 8
_GIT: Final = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C"}


def spellings(secret: str) -> frozenset[bytes]:
    """The secret as it is, in base64 wherever in a longer text it stood, and as addresses have it."""
    raw = secret.encode()
    found = {
        raw,
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        quote(secret).encode(),
    }
    found |= {
        b"".join(b"%%%02X" % byte for byte in raw),
        raw.hex().encode(),
        raw.hex().upper().encode(),
    }
    found |= {secret.encode("utf-16-le"), secret.replace("/", "\\/").encode(), raw[::-1]}
    for before in range(3):
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
            # What depends on the neighbours is left off: the first letters and the last ones.
            text = encode(b"\0" * before + raw).rstrip(b"=")
            middle = text[(0, 2, 3)[before] : -1]
            found |= {middle} if len(middle) >= _SHORTEST_BASE64 else set()
    return frozenset(found)


@dataclass(slots=True)
class Search:
    """Looks for secrets in bytes and in folders, and remembers what it has seen unchanged."""

    secrets: dict[str, str]
    """What each is called, and the secret."""
    allowed: frozenset[Path] = frozenset()
    """Where the person keeps them."""
    looked: int = 0
    _pattern: re.Pattern[bytes] = field(init=False)
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        every = sorted({one for secret in self.secrets.values() for one in spellings(secret)})
        self._pattern = re.compile(b"|".join(re.escape(one) for one in every))

    def found(self, content: bytes) -> bool:
        """Whether any of them is in there, however spelled."""
        self.looked += 1
        return self._pattern.search(content) is not None

    def who(self, content: bytes) -> list[str]:
        """Which of them are in there."""
        return [
            name
            for name, secret in self.secrets.items()
            if any(spelling in content for spelling in spellings(secret))
        ]

    def below(self, folder: Path) -> list[str]:
        """The files below the folder, git's objects unpacked, that hold one; new or changed ones."""
        told = []
        for path in folder.rglob("*"):
            if path.is_symlink() or not path.is_file() or path in self.allowed:
                continue
            try:
                told += self._within(path)
            except FileNotFoundError:  # of a program that was interrupted, and cleans up
                continue
        return told

    def _within(self, path: Path) -> list[str]:
        about = path.stat()
        state = (about.st_mtime_ns, about.st_size)
        if self._seen.get(path) == state:
            return []
        self._seen[path] = state
        return [
            f"{path}: {', '.join(self.who(content))}"
            for content in _contents(path)
            if self.found(content)
        ]


def _contents(path: Path) -> Iterator[bytes]:
    """What is in a file: as it is, decompressed, and each object of a pack of git's."""
    content = path.read_bytes()
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    if content[:1] == b"\x78":
        try:
            yield zlib.decompress(content)
        except zlib.error:
            return
    if path.suffix == ".pack":
        yield from _packed(path.parents[2])


def _packed(repository: Path) -> Iterable[bytes]:
    order = ["git", f"--git-dir={repository}", "cat-file", "--batch-all-objects", "--batch"]
    done = subprocess.run(
        order,
        capture_output=True,
        check=True,
        env={"PATH": os.environ.get("PATH", os.defpath), **_GIT},
    )
    return (done.stdout,)
