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
from platform_cli.git.folder import write_stream
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
class RootCommit:
    """A commit without a parent, in a repository that lasts as long as its context."""

    repository: Path
    commit: str
    tree: str


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
    ) -> Iterator[RootCommit]:
        """One root commit of every file in the folder, byte for byte, in a repository of its own.

        The repository is made in `scratch`, or in a temporary folder that the context removes.
        Raises PLT-GIT-002 naming what git cannot or must not keep: a device, a `.git`.
        """
        with _temporary(scratch) as place:
            repository = place / "commit.git"
            self.init_bare(repository)
            who = f"{signature(name) or 'unknown'} <{signature(mail)}>"
            author = f"{who} {int(at.timestamp())} +0000"
            with _reading(folder), (place / "stream").open("w+b") as stream:
                write_stream(stream, folder.absolute(), message, author)
                stream.seek(0)
                self._run(
                    ["fast-import", "--quiet", "--done", "--date-format=raw"],
                    repository=repository,
                    stream=stream,
                    config=_SCRATCH_CONFIG,
                )
            both = ["rev-parse", "refs/heads/main", "refs/heads/main^{tree}"]
            commit, tree = self._run(both, repository=repository).output.decode().split()
            yield RootCommit(repository, commit, tree)

    def push(self, source: RootCommit, bare: Path, branch: str) -> bool:
        """Create the branch at the commit. False, with nothing changed, where there is one."""
        ref = _ref(branch)
        if self.branch(bare, branch) is not None:
            return False
        arguments = ["push", "--porcelain", "--atomic", f"--receive-pack={_RECEIVE}"]
        # An empty expectation: the receiving side refuses a ref that came up since we looked.
        arguments += [f"--force-with-lease={ref}:", "--", str(bare.absolute())]
        arguments += [f"{source.commit}:{ref}"]
        done = self._run(arguments, repository=source.repository, accept=None)
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
        arguments = ["ls-tree", "-r", "-z", "--full-tree", _revision(revision)]
        entries = self._run(arguments, repository=bare).output.split(b"\0")[:-1]
        found: dict[str, str] = {}
        for entry in entries:
            about, _, path = entry.partition(b"\t")
            found[os.fsdecode(path)] = about.split(b" ")[2].decode()
        contents = zip(found, self._blobs(bare, list(found.values())), strict=True)
        return {path: content for path, content in contents if content is not None}

    def diff_folder(self, bare: Path, commit: str, folder: Path) -> str:
        """A unified diff that leads from the commit's files to the folder's; empty if the same."""
        epoch = datetime.fromtimestamp(0, UTC)
        quoted = str(bare.absolute() / "objects").replace("\\", "\\\\").replace('"', '\\"')
        with self.commit_folder(folder, "", name="", mail="", at=epoch) as made:
            arguments = ["diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv"]
            done = self._run(
                [*arguments, "--no-renames", _revision(commit), made.tree],
                repository=made.repository,
                extra={"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'},
            )
        return done.output.decode(errors="replace")

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

    def _blobs(self, bare: Path, names: Sequence[str]) -> list[bytes | None]:
        """The contents of files; None for each name that is not one."""
        with tempfile.TemporaryFile() as stream:
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
