"""The operating system's locks by which one run at a time holds a domain.

Owns the files in the locks folder. A lock is the kernel's (flock): it ends with its process, so a
dead holder never blocks. What stands in the file only tells people who holds it. The file stays
behind on purpose: removing one that somebody is opening would let two runs hold one domain.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC
from pathlib import Path
from typing import Final

from platform_cli.errors import PlatformError
from platform_cli.journal.event import format_time, parse_time
from platform_cli.journal.place import FILE_MODE, private_folder, refusal
from platform_cli.journal.port import Holder

# Whoever finds a domain held looks again for a moment where the record is not there yet, or is
# still that of a process that has gone: the new holder is just about to write its own.
_LOOKS: Final = 20
_BETWEEN_LOOKS_S: Final = 0.005
_RECORD_BYTES: Final = 4096


@contextmanager
def hold(locks: Path, profile: str, domain: str, holder: Holder) -> Iterator[None]:
    """Hold the domain of the profile. Raises PLT-JOURNAL-005 where held, PLT-HOME-001 or -002."""
    private_folder(locks)
    descriptor = _taken(locks / file_name(profile, domain), domain, holder)
    try:
        yield
    finally:
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        _let_go(descriptor)


@contextmanager
def alone(locks: Path, task: str, subject: Path) -> Iterator[None]:
    """Wait until nobody else is at the same task. Raises PLT-HOME-001 or -002."""
    private_folder(locks)
    path = locks / file_name(str(subject), task)
    try:
        descriptor = _opened(path)
    except OSError as error:
        raise refusal(error, path) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise refusal(error, path) from error
        yield
    finally:
        _let_go(descriptor)


def file_name(profile: str, domain: str) -> str:
    """The lock's file name: safe for any text, distinct even where case is not."""
    key = json.dumps([profile, domain]).encode()
    digest = hashlib.blake2b(key, digest_size=16).hexdigest()
    readable = re.sub(r"[^a-z0-9-]", "", domain)[:40]
    return f"{readable}.{digest}.lock"


def _taken(path: Path, domain: str, holder: Holder) -> int:
    found: Holder | None = None
    for _ in range(_LOOKS):
        try:
            descriptor = _opened(path)
        except OSError as error:
            raise refusal(error, path) from error
        try:
            if _won(descriptor, path):
                _write(descriptor, holder)
                return descriptor
            found = _read(descriptor)
        except OSError as error:
            _let_go(descriptor)
            raise refusal(error, path) from error
        except BaseException:
            _let_go(descriptor)
            raise
        os.close(descriptor)
        if found is not None and not _gone(found, holder.host):
            break
        time.sleep(_BETWEEN_LOOKS_S)
    raise _held(domain, found)


def _opened(path: Path) -> int:
    # Python's descriptors are not inherited by the programs it starts: git never keeps a lock.
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, FILE_MODE)
    try:
        if os.fstat(descriptor).st_mode & 0o777 != FILE_MODE:
            os.fchmod(descriptor, FILE_MODE)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _won(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # Somebody may have tidied the folder after we opened the file: a lock on a file that has no
    # name any more excludes nobody.
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    ours = os.fstat(descriptor)
    return (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)


def _let_go(descriptor: int) -> None:
    # Unlocked by name, not only by closing: a forked child may still share the descriptor.
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _write(descriptor: int, holder: Holder) -> None:
    record = {
        "actor": holder.actor,
        "host": holder.host,
        "pid": holder.pid,
        "since": format_time(holder.since),
    }
    line = json.dumps(record).encode() + b"\n"
    # Over the old record first, then cut: a reader takes the first line and finds it whole.
    os.pwrite(descriptor, line, 0)
    os.ftruncate(descriptor, len(line))


def _read(descriptor: int) -> Holder | None:
    line, newline, _ = os.pread(descriptor, _RECORD_BYTES, 0).partition(b"\n")
    if not newline:
        return None
    try:
        record = json.loads(line)
        return Holder(
            actor=str(record["actor"]),
            host=str(record["host"]),
            pid=int(record["pid"]),
            since=parse_time(str(record["since"])),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _gone(found: Holder, host: str) -> bool:
    if found.host != host or found.pid <= 0:
        return False
    try:
        os.kill(found.pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _held(domain: str, found: Holder | None) -> PlatformError:
    if found is None:
        whose = "by another run"
    else:
        since = found.since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        whose = f"by {found.actor} on {found.host} since {since}"
    return PlatformError(
        "PLT-JOURNAL-005",
        f"{domain} is held {whose}. Nothing was changed.",
        address=domain,
    )
