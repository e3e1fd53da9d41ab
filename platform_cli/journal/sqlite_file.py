"""One SQLite file on disk: opening it, copying it for reading, and what SQLite's errors mean.

Owns connections and error codes; knows no table. A process must not open and close a database's
file by itself while SQLite has it open there: POSIX would drop SQLite's locks. Hence `admit`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from platform_cli.errors import Code, PlatformError
from platform_cli.journal.migrations import foreign, restoring
from platform_cli.journal.place import begun, refusal

if TYPE_CHECKING:
    import sqlite3

Mode = Literal["ro", "rw"]
Key = tuple[int, int, Mode]

# https://www.sqlite.org/fileformat2.html#the_database_header
_WRITE_VERSION: Final = slice(18, 20)
_ROLLBACK: Final = 1
_WRITE_AHEAD: Final = 2
# https://www.sqlite.org/src/file/src/os.h: who holds these bytes shared keeps writers from writing.
_SHARED_FIRST: Final = 0x40000000 + 2
_SHARED_SIZE: Final = 510

_CAREFUL: Final = ("trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY")
_PRAGMAS: Final[dict[Mode, tuple[str, ...]]] = {
    # Nothing here may look into the file: a killed writer's rollback journal is met later.
    "ro": (*_CAREFUL, "query_only = ON"),
    # EXTRA: FULL does not sync the folder after a commit, so a power cut could undo it.
    "rw": (*_CAREFUL, "synchronous = EXTRA", "cache_size = -16000"),
}

_guard = threading.Lock()
_open_here: Counter[Key] = Counter()


def exists(path: Path) -> bool:
    """Whether the file is there. Raises PLT-JOURNAL-002 where only remains of one are."""
    try:
        found = path.stat()
    except FileNotFoundError:
        for left in (rollback_journal(path), begun(path)):
            if left.exists():
                raise foreign(path, f"it is missing, though {left.name} is there") from None
        return False
    except OSError as error:
        raise refusal(error, path) from error
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise foreign(path, "it is not a file")  # opening one could wait for ever
    if stat.S_ISREG(found.st_mode) and found.st_size == 0:
        raise foreign(path, "it is empty")
    return True


def rollback_journal(path: Path) -> Path:
    """Where SQLite keeps what it needs to undo a transaction that is not finished."""
    return path.with_name(path.name + "-journal")


def admit(path: Path, mode: Mode) -> Key:
    """Note that this process opens the file; `leave` ends it.

    Raises PLT-JOURNAL-002 for a file in write-ahead mode: only looking at it would write; and for
    one of a mode that SQLite does not know, which it would take for a file that may not be written.
    """
    try:
        found = path.stat()
        with _guard:
            modes: tuple[Mode, ...] = ("ro", "rw")
            seen = any(_open_here[(found.st_dev, found.st_ino, each)] for each in modes)
            if not seen and (why := _unwritable(_header(path)[_WRITE_VERSION])):
                raise foreign(path, why)
            key = (found.st_dev, found.st_ino, mode)
            _open_here[key] += 1
            return key
    except OSError as error:
        raise refusal(error, path) from error


def leave(key: Key) -> None:
    """The file that was admitted is closed."""
    with _guard:
        _open_here[key] -= 1


def connect(path: Path, mode: Mode, busy_s: float) -> sqlite3.Connection:
    """Open the file, which must exist. Raises sqlite3.Error."""
    import sqlite3

    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        timeout=busy_s,
        isolation_level=None,
        check_same_thread=False,
        uri=True,
    )
    # Bytes, so that a damaged text reaches the checksum instead of failing somewhere in Python.
    connection.text_factory = bytes
    try:
        for pragma in _PRAGMAS[mode]:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def private_copy(
    path: Path,
    key: Key,
    busy_s: float,
    prepare: Callable[[sqlite3.Connection], None],
) -> sqlite3.Connection | None:
    """A connection to a copy of what the file was before a killed writer's last transaction.

    Once prepared, the copy loses its name: it cannot be written any more, and goes with the
    connection. None: somebody is just mending the file, look at it again. Raises sqlite3.Error or
    OSError, and what `prepare` raises.
    """
    with _guard:
        if _open_here[(key[0], key[1], "rw")]:
            # This process may write the file, so SQLite may mend it; copying would drop its locks.
            return _prepared(connect(path, "rw", busy_s), prepare)
        folder = Path(tempfile.mkdtemp(prefix="platform-cli-"))
        try:
            copy = folder / "journal.db"
            if not _copy(path, copy):
                return None
            return _prepared(connect(copy, "rw", busy_s), prepare)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _prepared(
    connection: sqlite3.Connection,
    prepare: Callable[[sqlite3.Connection], None],
) -> sqlite3.Connection:
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _copy(path: Path, copy: Path) -> bool:
    with path.open("rb") as source, copy.open("xb") as target:
        try:
            fcntl.lockf(source, fcntl.LOCK_SH | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except (BlockingIOError, PermissionError):
            return False
        shutil.copyfileobj(source, target)
        try:
            shutil.copyfile(rollback_journal(path), rollback_journal(copy))
        except FileNotFoundError:
            return True  # mended since; the lock shows that nobody writes now
    return True


def _unwritable(versions: bytes) -> str | None:
    if _WRITE_AHEAD in versions:
        return "it was switched to a write-ahead log"
    return None if all(each == _ROLLBACK for each in versions) else "its header is damaged"


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(100)


def wrong_size(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the file's length; ask inside a transaction. Raises sqlite3.Error.

    SQLite itself takes the missing end of a last page for zeros, and writes new pages over those
    that a damaged header leaves out.
    """
    ((_, _, file),) = connection.execute("PRAGMA database_list").fetchall()
    ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
    ((page_size,),) = connection.execute("PRAGMA page_size").fetchall()
    try:
        size = os.stat(file).st_size  # noqa: PTH116 - bytes, as SQLite gives them
    except OSError:
        return None  # a private copy, which was asked while it had its name
    if size == pages * page_size:
        return None
    return "its end is missing" if size < pages * page_size else "it is longer than it says"


def translated(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> Exception:
    """What the error means to a person; an error in our own use of SQLite comes back as it is."""
    if isinstance(error, UnicodeDecodeError):
        # Python's wrapper fails on a damaged name of a column, or on one in SQLite's message.
        return damaged(path, "a name in it is not UTF-8")
    meaning = _meaning(getattr(error, "sqlite_errorcode", None))
    if meaning == "PLT-JOURNAL-002":
        return damaged(path, f"SQLite says: {error}")
    if meaning == "PLT-JOURNAL-003":
        return busy(path)
    if meaning is None:
        return error
    if meaning == "PLT-HOME-002" or _no_space(path):
        return PlatformError(
            "PLT-HOME-002",
            f"{path} cannot be written: the disk, a quota or a limit on files is full, or the disk"
            f" fails ({error}). What was written before is safe.",
            hint="Free some space, look at the disk, and run the same line again: it continues"
            " where it stopped.",
            address=str(path),
        )
    return PlatformError(
        "PLT-HOME-001",
        f"{path} cannot be read or written ({error}). What was written before is safe.",
        hint="Look at the disk and at the folder's permissions, or set PLATFORM_HOME to a folder of"
        " yours. Then run the same line again: it continues where it stopped.",
        address=str(path),
    )


def _meaning(code: int | None) -> Code | None:
    import sqlite3

    extended: dict[int, Code] = {
        sqlite3.SQLITE_IOERR_SHORT_READ: "PLT-JOURNAL-002",
        sqlite3.SQLITE_IOERR_CORRUPTFS: "PLT-JOURNAL-002",
        # A quota and a limit on files come as this; SQLite only knows a full disk as such.
        sqlite3.SQLITE_IOERR_WRITE: "PLT-HOME-002",
    }
    primary: dict[int, Code] = {
        sqlite3.SQLITE_CORRUPT: "PLT-JOURNAL-002",
        sqlite3.SQLITE_NOTADB: "PLT-JOURNAL-002",
        sqlite3.SQLITE_FORMAT: "PLT-JOURNAL-002",
        # Our statements fit our tables, so these come from tables that are not as we made them.
        sqlite3.SQLITE_CONSTRAINT: "PLT-JOURNAL-002",
        sqlite3.SQLITE_ERROR: "PLT-JOURNAL-002",
        sqlite3.SQLITE_MISMATCH: "PLT-JOURNAL-002",
        sqlite3.SQLITE_SCHEMA: "PLT-JOURNAL-002",
        sqlite3.SQLITE_BUSY: "PLT-JOURNAL-003",
        sqlite3.SQLITE_LOCKED: "PLT-JOURNAL-003",
        sqlite3.SQLITE_PROTOCOL: "PLT-JOURNAL-003",
        sqlite3.SQLITE_FULL: "PLT-HOME-002",
        sqlite3.SQLITE_IOERR: "PLT-HOME-001",
        sqlite3.SQLITE_READONLY: "PLT-HOME-001",
        sqlite3.SQLITE_CANTOPEN: "PLT-HOME-001",
        sqlite3.SQLITE_PERM: "PLT-HOME-001",
        sqlite3.SQLITE_AUTH: "PLT-HOME-001",
        sqlite3.SQLITE_NOLFS: "PLT-HOME-001",
    }
    if code is None:
        return None
    return extended.get(code) or primary.get(code & 0xFF)


def busy(path: Path) -> PlatformError:
    """The error for a journal that another process did not let go of in time."""
    return PlatformError(
        "PLT-JOURNAL-003",
        f"{path} is in use by another process, which did not let go in time. Nothing was changed.",
        address=str(path),
    )


def damaged(path: Path, why: str) -> PlatformError:
    """The error for a journal in which something is not as it was written."""
    return PlatformError(
        "PLT-JOURNAL-002",
        f"{path} is damaged: {why}. Nothing was changed.",
        hint=restoring(path),
        address=str(path),
    )


def _no_space(path: Path) -> bool:
    try:
        found = os.statvfs(path.parent)
    except OSError:
        return False
    return found.f_bavail == 0
