"""Whether a server that could not be reached was one that nobody vouches for.

The libraries that send requests wrap what went wrong in their own errors, each more than once.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any


def untrusted(error: BaseException) -> bool:
    """Whether the error was raised for a certificate that is not trusted."""
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in _inside(error))


def _inside(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was raised for, however deep it is wrapped."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
