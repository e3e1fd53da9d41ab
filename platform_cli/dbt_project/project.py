"""Puts a project together: its files, what they declare, and the manifest where it can be believed.

The files are what the next run of dbt reads, so they count; the manifest adds what they leave open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from platform_cli.dbt_project.believing import believed
from platform_cli.dbt_project.files import Folder, Memory, Say, inside
from platform_cli.dbt_project.jinja import Scanned, evaluated, scan
from platform_cli.dbt_project.manifest import Manifest, UnusableError, read_manifest
from platform_cli.dbt_project.model import DbtProject, Model, Query, Source, Test
from platform_cli.dbt_project.properties import Declared, Settings, models, settings
from platform_cli.dbt_project.yaml_text import Node, UnreadableError, read_yaml
from platform_cli.errors import PlatformError, Problem

FILE: Final = "dbt_project.yml"
_NOTHING: Final = Node({}, 1)


class Files(Protocol):
    """Where the bytes come from."""

    def get(self, path: str) -> bytes | None:
        """The file's bytes; None where there is none, or none that is read."""
        ...

    def under(self, folder: str, ends: tuple[str, ...]) -> Iterator[str]:
        """The paths of the files below a folder whose names end so, in order."""
        ...


def read(folder: Path) -> DbtProject:
    """What the project in the folder says. Raises PLT-DBT-001 where there is no project."""
    problems: list[Problem] = []
    return _Reader(Folder(folder, problems.append), problems).project(folder)


def from_files(files: Mapping[str, bytes]) -> DbtProject:
    """The same for files in memory, such as those of a commit, by their paths in the project.

    Never raises: what is wrong with a commit can no longer be mended.
    """
    problems: list[Problem] = []
    reader = _Reader(Memory(files, problems.append), problems)
    try:
        return reader.project(None)
    except PlatformError as error:
        return DbtProject(None, "", problems=(Problem(FILE, error.summary, error.hint),))


class _Reader:
    """Reads one project."""

    def __init__(self, files: Files, problems: list[Problem]) -> None:
        self._files = files
        self._problems = problems
        self._say: Say = problems.append
        self._root = _NOTHING
        self._name = ""

    def project(self, folder: Path | None) -> DbtProject:
        """The project. Raises PLT-DBT-001."""
        self._root = self._main(folder)
        self._name = self._text("name") or ""
        manifest = self._manifest()
        declared = list(self._declared())
        found = list(self._models(declared))
        if manifest is not None:
            found = [(believed(one, text, manifest), None) for one, text in found]
        return DbtProject(
            folder,
            self._name,
            manifest.adapter if manifest else None,
            _index(one for one, _ in found),
            self._queries(),
            tuple(dict.fromkeys(self._problems)),
        )

    def _main(self, folder: Path | None) -> Node:
        where = str(folder / FILE) if folder is not None else FILE
        data = self._files.get(FILE)
        if data is None:
            why = self._problems[0].summary if self._problems else f"there is no {FILE}"
            raise _no_project(f"{folder or 'The project'}: {why}.", where)
        try:
            root = read_yaml(data)
        except UnreadableError as error:
            raise _no_project(f"{where}:{error.line}: {error}.", where) from None
        if root is None or not isinstance(root.held, dict):
            raise _no_project(f"{where} is not a mapping.", where)
        return root

    def _text(self, key: str) -> str | None:
        node = self._root.get(key)
        return node.text() if node is not None else None

    def _folders(self, key: str, default: str) -> Iterator[str]:
        """The folders that a setting names; one that leads out of the project is refused."""
        node = self._root.get(key)
        said = [one.text() or "" for one in node.items()] if node is not None else [default]
        for one in said:
            path = inside(one)
            if path is None or evaluated(one):
                line = node.line if node is not None else 1
                summary = f"{key} names a folder that is not read: it leads out of the project"
                self._say(Problem(f"{FILE}:{line}", summary, "Name a folder of the project."))
            else:
                yield path

    def _manifest(self) -> Manifest | None:
        target = inside(self._text("target-path") or "target")
        if target is None or evaluated(target):
            return None
        path = f"{target}/manifest.json"
        data = self._files.get(path)
        if data is None:
            return None
        try:
            return read_manifest(data, path)
        except UnusableError as error:
            self._say(Problem(path, f"{path} is not used: {error}", "Run `dbt parse`."))
            return None

    def _declared(self) -> Iterator[Declared]:
        for folder in self._folders("model-paths", "models"):
            for path in self._files.under(folder, (".yml", ".yaml")):
                data = self._files.get(path)
                if data is None:
                    continue
                try:
                    root = read_yaml(data)
                    found = list(models(root, path)) if root is not None else []
                except UnreadableError as error:
                    where = f"{path}:{error.line}"
                    self._say(Problem(where, f"{where} is not read: {error}", "Mend the file."))
                else:
                    yield from found

    def _models(self, declared: Iterable[Declared]) -> Iterator[tuple[Model, str | None]]:
        """Every model with its template; one that is declared without a file counts, too."""
        by_file: dict[str, Declared] = {}
        latest: dict[str, Declared] = {}
        for one in declared:
            first = by_file.setdefault(one.file, one)
            if first is not one:
                summary = f"{one.source}: {one.name} is declared here again, after {first.source}"
                self._say(Problem(str(one.source), summary, "Declare each model once."))
            elif one.latest:
                latest.setdefault(one.name, one)
        for folder in self._folders("model-paths", "models"):
            for path in self._files.under(folder, (".sql", ".py")):
                name = PurePosixPath(path).stem
                about = by_file.pop(name, None)
                # The newest version may stand in a file without a number.
                if about is None and name in latest:
                    about = by_file.pop(latest[name].file, None)
                text = self._template(path)
                scanned = scan(text) if text is not None else None
                yield self._model(about, name, path, folder, scanned), text
        for about in by_file.values():
            yield self._model(about, about.name, about.source.path, "", None), None

    def _template(self, path: str) -> str | None:
        data = self._files.get(path) if path.endswith(".sql") else None
        return data.decode("utf-8", "replace") if data is not None else None

    def _model(
        self, about: Declared | None, name: str, path: str, folder: str, scanned: Scanned | None
    ) -> Model:
        set_here = _scanned(scanned) if scanned is not None else Settings()
        declared = about or Declared(name, Source(path))
        own = set_here.over(declared.settings).over(self._configured(path, folder))
        return Model(
            declared.name,
            path,
            declared.source,
            version=declared.version,
            alias=own.alias,
            columns=declared.columns,
            constraints=declared.constraints,
            tests=tuple(self._test(one) for one in declared.tests),
            enforced=None if own.enforced == "?" else own.enforced is True,
            enabled=own.enabled is not False,
            materialized=own.materialized,
            sql=scanned.sql if scanned is not None else None,
        )

    def _configured(self, path: str, folder: str) -> Settings:
        """What dbt_project.yml says of the models in a folder: the nearest word counts."""
        found = Settings()
        try:
            steps = PurePosixPath(path).relative_to(folder).with_suffix("").parts
        except ValueError:
            steps = ()
        node = self._root.get("models")
        for step in (None, self._name, *steps):
            node = node.get(step) if node is not None and step is not None else node
            if node is None:
                break
            found = settings(node).over(found)
        return found

    def _test(self, test: Test) -> Test:
        """The test, as dbt_project.yml weakens all tests; a test's own severity counts more."""
        for key in ("data_tests", "tests"):
            node = self._root.get(key)
            for step in (None, self._name):
                node = node.get(step) if node is not None and step is not None else node
                severity = _setting(node, "severity")
                if test.weakened is None and severity and severity.lower() != "error":
                    weakened = f"severity: {severity} in {FILE}"
                    return Test(test.kind, test.columns, test.source, test.values, weakened)
        return test

    def _queries(self) -> dict[str, tuple[Query, ...]]:
        """The tests that are queries, as far as they can be read, by the models they read."""
        found: dict[str, list[Query]] = {}
        for folder in self._folders("test-paths", "tests"):
            for path in self._files.under(folder, (".sql",)):
                text = self._template(path)
                scanned = scan(text) if text is not None else None
                # One that is configured may warn only, or look at some of the rows.
                if scanned is None or scanned.sql is None or scanned.configured:
                    continue
                for name in scanned.refs:
                    found.setdefault(name, []).append(Query(Source(path), scanned.sql))
        return {name: tuple(queries) for name, queries in found.items()}


def _setting(node: Node | None, key: str) -> str | None:
    entry = (node.get(f"+{key}") or node.get(key)) if node is not None else None
    return entry.text() if entry is not None else None


def _scanned(scanned: Scanned) -> Settings:
    def flag(key: str) -> bool | str | None:
        word = scanned.config.get(key)
        return {"true": True, "false": False}.get(word, "?") if word is not None else None

    config = scanned.config
    return Settings(
        flag("enforced"), flag("enabled"), config.get("materialized"), config.get("alias")
    )


def _index(found: Iterable[Model]) -> dict[str, tuple[Model, ...]]:
    """The models that are built, by their names and by the names of their tables."""
    index: dict[str, list[Model]] = {}
    for one in found:
        if one.enabled:
            for name in dict.fromkeys((one.name, one.relation)):
                index.setdefault(name, []).append(one)
    return {name: tuple(all_of_it) for name, all_of_it in index.items()}


def _no_project(what: str, where: str) -> PlatformError:
    summary = f"{what} The dbt project was not read and nothing was checked against it."
    return PlatformError("PLT-DBT-001", summary, address=where)
