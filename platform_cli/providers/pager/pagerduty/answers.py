"""What PagerDuty answered, and which error it means: decided by status and headers, never by words.

Sends nothing. What PagerDuty says is quoted for people, and steers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.asked import Asked, wait_s

_GOOD: Final = range(200, 300)
_LIMITED: Final = 429
_BAD_MOMENTS: Final = frozenset({408, 425, 429})
_SERVER_ERROR: Final = 500
_LONGEST_WORDS: Final = 200
_MOST_ERRORS: Final = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, with its headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    data: Any


def judged(answer: Answer, asked: Asked) -> PlatformError | None:
    """The error that the answer means, or None for one that is good."""
    if answer.status in _GOOD:
        return None
    if answer.status == _LIMITED:
        pause_s = wait_s(answer.headers, "ratelimit-reset", "retry-after")
        return TemporaryError(
            "PLT-PAGER-006",
            f"{asked.server} limits how much it is asked (429 for {asked}).",
            hint=f"Nothing is wrong with the run: try again in {pause_s:.0f} s.",
            address=asked.path,
            retry_after_s=pause_s,
        )
    if answer.status in _BAD_MOMENTS or answer.status >= _SERVER_ERROR:
        return TemporaryError(
            "PLT-PAGER-006",
            f"{asked.server} had a bad moment ({answer.status} for {asked}).",
            address=asked.path,
        )
    return _REFUSALS.get(answer.status, _refused)(answer, asked)


def unanswered(asked: Asked, why: str) -> TemporaryError:
    """No answer came: whether the call had its effect is not known."""
    return TemporaryError(
        "PLT-PAGER-006", f"{asked.server} did not answer {asked} ({why}).", address=asked.path
    )


def untrusted(asked: Asked) -> PlatformError:
    """The server cannot prove who it is."""
    return PlatformError(
        "PLT-PAGER-007",
        f"The certificate of {asked.server} is not trusted. Nothing was sent.",
        hint="Set SSL_CERT_FILE (and REQUESTS_CA_BUNDLE, for pdpyras) to a file with your "
        "organisation's certificate authority.",
        address=asked.server,
    )


def words(answer: Answer) -> str:
    """What PagerDuty says, for people: its message and the first errors of it, in one line."""
    said = answer.data if isinstance(answer.data, Mapping) else {}
    inner = said.get("error", said)
    inner = inner if isinstance(inner, Mapping) else {}
    errors = inner.get("errors")
    told = errors[:_MOST_ERRORS] if isinstance(errors, list) else [errors] if errors else []
    parts = [str(inner.get("message") or f"status {answer.status}"), *(str(one) for one in told)]
    line = "; ".join(part.strip().rstrip(".") for part in parts if part.strip())
    return "".join(c for c in line if c.isprintable())[:_LONGEST_WORDS]


def _credentials(answer: Answer, asked: Asked) -> PlatformError:  # noqa: ARG001 - one shape for all
    return PlatformError(
        "PLT-PAGER-005",
        f"{asked.server} does not accept the token ({asked}). Nothing was changed by this call.",
        hint="Set PAGERDUTY_TOKEN to a REST API key of the account, and pagerduty.base_url to its "
        "service region; then run the same line again.",
        address=asked.path,
    )


def _forbidden(answer: Answer, asked: Asked) -> PlatformError:
    return PlatformError(
        "PLT-PAGER-005",
        f"{asked.server} forbids {asked}: {words(answer)}. Nothing was changed by this call.",
        hint="The key must not be read-only, and its user must be a manager or more. "
        "`platform-cli doctor` looks at it.",
        address=asked.path,
    )


def _gone(answer: Answer, asked: Asked) -> PlatformError:  # noqa: ARG001 - one shape for all
    return PlatformError(
        "PLT-PAGER-004",
        f"{asked.server} has nothing at {asked.path}. Nothing was changed by this call.",
        address=asked.path,
    )


def _refused(answer: Answer, asked: Asked) -> PlatformError:
    return PlatformError(
        "PLT-PAGER-007",
        f"{asked.server} refuses {asked} ({answer.status}): {words(answer)}. Nothing was changed "
        "by this call.",
        address=asked.path,
    )


_REFUSALS: Final = {401: _credentials, 403: _forbidden, 404: _gone}
