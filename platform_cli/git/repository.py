"""What the program asks of git: commits of whole folders, branches, trailers, clones.

Knows nothing of forges, markers or domains.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from platform_cli.errors import PlatformError
from platform_cli.git.folder import Entry, write_changes, write_files, write_folder
from platform_cli.git.process import OWN_CONFIG, Done, Process, failure, plain, signature

# A folder that lives for one call need not survive the machine's crash.
_SCRATCH_CONFIG: Final = (("core.fsync", "none"),)
# git keeps our configuration from the receiving side, which would run that repository's hooks.
_RECEIVE: Final = (
    f"git -c core.hooksPath={os.devnull} -c receive.fsckObjects=true -c receive.unpackLimit=1"
    " -c receive.autogc=false -c core.fsync=committed,-loose-object,reference receive-pack"
)

_OBJECT: Final = re.compile(r"[0-9a-f]{40}")
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_ENTRY: Final = re.compile(rb"[0-9a-f]{40} (\w+) (\d+)")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit in a repository that lasts as long as its context, and may borrow from another."""

    repository: Path
    commit: str
    tree: str
    borrows: Path | None = None


@dataclass(frozen=True, slots=True)
class Git:
    """git, run in an environment built on `environment`, which is this process's own.

    Every method raises PLT-GIT-001 where git is missing or too old, PLT-GIT-002 where it fails.
    A `revision` is a full ref (`refs/heads/main`) or the id of a commit.
    """

    environment: Mapping[str, str] = field(repr=False)
    timeout_s: float = 60.0

    def version(self) -> tuple[int, int, int]:
        """The version of git. Raises PLT-GIT-001 below 2.31."""
        return self._process.version()

    def identity(self) -> tuple[str, str] | None:
        """The person's own name and mail, from their configuration, wherever they stand."""
        own = {name: text for name, text in self.environment.items() if name in OWN_CONFIG}
        ask = ["config", "--includes", "--null", "--get-regexp", r"^(user|author)\.(name|email)$"]
        # No repository's configuration: the answer must not depend on the working directory.
        environment = {**self._process.stripped(), **own, "GIT_DIR": os.devnull}
        done = self._process.run(ask, environment, accept=(0, 1))
        found: dict[str, str] = {}
        for entry in done.output.decode(errors="replace").split("\0"):
            key, _, text = entry.partition("\n")
            found[key] = signature(text)
        name = found.get("author.name") or found.get("user.name")
        mail = found.get("author.email") or found.get("user.email")
        return (name, mail) if name and mail else None

    def init_bare(self, path: Path) -> None:
        """Make an empty bare repository whose HEAD is `main`."""
        arguments = ["init", "--quiet", "--bare", "--template=", "--object-format=sha1"]
        self._run([*arguments, "--initial-branch=main", "--", str(path.absolute())])

    def tree_of(self, folder: Path) -> str:
        """The id of the git tree of the folder's files: the same for the same files."""
        epoch = datetime.fromtimestamp(0, UTC)
        with self.commit_folder(folder, "", name="", mail="", at=epoch) as made:
            return made.tree

    @contextmanager
    def commit_folder(
        self,
        folder: Path,
        message: str,
        *,
        name: str,
        mail: str,
        at: datetime,
        scratch: Path | None = None,
    ) -> Iterator[NewCommit]:
        """One root commit of every file in the folder, byte for byte, in a repository of its own.

        The repository is made in `scratch`, or in a temporary folder that the context removes.
        Raises PLT-GIT-002 naming what git cannot or must not keep: a device, a `.git`.
        """
        author = _signed(name, mail, at)
        with _temporary(scratch) as place:
            with _reading(folder), (place / "stream").open("w+b") as stream:
                write_folder(stream, folder.absolute(), message, author)
                made = self._import(place, stream, None)
            yield made

    @contextmanager
    def commit_on(
        self,
        bare: Path,
        parent: str,
        files: Mapping[str, bytes],
        message: str,
        *,
        name: str,
        mail: str,
        at: datetime,
        scratch: Path | None = None,
    ) -> Iterator[NewCommit]:
        """One commit on top of `parent`, a commit of `bare`, that writes or replaces these files.

        Made like `commit_folder`. A file that is replaced stays executable if it was.
        Raises PLT-GIT-002 for a path that is none.
        """
        author = _signed(name, mail, at)
        modes = {entry.path: entry.mode for entry in self._entries(bare, parent)}
        changes = [(path, modes.get(path), content) for path, content in sorted(files.items())]
        with _temporary(scratch) as place:
            with _reading(place), (place / "stream").open("w+b") as stream:
                write_changes(stream, _revision(parent), changes, message, author)
                made = self._import(place, stream, bare)
            yield made

    def _import(self, place: Path, stream: IO[bytes], borrows: Path | None) -> NewCommit:
        """The one commit that the stream describes, in a new repository in `place`."""
        repository, extra = place / "commit.git", _borrowing(borrows)
        self.init_bare(repository)
        stream.seek(0)
        self._run(
            ["fast-import", "--quiet", "--done", "--date-format=raw"],
            repository=repository,
            extra=extra,
            stream=stream,
            config=_SCRATCH_CONFIG,
        )
        both = ["rev-parse", "refs/heads/main", "refs/heads/main^{tree}"]
        output = self._run(both, repository=repository, extra=extra).output
        commit, tree = output.decode().split()
        return NewCommit(repository, commit, tree, borrows)

    def push(self, source: NewCommit, bare: Path, branch: str) -> bool:
        """Create the branch at the commit. False, with nothing changed, where there is one."""
        ref = _ref(branch)
        if self.branch(bare, branch) is not None:
            return False
        arguments = ["push", "--porcelain", "--atomic", f"--receive-pack={_RECEIVE}"]
        # An empty expectation: the receiving side refuses a ref that came up since we looked.
        arguments += [f"--force-with-lease={ref}:", "--", str(bare.absolute())]
        arguments += [f"{source.commit}:{ref}"]
        extra = _borrowing(source.borrows)
        done = self._run(arguments, repository=source.repository, extra=extra, accept=None)
        if done.status == 0:
            return True
        if self.branch(bare, branch) is not None:
            return False
        raise failure("push", done)

    def branch(self, bare: Path, branch: str) -> str | None:
        """The commit at the branch's tip, or None where there is no such branch."""
        ref = _ref(branch)
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

    def delete_branch(self, bare: Path, branch: str) -> None:
        """Delete the branch, whatever its tip is; one that is gone stays gone."""
        if self.branch(bare, branch) is None:
            return
        done = self._run(["update-ref", "-d", _ref(branch)], repository=bare, accept=None)
        if done.status and self.branch(bare, branch) is not None:
            raise failure("update-ref", done)

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
        return self._blobs(bare, [f"{_revision(revision)}:{path}"])[0]

    def files(self, bare: Path, revision: str) -> dict[str, bytes]:
        """All files of the revision, by path in git's order; of a link, what it points at."""
        found = {entry.path: entry.id for entry in self._entries(bare, revision)}
        contents = zip(found, self._blobs(bare, list(found.values())), strict=True)
        return {path: content for path, content in contents if content is not None}

    def checkout(self, bare: Path, revision: str, into: Path) -> None:
        """Write the files of the revision, byte for byte, to the new folder `into`; no `.git`.

        No filter, attribute or hook has a say. Raises PLT-GIT-002, leaving nothing, where `into`
        exists or a path of the revision cannot be one in a folder.
        """
        entries = self._entries(bare, revision)
        contents = self._blobs(bare, [entry.id for entry in entries])
        with _reading(into):
            write_files(into, zip(entries, contents, strict=True))

    def changed(self, bare: Path, base: str, revision: str) -> tuple[str, ...]:
        """The paths that differ between the revision and where it left `base`, in git's order."""
        ask = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--merge-base"]
        output = self._run([*ask, _revision(base), _revision(revision)], repository=bare).output
        return tuple(os.fsdecode(path) for path in output.split(b"\0")[:-1])

    def origin(self, folder: Path) -> str | None:
        """Where the folder was cloned from; None where it is no clone, even inside of one."""
        ask = ["config", "--local", "--get", "remote.origin.url"]
        done = self._run(ask, repository=folder / ".git", accept=None)
        return done.output.decode(errors="replace").strip() if done.status == 0 else None

    def clone(self, url: str, into: Path) -> None:
        """An ordinary clone for a person to work in; `into` is new or an empty folder."""
        self._run(["clone", "--quiet", "--template=", "--", url, str(into.absolute())])

    def _log(self, bare: Path, revision: str, key: str) -> list[tuple[str, tuple[str, ...]]]:
        """Each commit behind the revision, newest first, with its values of the trailer."""
        if not _KEY.fullmatch(key):
            raise PlatformError("PLT-GIT-002", f"{key!r} is not a name for a trailer")
        form = f"%H%n%(trailers:key={key},valueonly=true,unfold=true,separator=%x0A)"
        arguments = ["log", "-z", "--no-notes", "--encoding=UTF-8", f"--format={form}"]
        output = self._run([*arguments, _revision(revision), "--"], repository=bare).output
        commits = []
        # Neither a NUL nor a line's end can stand in a trailer, so nobody can forge an entry.
        for entry in output.decode(errors="replace").split("\0"):
            commit, *values = (text.strip() for text in entry.split("\n"))
            commits.append((commit, tuple(value for value in values if value)))
        return commits

    def _entries(self, bare: Path, revision: str) -> list[Entry]:
        """All files, links and submodules of the revision, in git's order."""
        arguments = ["ls-tree", "-r", "-z", "--full-tree", _revision(revision)]
        entries = []
        for line in self._run(arguments, repository=bare).output.split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            mode, _, key = about.split(b" ")
            entries.append(Entry(os.fsdecode(path), mode, key.decode()))
        return entries

    def _blobs(self, bare: Path, names: Sequence[str]) -> list[bytes | None]:
        """The contents of files; None for each name that is not one."""
        with _reading(Path(tempfile.gettempdir())), tempfile.TemporaryFile() as stream:
            lines = "".join(f"{name}\n" for name in names)
            stream.write(lines.encode(errors="surrogateescape"))
            stream.seek(0)
            rest = self._run(["cat-file", "--batch"], repository=bare, stream=stream).output
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


def _ref(branch: str) -> str:
    if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith((".", ".lock")):
        raise PlatformError("PLT-GIT-002", f"{branch!r} is not a name for a branch")
    return f"refs/heads/{branch}"


def _revision(revision: str) -> str:
    if _OBJECT.fullmatch(revision):
        return revision
    return _ref(revision.removeprefix("refs/heads/"))


def _signed(name: str, mail: str, at: datetime) -> str:
    return f"{signature(name) or 'unknown'} <{signature(mail)}> {int(at.timestamp())} +0000"


def _borrowing(bare: Path | None) -> dict[str, str]:
    """What lets git read another repository's objects, whatever its place is called."""
    if bare is None:
        return {}
    quoted = str(bare.absolute() / "objects").replace("\\", "\\\\").replace('"', '\\"')
    return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'}


@contextmanager
def _reading(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise PlatformError("PLT-HOME-002", "The disk is full; nothing was changed") from None
        where = plain(os.fsdecode(error.filename or place))
        raise PlatformError("PLT-GIT-002", f"{where}: {error.strerror}") from None


@contextmanager
def _temporary(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given.absolute()
        return
    with _reading(Path(tempfile.gettempdir())):
        made = tempfile.TemporaryDirectory(prefix="platform-cli-", ignore_cleanup_errors=True)
    with made as place:
        yield Path(place)
