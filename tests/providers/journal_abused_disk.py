"""A disk that fails when it is told to: a library before the C library, in a process of its own.

Every call that changes something below a path is counted, and the N-th can fail with ENOSPC or
EIO, once or several times in a row, or write a part of what it was given. What fails is the call
of the real SQLite and of Python alike. Needs Linux and a C compiler.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]

SOURCE: Final = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char under[4096];
static long first, last;
static int failure, part;
static atomic_long seen;

/* From now on: count what changes a path that begins like one of these, and let some fail. */
void disk_arm(const char *path, long at, long times, int error, int torn)
{
    snprintf(under, sizeof under, "%s", path);
    first = at;
    last = at + times - 1;
    failure = error;
    part = torn;
    atomic_store(&seen, 0);
}

long disk_seen(void)
{
    return atomic_load(&seen);
}

static int ours(const char *path)
{
    for (const char *each = under; path && *each;) {
        size_t length = strcspn(each, "\n");
        if (strncmp(path, each, length) == 0)
            return 1;
        each += length + (each[length] == '\n');
    }
    return 0;
}

static int ours_open(int file)
{
    char link[64], path[4096];
    if (!under[0])
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return ours(path);
}

static int fails(void)
{
    long number = atomic_fetch_add(&seen, 1) + 1;
    if (number < first || number > last)
        return 0;
    errno = failure;
    return 1;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

/* A sector is written whole or not at all: so much of a torn write arrives. */
static size_t torn(size_t size)
{
    return size <= 512 ? 0 : (size / 2 + 511) / 512 * 512;
}

#define WRITING(name, parameters, with_all, with_part) \
    ssize_t name parameters \
    { \
        REAL(name); \
        if (ours_open(file) && fails()) { \
            if (!part || !torn(size)) \
                return -1; \
            last++; \
            part = 0; \
            size = torn(size); \
        } \
        return real with_all; \
    }
WRITING(write, (int file, const void *body, size_t size), (file, body, size), 0)
WRITING(pwrite, (int file, const void *body, size_t size, off_t at), (file, body, size, at), 0)
WRITING(pwrite64, (int file, const void *body, size_t size, off64_t at), (file, body, size, at), 0)

#define ON_FILE(name, parameters, arguments) \
    int name parameters { REAL(name); return ours_open(file) && fails() ? -1 : real arguments; }
ON_FILE(fsync, (int file), (file))
ON_FILE(fdatasync, (int file), (file))
ON_FILE(ftruncate, (int file, off_t size), (file, size))
ON_FILE(ftruncate64, (int file, off64_t size), (file, size))
ON_FILE(fchmod, (int file, mode_t mode), (file, mode))

#define ON_PATH(name, parameters, arguments) \
    int name parameters { REAL(name); return ours(path) && fails() ? -1 : real arguments; }
ON_PATH(unlink, (const char *path), (path))
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(rename, (const char *path, const char *to), (path, to))

#define OPENING(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (flags & O_CREAT && ours(path) && access(path, F_OK) != 0 && fails()) \
            return -1; \
        return real(path, flags, mode); \
    }
OPENING(open)
OPENING(open64)
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """Which changes fail: from the `at`-th, so many `times`, with this error number."""

    at: int = 0
    times: int = 1
    error: int = 0
    torn: bool = False
    """The first one, where it is longer than a sector, writes a part and fails after it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one process does with a home, and how the disk fails it."""

    task: str
    home: str
    under: tuple[str, ...] = ()
    """How the paths begin that count."""
    failure: Failure = field(default_factory=Failure)
    as_nobody: bool = False
    """As a user who may do nothing, where this one may do everything."""
    largest: int | None = None
    """The most bytes that a file may have."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a process said before it ended, and how many changes of the disk were seen."""

    status: int
    seen: int
    said: list[str]


def lacking() -> str | None:
    """Why no disk can be made to fail here."""
    if not sys.platform.startswith("linux"):
        return f"a failing disk needs Linux, this is {sys.platform}"
    if shutil.which("cc") is None:
        return "a failing disk needs a C compiler, and there is no `cc` on the path"
    return None


def built(folder: Path) -> Path:
    """The library, compiled."""
    source, library = folder / "disk.c", folder / "disk.so"
    source.write_text(SOURCE, encoding="utf-8")
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return library


class Abuser:
    """Forks a process for each order; where a library was given, each has it in it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, order: Order) -> Told:
        """Do the one, to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return Told(**answer)

    @staticmethod
    @contextmanager
    def folder_of_all() -> Iterator[Path]:
        """A home that every user may look into."""
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            home.chmod(0o755)
            yield home


@contextmanager
def abuser(library: Path | None) -> Iterator[Abuser]:
    """A process that forks others, with the library, if there is one, before its C library."""
    preload = {} if library is None else {"LD_PRELOAD": str(library)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.providers.journal_abused_child"],
        env={**os.environ, **preload},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Abuser(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)
