"""What an Iceberg REST catalog answered, and which error it means: by status, never by words.

Sends nothing. What the catalog says is quoted for people, and steers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.asked import Asked, wait_s

_GOOD: Final = range(200, 300)
_UNAUTHENTICATED: Final = 401
_FORBIDDEN: Final = 403
_ABSENT: Final = 404
_CONFLICT: Final = 409
_LIMITED: Final = 429
# 419 is Iceberg's own: the token ended while the call was on.
_BAD_MOMENTS: Final = frozenset({408, 419, 425, 429})
_SERVER_ERROR: Final = 500
_NOT_BUILT: Final = 501
_LONGEST_WORDS: Final = 300
_NAMESPACE: Final = r"/namespaces/[^/]+"
_COMMIT: Final = re.compile(rf".*{_NAMESPACE}/tables/[^/]+")
_NEEDED: Final = (
    (re.compile(r"POST .*/namespaces"), "to create namespaces in the warehouse"),
    (re.compile(rf"POST .*{_NAMESPACE}/properties"), "to set properties of that namespace"),
    (re.compile(rf"POST .*{_NAMESPACE}/tables"), "to create tables in that namespace"),
    (re.compile(rf"POST .*{_NAMESPACE}/tables/[^/]+"), "to change that table"),
    (re.compile(r"GET .*"), "to list and read namespaces and tables of the warehouse"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, with its headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    data: Any

    @property
    def told(self) -> Mapping[str, Any]:
        """The error as Iceberg's description has it; empty where it is none."""
        said = self.data.get("error") if isinstance(self.data, Mapping) else None
        return said if isinstance(said, Mapping) else {}


def judged(answer: Answer, asked: Asked) -> PlatformError | None:
    """The error that the answer means, or None for one that is good."""
    if answer.status in _GOOD:
        return None
    if answer.status == _LIMITED or "retry-after" in answer.headers:
        pause_s = wait_s(answer.headers, "retry-after")
        return TemporaryError(
            "PLT-CATALOG-005",
            f"{asked.server} asks to wait ({answer.status} for {asked}).",
            hint=f"Nothing is wrong with the run: try again in {pause_s:.0f} s.",
            address=asked.path,
            retry_after_s=pause_s,
        )
    if _is_bad_moment(answer, asked):
        return TemporaryError(
            "PLT-CATALOG-005",
            f"{asked.server} had a bad moment ({answer.status} for {asked}).",
            address=asked.path,
        )
    return _REFUSALS.get(answer.status, _refused)(answer, asked)


def unanswered(asked: Asked, why: str) -> TemporaryError:
    """No answer came: whether the call had its effect is not known."""
    return TemporaryError(
        "PLT-CATALOG-005",
        f"{asked.server} did not answer {asked} ({why}).",
        hint="Look at the address in iceberg.uri, and at the network.",
        address=asked.path,
    )


def unreachable(asked: Asked, why: str) -> PlatformError:
    """Nobody ever answered at that address: it is not tried again, and nothing was done."""
    return PlatformError(
        "PLT-CATALOG-005",
        f"{asked.server} cannot be reached ({why} for {asked}). Nothing was changed.",
        hint="Look at the address in iceberg.uri, and at the network; then run the same line "
        "again.",
        address=asked.server,
    )


def untrusted(asked: Asked) -> PlatformError:
    """The server cannot prove who it is."""
    return PlatformError(
        "PLT-CATALOG-006",
        f"The certificate of {asked.server} is not trusted. Nothing was sent.",
        hint="Set REQUESTS_CA_BUNDLE to a file with your organisation's certificate authority.",
        address=asked.server,
    )


def strange(asked: Asked, why: str) -> PlatformError:
    """What answers is no Iceberg REST catalog, or not one that can be worked with."""
    return PlatformError(
        "PLT-CATALOG-006",
        f"{asked.server} does not answer {asked} as an Iceberg REST catalog does: {why}.",
        hint="iceberg.uri is the address before `/v1/`: https://catalog.example.org/iceberg.",
        address=asked.server,
    )


def words(answer: Answer) -> str:
    """What the catalog says, for people, in one line."""
    said = answer.told
    parts = [str(said.get("type") or ""), str(said.get("message") or f"status {answer.status}")]
    line = ": ".join(part.strip().rstrip(".") for part in parts if part.strip())
    return "".join(c for c in line if c.isprintable())[:_LONGEST_WORDS]


def _is_bad_moment(answer: Answer, asked: Asked) -> bool:
    if answer.status == _CONFLICT:
        # Another commit was first: nothing of ours is there, and it is looked at again.
        return asked.verb == "POST" and _COMMIT.fullmatch(asked.path) is not None
    if answer.status == _NOT_BUILT:
        return False
    return answer.status in _BAD_MOMENTS or answer.status >= _SERVER_ERROR


def _credentials(answer: Answer, asked: Asked) -> PlatformError:  # noqa: ARG001 - one shape for all
    return PlatformError(
        "PLT-CATALOG-004",
        f"{asked.server} does not accept the credentials ({_UNAUTHENTICATED} for {asked}). Nothing "
        "was changed by this call.",
        hint="Renew ICEBERG_TOKEN or ICEBERG_CREDENTIAL, then run the same line again.",
        address=asked.path,
    )


def _forbidden(answer: Answer, asked: Asked) -> PlatformError:
    needed = next((what for form, what in _NEEDED if form.fullmatch(str(asked))), "that right")
    return PlatformError(
        "PLT-CATALOG-004",
        f"{asked.server} forbids {asked}: {words(answer)}. Nothing was changed by this call.",
        hint=f"It needs the right {needed}, which an admin of the catalog gives.",
        address=asked.path,
    )


def _gone(answer: Answer, asked: Asked) -> PlatformError:
    if not answer.told:
        # A proxy's page, or the wrong address: that nothing is there is not what it says.
        return strange(asked, f"status {answer.status} without Iceberg's error")
    return PlatformError(
        "PLT-CATALOG-003",
        f"{asked.server} has nothing at {asked.path}: {words(answer)}. Nothing was changed by this "
        "call.",
        address=asked.path,
    )


def _exists(answer: Answer, asked: Asked) -> PlatformError:
    return PlatformError(
        "PLT-CATALOG-001",
        f"{asked} meets something that is there already: {words(answer)}. Nothing was changed.",
        address=asked.path,
    )


def _refused(answer: Answer, asked: Asked) -> PlatformError:
    return PlatformError(
        "PLT-CATALOG-006",
        f"{asked.server} refuses {asked} ({answer.status}): {words(answer)}. Nothing was changed "
        "by this call.",
        address=asked.path,
    )


_REFUSALS: Final = {
    _UNAUTHENTICATED: _credentials,
    _FORBIDDEN: _forbidden,
    _ABSENT: _gone,
    _CONFLICT: _exists,
}
