"""The part of a workflow's `${{ … }}` that can be known without a server: names, texts, `==`, `&&`.

Pure. What it does not know for sure it refuses: a wrong guess could call a red build green.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

Value = str | bool

_PLACE: Final = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][A-Za-z0-9_.-]*(?:\(\))?)"
    r"|(?P<sign>==|!=|&&|\|\||[!()]))"
)
# A build that failed runs no further step here, so the status is known wherever it is asked.
_KNOWN: Final[Mapping[str, Value]] = {
    "true": True,
    "false": False,
    "always()": True,
    "success()": True,
    "failure()": False,
    "cancelled()": False,
}


class UnknownError(ValueError):
    """An expression that cannot be evaluated here."""


def fill(text: str, names: Mapping[str, str]) -> str:
    """The text with its expressions replaced. Raises UnknownError."""

    def value(found: re.Match[str]) -> str:
        known = evaluate(found[1], names)
        return known if isinstance(known, str) else str(known).lower()

    return _PLACE.sub(value, text)


def holds(condition: str, names: Mapping[str, str]) -> bool:
    """Whether an `if:` is true; `${{ }}` around it may be left out. Raises UnknownError."""
    whole = _PLACE.fullmatch(condition.strip())
    return bool(evaluate(whole[1] if whole else condition, names))


def evaluate(text: str, names: Mapping[str, str]) -> Value:
    """The value of one expression; `names` are in lower case. Raises UnknownError."""
    reader = _Reader(text, names)
    value = reader.either()
    if reader.token:
        raise reader.unknown()
    return value


class _Reader:
    """Reads one expression from left to right; `token` is what comes next, empty at the end."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self._text = text.strip()
        self._names = names
        self._tokens = self._split()
        self.token = next(self._tokens)

    def unknown(self) -> UnknownError:
        return UnknownError(f"{self._text[:100]!r} cannot be evaluated by the embedded forge")

    def either(self) -> Value:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Value:
        value = self._compared()
        while self._take("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Value:
        value = self._one()
        for sign, equal in (("==", True), ("!=", False)):
            if self._take(sign):
                other = self._one()
                if not (isinstance(value, str) and isinstance(other, str)):
                    raise self.unknown()  # GitHub would make numbers of both
                return (value.casefold() == other.casefold()) is equal
        return value

    def _one(self) -> Value:
        if self._take("!"):
            return not self._one()
        if self._take("("):
            value = self.either()
            if not self._take(")"):
                raise self.unknown()
            return value
        token, self.token = self.token, next(self._tokens, "")
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        name = token.lower()
        if name in self._names:
            return self._names[name]
        if name in _KNOWN:
            return _KNOWN[name]
        if re.fullmatch(r"(?:vars|env)\.[a-z_][a-z0-9_]*", name):
            return ""  # as GitHub has it: a variable that nobody set is empty
        raise self.unknown()

    def _take(self, token: str) -> bool:
        if self.token != token:
            return False
        self.token = next(self._tokens, "")
        return True

    def _split(self) -> Iterator[str]:
        at = 0
        while at < len(self._text):
            found = _TOKEN.match(self._text, at)
            if found is None:
                raise self.unknown()
            at = found.end()
            yield found[0].strip()
        yield ""
