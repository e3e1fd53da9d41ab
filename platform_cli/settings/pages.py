"""What people read about settings, made from the table: `config show`, `config init`, reference.

Gives data and text; prints and writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.errors import PlatformError, Problem
from platform_cli.settings import table
from platform_cli.settings.kinds import WrongValueError, shown
from platform_cli.settings.model import Raw, Settings
from platform_cli.settings.table import Key

SCHEMA: Final = "platform-cli/config-show/1"
SAMPLE: Final = "production"
"""The profile that the starter file shows, and that nobody has until they uncomment a line."""

_NO_ANSWERS: Final[Mapping[str, str]] = {}
_HEAD: Final = f"""\
# The settings of platform-cli. All are optional; a line that begins with # has no effect.
#
# A line "# …" explains, a line "#key = …" is a setting with its default, or with an example where
# there is none: take its # away and change it. Each works alone. `platform-cli config show` prints
# what holds and where it comes from.
# A variable overrides this file: {table.PREFIX}OUTPUT_COLOUR sets output.colour. A flag
# overrides both. Credentials never stand here: they come from the environment or the keyring.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the reference."""

    key: str
    accepts: str
    default: str
    sources: str
    variable: str
    flag: str | None
    help: str
    example: str


def reference() -> tuple[Row, ...]:
    """The table as text, in its order: what the reference page is made from."""
    return tuple(
        Row(
            key=key.name,
            accepts=key.kind.says,
            default=_default(key),
            sources=", ".join(key.sources),
            variable=key.variable("<NAME>"),
            flag=f"--{key.flag}" if key.flag else None,
            help=key.help,
            example=key.example,
        )
        for key in table.KEYS
    )


def document(settings: Settings) -> dict[str, Any]:
    """The document of `config show --format json`: every value with its origin."""
    return {
        "schema": SCHEMA,
        "profile": settings.profile.name,
        "home": str(settings.home),
        "values": [
            {
                "key": one.key,
                "value": list(one.value) if isinstance(one.value, tuple) else one.value,
                "origin": {"kind": one.origin.kind, "where": one.origin.where},
            }
            for one in settings.values
        ],
    }


def starter_file(answers: Mapping[str, Raw] = _NO_ANSWERS) -> str:
    """A config.toml with every key a user may set, explained and commented out.

    `answers`, by written-out key, stand uncommented. Raises PLT-SETTINGS-002 for a wrong answer.
    """
    checked = _checked(answers)
    names = dict.fromkeys(name.split(".")[1] for name in checked if name.startswith("profiles."))
    lines = [_HEAD]
    section = ""
    for key in table.plain_keys():
        if "user" not in key.sources:
            continue
        if key.path[0] != section:
            section = key.path[0]
            lines.append(f"# ---- {section} ----")
        lines += _lines(key, key.name, checked)
    for profile in names or (SAMPLE,):
        lines.append(f"# ---- the profile {profile} ----")
        for key in table.profile_keys():
            lines += _lines(key, key.name.replace(table.NAME, profile), checked)
    return "\n".join(lines) + "\n"


def _lines(key: Key, name: str, answers: Mapping[str, Raw]) -> list[str]:
    if name in answers:
        setting = f"{name} = {_toml(answers[name])}"
    else:
        setting = f"#{name} = {key.example if key.default is None else _toml(key.default)}"
    return [f"# {key.help}", f"# Takes {key.kind.says}.", setting, ""]


def _checked(answers: Mapping[str, Raw]) -> dict[str, Raw]:
    problems: list[Problem] = []
    checked: dict[str, Raw] = {}
    for name, raw in answers.items():
        key = _key(name)
        if key is None:
            hint = "`platform-cli config show` lists all keys."
            problems.append(Problem(shown(name), f"{shown(name)}: not a user's setting", hint))
            continue
        try:
            checked[name] = key.kind.check(raw)
        except WrongValueError as error:
            found = "" if error.hidden else f", found {shown(raw)}"
            hint = error.advice or f"For example {key.example}."
            problems.append(Problem(name, f"{name}: expected {key.kind.says}{found}", hint))
    if problems:
        first = problems[0]
        raise PlatformError(
            "PLT-SETTINGS-002",
            f"{first.summary}; no file was written",
            hint=first.hint,
            address=first.address,
            problems=problems,
        )
    return checked


def _key(name: str) -> Key | None:
    """The user's setting that a written-out name means."""
    path = tuple(name.split("."))
    key = table.key_at(path)
    if key is None or "user" not in key.sources:
        return None
    return key if path[0] != "profiles" or table.is_profile_name(path[1]) else None


def _default(key: Key) -> str:
    return "" if key.default is None else _toml(key.default)


def _toml(value: Raw) -> str:
    """A value as TOML. Kinds let no character through that JSON and TOML escape differently."""
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False)
