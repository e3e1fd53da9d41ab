"""What Unity Catalog answered, and which error it means: by status and error code, never by words.

Sends nothing. What the catalog says is quoted for people, and steers nothing.
"""

from __future__ import annotations

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
_BAD_MOMENTS: Final = frozenset({408, 425, 429})
_SERVER_ERROR: Final = 500
_NOT_BUILT: Final = 501
_LONGEST_WORDS: Final = 300
# The open-source server answers 400 for what exists, so the code is asked before the status.
_EXISTS: Final = "ALREADY_EXISTS"
_BUSY: Final = frozenset({"ABORTED", "RESOURCE_CONFLICT", "CONCURRENT_WRITE"})
_NO_PRINCIPAL: Final = "PRINCIPAL_DOES_NOT_EXIST"
_NEEDED: Final = {
    ("POST", "catalogs"): "CREATE CATALOG on the metastore, which a metastore admin gives",
    ("POST", "schemas"): "USE CATALOG and CREATE SCHEMA on the catalog, which its owner gives",
    ("POST", "tables"): "USE SCHEMA and CREATE TABLE on the schema, and for external tables "
    "EXTERNAL USE SCHEMA, EXTERNAL USE LOCATION and CREATE EXTERNAL TABLE, which their owners give",
    ("PATCH", "permissions"): "MANAGE on it, or to be its owner, which its owner gives",
    ("PATCH", "schemas"): "to be the schema's owner, or MANAGE on it, which its owner gives",
    ("POST", "entity-tag-assignments"): "APPLY TAG on it, which its owner gives",
    ("PATCH", "entity-tag-assignments"): "APPLY TAG on it, which its owner gives",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, with its headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    data: Any

    @property
    def code(self) -> str:
        """The catalog's own code for an error."""
        said = self.data.get("error_code") if isinstance(self.data, Mapping) else None
        return said if isinstance(said, str) else ""


def judged(answer: Answer, asked: Asked) -> PlatformError | None:
    """The error that the answer means, or None for one that is good."""
    if answer.status in _GOOD:
        return None
    if answer.code.endswith(_EXISTS):
        return _exists(answer, asked)
    if answer.status == _LIMITED or "retry-after" in answer.headers:
        pause_s = wait_s(answer.headers, "retry-after")
        return TemporaryError(
            "PLT-CATALOG-005",
            f"{asked.server} asks to wait ({answer.status} for {asked}).",
            hint=f"Nothing is wrong with the run: try again in {pause_s:.0f} s.",
            address=asked.path,
            retry_after_s=pause_s,
        )
    if _is_bad_moment(answer):
        return TemporaryError(
            "PLT-CATALOG-005",
            f"{asked.server} had a bad moment ({answer.status} for {asked}).",
            address=asked.path,
        )
    if answer.code == _NO_PRINCIPAL:
        return _nobody(answer, asked)
    return _REFUSALS.get(answer.status, _refused)(answer, asked)


def unanswered(asked: Asked, why: str) -> TemporaryError:
    """No answer came: whether the call had its effect is not known."""
    return TemporaryError(
        "PLT-CATALOG-005",
        f"{asked.server} did not answer {asked} ({why}).",
        hint="Look at the address in unity.host or DATABRICKS_HOST, and at the network.",
        address=asked.path,
    )


def untrusted(asked: Asked) -> PlatformError:
    """The server cannot prove who it is."""
    return PlatformError(
        "PLT-CATALOG-006",
        f"The certificate of {asked.server} is not trusted. Nothing was sent.",
        hint="Set REQUESTS_CA_BUNDLE to a file with your organisation's certificate authority.",
        address=asked.server,
    )


def words(answer: Answer) -> str:
    """What the catalog says, for people, in one line."""
    said = answer.data if isinstance(answer.data, Mapping) else {}
    parts = [answer.code, str(said.get("message") or f"status {answer.status}")]
    line = ": ".join(part.strip().rstrip(".") for part in parts if part.strip())
    return "".join(c for c in line if c.isprintable())[:_LONGEST_WORDS]


def _is_bad_moment(answer: Answer) -> bool:
    if answer.status == _CONFLICT:
        return answer.code in _BUSY
    if answer.status == _NOT_BUILT:
        return False
    return answer.status in _BAD_MOMENTS or answer.status >= _SERVER_ERROR


def _credentials(answer: Answer, asked: Asked) -> PlatformError:  # noqa: ARG001 - one shape for all
    return PlatformError(
        "PLT-CATALOG-004",
        f"{asked.server} does not accept the credentials (401 for {asked}). Nothing was changed "
        "by this call.",
        hint="Renew DATABRICKS_TOKEN, the service principal's secret, or the login of the "
        "profile in DATABRICKS_CONFIG_PROFILE; then run the same line again.",
        address=asked.path,
    )


def _forbidden(answer: Answer, asked: Asked) -> PlatformError:
    kind = asked.path.strip("/").partition("/")[0]
    needed = _NEEDED.get((asked.verb, kind))
    lacking = f" It needs {needed}." if needed else ""
    return PlatformError(
        "PLT-CATALOG-004",
        f"{asked.server} forbids {asked}: {words(answer)}. Nothing was changed by this call.",
        hint=f"{lacking} `platform-cli doctor` looks at the grants that can be seen.".strip(),
        address=asked.path,
    )


def _gone(answer: Answer, asked: Asked) -> PlatformError:  # noqa: ARG001 - one shape for all
    return PlatformError(
        "PLT-CATALOG-003",
        f"{asked.server} has nothing at {asked.path}, or does not show it to these credentials. "
        "Nothing was changed by this call.",
        address=asked.path,
    )


def _nobody(answer: Answer, asked: Asked) -> PlatformError:
    return PlatformError(
        "PLT-CATALOG-006",
        f"{asked.server} does not know whom to grant it to: {words(answer)}. Nothing was changed "
        "by this call.",
        hint="A team is the group of its name; whoever is outside is unity.outsider_group. Make "
        "the group, or mend the name, then run the same line again.",
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
