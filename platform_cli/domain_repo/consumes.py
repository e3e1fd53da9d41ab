"""Who reads what: the `consumes.yaml` of repositories, and what they are held against.

Looks at folders and at a forge's default branches, follows no link and executes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final, cast

from platform_cli.contracts.findings import Finding, Place, shown
from platform_cli.contracts.language import VERSION
from platform_cli.contracts.load import load as load_contract
from platform_cli.contracts.model import Deprecation
from platform_cli.contracts.pins import NAME, LoadedPins, Offer, Pin, Resolution, resolve
from platform_cli.contracts.pins import load as load_pins
from platform_cli.contracts.yaml_source import LARGEST
from platform_cli.domain_repo.judging import contract_paths
from platform_cli.errors import PlatformError
from platform_cli.providers.catalog.port import Catalog, Tier
from platform_cli.providers.forge.port import Forge

_MAIN: Final = "main"


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, and the file that it is about."""

    path: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Reader:
    """A domain that reads the table, and the entry that says so."""

    domain: str
    path: str
    pin: Pin


@dataclass(frozen=True, slots=True)
class Readers:
    """Everybody who reads a table, as far as every `consumes.yaml` could be read."""

    readers: tuple[Reader, ...]
    looked_at: int
    """How many files were looked at: of none nothing follows."""
    findings: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Pinned:
    """What all pins of a repository come to, and what is wrong with the files."""

    path: str
    resolutions: tuple[Resolution, ...]
    findings: tuple[Told, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is an error: warnings do not fail."""
        every = (*self.findings, *self.told())
        return not any(one.finding.severity == "error" for one in every)

    def told(self) -> Iterator[Told]:
        """The findings of the pins, each with the file that it stands in."""
        for resolution in self.resolutions:
            for finding in resolution.findings:
                yield Told(self.path, finding)


@dataclass(frozen=True, slots=True)
class Pins:
    """What a repository says that it reads."""

    path: str
    loaded: LoadedPins


@dataclass(frozen=True, slots=True)
class Published:
    """What a catalog says of a table's contract; a draft is never published."""

    path: str
    name: str
    version: str
    deprecation: Deprecation | None
    draft: bool = False

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.partition(".")[0])


@dataclass(frozen=True, slots=True)
class Offers:
    """What pins are held against, and what is wrong with it."""

    offers: tuple[Offer, ...]
    findings: tuple[Told, ...] = ()


def pins_of(repository: Path) -> Pins:
    """The repository's `consumes.yaml`. Raises PLT-CONTRACT-004 where there is none."""
    path = repository / NAME
    data = _content(path)
    if data is None:
        raise PlatformError(
            "PLT-CONTRACT-004",
            f"There is no {path}, or it cannot be read. No pin was resolved.",
            hint=f"Name the folder of a domain's repository; one that reads nothing says so with "
            f"[] in its {NAME}.",
            address=str(path),
        )
    return Pins(str(path), load_pins(data))


def pinned(pins: Pins, offers: Offers, *, today: date) -> Pinned:
    """Every pin, resolved. Today is in UTC."""
    own = tuple(Told(pins.path, finding) for finding in pins.loaded.findings)
    resolutions = tuple(resolve(pins.loaded.pins, offers.offers, today=today))
    return Pinned(pins.path, resolutions, (*own, *offers.findings))


def in_catalog(catalog: Catalog, pins: Pins) -> Offers:
    """What the catalog publishes in the schemas that the pins name. Raises PLT-CATALOG codes."""
    sources = (pin.source.split(".") for pin in pins.loaded.pins)
    schemas = dict.fromkeys((domain, cast("Tier", tier)) for domain, tier, _ in sources)
    offers, findings = [], []
    for schema in schemas:
        for table in catalog.tables(*schema):
            said = table.publication
            if said is None:
                continue
            if VERSION.fullmatch(said.version) is None:
                message = f"the catalog gives it no version that is one: {shown(said.version)}"
                findings.append(_unreadable(table.address, message))
                continue
            about = said.deprecation
            ends = Deprecation(**asdict(about)) if about is not None else None
            offers.append(Published(table.address, said.contract, said.version, ends))
    return Offers(tuple(offers), tuple(findings))


def in_folders(folders: Sequence[Path]) -> Offers:
    """The valid contracts in the folders, and a warning for each other. Raises PLT-CONTRACT-004."""
    contracts, findings = [], []
    for folder in folders:
        _refuse_no_folder(folder)
        for path in contract_paths(folder):
            data = _content(path)
            if data is None:
                findings.append(_unreadable(str(path), "it cannot be read"))
                continue
            loaded = load_contract(data, str(path))
            if loaded.valid and loaded.contract is not None:
                contracts.append(loaded.contract)
                continue
            first = next(one for one in loaded.findings if one.severity == "error")
            findings.append(_unreadable(str(path), first.message, (first.line, first.column)))
    return Offers(tuple(contracts), tuple(findings))


def _unreadable(path: str, why: str, place: Place = (1, 1)) -> Told:
    message = f"this counts as not published: {why}"
    return Told(path, Finding("contract-unreadable", "warning", message, "", *place))


def readers(table: str, folders: Sequence[Path]) -> Readers:
    """Who reads the table, by every `consumes.yaml` in the folders. Raises PLT-CONTRACT-004."""
    found: list[tuple[str, str, bytes | None]] = []
    for folder in folders:
        _refuse_no_folder(folder)
        # A checkout's folder has the domain's name, also where it is the one we stand in.
        found += [
            (path.parent.absolute().name, str(path), _content(path)) for path in _walk(folder)
        ]
    return _readers(table, found)


def readers_on(forge: Forge, table: str, domains: Iterable[str], scratch: Path) -> Readers:
    """Who reads the table, by the default branch of each domain's repository on the forge."""
    found: list[tuple[str, str, bytes | None]] = []
    for domain in domains:
        if forge.branch(domain, _MAIN) is None:
            continue
        into = scratch / "consumers" / domain
        into.parent.mkdir(exist_ok=True)
        forge.checkout(domain, _MAIN, into)
        path = into / NAME
        if os.path.lexists(path):
            found.append((domain, f"{domain}/{NAME}", _content(path)))
    return _readers(table, found)


def _readers(table: str, files: Sequence[tuple[str, str, bytes | None]]) -> Readers:
    reading, findings = [], []
    for domain, path, data in files:
        if data is None:
            message = "it cannot be read, or is no file: what it reads is not in the list"
            findings.append(Told(path, Finding("consumes-unreadable", "error", message, "", 1, 1)))
            continue
        loaded = load_pins(data)
        findings += [Told(path, one) for one in loaded.findings if one.severity == "error"]
        reading += [Reader(domain, path, pin) for pin in loaded.pins if pin.source == table]
    reading.sort(key=lambda one: (one.domain, one.path, one.pin.major, one.pin.minor))
    return Readers(tuple(reading), len(files), tuple(findings))


def _walk(folder: Path) -> Iterator[Path]:
    for above, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(one for one in folders if one != ".git")
        if NAME in names:
            yield Path(above, NAME)


def _refuse_no_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise PlatformError(
            "PLT-CONTRACT-004",
            f"{folder} is not a folder. Nothing was looked at.",
            address=str(folder),
        )


def _content(path: Path) -> bytes | None:
    """The file's bytes, up to where a reader says that it is too long; None where there is none."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(LARGEST + 1)
    except OSError:
        return None
    finally:
        os.close(handle)
