"""Which address is whose: the API that the settings name, the pages and the git beside it. Pure."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

_ENTERPRISE = "/api/v3"


def web(base_url: str) -> str:
    """Where people and git find the repositories of the API at this address."""
    if base_url.endswith(_ENTERPRISE):
        return base_url.removesuffix(_ENTERPRISE)
    parts = urlsplit(base_url)
    # api.github.com, and api.TENANT.ghe.com of those who chose where their data lives.
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"


def git_access(base_url: str, token: str, certificates: str | None) -> list[tuple[str, str]]:
    """What lets git in: a header for this one server, to stand in git's environment."""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    pairs = [(f"http.{web(base_url)}/.extraHeader", f"Authorization: Basic {basic}")]
    if certificates:
        # git knows none of the variables by which Python's libraries find them.
        pairs.append(("http.sslCAInfo", certificates))
    return pairs
