"""One connection to the PostgreSQL that teams share: its address, its time-outs, its errors.

TLS is libpq's (`sslmode` in the address), and so is the password (PGPASSWORD or a password file):
neither passes through here, so neither can be printed. Knows no table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from platform_cli.errors import Code, PlatformError

if TYPE_CHECKING:
    import psycopg

# What the address does not say. A server that has gone is noticed in seconds, not in hours.
_DEFAULTS: Final[dict[str, str | int]] = {
    "connect_timeout": 10,
    "tcp_user_timeout": 15_000,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "application_name": "platform-cli",
}
# For this session only. The server notices a client that has gone, and lets go of its locks;
# a commit is on the server's disk before it is answered, whatever the database's default is.
_SESSION: Final = """
    SET statement_timeout = '60s';
    SET lock_timeout = '120s';
    SET idle_in_transaction_session_timeout = '15min';
    SET tcp_keepalives_idle = 15;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
    SET synchronous_commit = on;
    SET default_transaction_isolation = 'read committed';
    SET client_encoding = 'UTF8';
    SET extra_float_digits = 1;
"""
# https://www.postgresql.org/docs/current/errcodes-appendix.html, by code or by its class.
_MEANINGS: Final[dict[str, Code]] = {
    "28": "PLT-JOURNAL-008",
    "42501": "PLT-JOURNAL-008",
    "53100": "PLT-HOME-002",
    "40": "PLT-JOURNAL-003",
    "55P03": "PLT-JOURNAL-003",
    "57014": "PLT-JOURNAL-003",
    "08": "PLT-JOURNAL-007",
    "25006": "PLT-JOURNAL-007",
    "3D": "PLT-JOURNAL-007",
    "53": "PLT-JOURNAL-007",
    "57": "PLT-JOURNAL-007",
    # Our statements fit our tables, so these come from tables that are not as we made them.
    "22": "PLT-JOURNAL-002",
    "23": "PLT-JOURNAL-002",
    "42": "PLT-JOURNAL-002",
    "XX": "PLT-JOURNAL-002",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is: what libpq is told, and what people are told."""

    parameters: tuple[tuple[str, str], ...]
    place: str


def read_address(url: str) -> Address:
    """Read `postgresql://USER@HOST/DATABASE`. Raises PLT-JOURNAL-006; never repeats the address."""
    import_library()
    import psycopg.conninfo

    try:
        found = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        raise _unusable("it is not an address that PostgreSQL takes") from None
    if "password" in found:
        raise _unusable("it carries a password: that comes from PGPASSWORD or a password file")
    if not re.fullmatch(r"[0-9,]*", str(found.get("port", "")), re.ASCII):
        raise _unusable("its port is not a number")
    parameters = tuple((key, str(value)) for key, value in sorted(found.items()))
    named = {key: re.sub(r"[^\w.,:/@ -]", "?", value) for key, value in parameters}
    user = f"{named['user']}@" if "user" in named else ""
    port = f":{named['port']}" if "port" in named else ""
    host = named.get("host", named.get("hostaddr", ""))
    return Address(parameters, f"postgresql://{user}{host}{port}/{named.get('dbname', '')}")


def connect(address: Address) -> psycopg.Connection[Any]:
    """Open a connection that commits each statement. Raises PLT-JOURNAL-006, -007 or -008."""
    import_library()
    import psycopg.conninfo
    from psycopg.adapt import Loader

    class Bytes(Loader):
        """Texts as the bytes that they are: what a checksum covers must not be read before."""

        def load(self, data: Any) -> bytes:
            return bytes(data)

    try:
        told = psycopg.conninfo.make_conninfo("", **{**_DEFAULTS, **dict(address.parameters)})
        connection: psycopg.Connection[Any] = psycopg.connect(told, autocommit=True)
    except psycopg.Error as error:
        raise refused(error, address.place) from error
    try:
        _refuse_another_encoding(connection)
        connection.execute(_SESSION)
        connection.adapters.register_loader("text", Bytes)
    except psycopg.Error as error:
        connection.close()
        raise refused(error, address.place) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_another_encoding(connection: psycopg.Connection[Any]) -> None:
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise _unusable("the database's encoding is not UTF8")


def refused(error: psycopg.Error, place: str) -> PlatformError:
    """What no connection, or one that broke, means to a person."""
    if error.sqlstate is not None:
        told = translated(error, place)
        if isinstance(told, PlatformError):
            return told
    asked = getattr(error, "pgconn", None)
    if asked is not None and (asked.needs_password or asked.used_password):
        return PlatformError(
            "PLT-JOURNAL-008",
            f"{place} does not let this user in. Nothing was done.",
            address="journal.url",
        )
    return PlatformError(
        "PLT-JOURNAL-007",
        f"{place} cannot be reached. Nothing was done.",
        address="journal.url",
    )


def translated(error: psycopg.Error, place: str) -> Exception:
    """What the error means to a person; an error in our own use comes back as it is."""
    code = error.sqlstate or ""
    meaning = _MEANINGS.get(code) or _MEANINGS.get(code[:2])
    if meaning is not None:
        return PlatformError(meaning, f"{place} {_SAID[meaning]} ({code}).", address="journal.url")
    if lost(error):
        return PlatformError(
            "PLT-JOURNAL-007", f"{place}: the connection is lost.", address="journal.url"
        )
    return error


_SAID: Final[dict[Code, str]] = {
    "PLT-HOME-002": "has no space left. What was written before is safe",
    "PLT-JOURNAL-002": "does not hold a journal as it was written. Nothing was changed",
    "PLT-JOURNAL-003": "was in use by another process for too long. Nothing was changed",
    "PLT-JOURNAL-007": "takes no statements now. What was written before is safe",
    "PLT-JOURNAL-008": "does not allow this to this user. Nothing was changed",
}


def lost(error: psycopg.Error) -> bool:
    """Whether the connection is gone, by the kind of error."""
    import psycopg

    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def import_library() -> None:
    """Import psycopg, an extra: only who shares a journal needs it. Raises PLT-JOURNAL-006."""
    try:
        import psycopg.conninfo  # noqa: F401 - whoever calls this imports it next
    except ImportError as error:
        raise PlatformError(
            "PLT-JOURNAL-006",
            "A shared journal needs the library psycopg, which is not installed. Nothing was done.",
            hint='Install it with: pip install "platform-cli[postgres]"',
            address="journal.url",
        ) from error


def _unusable(why: str) -> PlatformError:
    return PlatformError(
        "PLT-JOURNAL-006",
        f"journal.url cannot be used: {why}. Nothing was done.",
        hint="Write it as postgresql://USER@HOST/DATABASE?sslmode=verify-full",
        address="journal.url",
    )
