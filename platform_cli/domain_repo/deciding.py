"""What is to be done about one contract, given what its catalog has: pure, told with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from semver import Version

from platform_cli.domain_repo.publication import beside
from platform_cli.providers.catalog.port import Deprecation, Publication, Table

Action = Literal["create", "update", "keep", "draft", "refuse", "conflict"]


@dataclass(frozen=True, slots=True)
class Wish:
    """A contract that is to be published, and as which table."""

    path: str
    table: str
    address: str
    publication: Publication
    draft: bool = False

    @property
    def version(self) -> Version:
        """The version, to be compared."""
        return Version.parse(self.publication.version)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to happen, why, and which version was published before."""

    action: Action
    wish: Wish
    reason: str
    published: str | None = None
    way_out: str = ""

    @property
    def pending(self) -> bool:
        """Whether a call is to be made."""
        return self.action in {"create", "update"}

    @property
    def stopping(self) -> bool:
        """Whether it keeps everything else from being published, too."""
        return self.action in {"refuse", "conflict"}


def decide(wish: Wish, seen: Sequence[Table], *, domain: str, today: date) -> Change:
    """Compare the contract with every table of the schema. A draft is only said to be one."""
    if wish.draft:
        return Change("draft", wish, "it still says TODO: a draft is not published")
    table = next((one for one in seen if one.name == wish.table), None)
    elsewhere = _elsewhere(wish, seen)
    if table is not None and not _may_be_published(table, domain):
        whose = f"belongs to {table.marker.domain}" if table.marker else "carries no marker of ours"
        return Change(
            "conflict",
            wish,
            f"the table {table.address} is there and {whose}",
            way_out="Publish under another name, or have its owner remove that table.",
        )
    if elsewhere is not None:
        what = f"{wish.publication.contract} {wish.version.major}.x"
        return Change(
            "refuse",
            wish,
            f"{what} is published as {elsewhere} already",
            way_out=f"A file's name says which table it is: give it the one that made {elsewhere}.",
        )
    if table is None:
        return Change("create", wish, "it is not published yet")
    before = _version(table.publication)
    if table.publication is None or before is None:
        why = "what the catalog says of it is not whole"
        return Change("update", wish, why if table.marker else "built, and not published yet")
    return _compared(wish, table, table.publication, before, today)


def _may_be_published(table: Table, domain: str) -> bool:
    """Of a table without a marker only one that was built in the domain's own schema."""
    return table.built if table.marker is None else table.marker.domain == domain


def _elsewhere(wish: Wish, seen: Sequence[Table]) -> str | None:
    """The other table as which the same major of the same contract is published."""
    for table in seen:
        said, version = table.publication, _version(table.publication)
        if said is None or version is None or table.name == wish.table:
            continue
        if said.contract == wish.publication.contract and version.major == wish.version.major:
            return table.name
    return None


def _version(said: Publication | None) -> Version | None:
    try:
        return Version.parse(said.version) if said is not None else None
    except ValueError:
        return None


def _compared(wish: Wish, table: Table, said: Publication, before: Version, today: date) -> Change:
    refused = _refusal(wish, said, before, today)
    if refused is not None:
        return Change("refuse", wish, refused[0], said.version, refused[1])
    wanted = _named(wish.publication, said) if table.built else wish.publication
    if wanted == said:
        return Change("keep", wish, "it is published like this", said.version)
    same = wish.version == before
    why = "the catalog says it another way" if same else "the version is new"
    return Change("update", wish, why, said.version)


def _named(wanted: Publication, said: Publication) -> Publication:
    """What a publication says of a table that was built: the digest stands for the long texts."""
    return replace(
        wanted,
        columns=said.columns,
        description=said.description,
        deprecation=said.deprecation,
    )


def _refusal(wish: Wish, said: Publication, before: Version, today: date) -> tuple[str, str] | None:
    """Why the contract may not take the place of what is published, and the way out."""
    wanted, after = wish.publication, wish.version
    if said.contract != wanted.contract:
        return (
            f"the table {wish.address} is published from the contract {said.contract}",
            "Rename one of the two contracts: a table has one.",
        )
    if after < before:
        return (
            f"version {after} is lower than {before}, which is published",
            f"Go on from {before}: readers may rely on it by now.",
        )
    if after == before and wanted.digest != said.digest:
        return (
            f"version {after} is published with another content, and a version never changes",
            "platform-cli contract diff REF:FILE FILE says which version the change needs.",
        )
    if after.major != before.major > 0 and not _ended(wanted.deprecation, before.major, today):
        file = beside(wish.path, after.major)
        return (
            f"version {before} is published as this table, and its sunset has not come",
            f"Leave the contract of {before.major}.x where it is; write the new one to {file}.",
        )
    return None


def _ended(deprecation: Deprecation | None, major: int, today: date) -> bool:
    """Whether the announced end of the earlier major has come."""
    if deprecation is None or deprecation.sunset_date is None:
        return False
    about = deprecation.previous_version
    of_it = about is None or about.partition(".")[0] == str(major)
    return of_it and deprecation.sunset_date <= today
