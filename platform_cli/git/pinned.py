"""One commit of somebody else's repository, without its history, and no more than was agreed.

Owns what git may do while it fetches: nobody's hooks, filters, helpers or prompts run, and only a
few protocols are spoken. Knows nothing of what the files are for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from platform_cli.errors import PlatformError
from platform_cli.git.folder import Entry
from platform_cli.git.process import Done, Process, failure, plain
from platform_cli.git.repository import Git

_HELD: Final = "refs/pinned/commit"
_EVERY: Final = ("+refs/heads/*:refs/fetched/heads/*", "+refs/tags/*:refs/fetched/tags/*")
_FETCH: Final = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc")
_MIB: Final = 1024 * 1024
_STOPPED: Final = -1

_CONFIG: Final = (
    ("core.bigFileThreshold", "1m"),  # larger ones are not held in memory
    ("fetch.fsckObjects", "true"),
    ("fetch.recurseSubmodules", "false"),
    ("protocol.version", "2"),
)
_EXTRA: Final = {
    "GIT_ALLOW_PROTOCOL": "file:https:ssh",
    "GIT_ASKPASS": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    # Keys and hosts are the person's own, by whatever ssh is told; it must not ask anything.
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ForwardAgent=no -o PermitLocalCommand=no",
    "GIT_SSH_VARIANT": "ssh",
}
# Which authorities to believe: files, not programs, and a company's own are often needed.
_KEPT: Final = ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH")


class UnfitError(Exception):
    """The commit holds what was not agreed to, or is none; says what, in words for people."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is taken from somebody else."""

    transfer_bytes: int = 32 * _MIB
    files: int = 5_000
    bytes: int = 32 * _MIB


@dataclass(frozen=True, slots=True)
class Pinned:
    """A commit by its full id, and where it is to be had: https, ssh, or a path."""

    git: Git = field(repr=False)
    url: str
    commit: str
    limits: Limits = Limits()

    def reachable(self) -> str | None:
        """None where the repository answers, else git's own words. Fetches nothing."""
        done = self._run(["ls-remote", "--quiet", "--", self._url, "HEAD"], None)
        return None if done.status == 0 else _words("ls-remote", done)

    def fetch(self, bare: Path) -> str | None:
        """Bring the commit into the new bare repository; git's own words where it cannot be had.

        Raises UnfitError for a commit that is not as agreed; whoever made the folder removes it.
        """
        self._make(bare)
        order = [*_FETCH, "--depth=1", "--", self._url, f"+{self.commit}:{_HELD}"]
        done = self._run(order, bare)
        if done.status:
            # A server of the old protocol gives no commit that is not the tip of something.
            again = self._run([*_FETCH, "--", self._url, *_EVERY], bare)
            if again.status:
                return _words("fetch", done)
        if not self.holds(bare):
            return "it has no such commit"
        self._agreed(bare)
        return None

    def holds(self, bare: Path) -> bool:
        """Whether the repository has the very commit, and its files."""
        ask = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.commit}^{{commit}}"]
        done = self._run(ask, bare)
        return done.status == 0 and done.output.decode(errors="replace").strip() == self.commit

    @property
    def _url(self) -> str:
        return self.url.removeprefix("git+")

    def _make(self, bare: Path) -> None:
        kind = "sha1" if len(self.commit) == 40 else "sha256"  # noqa: PLR2004 - hexadecimal digits
        order = ["init", "--quiet", "--bare", "--template=", f"--object-format={kind}"]
        done = self._run([*order, "--", str(bare.absolute())], None)
        if done.status:
            raise failure("init", done)

    def _agreed(self, bare: Path) -> None:
        """Raises UnfitError for links, submodules, and more than there should be."""
        done = self._run(["ls-tree", "-r", "-l", "-z", "--full-tree", self.commit], bare)
        if done.status:
            raise failure("ls-tree", done)
        lines = done.output.split(b"\0")[:-1]
        if len(lines) > self.limits.files:
            raise UnfitError(f"it has more than {self.limits.files} files")
        total = 0
        for line in lines:
            about, _, path = line.partition(b"\t")
            mode, _, key, size = about.split()
            entry = Entry(os.fsdecode(path), mode, key.decode())
            if not entry.ordinary:
                raise UnfitError(f"{plain(entry.path)} is a link or a submodule")
            total += int(size)
        if total > self.limits.bytes:
            raise UnfitError(f"its files are more than {self.limits.bytes // _MIB} MiB")

    def _run(self, arguments: list[str], bare: Path | None) -> Done:
        process = Process(self.git.environment, self.git.timeout_s)
        kept = {k: v for k, v in self.git.environment.items() if k in _KEPT}
        place = {} if bare is None else {"GIT_DIR": str(bare.absolute())}
        environment = process.clean({**_EXTRA, **kept, **place}, _CONFIG)

        def watch() -> None:
            if bare is not None and _size(bare) > self.limits.transfer_bytes:
                most = self.limits.transfer_bytes // _MIB
                raise UnfitError(f"it is more than {most} MiB to fetch")

        try:
            done = process.run(arguments, environment, accept=None, watch=watch)
        except PlatformError as error:
            if error.code != "PLT-GIT-002":
                raise
            return Done(_STOPPED, b"", error.summary)  # it did not end in time
        watch()
        return done


def _words(command: str, done: Done) -> str:
    return done.words if done.status == _STOPPED else failure(command, done).summary


def _size(folder: Path) -> int:
    """The bytes of all files below; those that come and go meanwhile count or do not."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(f"{place}/{name}").st_size
            except OSError:
                continue
    return total
