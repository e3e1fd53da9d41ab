"""What git tells of a repository: commits by their names, files, trailers, branches.

Changes nothing, runs nothing that a repository's configuration names, and fetches nothing.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from platform_cli import disk
from platform_cli.errors import PlatformError
from platform_cli.git.folder import Entry
from platform_cli.git.process import Done, Process, plain

_OBJECT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_ENTRY: Final = re.compile(rb"[0-9a-f]{40,64} (\w+) (\d+)")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
# What people call a commit by; no option, and no path or search, which begin with a colon.
_CALLED: Final = re.compile(r"[^\x00-\x1f\x7f:-][^\x00-\x1f\x7f:]*")
# A clone may lack objects and name a program to fetch them with; and a ref may put one object in
# the place of another. Neither has a say in what a commit holds.
_AS_IT_IS: Final = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be asked of a repository.

    A `revision` is a full ref (`refs/heads/main`) or the id of a commit; `resolve` gives the id
    for whatever else a person writes.
    """

    environment: Mapping[str, str] = field(repr=False)
    timeout_s: float = 60.0

    def version(self) -> tuple[int, int, int]:
        """The version of git. Raises PLT-GIT-001 below 2.31."""
        return self._process.version()

    def resolve(self, repository: Path, called: str) -> str | None:
        """The commit that a person calls `main`, `v1`, `origin/main`, `HEAD~1` or by a short id."""
        if not _CALLED.fullmatch(called):
            return None
        ask = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{called}^{{commit}}"]
        done = self._run(ask, repository=repository, extra=_AS_IT_IS, accept=None)
        commit = done.output.decode(errors="replace").strip()
        return commit if done.status == 0 and _OBJECT.fullmatch(commit) else None

    def is_shallow(self, repository: Path) -> bool:
        """Whether the clone lacks what came before some commit."""
        done = self._run(["rev-parse", "--is-shallow-repository"], repository=repository)
        return done.output.strip() == b"true"

    def branch(self, bare: Path, branch: str) -> str | None:
        """The commit at the branch's tip, or None where there is no such branch."""
        ref = ref_of(branch)
        form = "--format=%(objectname) %(refname)"
        output = self._run(["for-each-ref", form, ref], repository=bare).output
        lines = output.decode(errors="replace").split("\n")
        # The pattern matches what lies below it, too: refs/heads/main/x.
        heads = [line.partition(" ")[0] for line in lines if line.endswith(f" {ref}")]
        return heads[0] if heads else None

    def default_branch(self, bare: Path) -> str | None:
        """The branch that HEAD names, whether it exists or not; None where HEAD names none."""
        ask = ["symbolic-ref", "--quiet", "HEAD"]
        done = self._run(ask, repository=bare, accept=(0, 1))
        name = done.output.decode(errors="replace").removesuffix("\n")
        return name.removeprefix("refs/heads/") if done.status == 0 else None

    def is_empty(self, bare: Path) -> bool:
        """Whether the repository has no ref at all, not even a damaged one."""
        done = self._run(["for-each-ref", "--count=1"], repository=bare)
        return not done.output and not done.words

    def trailers(self, bare: Path, revision: str, key: str) -> tuple[str, ...]:
        """The values of the trailer in all commits behind the revision, newest first."""
        return tuple(value for _, values in self._log(bare, revision, key) for value in values)

    def first_commit_with_trailer(
        self,
        bare: Path,
        revision: str,
        key: str,
        values: Collection[str],
    ) -> str | None:
        """The oldest commit behind the revision that carries the trailer with one of the values."""
        entries = reversed(self._log(bare, revision, key))
        return next((commit for commit, own in entries if set(own).intersection(values)), None)

    def show(self, bare: Path, revision: str, path: str) -> bytes | None:
        """The content of a file, or None where the revision has no file of that path."""
        # Not askable of `cat-file --batch`: the first is never a name of ours, the others of none.
        if "\n" in path or path.startswith(("./", "../")):
            return None
        return self._blobs(bare, [f"{revision_of(revision)}:{path}"])[0]

    def files(self, bare: Path, revision: str) -> dict[str, bytes]:
        """All files of the revision, by path in git's order; of a link, what it points at."""
        found = {entry.path: entry.id for entry in self._entries(bare, revision)}
        contents = zip(found, self._blobs(bare, list(found.values())), strict=True)
        return {path: content for path, content in contents if content is not None}

    def chosen(
        self, bare: Path, revision: str, choice: Callable[[str], bool], *, largest: int
    ) -> dict[str, bytes | None]:
        """The ordinary files whose path is chosen; None for what is larger.

        Raises PLT-GIT-002 where one of them is not in this clone.
        """
        entries = self._entries(bare, revision)
        wanted = [one for one in entries if one.ordinary and choice(one.path)]
        found: dict[str, bytes | None] = {one.path: None for one in wanted}
        if not wanted:
            return found
        small = []
        for one, line in zip(wanted, self._sizes(bare, wanted), strict=True):
            told = _ENTRY.fullmatch(line)
            if told is None:
                raise _not_here(f"{plain(one.path)} of {revision[:12]} is not in this clone")
            if int(told[2]) <= largest:
                small.append(one)
        contents = self._blobs(bare, [one.id for one in small])
        return {**found, **{o.path: text for o, text in zip(small, contents, strict=True)}}

    def changed(self, bare: Path, base: str, revision: str) -> tuple[str, ...]:
        """The paths that differ between the revision and where it left `base`, in git's order."""
        ask = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--merge-base"]
        output = self._run([*ask, revision_of(base), revision_of(revision)], repository=bare).output
        return tuple(os.fsdecode(path) for path in output.split(b"\0")[:-1])

    def origin(self, folder: Path) -> str | None:
        """Where the folder was cloned from; None where it is no clone, even inside of one."""
        ask = ["config", "--local", "--get", "remote.origin.url"]
        done = self._run(ask, repository=folder / ".git", accept=None)
        return done.output.decode(errors="replace").strip() if done.status == 0 else None

    def _log(self, bare: Path, revision: str, key: str) -> list[tuple[str, tuple[str, ...]]]:
        """Each commit behind the revision, newest first, with its values of the trailer."""
        if not _KEY.fullmatch(key):
            raise PlatformError("PLT-GIT-002", f"{key!r} is not a name for a trailer")
        form = f"%H%n%(trailers:key={key},valueonly=true,unfold=true,separator=%x0A)"
        # Names are not asked for; a mailmap is a file, and a history may be here without files.
        plain = ["-z", "--no-notes", "--no-mailmap", "--encoding=UTF-8"]
        arguments = ["log", *plain, f"--format={form}"]
        output = self._run([*arguments, revision_of(revision), "--"], repository=bare).output
        commits = []
        # Neither a NUL nor a line's end can stand in a trailer, so nobody can forge an entry.
        for entry in output.decode(errors="replace").split("\0"):
            commit, *values = (text.strip() for text in entry.split("\n"))
            commits.append((commit, tuple(value for value in values if value)))
        return commits

    def _entries(self, bare: Path, revision: str) -> list[Entry]:
        """All files, links and submodules of the revision, in git's order."""
        arguments = ["ls-tree", "-r", "-z", "--full-tree", revision_of(revision)]
        entries = []
        output = self._run(arguments, repository=bare, extra=_AS_IT_IS).output
        for line in output.split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            mode, _, key = about.split(b" ")
            entries.append(Entry(os.fsdecode(path), mode, key.decode()))
        return entries

    def _blobs(self, bare: Path, names: Sequence[str]) -> list[bytes | None]:
        """The contents of files; None for each name that is not one."""
        rest = self._cat("--batch", bare, names)
        contents: list[bytes | None] = []
        start = 0
        for _ in names:
            end = rest.index(b"\n", start)
            found = _ENTRY.fullmatch(rest, start, end)
            start = end + 1
            if found is None:  # `<name> missing`
                contents.append(None)
                continue
            size = int(found[2])
            contents.append(rest[start : start + size] if found[1] == b"blob" else None)
            start += size + 1
        return contents

    def _sizes(self, bare: Path, entries: Sequence[Entry]) -> list[bytes]:
        """A line an entry: its kind and size, or that it is missing."""
        try:
            return self._cat("--batch-check", bare, [one.id for one in entries]).splitlines()
        except PlatformError as error:  # git below 2.45 fails where it may not fetch
            raise _not_here(error.summary) from None

    def _cat(self, how: str, bare: Path, names: Sequence[str]) -> bytes:
        """What `cat-file` says of objects, all asked of one process."""
        with translated(Path(tempfile.gettempdir())), tempfile.TemporaryFile() as stream:
            lines = "".join(f"{name}\n" for name in names)
            stream.write(lines.encode(errors="surrogateescape"))
            stream.seek(0)
            asked = ["cat-file", how]
            return self._run(asked, repository=bare, extra=_AS_IT_IS, stream=stream).output

    @property
    def _process(self) -> Process:
        return Process(self.environment, self.timeout_s)

    def _run(
        self,
        arguments: Sequence[str],
        *,
        repository: Path | None = None,
        extra: Mapping[str, str] | None = None,
        config: Sequence[tuple[str, str]] = (),
        stream: IO[bytes] | None = None,
        accept: Sequence[int] | None = (0,),
    ) -> Done:
        """Run git as nobody in particular, in `repository` where one is given."""
        added = dict(extra or {})
        if repository is not None:
            added["GIT_DIR"] = str(repository.absolute())
        environment = self._process.clean(added, config)
        return self._process.run(arguments, environment, stream=stream, accept=accept)


def _not_here(what: str) -> PlatformError:
    hint = "A clone made with --filter lacks files of older commits: use a whole one."
    return PlatformError("PLT-GIT-002", f"{what}; nothing was fetched", hint=hint)


def ref_of(branch: str) -> str:
    if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith((".", ".lock")):
        raise PlatformError("PLT-GIT-002", f"{branch!r} is not a name for a branch")
    return f"refs/heads/{branch}"


def revision_of(revision: str) -> str:
    if _OBJECT.fullmatch(revision):
        return revision
    return ref_of(revision.removeprefix("refs/heads/"))


@contextmanager
def translated(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if disk.is_full(error):
            raise PlatformError("PLT-HOME-002", "The disk is full; nothing was changed") from None
        where = plain(os.fsdecode(error.filename or place))
        raise PlatformError("PLT-GIT-002", f"{where}: {error.strerror}") from None
