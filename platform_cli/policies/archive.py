"""A bundle as one file: the same bytes for the same files, on every machine and day.

What is read is an archive from outside: its size, its names and its kinds of entries are limited
before anything is taken from it.
"""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from platform_cli.errors import PlatformError
from platform_cli.policies.bundle import LARGEST, MANIFEST, Bundle, from_files, load, refusal

_BLOCK: Final = 65_535
_WAIT_S: Final = 30.0


def pack(bundle: Bundle) -> bytes:
    """The bundle as tar.gz, as `opa` reads it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in sorted({**bundle.files, MANIFEST: bundle.manifest}.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode, entry.mtime = len(content), 0o644, 0
            tar.addfile(entry, io.BytesIO(content))
    return _stored(packed.getvalue())


def _stored(content: bytes) -> bytes:
    """A gzip file that does not compress: libraries compress in ways of their own."""
    parts = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    for start in range(0, len(content), _BLOCK):
        block = content[start : start + _BLOCK]
        last = start + _BLOCK >= len(content)
        parts += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    parts.append(struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))
    return b"".join(parts)


def unpack(content: bytes) -> Bundle:
    """The bundle in an archive. Raises PLT-POLICY-001."""
    try:
        opened = zlib.decompressobj(wbits=31)
        flat = opened.decompress(content, 2 * LARGEST)
        if opened.unconsumed_tail:
            raise refusal(f"the archive is larger than {2 * LARGEST // 1024} KiB")
        files: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(flat), mode="r:") as tar:
            for entry in tar:
                path = _path(entry)
                if path is None:
                    continue
                inside = tar.extractfile(entry)
                if path in files or inside is None:
                    raise refusal(f"the archive gives {path} twice", path)
                files[path] = inside.read()
    except (zlib.error, tarfile.TarError, EOFError) as error:
        raise refusal(f"it is not a tar.gz ({error})") from None
    return from_files(files)


def _path(entry: tarfile.TarInfo) -> str | None:
    """The path of a file in the archive; None for a folder."""
    path = PurePosixPath(entry.name.removeprefix("./").lstrip("/"))
    if entry.isdir():
        return None
    if not entry.isreg() or ".." in path.parts or "\\" in entry.name or not path.parts:
        raise refusal(f"the archive holds {entry.name!r}, which is not a plain file", entry.name)
    return path.as_posix()


def fetch(configured: str) -> Bundle:
    """The organisation's bundle: a file, a folder, or an https address with its digest.

    Raises PLT-POLICY-001.
    """
    if "://" in configured:
        address, _, wanted = configured.partition("#")
        content = _download(address)
        found = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if found != wanted:
            raise refusal(f"{address} gave {found}, policy.bundle says {wanted}", address)
        return unpack(content)
    place = Path(configured)
    if place.is_dir():
        return load(place)
    try:
        if place.stat().st_size > 2 * LARGEST:
            raise refusal(f"{place} is larger than {2 * LARGEST // 1024} KiB", configured)
        return unpack(place.read_bytes())
    except OSError as error:
        raise refusal(f"{place}: {error.strerror}", configured) from None


def _download(address: str) -> bytes:
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    if not address.startswith("https://"):
        raise refusal(f"{address} is not an https address", address)
    try:
        with urlopen(Request(address), timeout=_WAIT_S) as answer:  # noqa: S310 - https, checked above
            content: bytes = answer.read(2 * LARGEST + 1)
    except (OSError, HTTPException) as error:
        raise PlatformError(
            "PLT-POLICY-001",
            f"{address} cannot be read ({type(error).__name__}). Nothing was decided.",
            hint="Check policy.bundle and the network, then run the same line again.",
            address=address,
        ) from None
    if len(content) > 2 * LARGEST:
        raise refusal(f"{address} gives more than {2 * LARGEST // 1024} KiB", address)
    return content
