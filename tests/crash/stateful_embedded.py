"""The embedded places of a home, which a person may edit: forge, catalog and pager.

The same looks and the same tampering as `stateful_places`, by the files alone.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.crash.stateful_places import (
    TIERS,
    VARIABLES,
    Kind,
    Marker,
    Thing,
    Wanted,
    commit,
    git,
    history_of,
    initial,
    marked,
)

_ROWS: Final = "SELECT namespace, property_key, property_value FROM iceberg_namespace_properties"
_ADD: Final = "INSERT INTO iceberg_namespace_properties VALUES ('platform', ?, ?, ?)"


@dataclass(slots=True)
class Embedded:
    """JSON files of a home, which a person may edit."""

    root: Path

    def read(self, path: Path) -> Any:
        """A document; nothing where there is none."""
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def write(self, path: Path, document: Mapping[str, Any]) -> None:
        """Write it as the program does, so that only its content tells."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        path.chmod(0o600)


def _everything(folder: Path) -> str:
    parts = [
        (str(path.relative_to(folder)), path.lstat().st_mode, path.is_file() and path.read_bytes())
        for path in sorted(folder.rglob("*"))
    ]
    return repr(parts)


class InFolders(Embedded):
    """The embedded forge."""

    def _folder(self, name: str) -> Path:
        return self.root / "local" / name

    def _bare(self, name: str) -> Path:
        return self._folder(name) / f"{name}.git"

    def things(self) -> list[Thing]:
        """Every folder that is no leftover of a writer that was killed."""
        found = []
        for folder in sorted((self.root / "local").glob("*")):
            if folder.name.startswith(".new-"):
                continue
            marker = self.read(folder / "repository.json").get("marker") or {}
            own = (marker["domain"], marker["onboarding"]) if marker else None
            found.append(Thing("repository", folder.name, own, _everything(folder)))
        return found

    def plant(self, kind: Kind, name: str, marker: Marker | None) -> bool:
        """Somebody makes a repository there, perhaps with a record that copies a marker."""
        if kind != "repository" or self._folder(name).exists():
            return False
        self._folder(name).mkdir(parents=True, mode=0o700)
        subprocess.run(["git", "init", "--quiet", "--bare", str(self._bare(name))], check=True)
        git(self._bare(name), "symbolic-ref", "HEAD", "refs/heads/main")
        if marker is None:
            commit(self._bare(name), "Somebody's own work")
            return True
        record = {
            "schema": "platform-cli/forge/1",
            "repository": f"local/{name}",
            "id": "somebodys-own",
            "marker": {"domain": marker[0], "onboarding": marker[1]},
            "description": "Somebody's own",
            "created": "2026-01-05T09:00:00.000000+00:00",
        }
        self.write(self._folder(name) / "repository.json", record)
        return True

    def take(self, kind: Kind, name: str) -> None:
        """Remove the folder."""
        if kind == "repository":
            shutil.rmtree(self._folder(name))

    def breaks(self, name: str) -> dict[str, Any]:
        """The settings beside the repository, and the repository itself."""
        folder = self._folder(name)
        if not folder.exists():
            return {}
        ways: dict[str, Any] = {"repository": lambda: shutil.rmtree(folder)}
        for kind in ("permissions", "variables", "environments", "protection"):
            for key in self.read(folder / f"{kind}.json").get(kind, {}):
                slug = key.rpartition("/")[2]
                ways[f"{kind}-{slug}"] = lambda kind=kind, key=key: self._lose(folder, kind, key)
        return ways

    def _lose(self, folder: Path, kind: str, key: str) -> None:
        document = self.read(folder / f"{kind}.json")
        del document[kind][key]
        self.write(folder / f"{kind}.json", document)

    def team(self, name: str) -> Iterator[str]:
        """The team makes initial fields its own."""
        if git(self._bare(name), "rev-parse", "--verify", "--quiet", "refs/heads/main"):
            commit(self._bare(name), "The team's own work")
            commit(self._bare(name), "And some more")
            yield git(self._bare(name), "rev-parse", "main")

    def kept(self, name: str, what: str) -> bool:
        """Whether what the team wrote is still there."""
        return what in git(self._bare(name), "rev-list", "main").split()

    def doubled(self) -> list[str]:
        """Initial commits, and open pull requests."""
        wrong = []
        for thing in self.things():
            requests = self.read(self._folder(thing.name) / "pull_requests.json")
            opened = [one for one in requests.get("pull_requests", {}).values() if one["open"]]
            if len(opened) > 1:
                wrong.append(f"{thing.name}: {len(opened)} open pull requests")
            wrong += history_of(self._bare(thing.name), thing.name)
        return wrong

    def lacks(self, wanted: Wanted) -> list[str]:
        """Compare the records with what is wanted."""
        folder = self._folder(wanted.domain)
        if not folder.exists():
            return ["no repository"]
        kinds = ("permissions", "variables", "environments", "protection")
        found = {kind: self.read(folder / f"{kind}.json").get(kind, {}) for kind in kinds}
        right = {
            "permissions": dict.fromkeys(wanted.teams, "write"),
            "environments": {"production": {}},
        }
        wrong = [f"{kind}: {found[kind]}" for kind in right if found[kind] != right[kind]]
        if sorted(found["variables"]) != sorted(VARIABLES) or list(found["protection"]) != ["main"]:
            wrong.append(f"variables or protection: {found}")
        requests = self.read(folder / "pull_requests.json").get("pull_requests", {})
        if any(one["open"] for one in requests.values()):
            wrong.append("a trial pull request is open")
        marker = next(one.marker for one in self.things() if one.name == wanted.domain)
        return [*wrong, *marked(marker, wanted), *initial(self._bare(wanted.domain), wanted)]


class InCatalog(Embedded):
    """The embedded catalog, by the tables that all of Iceberg's SQL catalogs share."""

    @property
    def _file(self) -> Path:
        return self.root / "catalog.sqlite3"

    def namespaces(self) -> dict[str, dict[str, str]]:
        """Every namespace with its properties; of a copy, so that looking mends nothing."""
        if not self._file.exists():
            return {}
        found: dict[str, dict[str, str]] = {}
        with tempfile.TemporaryDirectory(prefix="looked-at-") as folder:
            for path in self.root.glob("catalog.sqlite3*"):
                shutil.copy(path, folder)
            with closing(sqlite3.connect(Path(folder) / self._file.name)) as connection:
                for name, key, value in connection.execute(_ROWS):
                    found.setdefault(name, {})[key] = value
        return found

    def _change(self, sql: str, *values: str) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute(sql, values)

    def things(self) -> list[Thing]:
        """Every namespace of a tier."""
        found = []
        for name, kept in sorted(self.namespaces().items()):
            domain = kept.get("platform_cli.domain")
            marker = (domain, kept.get("platform_cli.onboarding", "")) if domain else None
            found.append(Thing("schema", name, marker, repr(sorted(kept.items()))))
        return found

    def plant(self, kind: Kind, name: str, marker: Marker | None) -> bool:
        """Another program makes the schema of a tier."""
        address = f"{name.replace('-', '_')}.product"
        if kind != "schema" or not self._file.exists() or address in self.namespaces():
            return False
        self._change(_ADD, address, "comment", "Somebody's own")
        if marker is not None:
            self._change(_ADD, address, "platform_cli.domain", marker[0])
            self._change(_ADD, address, "platform_cli.onboarding", marker[1])
        return True

    def take(self, kind: Kind, name: str) -> None:
        """Drop the schema."""
        if kind == "schema":
            self._drop(f"{name.replace('-', '_')}.product")

    def _drop(self, address: str) -> None:
        self._change("DELETE FROM iceberg_namespace_properties WHERE namespace = ?", address)

    def _lose(self, address: str, key: str) -> None:
        gone = "DELETE FROM iceberg_namespace_properties WHERE namespace = ? AND property_key = ?"
        self._change(gone, address, key)

    def breaks(self, name: str) -> dict[str, Any]:
        """Schemas, grants and tags; and a tier that is opened to everybody."""
        ways: dict[str, Any] = {}
        for tier in TIERS:
            address = f"{name.replace('-', '_')}.{tier}"
            kept = self.namespaces().get(address)
            if kept is None:
                continue
            ways[f"schema-{tier}"] = lambda address=address: self._drop(address)
            for key in kept:
                kind = key.removeprefix("platform_cli.").partition(".")[0]
                if kind in {"tag", "grant"}:
                    word = f"{tier}-{key.removeprefix('platform_cli.').replace('/', '-')}"
                    ways[word] = lambda address=address, key=key: self._lose(address, key)
            if tier != "product" and "platform_cli.grant.everyone" not in kept:
                ways[f"opened-{tier}"] = lambda address=address: self._change(
                    _ADD, address, "platform_cli.grant.everyone", "read"
                )
        return ways

    def doubled(self) -> list[str]:
        """Nothing can be: a namespace's properties are what it is."""
        return []

    def lacks(self, wanted: Wanted) -> list[str]:
        """Compare the three tiers with what is wanted, property by property."""
        found, wrong = self.namespaces(), []
        for tier in TIERS:
            address = f"{wanted.domain.replace('-', '_')}.{tier}"
            kept = dict(found.get(address, {}))
            onboarding = kept.pop("platform_cli.onboarding", None)
            right = {
                "platform_cli.domain": wanted.domain,
                "platform_cli.tag.domain": wanted.domain,
                "platform_cli.tag.owner": wanted.teams[0],
                "platform_cli.tag.tier": tier,
                f"platform_cli.grant.{wanted.teams[0]}": "write",
            }
            if tier == "product":
                right["platform_cli.grant.everyone"] = "read"
            if kept != right or onboarding not in wanted.ids:
                wrong.append(f"{address}: {kept}, onboarding {onboarding}")
        return wrong


class InPager(Embedded):
    """The embedded pager."""

    @property
    def _file(self) -> Path:
        return self.root / "pager.json"

    def _book(self) -> dict[str, Any]:
        parts = ("schedules", "escalation_policies", "services", "pages")
        empty: dict[str, Any] = {part: [] for part in parts}
        return {"schema": "platform-cli/pager/1", **empty, **self.read(self._file)}

    def things(self) -> list[Thing]:
        """Schedules, policies and services."""
        book, found = self._book(), []
        kinds: tuple[tuple[Kind, str], ...] = (
            ("rotation", "schedules"),
            ("policy", "escalation_policies"),
            ("service", "services"),
        )
        for kind, part in kinds:
            for entry in book[part]:
                kept = entry.get("marker")
                marker = (kept["domain"], kept["onboarding"]) if kept else None
                found.append(Thing(kind, entry["name"], marker, json.dumps(entry)))
        return found

    def plant(self, kind: Kind, name: str, marker: Marker | None) -> bool:
        """Somebody makes a service, or a rotation, of that name."""
        part = {"service": "services", "rotation": "schedules"}.get(kind)
        book = self._book()
        if part is None or any(entry["name"] == name for entry in book[part]):
            return False
        entry: dict[str, Any] = {"id": f"somebodys-own-{kind}-{name}", "name": name}
        entry["marker"] = {"domain": marker[0], "onboarding": marker[1]} if marker else None
        if kind == "service":
            entry |= {"policy": "somebodys-own", "integration": None}
        else:
            people = [{"name": "Bo", "contact": "bo@example.org"}]
            entry |= {"members": people, "time_zone": "UTC", "handover": "Mon 09:00"}
        book[part].append(entry)
        self.write(self._file, book)
        return True

    def take(self, kind: Kind, name: str) -> None:
        """Remove the service."""
        if kind == "service":
            self._keep("services", lambda entry: entry["name"] != name)

    def _keep(self, part: str, wanted: Any) -> None:
        book = self._book()
        book[part] = [entry for entry in book[part] if wanted(entry)]
        self.write(self._file, book)

    def _close(self, name: str) -> None:
        book = self._book()
        for entry in book["services"]:
            if entry["name"] == name:
                entry["integration"] = None
        self.write(self._file, book)

    def breaks(self, name: str) -> dict[str, Any]:
        """The service, and the door that alerts come in by."""
        found = [entry for entry in self._book()["services"] if entry["name"] == name]
        if not found:
            return {}
        ways: dict[str, Any] = {"service": lambda: self.take("service", name)}
        if found[0]["integration"] is not None:
            ways["integration"] = lambda: self._close(name)
        return ways

    def doubled(self) -> list[str]:
        """Names that are taken twice, and pages of one key that are open twice."""
        names = Counter((thing.kind, thing.name) for thing in self.things())
        opened = Counter(page["key"] for page in self._book()["pages"] if _is_open(page))
        return [f"{n} times {key}" for key, n in (*names.items(), *opened.items()) if n > 1]

    def lacks(self, wanted: Wanted) -> list[str]:
        """Compare the four parts with what is wanted."""
        book = self._book()
        policies = {entry["id"] for entry in book["escalation_policies"]}
        services = [entry for entry in book["services"] if entry["name"] == wanted.domain]
        wrong = []
        for part in ("schedules", "escalation_policies"):
            named = [entry for entry in book[part] if entry["name"] == wanted.rotation]
            if len(named) != 1:
                wrong.append(f"{part}: {named}")
        if len(services) != 1 or services[0]["policy"] not in policies:
            return [*wrong, f"services: {services}"]
        if services[0]["integration"] is None:
            wrong.append("no integration")
        if any(_is_open(page) for page in book["pages"] if page["service"] == wanted.domain):
            wrong.append("a test page is open")
        kept = services[0]["marker"] or {}
        return [*wrong, *marked((kept.get("domain", ""), kept.get("onboarding", "")), wanted)]


def _is_open(page: Mapping[str, Any]) -> bool:
    return bool(page["status"] != "resolved")
