"""The key pair that the fake's repositories have for secrets; opens what was sealed for it."""

from __future__ import annotations

import base64

from nacl.public import PrivateKey, SealedBox

_PRIVATE = PrivateKey(bytes(range(32)))
PUBLIC = base64.b64encode(bytes(_PRIVATE.public_key)).decode()


def unsealed(encrypted: str) -> str:
    """The secret in what was sent."""
    return SealedBox(_PRIVATE).decrypt(base64.b64decode(encrypted)).decode()
