"""What GitHub answered, and which error it means: decided by status and headers, never by words.

Sends nothing. What GitHub says is quoted for people, without a token in it, and steers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.asked import Asked

_LONGEST_WORDS: Final = 200
_MOST_ERRORS: Final = 3
# What GitHub asks for where it limits a caller and does not say for how long.
_LIMITED_S: Final = 60.0
_SERVER_ERROR: Final = 500
_GATEWAY: Final = frozenset({408, 425, 429})
_MOVED: Final = frozenset({301, 302, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, with its headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    data: Any


def judged(answer: Answer, asked: Asked, now_s: float) -> PlatformError | None:
    """The error that the answer means, or None for one that is good."""
    if answer.status in _MOVED:
        return renamed(asked, answer.headers.get("location"))
    if answer.status < _MOVED_FROM:
        return None
    wait_s = _wait_s(answer, now_s)
    if wait_s is not None:
        return TemporaryError(
            "PLT-FORGE-005",
            f"{asked.server} limits how much it is asked ({answer.status} for {asked}).",
            hint=f"Nothing is wrong with the run: try again in {wait_s:.0f} s.",
            address=asked.path,
            retry_after_s=wait_s,
        )
    if answer.status in _GATEWAY or answer.status >= _SERVER_ERROR:
        return TemporaryError(
            "PLT-FORGE-005",
            f"{asked.server} had a bad moment ({answer.status} for {asked}).",
            address=asked.path,
        )
    return _refusals.get(answer.status, refused)(answer, asked)


_MOVED_FROM: Final = 300


def _wait_s(answer: Answer, now_s: float) -> float | None:
    """How long a limit asks to wait; None where the answer speaks of none."""
    if answer.status not in {403, 429, 500, 502, 503}:
        return None
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal():
        return float(asked)
    if answer.status not in {403, 429}:
        return None
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(float(reset) - now_s, 1.0)
    return _LIMITED_S if answer.status == 429 else None  # noqa: PLR2004 - the status, said once more


def _credentials(answer: Answer, asked: Asked) -> PlatformError:  # noqa: ARG001 - one shape for all
    return PlatformError(
        "PLT-FORGE-004",
        f"{asked.server} does not accept the credentials (401 for {asked}). Nothing was changed "
        "by this call.",
        hint="Renew the token in GH_TOKEN, the App's key, or `gh auth login`; then run the same "
        "line again. `platform-cli doctor` tells which of them is used.",
        address=asked.path,
    )


def _forbidden(answer: Answer, asked: Asked) -> PlatformError:
    needed = accepted(answer)
    what = f"it needs {needed}" if needed else words(answer)
    return PlatformError(
        "PLT-FORGE-004",
        f"{asked.server} forbids {asked}: {what}. Nothing was changed by this call.",
        hint=f"Give the token or App {needed or 'that permission'} for the organisation, then run "
        "the same line again. `platform-cli doctor` looks at all of them.",
        address=asked.path,
    )


def accepted(answer: Answer) -> str | None:
    """The permissions that GitHub would have accepted, as its answer names them."""
    fine = answer.headers.get("x-accepted-github-permissions")
    if fine:
        return "the permission " + " or ".join(part.strip() for part in fine.split(";"))
    classic = answer.headers.get("x-accepted-oauth-scopes")
    return f"one of the scopes {classic}" if classic else None


def _gone(answer: Answer, asked: Asked) -> PlatformError:  # noqa: ARG001 - one shape for all
    return PlatformError(
        "PLT-FORGE-003",
        f"{asked.server} has nothing at {asked.path}, or does not show it to these credentials. "
        "Nothing was changed by this call.",
        address=asked.path,
    )


def _exists(answer: Answer, asked: Asked) -> PlatformError:
    return PlatformError(
        "PLT-FORGE-001",
        f"{asked} meets something that is there already: {words(answer)}. Nothing was changed.",
        address=asked.path,
    )


def refused(answer: Answer, asked: Asked) -> PlatformError:
    """GitHub will not do it, and says why in its own words."""
    return PlatformError(
        "PLT-FORGE-006",
        f"{asked.server} refuses {asked} ({answer.status}): {words(answer)}. Nothing was changed "
        "by this call.",
        address=asked.path,
    )


_refusals: Final = {401: _credentials, 403: _forbidden, 404: _gone, 409: _exists}


def renamed(asked: Asked, where: str | None) -> PlatformError:
    """The repository has another name now: whose the old one is, a person must say."""
    return PlatformError(
        "PLT-FORGE-001",
        f"{asked.path} has been renamed or moved{f' to {where}' if where else ''}. Nothing was "
        "changed.",
        hint="Rename it back, or choose another domain name.",
        address=asked.path,
    )


def unanswered(asked: Asked, why: str) -> TemporaryError:
    """No answer came: whether the call had its effect is not known."""
    return TemporaryError(
        "PLT-FORGE-005", f"{asked.server} did not answer {asked} ({why}).", address=asked.path
    )


def untrusted(asked: Asked) -> PlatformError:
    """The server cannot prove who it is."""
    return PlatformError(
        "PLT-FORGE-006",
        f"The certificate of {asked.server} is not trusted. Nothing was sent.",
        hint="Set REQUESTS_CA_BUNDLE to a file with your organisation's certificate authority.",
        address=asked.server,
    )


def words(answer: Answer) -> str:
    """What GitHub says, for people: its message and the first errors of it, in one line."""
    said = answer.data if isinstance(answer.data, Mapping) else {}
    parts = [str(said.get("message") or f"status {answer.status}")]
    errors = said.get("errors")
    for error in errors[:_MOST_ERRORS] if isinstance(errors, list) else ():
        told = error.get("message") or error.get("code") if isinstance(error, Mapping) else error
        parts.append(str(told))
    line = "; ".join(part.strip().rstrip(".") for part in parts if part.strip())
    return "".join(c for c in line if c.isprintable())[:_LONGEST_WORDS]
