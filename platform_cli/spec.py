"""What makes a domain's name, owner and rotation valid, for every provider at once.

The rules are the intersection of what the forge, the catalog and the pager accept, so what passes
here passes everywhere. Every rule that is broken is its own problem, all in one answer. Reads
nothing and calls nobody; takes linear time however long or hostile the text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from platform_cli.errors import PlatformError, Problem

SHORTEST: Final = 3
LONGEST: Final = 40
LONGEST_ON_CALL: Final = 60
_LONGEST_LOGIN: Final = 39
_LONGEST_TEAM: Final = 100
_LONGEST_SHOWN: Final = 60

# Windows keeps these names for devices, in every folder and with any extension.
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))},
)
RESERVED: Final = frozenset({"platform", "raw", "derived", "product", "main"}) | _DEVICES

_OWNER_FORMS: Final = "Write @team, @org/team or user:@name."

# Only ever used with fullmatch: `$` would let a newline at the end pass.
_SLUG: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a domain: a team of an organisation, or one person."""

    kind: Literal["team", "user"]
    organisation: str | None
    name: str

    @property
    def text(self) -> str:
        """The one form that is compared and written, as CODEOWNERS wants it."""
        return f"@{self.organisation}/{self.name}" if self.kind == "team" else f"@{self.name}"


@dataclass(frozen=True, slots=True)
class DomainSpec:
    """A valid domain: made by `parse`, and by nothing else outside tests."""

    domain: str
    owner: Owner
    on_call: str

    @property
    def catalog_name(self) -> str:
        """The domain's name in a catalog, where `-` is not allowed."""
        return self.domain.replace("-", "_")


def parse(domain: str, owner: str, on_call: str, *, organisation: str) -> DomainSpec:
    """Make a spec of what was typed. Raises PLT-SPEC-001 with every problem at once."""
    _refuse(problems_of(domain, owner, on_call))
    return DomainSpec(domain, _owner(owner, organisation), on_call)


def check_domain(text: str) -> None:
    """Raise PLT-SPEC-001, with every problem at once, for what no domain can be called."""
    _refuse(tuple(_domain_problems(text)))


def _refuse(problems: tuple[Problem, ...]) -> None:
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        first = "" if len(problems) == 1 else "the first: "
        raise PlatformError(
            "PLT-SPEC-001",
            f"{count} with what was asked for; {first}{problems[0].summary}",
            hint=problems[0].hint if len(problems) == 1 else None,
            address=problems[0].address,
            problems=problems,
        )


def problems_of(domain: str, owner: str, on_call: str) -> tuple[Problem, ...]:
    """Everything that is wrong with the three, in the order in which they are typed."""
    return (*_domain_problems(domain), *_owner_problems(owner), *_on_call_problems(on_call))


def _owner(text: str, organisation: str) -> Owner:
    if text.startswith("user:@"):
        return Owner("user", None, text.removeprefix("user:@"))
    head, slash, tail = text.removeprefix("@").partition("/")
    return Owner("team", head, tail) if slash else Owner("team", organisation, head)


def _domain_problems(text: str) -> Iterator[Problem]:
    def problem(summary: str, hint: str) -> Problem:
        return Problem("DOMAIN", f"the domain {_shown(text)} {summary}", hint)

    if not text:
        yield Problem("DOMAIN", "the domain is empty", "Give it a name such as loyalty.")
        return
    instead = _instead(text)
    if strange := _strange(text, r"[a-z0-9-]"):
        yield problem(f"contains {strange}", f"Use a-z, 0-9 and -.{instead}")
    if not re.match(r"[a-z]", text):
        yield problem("does not begin with a letter from a to z", f"Begin with one.{instead}")
    if text.endswith("-"):
        yield problem("ends with -", f"End with a letter or a digit.{instead}")
    if "--" in text:
        yield problem("contains --", f"Use single hyphens.{instead}")
    if len(text) < SHORTEST:
        yield problem(
            f"has {_characters(len(text))}",
            f"Use {SHORTEST} to {LONGEST}: a word that says what the data is about.",
        )
    if len(text) > LONGEST:
        yield problem(
            f"has {_characters(len(text))}",
            f"Use {SHORTEST} to {LONGEST}.{instead}",
        )
    if text.lower() in RESERVED:
        yield problem(
            "is a reserved word",
            f"Choose another name, such as {text.lower()}-data: {_why_reserved(text.lower())}.",
        )


def _why_reserved(word: str) -> str:
    if word in _DEVICES:
        return "Windows keeps it for a device, and nobody there could clone the repository"
    return "the platform uses it itself"


def _owner_problems(text: str) -> Iterator[Problem]:
    def problem(summary: str, hint: str) -> Problem:
        return Problem("--owner", f"the owner {_shown(text)} {summary}", hint)

    if not text:
        yield Problem("--owner", "the owner is empty", _OWNER_FORMS)
        return
    strange = _strange(text, r"[A-Za-z0-9@/:_-]")
    if strange:
        yield problem(f"contains {strange}", _OWNER_FORMS)
    person = text.startswith("user:")
    body = text.removeprefix("user:")
    if not body.startswith("@"):
        hint = f"Write {text[:5] if person else ''}@{body}." if _plain(body) else _OWNER_FORMS
        yield problem("has no @ before its name", hint)
    body = body.removeprefix("@")
    if "@" in body or ":" in body or body.count("/") > (0 if person else 1):
        yield problem("has none of the three forms", _OWNER_FORMS)
        return
    if any(char.isupper() for char in body):
        lower = _OWNER_FORMS if strange else f"Write {_shown(text.lower(), quoted=False)}."
        yield problem("has upper-case letters", lower)
    organisation, slash, name = body.lower().rpartition("/")
    if slash:
        yield from (problem(*found) for found in _login_problems(organisation, "organisation"))
    found_in_name = _login_problems(name, "person") if person else _team_problems(name)
    yield from (problem(*found) for found in found_in_name)


def _login_problems(
    name: str, what: Literal["organisation", "person"]
) -> Iterator[tuple[str, str]]:
    """GitHub's limits. The accounts that a company manages are called `name_company`."""
    if not name:
        yield f"names no {what}", _OWNER_FORMS
        return
    if len(name) > _LONGEST_LOGIN:
        yield (
            f"has {_characters(len(name))} in the {what}'s name",
            f"The forge allows {_LONGEST_LOGIN}.",
        )
    managed = rf"{_SLUG}(?:_[a-z0-9]+)?" if what == "person" else _SLUG
    if _only_known(name) and not re.fullmatch(managed, name):
        yield (
            f"has a name of a{'n' if what == 'organisation' else ''} {what} that cannot exist",
            "It is made of letters, digits and single hyphens between them.",
        )


def _team_problems(name: str) -> Iterator[tuple[str, str]]:
    if not name:
        yield "names no team", _OWNER_FORMS
        return
    if len(name) > _LONGEST_TEAM:
        yield f"has {_characters(len(name))} in the team's name", f"Use up to {_LONGEST_TEAM}."
    if _only_known(name) and (name.startswith("-") or name.endswith("-")):
        yield "has a team's name that begins or ends with -", "Use - only between other characters."


def _only_known(name: str) -> bool:
    """Whether no character of it has been reported already."""
    return re.fullmatch(r"[a-z0-9_-]+", name) is not None


def _on_call_problems(text: str) -> Iterator[Problem]:
    def problem(summary: str, hint: str) -> Problem:
        return Problem("--on-call", f"the rotation {_shown(text)} {summary}", hint)

    if not text:
        yield Problem("--on-call", "the rotation is empty", "Name it, such as loyalty-pager.")
        return
    if strange := _strange(text, r"[A-Za-z0-9 _-]"):
        yield problem(f"contains {strange}", "Use letters, digits, space, - and _.")
    if text.startswith("-"):
        yield problem("begins with -", "Begin with a letter, a digit or _.")
    if text.startswith(" ") or text.endswith(" "):
        yield problem("has a space at an end", "Leave the space out.")
    if len(text) > LONGEST_ON_CALL:
        yield problem(f"has {_characters(len(text))}", f"Use up to {LONGEST_ON_CALL}.")


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _instead(text: str) -> str:
    """A valid name near the one that was typed, or nothing.

    Only for ASCII: a look-alike letter would be dropped, and the rest is another name.
    """
    if not text[: LONGEST * 2].isascii():
        return ""
    near = re.sub(r"[^a-z0-9]+", "-", text[: LONGEST * 2].lower())
    near = re.sub(r"^[^a-z]+", "", near)[:LONGEST].rstrip("-")
    fits = len(near) >= SHORTEST and near not in RESERVED and near != text
    return f" For instance {near}." if fits else ""


def _plain(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9][a-z0-9/_-]{0,59}", text) is not None


def _strange(text: str, allowed: str) -> str:
    """The first few characters outside the allowed ones, escaped; empty if there are none."""
    found: dict[str, None] = {}
    for match in re.finditer(allowed.replace("[", "[^", 1), text):
        found[match.group()] = None
        if len(found) > 3:  # noqa: PLR2004 - three are enough to see what is meant
            break
    names = [_shown(char) for char in found]
    return ", ".join(names[:3]) + (" and more" if len(names) > 3 else "")  # noqa: PLR2004 - above


def _shown(text: str, *, quoted: bool = True) -> str:
    """Safe on any terminal: ASCII with everything else escaped, and short."""
    cut = text[:_LONGEST_SHOWN]
    escaped = ascii(cut) if quoted else ascii(cut)[1:-1]
    return escaped if len(text) <= _LONGEST_SHOWN else f"{escaped}..."
