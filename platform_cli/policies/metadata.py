"""What each policy of a bundle says about itself, read from its METADATA and its rules' heads.

A package with a `deny` or `warn` rule is a policy and must say all of it; every other package is
there for policies to import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from platform_cli.errors import PlatformError
from platform_cli.policies.bundle import FOLDER, Bundle, refusal
from platform_cli.policies.inputs import KINDS, Kind
from platform_cli.policies.reading import read_yaml

Severity = Literal["deny", "warn"]
SEVERITIES: Final[tuple[Severity, ...]] = ("deny", "warn")

_PACKAGE: Final = re.compile(r"^package\s+([A-Za-z_][A-Za-z0-9_.]*)\s*$", re.MULTILINE)
_RULE: Final = re.compile(r"^(deny|warn)\s+contains\b", re.MULTILINE)
_OTHER_RULE: Final = re.compile(r"^(?:default\s+)?(?:deny|warn)\b(?!\s+contains\b)", re.MULTILINE)
_TEXTS: Final = ("why", "way_out", "passes", "fails")


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: its id is its package. `rules` are those of deny and warn that it has."""

    id: str
    path: str
    title: str
    description: str
    severity: Severity
    input: Kind
    exceptions: bool
    link: str
    why: str
    way_out: str
    passes: str
    fails: str
    rules: tuple[Severity, ...]

    def rule(self, severity: Severity) -> str:
        """The path of the rule that gives the decisions of a severity."""
        return f"data.{self.id}.{severity}"


def policies(bundle: Bundle) -> tuple[Policy, ...]:
    """The policies of the bundle by id. Raises PLT-POLICY-001 where one says too little."""
    texts: dict[str, dict[str, str]] = {}
    for path, text in bundle.modules(tests=False).items():
        texts.setdefault(package(path, text), {})[path] = text
    found = [_policy(name, texts[name]) for name in sorted(texts) if _has_rule(texts[name])]
    if not found:
        raise refusal("it has no policy: no package has a rule `deny contains`")
    return tuple(found)


def package(path: str, text: str) -> str:
    """The package of a module. Raises PLT-POLICY-001."""
    found = _PACKAGE.search(text)
    if found is None:
        raise refusal(f"{path} has no package", path)
    return found[1]


def _has_rule(texts: Mapping[str, str]) -> bool:
    for path, text in texts.items():
        if found := _OTHER_RULE.search(text):
            line = text.count("\n", 0, found.start()) + 1
            where = f"{path}:{line}"
            raise refusal(f"{where}: a decision is written as `deny contains` an object", where)
    return any(_RULE.search(text) for text in texts.values())


def _policy(name: str, texts: Mapping[str, str]) -> Policy:
    described = {path: said for path, text in texts.items() if (said := _said(path, text))}
    if len(described) != 1:
        raise refusal(f"package {name} needs METADATA above its package in one file", name)
    ((path, said),) = described.items()
    custom = said.get("custom")
    if not isinstance(custom, dict):
        raise refusal(f"{path}: METADATA has no custom", path)
    rules = tuple(s for s in SEVERITIES if any(_head(s).search(t) for t in texts.values()))
    _check(path, name, said, custom, rules)
    return Policy(
        id=name,
        path=path,
        title=said["title"],
        description=said["description"],
        severity=cast("Severity", custom["severity"]),
        input=cast("Kind", custom["input"]),
        exceptions=custom["exceptions"],
        link=custom.get("link", f"{FOLDER}/{path}"),
        **{key: custom[key] for key in _TEXTS},
        rules=rules,
    )


def _head(severity: Severity) -> re.Pattern[str]:
    return re.compile(rf"^{severity}\s+contains\b", re.MULTILINE)


def _check(
    path: str,
    name: str,
    said: Mapping[str, Any],
    custom: Mapping[str, Any],
    rules: tuple[Severity, ...],
) -> None:
    wrong = [key for key in ("title", "description") if not _filled(said.get(key))]
    wrong += [f"custom.{key}" for key in _TEXTS if not _filled(custom.get(key))]
    wrong += ["custom.link"] if not _filled(custom.get("link", "default")) else []
    wrong += ["custom.id (the package)"] if custom.get("id") != name else []
    wrong += ["custom.input"] if custom.get("input") not in KINDS else []
    wrong += ["custom.exceptions"] if not isinstance(custom.get("exceptions"), bool) else []
    severity = custom.get("severity")
    # What only warns must have no denial; what denies must have one.
    if severity not in SEVERITIES or ("deny" in rules) != (severity == "deny"):
        wrong.append("custom.severity (as its rules)")
    if wrong:
        raise refusal(f"{path}: METADATA lacks or has wrong {', '.join(wrong)}", path)


def _filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _said(path: str, text: str) -> dict[str, Any] | None:
    """The METADATA directly above the package, or None."""
    found = _PACKAGE.search(text)
    lines = text[: found.start() if found else 0].split("\n")[:-1]
    block: list[str] = []
    while lines and lines[-1].startswith("#"):
        line = lines.pop().removeprefix("#").removeprefix(" ")
        if line.strip() == "METADATA":
            break
        block.append(line)
    else:
        return None
    try:
        said = read_yaml("\n".join(reversed(block)))
    except ValueError as error:
        raise refusal(f"{path}: METADATA cannot be read: {error}", path) from None
    if not isinstance(said, dict):
        raise refusal(f"{path}: METADATA is not a mapping", path)
    return said


def find(bundle: Bundle, wanted: str) -> Policy:
    """The policy of that id, with or without `mesh.`. Raises PLT-POLICY-006."""
    import difflib

    known = {policy.id: policy for policy in policies(bundle)}
    for name in (wanted, f"mesh.{wanted}"):
        if name in known:
            return known[name]
    near = difflib.get_close_matches(wanted, known, n=1)
    listed = ", ".join(known)
    raise PlatformError(
        "PLT-POLICY-006",
        f"There is no policy {wanted}. The bundle {bundle.version} has: {listed}.",
        hint=f"platform-cli policy explain {near[0] if near else next(iter(known))}",
        address=wanted,
    )
