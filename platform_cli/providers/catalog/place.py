"""The folder of the embedded catalog: its lock, its file's state, copies to read, a first file.

Owns what files and processes can get wrong, and modes (0700, 0600). Opens no database: it looks
at the file's header alone, and only while the folder is held, when nobody here has it open.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from platform_cli.disk import private_folder, sync, touching
from platform_cli.errors import PlatformError, TemporaryError

# https://www.sqlite.org/fileformat2.html#the_database_header
_HEADER: Final = 100
_MAGIC: Final = b"SQLite format 3\0"
_PAGE_SIZE: Final = slice(16, 18)
_VERSIONS: Final = slice(18, 20)
_CHANGES: Final = slice(24, 28)
_PAGES: Final = slice(28, 32)
_PAGES_VALID_FOR: Final = slice(92, 96)
_WRITE_AHEAD: Final = 2
_LARGEST_PAGE: Final = 65536  # which two bytes cannot say: they say 1
# https://www.sqlite.org/lockingv3.html: who holds these bytes shared keeps others from writing.
_SHARED_FIRST: Final = 0x40000000 + 2
_SHARED_SIZE: Final = 510

_WAREHOUSE: Final = "warehouse"
_SCHEME: Final = "file://"
_ROLLBACK: Final = "-journal"
_LOG: Final = "-wal"


def damaged(file: Path, why: str) -> PlatformError:
    """The error for a file that cannot be the catalog that we wrote."""
    return PlatformError(
        "PLT-CATALOG-002",
        f"{file}: {why}. Nothing was changed.",
        hint="Restore that file from a copy, or move the folder it is in out of the way.",
        address=str(file),
    )


def location(file: Path, *parts: str) -> str:
    """Where the catalog in `file` keeps what is known of a table, as Iceberg writes it."""
    # As it is, not quoted: pyiceberg takes what follows the scheme for the path.
    return _SCHEME + str(file.with_name(_WAREHOUSE).joinpath(*parts))


def path_of(location: str) -> Path:
    """The file of a location."""
    return Path(location.removeprefix(_SCHEME))


def is_inside(location: str, warehouse: str) -> bool:
    """Whether the location is below that one, and not elsewhere."""
    path = path_of(location)
    return path.is_relative_to(path_of(warehouse)) and ".." not in path.parts


def is_there(file: Path) -> bool:
    """Whether there is a catalog. Raises PLT-CATALOG-002 where only remains of one are."""
    with touching(file):
        if _exists(file):
            return True
        remains = [each for each in _beside(file) if _exists(each)]
    if remains:
        raise damaged(file, f"it is missing, though {remains[0].name} of it is there")
    return False


def put(file: Path, content: bytes) -> None:
    """Write a file that is not there yet and that nothing names before this has returned."""
    private_folder(file.parent)
    with touching(file):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
        except BaseException:
            file.unlink(missing_ok=True)
            raise
    sync(file.parent)


def check(file: Path) -> bool:
    """Whether reading the file in place would write, too. Raises PLT-CATALOG-002 for damage.

    It would after a kill in the middle of a write, and in the mode of a write-ahead log.
    """
    with touching(file):
        if not stat.S_ISREG(file.stat().st_mode):
            raise damaged(file, "it is not a file")
        with file.open("rb") as opened:
            header, size = opened.read(_HEADER), os.fstat(opened.fileno()).st_size
        unfinished = any(_exists(each) and each.stat().st_size > 0 for each in _beside(file))
    if size == 0:
        # SQLite would take it for a new database, and what was in it would be gone unnoticed.
        raise damaged(file, "it is empty")
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise damaged(file, "it is not an SQLite database")
    if unfinished or _WRITE_AHEAD in header[_VERSIONS]:
        return True
    if size < _said_size(header):
        raise damaged(file, "it is cut short")
    return False


@contextmanager
def copy(file: Path) -> Iterator[Path | None]:
    """A private copy with all that SQLite keeps beside it; None while another program writes."""
    with touching(Path(tempfile.gettempdir())):
        folder = Path(tempfile.mkdtemp(prefix="platform-cli-"))
    try:
        target: Path | None = folder / file.name
        with touching(file), file.open("rb") as source:
            try:
                fcntl.lockf(source, fcntl.LOCK_SH | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
            except (BlockingIOError, PermissionError):
                target = None
            else:
                for each in (file, *(each for each in _beside(file) if _exists(each))):
                    # Bytes alone: the copy must be ours to write, and no lock may be let go of.
                    (folder / each.name).write_bytes(_content(each, source.fileno(), file))
        yield target
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def first(file: Path) -> Iterator[Path]:
    """An empty hidden file that takes its place in one rename when the context ends well."""
    new = file.with_name(f".{file.name}.new")
    with touching(file):
        _remove(new)  # what a kill left behind
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield new
        sync(new)
        with touching(file):
            if _exists(file):
                raise TemporaryError(
                    "PLT-CATALOG-002",
                    f"{file}: another program made it at this moment. It was not changed.",
                    address=str(file),
                )
            os.rename(new, file)  # noqa: PTH104 - tests stop the process at exactly this call
    finally:
        with touching(file):
            _remove(new)


def _content(each: Path, handle: int, file: Path) -> bytes:
    if each != file:
        return each.read_bytes()
    # Through the handle that holds the lock: closing another one would let go of it.
    return os.pread(handle, os.fstat(handle).st_size, 0)


def _said_size(header: bytes) -> int:
    if header[_CHANGES] != header[_PAGES_VALID_FOR]:
        return 0  # an old SQLite wrote it last and did not say
    size = int.from_bytes(header[_PAGE_SIZE])
    return (_LARGEST_PAGE if size == 1 else size) * int.from_bytes(header[_PAGES])


def _beside(file: Path) -> tuple[Path, ...]:
    return tuple(file.with_name(file.name + suffix) for suffix in (_ROLLBACK, _LOG))


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _remove(new: Path) -> None:
    for each in (new, *_beside(new)):
        each.unlink(missing_ok=True)
