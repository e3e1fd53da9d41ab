"""Reads each layer into checked values: the user's file, the project's, environment, flags.

Every problem of every layer is collected; nothing is raised here but what ends all reading.
Which value wins is decided in `loading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from platform_cli.errors import Code, Problem
from platform_cli.settings import table
from platform_cli.settings.environment import located
from platform_cli.settings.kinds import WrongValueError, printable, shown
from platform_cli.settings.model import Origin, OriginKind, Raw, Value
from platform_cli.settings.table import Key

PROJECT_FILE: Final = "platform.toml"
_LONGEST_NAME: Final = 80
_LONGEST_PATH: Final = 4096
_MOST_SUGGESTIONS: Final = 20
_CREDENTIAL_WORDS: Final = ("token", "password", "secret", "credential", "private_key", "api_key")
_CREDENTIALS: Final = (
    "Credentials come from the environment or the keyring only, such as GH_TOKEN or "
    "PAGERDUTY_TOKEN; take it out of here."
)


class Findings:
    """Everything wrong that was found, with the code that each would have alone."""

    def __init__(self) -> None:
        self.found: list[tuple[Code, Problem]] = []
        self.suggestions = 0

    def add(self, code: Code, origin: Origin, summary: str, hint: str) -> None:
        """Remember one problem of a file, variable or flag."""
        address = printable((origin.where or origin.kind)[:_LONGEST_PATH])
        self.found.append((code, Problem(address, summary, hint)))

    def nearest(self, name: str, known: Iterable[str]) -> str | None:
        """The known word most like it. Only for the first few: comparing is slow."""
        self.suggestions += 1
        if self.suggestions > _MOST_SUGGESTIONS or len(name) > _LONGEST_NAME:
            return None
        from difflib import get_close_matches

        return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


class Layer(NamedTuple):
    """The checked values of one source, and the profiles that it defines."""

    values: tuple[Value, ...] = ()
    profiles: frozenset[str] = frozenset()
    readable: bool = True


class _Reader:
    """Checks what one file, variable or flag says; relative paths start at its folder."""

    def __init__(self, findings: Findings, environ: Mapping[str, str], folder: Path) -> None:
        self.findings = findings
        self.environ = environ
        self.folder = folder

    def value(self, key: Key, name: str, raw: object, origin: Origin) -> Value | None:
        """The checked value, or None after adding the problem."""
        try:
            checked = key.kind.check(raw)
        except WrongValueError as error:
            found = "" if error.hidden else f", found {shown(raw)}"
            summary = f"{_subject(name)}: expected {key.kind.says}{found}"
            hint = error.advice or f"For example {_example(key, origin)}."
            self.findings.add("PLT-SETTINGS-002", origin, summary, hint)
            return None
        word = key.path[-1]
        if name == f"profiles.{table.LOCAL}.{word}" and word in table.PROVIDERS:
            self._keep_local(name, checked, origin)
        if key.kind.located and isinstance(checked, str) and _is_path(checked):
            checked = str(located(checked, self.folder, self.environ))
        return Value(name, checked, origin)

    def _keep_local(self, name: str, checked: Raw, origin: Origin) -> None:
        """The profile `local` means the same for everybody: no account, no network."""
        if checked != table.LOCAL:
            summary = f"{name}: the profile local has embedded providers, found {checked}"
            hint = "Give the profile another name, such as production."
            self.findings.add("PLT-SETTINGS-002", origin, summary, hint)


def read_user(path: Path, environ: Mapping[str, str], findings: Findings, *, must: bool) -> Layer:
    """The user's file. With `must`, a file that is not there is a problem."""
    return _read_file(path, "user", environ, findings, must=must)


def read_project(path: Path, environ: Mapping[str, str], findings: Findings) -> Layer:
    """A project's file: somebody else's text, of which few keys count."""
    return _read_file(path, "project", environ, findings, must=False)


def find_project(cwd: Path) -> Path | None:
    """The nearest platform.toml from a folder upward. One that cannot be read counts, too."""
    for folder in (cwd, *cwd.parents):
        path = folder / PROJECT_FILE
        try:
            path.lstat()
        except OSError:
            continue
        return path
    return None


def _read_file(
    path: Path,
    kind: OriginKind,
    environ: Mapping[str, str],
    findings: Findings,
    *,
    must: bool,
) -> Layer:
    from platform_cli.settings.files import UnreadableError, read_toml

    try:
        content = read_toml(path)
    except UnreadableError as error:
        findings.found.append(("PLT-SETTINGS-001", error.problem))
        return Layer(readable=False)
    if content is None:
        if must:
            hint = "Name a file that exists; `platform-cli config init` writes one."
            summary = f"the file {printable(str(path))} does not exist"
            findings.add("PLT-SETTINGS-001", Origin(kind, str(path)), summary, hint)
        return Layer(readable=not must)
    reader = _Reader(findings, environ, path.parent)
    origin = Origin(kind, str(path))
    values: list[Value] = []
    _walk(reader, content, (), origin, values)
    return Layer(tuple(values), _profiles(content) if kind == "user" else frozenset())


def _profiles(content: Mapping[str, Any]) -> frozenset[str]:
    defined = content.get("profiles")
    if not isinstance(defined, dict):
        return frozenset()
    return frozenset(name for name in defined if table.is_profile_name(name))


def _walk(
    reader: _Reader,
    content: Mapping[str, Any],
    above: tuple[str, ...],
    origin: Origin,
    values: list[Value],
) -> None:
    """Visit a table. Goes no deeper than the settings do, however deep the file is."""
    for word, raw in content.items():
        path = (*above, word)
        if origin.kind == "project" and path == (table.INFORMATION,):
            continue
        if above == ("profiles",) and not table.is_profile_name(word):
            _bad_profile_name(reader.findings, word, origin)
            continue
        key = table.key_at(path)
        if key is not None:
            if _belongs(reader.findings, key, path, origin):
                checked = reader.value(key, ".".join(path), raw, origin)
                values.extend([] if checked is None else [checked])
        elif not table.is_section(path):
            _unknown(reader.findings, path, origin)
        elif raw == {} and origin.kind == "project" and not table.has_project_keys(path):
            _not_for_projects(reader.findings, ".".join(path), origin)
        elif isinstance(raw, dict):
            _walk(reader, raw, path, origin, values)
        else:
            summary = f"{'.'.join(path)}: expected a table, found {shown(raw)}"
            reader.findings.add("PLT-SETTINGS-002", origin, summary, "It holds further keys.")


def _belongs(findings: Findings, key: Key, path: tuple[str, ...], origin: Origin) -> bool:
    """Whether this file may set the key; if not, says where it belongs."""
    name = ".".join(path)
    if origin.kind in key.sources:
        return True
    if origin.kind == "project":
        variable = key.variable(path[1] if len(path) > 1 else table.NAME)
        _not_for_projects(findings, name, origin, f", or set {variable}")
    else:
        findings.add(
            "PLT-SETTINGS-002",
            origin,
            f"{name}: this is a setting of a project, not of a user",
            f"Move {name} to the {PROJECT_FILE} of the repository it is about.",
        )
    return False


def _not_for_projects(findings: Findings, name: str, origin: Origin, other: str = "") -> None:
    """A project's file is somebody else's: it must not point the tool and its token anywhere."""
    findings.add(
        "PLT-SETTINGS-003",
        origin,
        f"{name}: a project may not set this, and it was not read",
        f"If you trust it, move {name} to your own config.toml{other}.",
    )


def _unknown(findings: Findings, path: tuple[str, ...], origin: Origin) -> None:
    """An unknown key. Its value is never repeated: it may be a credential."""
    name = printable(".".join(path)[:_LONGEST_NAME])
    if any(word in name.lower() for word in _CREDENTIAL_WORDS):
        hint = _CREDENTIALS
    else:
        profile = path[1] if path[0] == "profiles" and len(path) > 1 else "NAME"
        names = [key.name.replace(table.NAME, profile) for key in table.KEYS]
        near = findings.nearest(name, [*names, *dict.fromkeys(one.split(".")[0] for one in names)])
        hint = f"The nearest is {near}." if near else "`platform-cli config show` lists all keys."
    findings.add("PLT-SETTINGS-002", origin, f"{name}: unknown key", hint)


def _bad_profile_name(findings: Findings, word: str, origin: Origin) -> None:
    try:
        table.PROFILE_NAME.check(word)
    except WrongValueError as error:
        hint = error.advice or "For example [profiles.production]."
        summary = f"profiles.{shown(word)}: expected {table.PROFILE_NAME.says}"
        findings.add("PLT-SETTINGS-002", origin, summary, hint)


def read_environment(
    environ: Mapping[str, str],
    cwd: Path,
    profiles: frozenset[str] | None,
    findings: Findings,
) -> Layer:
    """The PLATFORM_CLI_ variables; an empty one counts as not set.

    `profiles` are those of the user's file, or None where that could not be read.
    """
    reader = _Reader(findings, environ, cwd)
    plain = {key.variable(): key for key in table.plain_keys()}
    ours = {name: text for name, text in environ.items() if name.startswith(table.PREFIX) and text}
    values: list[Value] = []
    defined = {table.LOCAL, *(profiles or ())}
    for variable, written in sorted(ours.items(), key=lambda one: (not _defines(one[0]), one[0])):
        found = (plain[variable], None) if variable in plain else _profile_variable(variable)
        strict = profiles is not None and not _defines(variable)
        if found is None or (strict and found[1] and found[1] not in defined):
            _unknown_variable(findings, variable, defined)
            continue
        key, profile = found
        if profile:
            defined.add(profile)
        name = key.name.replace(table.NAME, profile or "")
        origin = Origin("environment", variable)
        checked = reader.value(key, name, key.kind.from_text(written), origin)
        values.extend([] if checked is None else [checked])
    return Layer(tuple(values), frozenset(defined))


def read_flags(
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    cwd: Path,
    findings: Findings,
) -> Mapping[str, Value]:
    """The flags by the name of their key, `<name>` left in it: the profile is not known yet.

    Raises ValueError for a flag that no setting has: that is a mistake in the program.
    """
    known = {key.flag: key for key in table.KEYS if key.flag}
    reader = _Reader(findings, environ, cwd)
    values: dict[str, Value] = {}
    for flag, written in flags.items():
        if flag not in known:
            msg = f"no setting has the flag {flag!r}"
            raise ValueError(msg)
        if written is None:
            continue
        key = known[flag]
        origin = Origin("flag", f"--{flag}")
        checked = reader.value(key, key.name, key.kind.from_text(written), origin)
        if checked is not None:
            values[key.name] = checked
    return values


def _profile_variable(variable: str) -> tuple[Key, str] | None:
    """The key and profile that a variable names. No key's ending is the end of another's."""
    start = f"{table.PREFIX}PROFILES_"
    for key in table.profile_keys():
        ending = key.variable().partition(table.NAME.upper())[2]
        if variable.startswith(start) and variable.endswith(ending):
            name = variable[len(start) : -len(ending)].lower().replace("_", "-")
            if table.is_profile_name(name):
                return key, name
    return None


def _defines(variable: str) -> bool:
    """Whether a variable may bring a profile into being; others only change one that exists.

    Otherwise a slip in a profile's name would go unseen.
    """
    endings = tuple(f"_{provider.upper()}" for provider in table.PROVIDERS)
    return variable.startswith(f"{table.PREFIX}PROFILES_") and variable.endswith(endings)


def _unknown_variable(findings: Findings, variable: str, profiles: Iterable[str]) -> None:
    name = printable(variable[:_LONGEST_NAME])
    known = [key.variable() for key in table.plain_keys()]
    for profile in sorted({*profiles, table.LOCAL}):
        known += [key.variable(profile) for key in table.profile_keys()]
    if any(word.upper() in variable for word in _CREDENTIAL_WORDS):
        hint = _CREDENTIALS
    else:
        near = findings.nearest(name, known)
        hint = f"The nearest is {near}." if near else "`platform-cli config show` lists all keys."
    summary = f"no setting has the variable {name}"
    findings.add("PLT-SETTINGS-002", Origin("environment", variable), summary, hint)


def _is_path(written: str) -> bool:
    """Whether it is a path and not an address, be it `https://…` or `git@host:…`."""
    return "://" not in written and ":" not in written.partition("/")[0]


def _example(key: Key, origin: Origin) -> str:
    written = key.example.strip("[]").strip('"')
    if origin.kind == "environment":
        return f"{origin.where}='{written}'"
    return f"{origin.where} {written}" if origin.kind == "flag" else key.example


def _subject(name: str) -> str:
    """What a sentence about a key begins with; a flag's has no profile yet."""
    return name.rpartition(".")[2] if table.NAME in name else name


def defaults(profile: str | None = None) -> Iterable[tuple[str, Raw]]:
    """Names and defaults of the plain keys, or of one profile's."""
    if profile is None:
        return [(key.name, key.default) for key in table.plain_keys()]
    keys = table.profile_keys()
    return [(key.name.replace(table.NAME, profile), key.default) for key in keys]
