"""pyiceberg's REST catalog as it is used here: bounded, sending everything once, trusting little.

Imported when it is first used: pyiceberg takes half a second. Every answer is judged before
pyiceberg sees it, so that its own tries and its errors never come to anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from pyiceberg.catalog import URI, WAREHOUSE_LOCATION
from pyiceberg.catalog.rest import NAMESPACE_SEPARATOR_PROPERTY, PREFIX, RestCatalog
from pyiceberg.io import FileIO, InputFile, OutputFile
from requests import PreparedRequest, Response, Session
from requests.auth import AuthBase
from urllib3 import Timeout

from platform_cli import __version__

NAME: Final = "platform-cli"
_KEPT: Final = (PREFIX, NAMESPACE_SEPARATOR_PROPERTY)
# We ask for no access to files, which on some servers takes rights of its own.
_DELEGATION: Final = "X-Iceberg-Access-Delegation"


class Wire(Protocol):
    """What stands between pyiceberg and the network."""

    def sent(self, send: Callable[[], Response], request: PreparedRequest) -> Response:
        """The answer to the request. Raises PlatformError for one that is no success."""
        ...

    def proven(self, request: PreparedRequest) -> PreparedRequest:
        """The request with what proves who asks."""
        ...

    def moved(self, url: str) -> None:
        """The server says that it is at another place. Raises PlatformError."""
        ...


class BoundedSession(Session):
    """Gives every request the same time, follows no redirect, tries nothing again."""

    def __init__(self, timeout_s: float, wire: Wire | None = None) -> None:
        super().__init__()
        self._timeout_s, self._wire = timeout_s, wire

    def send(self, request: PreparedRequest, **more: Any) -> Response:
        """Send it once."""
        # A token goes to the server that it was given for, and nowhere else.
        more |= {"timeout": Timeout(total=self._timeout_s), "allow_redirects": False}
        if self._wire is None:
            return super().send(request, **more)
        return self._wire.sent(lambda: super(BoundedSession, self).send(request, **more), request)


class _Proof(AuthBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return self._wire.proven(request)


class _NoFiles(FileIO):
    """No file is read or written here: they are the server's, and its clients'."""

    def new_input(self, location: str) -> InputFile:
        raise PermissionError(location)

    def new_output(self, location: str) -> OutputFile:
        raise PermissionError(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        raise PermissionError(str(location))


class Rest(RestCatalog):
    """Made with one GET; keeps of what the server says only how its paths are written."""

    def __init__(self, uri: str, warehouse: str | None, timeout_s: float, wire: Wire) -> None:
        self._wire, self._timeout_s = wire, timeout_s
        named = {WAREHOUSE_LOCATION: warehouse} if warehouse else {}
        super().__init__(NAME, **{URI: uri}, **named)

    def _fetch_config(self) -> None:
        before = dict(self.properties)
        super()._fetch_config()
        said = self.properties
        # The rest could name headers, files and classes that this process would then use.
        kept = {key: str(said[key]) for key in _KEPT if said.get(key)}
        self.properties, self.uri = before | kept, before[URI]
        if _origin(str(said[URI])) != _origin(before[URI]):
            self._wire.moved(str(said[URI]))
        self.uri = str(said[URI])

    def _create_session(self) -> Session:
        session = BoundedSession(self._timeout_s, self._wire)
        self._config_headers(session)
        session.headers.pop(_DELEGATION, None)
        session.headers["User-Agent"] = f"platform-cli/{__version__}"
        session.auth = _Proof(self._wire)
        return session

    def _load_file_io(self, properties: Any = None, location: str | None = None) -> FileIO:  # noqa: ARG002 - pyiceberg's signature
        return _NoFiles()


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
