"""The embedded catalog: an Iceberg catalog in one SQLite file, with nested namespaces.

`<root>/catalog.sqlite3` has a namespace `domain.tier` for each schema; marker, tags and grants
are its properties. A table is a row there that names a file. One call at a time, whoever makes it;
a mutating call is one transaction. What carries no marker is never written to, but for the marker
that a person asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from platform_cli import disk
from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.catalog import columns, place, properties, tables
from platform_cli.providers.catalog.port import (
    EVERYONE,
    TIERS,
    Privilege,
    Publication,
    Schema,
    Table,
    Tier,
)
from platform_cli.providers.catalog.refusals import (
    check_domain,
    check_table,
    check_texts,
    gone,
    not_ours,
)
from platform_cli.providers.marker import Marker

if TYPE_CHECKING:
    from platform_cli.providers.catalog.rows import Rows
    from platform_cli.providers.catalog.store import Store

FILE: Final = "catalog.sqlite3"
# A dot would make two namespaces of one name.


Properties = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LocalCatalog:
    """A catalog in the folder `root`. Reading changes nothing there."""

    root: Path

    @property
    def enforces_access(self) -> bool:
        """`may_read` answers by the grants; the files are for the person who runs this alone."""
        return True

    def one_look(self) -> LocalCatalog:
        """Itself: the file is near."""
        return self

    def address(self, domain: str, tier: Tier) -> str:
        """The first two parts of a table's name."""
        return f"{domain}.{tier}"

    def schema(self, domain: str, tier: Tier) -> Schema | None:
        """The schema of that tier, or None. What is not ours is shown without a marker."""
        found = self._properties(domain, tier)
        return None if found is None else self._shown(domain, tier, found)

    def tiers(self, domain: str) -> frozenset[str]:
        """The tiers among the namespaces that the catalog lists under the domain."""
        _check(domain)
        with self._reading() as rows:
            return rows.children(domain) & set(TIERS) if rows else frozenset()

    def grants(self, domain: str, tier: Tier) -> Mapping[str, Privilege]:
        """Who may do what; nobody where the schema is absent or not ours."""
        found = self._properties(domain, tier)
        if found is None or properties.marker(found) is None:
            return {}
        try:
            return properties.grants(found)
        except ValueError as error:
            raise place.damaged(self._file(), f"{self.address(domain, tier)}: {error}") from None

    def may_read(self, who: str, domain: str, tier: Tier) -> bool:
        """Whether the principal, or everyone, was granted anything: who may write may read."""
        granted = self.grants(domain, tier)
        return who in granted or EVERYONE in granted

    def create_schema(self, domain: str, tier: Tier, *, marker: Marker) -> Schema:
        """Make the namespace with its marker, in one transaction. Raises PLT-CATALOG-001."""
        wanted = properties.of_marker(marker)
        _check(domain, *wanted.values())
        with self._writing(create=True) as store:
            if store is None or not store.create(domain, tier, properties=wanted):
                raise self._not_ours(domain, tier, "exists already")
        return self._shown(domain, tier, wanted)

    def set_marker(self, domain: str, tier: Tier, marker: Marker) -> Schema:
        """Adopt a schema; what else it carries stays. Raises PLT-CATALOG-003."""
        found = self._change(domain, tier, properties.of_marker(marker), adopt=True)
        return self._shown(domain, tier, found)

    def grant(self, domain: str, tier: Tier, who: str, privilege: Privilege) -> None:
        """Let this be the principal's privilege, in the place of any other."""
        self._change(domain, tier, properties.of_grant(who, privilege))

    def revoke(self, domain: str, tier: Tier, who: str) -> None:
        """Take every privilege from the principal; one without any stays as it is."""
        self._change(domain, tier, {}, frozenset({properties.grant_key(who)}))

    def set_tags(self, domain: str, tier: Tier, tags: Mapping[str, str]) -> None:
        """Set these tags in one transaction; other tags stay."""
        self._change(domain, tier, properties.of_tags(tags))

    def table(self, domain: str, tier: Tier, name: str) -> Table | None:
        """The table of that name, or None. What is not ours is shown without a marker."""
        check_table(name)
        return next((one for one in self._tables(domain, tier, name)), None)

    def tables(self, domain: str, tier: Tier) -> tuple[Table, ...]:
        """Every table and view of the schema, by name."""
        return self._tables(domain, tier, None)

    def create_table(
        self, domain: str, tier: Tier, name: str, publication: Publication, *, marker: Marker
    ) -> Table:
        """Make the table with marker, publication and columns. Raises PLT-CATALOG-001 or -003."""
        wanted = {**tables.wanted(publication), **properties.of_marker(marker)}
        fields = columns.fields(publication.columns, [], 0)
        check_table(name)
        _check(domain, *wanted, *wanted.values(), json.dumps(fields, ensure_ascii=False))
        with self._writing() as store:
            schema = store.properties(domain, tier) if store else None
            if store is None or schema is None:
                raise self._gone(domain, tier)
            if properties.marker(schema) is None:
                raise self._not_ours(domain, tier, "carries no marker of ours")
            # Looked at first: pyiceberg would write a file before it finds the name taken.
            if name in store.tables(domain, tier) or not store.create_table(
                domain,
                tier,
                name,
                fields=fields,
                properties=wanted,
                location=place.location(self._file(), domain, tier, name),
            ):
                raise self._not_ours(domain, tier, "exists already", name)
            return self._shown_table(domain, tier, name, store.tables(domain, tier)[name])

    def set_table(self, domain: str, tier: Tier, name: str, publication: Publication) -> Table:
        """Write what differs in one commit. Raises PLT-CATALOG-001 or -003."""
        wanted = tables.wanted(publication)
        told = json.dumps(columns.fields(publication.columns, [], 0), ensure_ascii=False)
        check_table(name)
        _check(domain, *wanted, *wanted.values(), told)
        with self._writing() as store:
            location = store.tables(domain, tier).get(name) if store else None
            if store is None or location is None:
                raise self._gone(domain, tier, name)
            found = tables.read(location, self._file())
            if found is None or properties.marker(found.properties) is None:
                raise self._not_ours(domain, tier, "carries no marker of ours", name)
            differs = tables.difference(found, publication)
            if differs and not store.change_table(
                domain,
                tier,
                name,
                fields=differs.fields,
                updates=differs.updates,
                removals=differs.removals,
            ):
                raise self._overtaken(domain, tier, name)
            return self._shown_table(domain, tier, name, store.tables(domain, tier)[name])

    def _tables(self, domain: str, tier: Tier, name: str | None) -> tuple[Table, ...]:
        """The tables of the schema, or the one of that name."""
        _check(domain)
        with self._reading() as rows:
            found = rows.tables(self.address(domain, tier)) if rows else {}
            return tuple(
                self._shown_table(domain, tier, one, location)
                for one, location in found.items()
                if name in {None, one}
            )

    def _shown_table(self, domain: str, tier: Tier, name: str, location: str) -> Table:
        address = f"{self.address(domain, tier)}.{name}"
        return tables.shown(name, address, tables.read(location, self._file()))

    def _file(self) -> Path:
        return self.root.absolute() / FILE

    def _properties(self, domain: str, tier: Tier) -> Properties | None:
        _check(domain)
        with self._reading() as rows:
            return rows.properties(self.address(domain, tier)) if rows else None

    def _change(
        self,
        domain: str,
        tier: Tier,
        updates: Properties,
        removals: frozenset[str] = frozenset(),
        *,
        adopt: bool = False,
    ) -> Properties:
        """Write what differs, and return what the namespace carries then."""
        _check(domain, *updates, *updates.values(), *removals)
        with self._writing() as store:
            found = store.properties(domain, tier) if store else None
            if store is None or found is None:
                raise self._gone(domain, tier)
            if not adopt and properties.marker(found) is None:
                raise self._not_ours(domain, tier, "carries no marker of ours")
            kept = {key: value for key, value in found.items() if key not in removals}
            wanted = {**kept, **updates}
            if wanted != found:
                store.change(domain, tier, updates=updates, removals=removals & found.keys())
            return wanted

    @contextmanager
    def _reading(self) -> Iterator[Rows | None]:
        """The catalog as it is, without a trace; None where there is none yet."""
        file = self._file()
        if not place.is_there(file):
            yield None
            return
        from platform_cli.providers.catalog import rows  # before anything is held

        with disk.held(file.parent), ExitStack() as stack:
            path = file
            if place.check(file):
                path = stack.enter_context(place.copy(file)) or file
            # SQLite mends a copy while it opens it: that one must be open to be written.
            yield stack.enter_context(rows.opened(path, "ro" if path == file else "rw", file))

    @contextmanager
    def _writing(self, *, create: bool = False) -> Iterator[Store | None]:
        """The catalog, held; None where there is none and none is to be made."""
        file = self._file()
        if not create and not place.is_there(file):
            yield None
            return
        opened = _opener()
        disk.private_folder(file.parent)
        with disk.held(file.parent):
            with ExitStack() as stack:
                store = None
                if place.is_there(file):
                    place.check(file)
                    store = stack.enter_context(opened(file, file))
                elif create:
                    # The first schema comes with the file: a kill leaves both or neither.
                    new = stack.enter_context(place.first(file))
                    store = stack.enter_context(opened(new, file))
                yield store
            disk.sync(file.parent)

    def _shown(self, domain: str, tier: Tier, found: Properties) -> Schema:
        marker = properties.marker(found)
        tags = properties.tags(found) if marker else {}
        # A namespace has no id that could not be copied.
        return Schema(self.address(domain, tier), None, marker, tags)

    def _not_ours(
        self, domain: str, tier: Tier, why: str, table: str | None = None
    ) -> PlatformError:
        return not_ours(*self._named(domain, tier, table), why)

    def _gone(self, domain: str, tier: Tier, table: str | None = None) -> PlatformError:
        return gone(*self._named(domain, tier, table))

    def _overtaken(self, domain: str, tier: Tier, table: str) -> PlatformError:
        what, address = self._named(domain, tier, table)
        summary = f"Another program changed the {what} {address} at this moment. Nothing was lost."
        return TemporaryError("PLT-CATALOG-002", summary, address=address)

    def _named(self, domain: str, tier: Tier, table: str | None) -> tuple[str, str]:
        address = self.address(domain, tier)
        return ("schema", address) if table is None else ("table", f"{address}.{table}")


def _check(domain: str, *texts: str) -> None:
    check_domain(domain)
    check_texts(*texts)


def _opener() -> Callable[[Path, Path], AbstractContextManager[Store]]:
    """Import pyiceberg, before anything is held. Raises PLT-CATALOG-002."""
    try:
        from platform_cli.providers.catalog.store import opened
    except Exception as error:
        # While it is imported it reads a file and variables of its own, and may refuse them.
        summary = f"pyiceberg cannot be loaded ({error!r}). Nothing was changed."
        hint = "Look at .pyiceberg.yaml in your home and at variables that begin with PYICEBERG_."
        raise PlatformError("PLT-CATALOG-002", summary, hint=hint) from error
    return opened
