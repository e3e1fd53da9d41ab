"""What a server repeats of what was sent to it: a credential never comes back as its words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

_SHORTEST: Final = 8
"""Anything shorter is no secret, and stands in other words by chance."""
_INSTEAD: Final = "***"


def without(said: Any, secrets: Collection[str]) -> Any:
    """The JSON or text that a server said, with each of the secrets in it crossed out."""
    known = {secret for secret in secrets if len(secret) >= _SHORTEST}
    spelled = {
        one for secret in known for one in (secret, quote(secret, safe=""), quote_plus(secret))
    }
    return _crossed_out(said, sorted(spelled, key=len, reverse=True))


def _crossed_out(said: Any, spelled: list[str]) -> Any:
    if isinstance(said, str):
        for one in spelled:
            said = said.replace(one, _INSTEAD)
        return said
    if isinstance(said, Mapping):
        pairs = said.items()
        return {_crossed_out(key, spelled): _crossed_out(text, spelled) for key, text in pairs}
    if isinstance(said, list):
        return [_crossed_out(one, spelled) for one in said]
    return said


def proofs(headers: Mapping[str, Any]) -> frozenset[str]:
    """What proves who asks in the headers of a request, without the word for its kind."""
    found = [str(text) for name, text in headers.items() if name.lower() == "authorization"]
    return frozenset(word for proof in found for word in proof.split()[1:])
