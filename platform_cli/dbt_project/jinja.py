"""A small tolerant scan of Jinja: `ref`, `source` and the literal parts of `config`.

Evaluates nothing. What is not recognised is said to be unknown, never guessed. Linear in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MARK: Final = "jinja_unknown_"
"""How a name begins that stands for an expression which only dbt could evaluate."""
REF: Final = "jinja_ref_"
"""How a name begins that stands for a model: no dialect has to quote it."""

_LONGEST: Final = 4000
_TEXT: Final = r"""(?:'[^'\\]{0,250}'|"[^"\\]{0,250}")"""
_REF: Final = re.compile(
    rf"\s*ref\(\s*({_TEXT})\s*(?:,\s*({_TEXT})\s*)?"
    r"(?:,\s*(?:version|v)\s*=\s*['\"]?([A-Za-z0-9_.]{1,50})['\"]?\s*)?\)\s*"
)
_SOURCE: Final = re.compile(rf"\s*source\(\s*({_TEXT})\s*,\s*({_TEXT})\s*\)\s*")
_CONFIG: Final = re.compile(r"\s*config\s*\(")
_ENFORCED: Final = re.compile(
    r"\bcontract\s*=\s*(?:\{[^{}]{0,500}?['\"]enforced['\"]\s*:|dict\([^()]{0,500}?\benforced\s*=)\s*"
    r"([A-Za-z]{1,10})"
)
_CONTRACT: Final = re.compile(r"\bcontract\s*=")
_ENABLED: Final = re.compile(r"\benabled\s*=\s*([A-Za-z]{1,10})")
_WORD: Final = re.compile(rf"\b(materialized|alias)\s*=\s*({_TEXT})")


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a template says without being evaluated."""

    sql: str | None
    """The query with references replaced; None where statements decide what it is."""
    refs: frozenset[str]
    config: dict[str, str]
    """Of config(): materialized, alias, enabled and enforced; ? where it is not literal."""
    configured: bool
    """Whether there is a config() at all."""


def evaluated(text: str | None) -> bool:
    """Whether only dbt could tell what the text comes to."""
    return text is not None and ("{{" in text or "{%" in text)


def scan(text: str) -> Scanned:
    """What can be read of a model's or a test's template."""
    parts: list[str] = []
    refs: set[str] = set()
    config: dict[str, str] = {}
    at, known, unknown, configured = 0, True, 0, False
    while (start := text.find("{", at)) >= 0:
        kind = text[start : start + 2]
        close = {"{{": "}}", "{#": "#}", "{%": "%}"}.get(kind)
        if close is None:
            parts.append(text[at : start + 1])
            at = start + 1
            continue
        parts.append(text[at:start])
        end = text.find(close, start + 2)
        if end < 0:
            return Scanned(None, frozenset(refs), config, configured)
        inner = text[start + 2 : end].strip("-")
        at = end + 2
        if kind == "{%":
            known = False
        elif kind == "{{" and _CONFIG.match(inner):
            configured = True
            _take(inner[:_LONGEST], config)
        elif kind == "{{":
            unknown += 1
            parts.append(_expression(inner, refs) or f" {MARK}{unknown} ")
    parts.append(text[at:])
    return Scanned("".join(parts) if known else None, frozenset(refs), config, configured)


def _expression(inner: str, refs: set[str]) -> str | None:
    """A reference as the name that a query can be read with; None for anything else."""
    if len(inner) > _LONGEST:
        return None
    if found := _REF.fullmatch(inner):
        name = _unquoted(found[2] or found[1])
        name = f"{name}_v{found[3]}" if found[3] else name
        refs.add(name)
        return reference(name)
    if found := _SOURCE.fullmatch(inner):
        return f"jinja_source_{_plain(_unquoted(found[1]))}_{_plain(_unquoted(found[2]))}"
    return None


def reference(model: str) -> str:
    """The name by which a query that was scanned reads a model."""
    return REF + _plain(model)


def _take(inner: str, config: dict[str, str]) -> None:
    """Take in what a config() says."""
    for found in _WORD.finditer(inner):
        config[found[1]] = _unquoted(found[2])
    if enabled := _ENABLED.search(inner):
        config["enabled"] = _flag(enabled[1])
    if enforced := _ENFORCED.search(inner):
        config["enforced"] = _flag(enforced[1])
    elif _CONTRACT.search(inner):
        config["enforced"] = "?"


def _flag(word: str) -> str:
    return word.lower() if word.lower() in {"true", "false"} else "?"


def _unquoted(text: str) -> str:
    return text[1:-1]


def _plain(name: str) -> str:
    return re.sub(r"\W", "_", name)
