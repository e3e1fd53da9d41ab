"""Repositories themselves: looked at, made with their marker, adopted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from platform_cli.errors import PlatformError
from platform_cli.providers.asked import Asked
from platform_cli.providers.forge.github import answers, marks
from platform_cli.providers.forge.github.answers import Answer
from platform_cli.providers.forge.github.api import at
from platform_cli.providers.forge.github.place import Found, Place
from platform_cli.providers.forge.port import Repository
from platform_cli.providers.marker import Marker

_UNPROCESSABLE: Final = 422
_FORBIDDEN: Final = 403
_EMPTY: Final = 409


@dataclass(slots=True)
class Repositories:
    """The repositories of one organisation. `web` is where git finds them."""

    place: Place
    web: str
    _defined: bool | None = field(default=None)

    def find(self, name: str) -> Repository | None:
        """The repository of that name, or None."""
        found = self.place.repository(name)
        return None if found is None else self._shown(name, found, marks.read(found))

    def create(self, name: str, marker: Marker, description: str) -> Repository:
        """Make it, private and empty, with its marker. Raises PLT-FORGE-001 where it exists."""
        place = self.place
        body: dict[str, Any] = {
            "name": name,
            "description": marks.described(marker, description),
            "private": True,
            "has_wiki": False,
            "has_projects": False,
            "delete_branch_on_merge": True,
        }
        if self._has_property():
            body["description"] = description
            body["custom_properties"] = {marks.PROPERTY: marker.text}
        path = at("orgs", place.organisation, "repos")
        answer = place.api.send("POST", path, body, accept=(_UNPROCESSABLE,))
        if answer.status == _UNPROCESSABLE:
            raise self._not_made(name, answer, Asked("POST", path, place.api.server))
        place.made(name)
        return self._as(name, answer.data, marker, empty=True)

    def mark(self, name: str, marker: Marker, known_id: str | None = None) -> Repository:
        """Mark an empty one, or the one of that id. Raises PLT-FORGE-001 or PLT-FORGE-003."""
        place = self.place
        found = place.repository(name)
        if found is None:
            raise place.missing(name)
        shown = self._shown(name, found, marks.read(found))
        if shown.marker == marker:
            return shown
        if not shown.empty and shown.id != known_id:
            raise place.kept(name, "is not an empty repository: it cannot be adopted")
        if self._has_property():
            values = [{"property_name": marks.PROPERTY, "value": marker.text}]
            place.send("PATCH", name, "properties", "values", body={"properties": values})
        else:
            words = marks.described(marker, found.get("description") or "")
            place.send("PATCH", name, body={"description": words})
        return self._as(name, found, marker, empty=shown.empty)

    def _has_property(self) -> bool:
        """Whether the organisation defines our property, and lets us know. Asked once."""
        if self._defined is None:
            path = at("orgs", self.place.organisation, "properties", "schema")
            answer = self.place.api.get(path, absent=(404, _FORBIDDEN))
            listed = answer.data if answer is not None else ()
            self._defined = any(
                one["property_name"] == marks.PROPERTY and one["value_type"] == "string"
                for one in listed
            )
        return self._defined

    def _not_made(self, name: str, answer: Answer, asked: Asked) -> PlatformError:
        """Whether the name is taken, which may not be seen yet, or something else is wrong."""
        errors = answer.data.get("errors") if isinstance(answer.data, dict) else None
        listed = errors if isinstance(errors, list) else []
        if not any(isinstance(one, dict) and one.get("field") == "name" for one in listed):
            return answers.refused(answer, asked)
        look = self.place.repository
        if look(name) is None and self.place.waited(lambda: look(name)) is None:
            return self.place.kept(name, "exists, and these credentials do not see it")
        return self.place.kept(name, "exists already")

    def _shown(self, name: str, found: Found, marker: Marker | None) -> Repository:
        return self._as(name, found, marker, empty=self._empty(name, found))

    def _empty(self, name: str, found: Found) -> bool:
        """Whether it has no commit, and certainly so: its size is told late."""
        if found.get("size"):
            return False
        path = self.place.path(name, "commits", tail=f"heads/{found['default_branch']}")
        answer = self.place.api.get(path, accept=(_EMPTY, 404, _UNPROCESSABLE))
        return answer is not None and answer.status == _EMPTY

    def _as(self, name: str, found: Found, marker: Marker | None, *, empty: bool) -> Repository:
        address = f"{self.place.organisation}/{name}"
        url = f"{self.web}/{address}.git"
        return Repository(address, str(found["id"]), url, marker, empty)
