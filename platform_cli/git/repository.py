"""What the program has git do: commits of whole folders, branches, clones.

Knows nothing of forges, markers or domains.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from platform_cli.git.folder import tree_id, write_changes, write_files, write_folder
from platform_cli.git.process import OWN_CONFIG, failure, signature
from platform_cli.git.reading import Reading, ref_of, revision_of, translated

# A folder that lives for one call need not survive the machine's crash.
_SCRATCH_CONFIG: Final = (("core.fsync", "none"),)
# git keeps our configuration from the receiving side, which would run that repository's hooks.
_RECEIVE: Final = (
    f"git -c core.hooksPath={os.devnull} -c receive.fsckObjects=true -c receive.unpackLimit=1"
    " -c receive.autogc=false -c core.fsync=committed,-loose-object,reference receive-pack"
)


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit in a repository that lasts as long as its context, and may borrow from another."""

    repository: Path
    commit: str
    tree: str
    borrows: Path | None = None


@dataclass(frozen=True, slots=True)
class Git(Reading):
    """git, run in an environment built on `environment`, which is this process's own.

    Every method raises PLT-GIT-001 where git is missing or too old, PLT-GIT-002 where it fails.
    """

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
        with translated(folder):
            return tree_id(folder.absolute())

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
            with translated(folder), (place / "stream").open("w+b") as stream:
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
            with translated(place), (place / "stream").open("w+b") as stream:
                write_changes(stream, revision_of(parent), changes, message, author)
                made = self._import(place, stream, bare)
            yield made

    def _import(self, place: Path, stream: IO[bytes], borrows: Path | None) -> NewCommit:
        """The one commit that the stream describes, in a new repository in `place`."""
        repository, extra = place / "commit.git", borrowing(borrows)
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
        ref = ref_of(branch)
        if self.branch(bare, branch) is not None:
            return False
        arguments = ["push", "--porcelain", "--atomic", f"--receive-pack={_RECEIVE}"]
        # An empty expectation: the receiving side refuses a ref that came up since we looked.
        arguments += [f"--force-with-lease={ref}:", "--", str(bare.absolute())]
        arguments += [f"{source.commit}:{ref}"]
        extra = borrowing(source.borrows)
        done = self._run(arguments, repository=source.repository, extra=extra, accept=None)
        if done.status == 0:
            return True
        if self.branch(bare, branch) is not None:
            return False
        raise failure("push", done)

    def delete_branch(self, bare: Path, branch: str) -> None:
        """Delete the branch, whatever its tip is; one that is gone stays gone."""
        if self.branch(bare, branch) is None:
            return
        done = self._run(["update-ref", "-d", ref_of(branch)], repository=bare, accept=None)
        if done.status and self.branch(bare, branch) is not None:
            raise failure("update-ref", done)

    def checkout(self, bare: Path, revision: str, into: Path) -> None:
        """Write the files of the revision, byte for byte, to the new folder `into`; no `.git`.

        No filter, attribute or hook has a say. Raises PLT-GIT-002, leaving nothing, where `into`
        exists or a path of the revision cannot be one in a folder.
        """
        entries = self._entries(bare, revision)
        contents = self._blobs(bare, [entry.id for entry in entries])
        with translated(into):
            write_files(into, zip(entries, contents, strict=True))

    def clone(self, url: str, into: Path) -> None:
        """An ordinary clone for a person to work in; `into` is new or an empty folder."""
        self._run(["clone", "--quiet", "--template=", "--", url, str(into.absolute())])


def _signed(name: str, mail: str, at: datetime) -> str:
    return f"{signature(name) or 'unknown'} <{signature(mail)}> {int(at.timestamp())} +0000"


def borrowing(bare: Path | None) -> dict[str, str]:
    """What lets git read another repository's objects, whatever its place is called."""
    if bare is None:
        return {}
    quoted = str(bare.absolute() / "objects").replace("\\", "\\\\").replace('"', '\\"')
    return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'}


@contextmanager
def _temporary(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given.absolute()
        return
    with translated(Path(tempfile.gettempdir())):
        made = tempfile.TemporaryDirectory(prefix="platform-cli-", ignore_cleanup_errors=True)
    with made as place:
        yield Path(place)
