"""One organisation on GitHub, asked about a repository by its name; what cannot be seen yet.

GitHub may answer 404 for seconds, up to minutes, about what it has just made. Whoever made it in
this process waits for it here; who has not is told that nothing is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar
from urllib.parse import quote

from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.providers.asked import Asked
from platform_cli.providers.forge.github import answers
from platform_cli.providers.forge.github.answers import Answer
from platform_cli.providers.forge.github.api import Api, at

Found = Mapping[str, Any]
T = TypeVar("T")

_LOOKS_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
_FRESH_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the repositories are, and which of them were made a moment ago."""

    api: Api
    organisation: str
    _made: dict[tuple[str, ...], float] = field(default_factory=dict)

    def one_look(self) -> Place:
        """The same place, with answers that are kept for one look."""
        return replace(self, api=self.api.one_look())

    def path(self, name: str, *parts: str, tail: str = "") -> str:
        """The path of something of the repository; `tail` keeps its slashes."""
        rest = f"/{quote(tail, safe='/')}" if tail else ""
        return at("repos", self.organisation, name, *parts) + rest

    def made(self, *key: str) -> None:
        """Remember that this was made just now: it may not be seen yet."""
        self._made[key] = self.api.times.now_s()

    def gone(self, *key: str) -> None:
        """Forget it."""
        self._made.pop(key, None)

    def repository(self, name: str) -> Found | None:
        """The repository of that very name. Raises PLT-FORGE-001 for one that was renamed."""
        return self.seen(lambda: self._repository(name), name)

    def seen(self, look: Callable[[], T | None], *key: str) -> T | None:
        """What the look gives; waited for where it was made a moment ago.

        Raises PLT-FORGE-005, to be tried again, where it still cannot be seen.
        """
        found = look()
        made_s = self._made.get(key)
        if found is not None or made_s is None:
            return found
        if self.api.times.now_s() - made_s > _FRESH_S:
            return None
        found = self.waited(look)
        if found is None:
            raise self._unseen("/".join(key))
        return found

    def waited(self, look: Callable[[], T | None]) -> T | None:
        """Look again a few times, for what GitHub says is there."""
        for pause_s in _LOOKS_S:
            self.api.times.pause(pause_s)
            found = look()
            if found is not None:
                return found
        return None

    def get(self, name: str, *parts: str, tail: str = "", **more: Any) -> Answer | None:
        """What is there of the repository, or None."""
        path = self.path(name, *parts, tail=tail)
        return self._of(name, lambda: self.api.get(path, more or None))

    def glance(self, name: str, *parts: str) -> Answer | None:
        """The same for what GitHub itself keeps from being made twice: a 404 may be a stale one."""
        return self.api.get(self.path(name, *parts))

    def pages(
        self, name: str, *parts: str, key: str | None = None, **more: Any
    ) -> list[Any] | None:
        """All entries of a list of the repository, or None where there is no such repository."""
        path = self.path(name, *parts)
        return self._of(name, lambda: self.api.pages(path, key, more))

    def send(
        self,
        verb: str,
        name: str,
        *parts: str,
        tail: str = "",
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Change something of the repository. Raises PLT-FORGE-003 where it is not there."""
        with self.known(name):
            return self.api.send(verb, self.path(name, *parts, tail=tail), body)

    @contextmanager
    def known(self, name: str) -> Iterator[None]:
        """A 404 about a repository that cannot be seen yet is worth another try."""
        try:
            yield
        except PlatformError as error:
            unseen = error.code == "PLT-FORGE-003" and (name,) in self._made
            if unseen and self._repository(name) is None:
                raise self._unseen(name) from None
            raise

    def missing(self, name: str, branch: str | None = None) -> PlatformError:
        """There is no such repository, or no such branch in it."""
        what = f"{self.organisation}/{name}" + (f" has no branch {branch}" if branch else "")
        rest = "" if branch else " is not there, or these credentials do not see it"
        return PlatformError(
            "PLT-FORGE-003",
            f"{what}{rest}. Nothing was changed.",
            address=f"{self.organisation}/{name}",
        )

    def kept(self, name: str, why: str) -> PlatformError:
        """Something is there already, and stays as it is."""
        return PlatformError(
            "PLT-FORGE-001",
            f"{self.organisation}/{name} {why}. Nothing was changed.",
            address=f"{self.organisation}/{name}",
        )

    def _repository(self, name: str) -> Found | None:
        path = self.path(name)
        answer = self.api.get(path)
        if answer is None:
            return None
        found: Found = answer.data
        # GitHub follows a rename for those who ask; what is found then is another repository.
        if str(found["full_name"]).casefold() != f"{self.organisation}/{name}".casefold():
            asked = Asked("GET", f"{self.organisation}/{name}", self.api.server)
            raise answers.renamed(asked, str(found["full_name"]))
        return found

    def _of(self, name: str, look: Callable[[], T | None]) -> T | None:
        found = look()
        if found is None and (name,) in self._made:
            # Is it this one thing that is not there, or can the repository not be seen yet?
            self.repository(name)
            found = look()
        return found

    def _unseen(self, what: str) -> TemporaryError:
        return TemporaryError(
            "PLT-FORGE-005",
            f"{self.organisation}/{what} was made a moment ago, and {self.api.server} does not "
            "show it yet.",
            address=f"{self.organisation}/{what}",
        )
