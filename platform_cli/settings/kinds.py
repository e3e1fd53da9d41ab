"""The kinds of values a setting can have: what each accepts, and how it says so.

A kind reads what TOML gives, or the text of a variable or flag, and returns the value or raises
`WrongValueError`. It never repeats a value that may hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from platform_cli.settings.model import Raw

_LONGEST_SHOWN: Final = 60
_LONGEST_TEXT: Final = 1000
_MOST_PATHS: Final = 100
_A_WEEK_S: Final = 7 * 24 * 3600
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

# Only ever used with fullmatch: `$` would let a newline at the end pass.
LOGIN: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_TEAM: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,98}[a-z0-9_])?"
_OWNER: Final = rf"@(?:{LOGIN}/)?{_TEAM}|user:@{LOGIN}(?:_[a-z0-9]+)?"
_COMMIT: Final = r"[0-9a-f]{40}|[0-9a-f]{64}"
_ADDRESS: Final = (
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9._~%/+-]*)?"
)


class WrongValueError(ValueError):
    """A value that is refused. `advice` replaces the general hint; `hidden` keeps it unsaid."""

    def __init__(self, *, advice: str | None = None, hidden: bool = False) -> None:
        super().__init__("a value of a setting is refused")
        self.advice = advice
        self.hidden = hidden


class Kind(NamedTuple):
    """What a setting accepts. `says` completes the sentence "expected …"."""

    says: str
    check: Callable[[object], Raw]
    from_text: Callable[[str], object] = str
    located: bool = False
    """Whether it may be a path, which is then relative to the file that names it."""


def shown(found: object) -> str:
    """What was found, safe on any terminal: ASCII, one line, short, and without a secret."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str):
        if "//" in found and ("@" in found or "?" in found):
            return "an address with a user or a query"
        cut = ascii(found[:_LONGEST_SHOWN])
        return cut if len(found) <= _LONGEST_SHOWN else f"{cut}..."
    if isinstance(found, int):
        return str(found) if abs(found) < 10**_LONGEST_SHOWN else "a huge number"
    return {float: f"{found}", dict: "a table", list: "a list"}.get(type(found), "a date or time")


def printable(text: str) -> str:
    """A path or name for people: letters of any language stay, what a terminal obeys does not."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def choice(*words: str) -> Kind:
    """One of a few words."""

    def check(found: object) -> str:
        text = _one_line(found)
        if text not in words:
            raise WrongValueError
        return text

    return Kind(" or ".join(words), check)


def whole(low: int, high: int) -> Kind:
    """A whole number."""
    return Kind(
        f"a whole number from {low} to {high}",
        lambda found: _whole(found, low, high),
        _number_from_text,
    )


def width() -> Kind:
    """`auto`, or a number of columns."""

    def check(found: object) -> Raw:
        return "auto" if found == "auto" else _whole(found, 20, 500)

    return Kind("auto or a whole number from 20 to 500", check, _number_from_text)


def seconds() -> Kind:
    """A time to wait: above zero, and not for ever."""

    def check(found: object) -> float:
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise WrongValueError
        # Not a number compares as false with everything, so it is refused here, too.
        if not 0 < found <= _A_WEEK_S:
            raise WrongValueError
        return found

    return Kind(f"a number of seconds above 0, up to {_A_WEEK_S}", check, _number_from_text)


def pattern(says: str, expression: str, *, longest: int = 255, lower: bool = False) -> Kind:
    """A text of ASCII characters that fits the whole expression."""

    def check(found: object) -> str:
        text = _one_line(found, longest)
        if not re.fullmatch(expression, text, re.ASCII):
            near = text.lower()
            fits = lower and near != text and re.fullmatch(expression, near, re.ASCII)
            raise WrongValueError(advice=f"Write {near}." if fits else None)
        return text

    return Kind(says, check)


def owner() -> Kind:
    """A team or person, by the rules that `spec` has for `--owner`."""
    return pattern("@team, @org/team or user:@name", _OWNER, longest=145, lower=True)


def text(says: str, *, longest: int = 255) -> Kind:
    """Any one line that a terminal shows as it is."""
    return Kind(says, lambda found: _one_line(found, longest))


def time_zone() -> Kind:
    """A time zone by its name in the IANA database."""

    def check(found: object) -> str:
        name = _one_line(found, 64)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", name, re.ASCII):
            raise WrongValueError
        from zoneinfo import available_timezones

        # A machine without the database cannot tell: there the form has to do.
        known = available_timezones()
        if known and name not in known:
            raise WrongValueError
        return name

    return Kind("a time zone such as UTC or Europe/Berlin", check)


def server() -> Kind:
    """The address of an API. A token travels to it, so plain http only inside this machine."""

    def check(found: object) -> str:
        address = _place(found)
        parts = re.fullmatch(_ADDRESS, address)
        if parts is None:
            raise WrongValueError
        if parts["scheme"] == "http" and parts["host"] not in _LOOPBACK:
            raise WrongValueError(advice="Use https: a token would travel readable over http.")
        return address.rstrip("/")

    return Kind("an https address", check)


def bundle() -> Kind:
    """A file, or an https address that carries the digest of what it must give."""

    def check(found: object) -> str:
        place = _place(found)
        if "://" in place:
            address, _, digest = place.partition("#")
            parts = re.fullmatch(_ADDRESS, address)
            pinned = re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
            if parts is None or parts["scheme"] != "https" or not pinned:
                raise WrongValueError(
                    advice="Write https://HOST/PATH#sha256:DIGEST with its 64 hexadecimal digits.",
                )
        return place

    return Kind("a file, or an https address ending in #sha256:DIGEST", check, located=True)


def template() -> Kind:
    """A folder, or an address that git clones. Commands in the place of an address are refused."""

    def check(found: object) -> str:
        place = _place(found)
        scheme = place.partition("://")[0] if "://" in place else None
        if scheme not in {None, "https", "ssh", "file", "git+https", "git+ssh"}:
            raise WrongValueError
        if re.match(r"[A-Za-z0-9+.-]+::", place):  # git would run `ext::COMMAND`
            raise WrongValueError
        if scheme is not None and ("?" in place or "#" in place):
            raise WrongValueError(
                hidden=True,
                advice="Leave out what follows ? or #: the commit is template.commit's to say, "
                "and a token stands in no setting.",
            )
        return place

    return Kind("a folder or an address that git can clone over https or ssh", check, located=True)


def commit() -> Kind:
    """The full id of a commit. A name is refused, and so is an abbreviation: they can move."""

    def check(found: object) -> str:
        written = _one_line(found)
        if re.fullmatch(_COMMIT, written, re.ASCII):
            return written
        if re.fullmatch(_COMMIT, written.lower(), re.ASCII):
            raise WrongValueError(advice=f"Write {written.lower()}.")
        raise WrongValueError(
            advice="A branch, a tag or an abbreviation can come to mean another commit than the "
            "one that was reviewed. `git rev-parse NAME^{commit}` prints the full id."
        )

    return Kind("the full id of a commit: 40 hexadecimal digits", check)


def requirement() -> Kind:
    """What a domain's CI gives to pip: a requirement, an address or a path, never an option."""

    def check(found: object) -> str:
        wanted = _place(found)
        if not wanted.isascii():
            raise WrongValueError
        return wanted

    return Kind("a requirement as pip takes it, such as platform-cli==1.2.3", check)


def journal() -> Kind:
    """An address of a database, without a password."""

    def check(found: object) -> str:
        try:
            address = _one_line(found, _LONGEST_TEXT)
        except WrongValueError:
            raise WrongValueError(hidden=True) from None
        if _has_password(address):
            raise WrongValueError(
                hidden=True,
                advice="Take the password out: it comes from PGPASSWORD or a password file.",
            )
        if not re.match(r"(?:postgresql|postgres|sqlite)://.", address):
            raise WrongValueError(hidden=True)
        return address

    return Kind("postgresql://USER@HOST/DATABASE or sqlite:///PATH, without a password", check)


def paths() -> Kind:
    """Patterns of files inside the project."""

    def check(found: object) -> tuple[str, ...]:
        if isinstance(found, str):
            found = [found]
        if not isinstance(found, list) or not 0 < len(found) <= _MOST_PATHS:
            raise WrongValueError
        return tuple(_inside(one) for one in found)

    return Kind(
        "a list of patterns of files inside the project",
        check,
        lambda written: [one.strip() for one in written.split(",")],
    )


def folder() -> Kind:
    """One folder inside the project."""
    return Kind("a folder inside the project", _inside)


def _one_line(found: object, longest: int = _LONGEST_TEXT) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= longest or not found.isprintable():
        raise WrongValueError
    if found != found.strip():
        raise WrongValueError(advice="Leave out the space at its ends.")
    return found


def _whole(found: object, low: int, high: int) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
        raise WrongValueError
    return found


def _number_from_text(written: str) -> object:
    """The number, or the text unchanged for the check to refuse. Stricter than int()."""
    if re.fullmatch(r"[0-9]{1,12}", written, re.ASCII):
        return int(written)
    if re.fullmatch(r"[0-9]{1,12}\.[0-9]{1,12}", written, re.ASCII):
        return float(written)
    return written


def _has_password(address: str) -> bool:
    """Whether an address carries one. When in doubt, yes: the answer decides what is echoed."""
    from urllib.parse import parse_qsl, unquote, urlsplit

    try:
        parts = urlsplit(address)
        query = parse_qsl(parts.query, max_num_fields=100)
    except ValueError:
        return True
    if parts.password is not None or re.search(r"//[^/@]*:[^@]*@", unquote(address)):
        return True
    return any("pass" in key.lower() for key, _ in query)


def _place(found: object) -> str:
    """A path or address: not an option for the program it is handed to, and without a secret."""
    place = _one_line(found)
    # Over https a bare user is a token more often than not; git over ssh needs one.
    if re.search(r"//[^/@]*:[^/@]*@|https?://[^/@?#]*@", place):
        raise WrongValueError(
            hidden=True,
            advice="Take user and password out: credentials come from environment or keyring.",
        )
    if place.startswith("-"):
        raise WrongValueError
    return place


def _inside(found: object) -> str:
    path = _one_line(found)
    if path.startswith(("/", "~", "-")) or "\\" in path or ":" in path:
        raise WrongValueError
    if ".." in path.split("/"):
        raise WrongValueError
    return path
