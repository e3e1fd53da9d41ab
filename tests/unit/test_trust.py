"""A certificate that nobody vouches for, found in what libraries wrap it in."""

from __future__ import annotations

import ssl

import pytest
import requests
import urllib3
from urllib3.exceptions import MaxRetryError

from platform_cli.providers.trust import untrusted

CAUSE = ssl.SSLCertVerificationError("self-signed certificate")


def _raised_from() -> BaseException:
    error = OSError("it broke")
    error.__cause__ = ValueError("inner")
    error.__cause__.__context__ = CAUSE
    return error


def _around_itself() -> BaseException:
    error = OSError("a", CAUSE)
    error.__cause__ = ValueError("b", error)
    return error


@pytest.mark.parametrize(
    "error",
    [
        CAUSE,
        requests.exceptions.SSLError(
            MaxRetryError(
                urllib3.HTTPSConnectionPool("host"), "/", urllib3.exceptions.SSLError(CAUSE)
            )
        ),
        _raised_from(),
        _around_itself(),
    ],
)
def test_it_is_found_however_deep(error: BaseException) -> None:
    assert untrusted(error)


def test_other_errors_are_not_taken_for_it() -> None:
    assert not untrusted(ssl.SSLError("wrong version number"))
    assert not untrusted(requests.ConnectionError("refused"))
    looped = OSError("a")
    looped.__context__ = looped.__cause__ = ValueError(looped)
    assert not untrusted(looped)
