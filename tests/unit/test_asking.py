"""Who may ask, and since when: yes, no, not to be seen, and a question that fails."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_cli import spec, template
from platform_cli.errors import PlatformError, TemporaryError
from platform_cli.onboarding import asking, request
from platform_cli.onboarding.request import Request
from platform_cli.onboarding.surroundings import Surroundings
from tests.unit.onboarding_world import World

AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class Book:
    """A register that says what the test wrote into it."""

    answer: bool | PlatformError | None = True
    at: datetime | None = AT
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def belongs(self, person: str, organisation: str, team: str) -> bool | None:
        self.asked.append((person, organisation, team))
        if isinstance(self.answer, PlatformError):
            raise self.answer
        return self.answer

    def dispatched_at(self, repository: str, number: str) -> datetime | None:
        self.asked.append((repository, number))
        return self.at


def around(tmp_path: Path, book: Book | None) -> Surroundings:
    return replace(World(tmp_path).around(), register=book)


def wanted(owner: str = "@loyalty-team", person: str | None = "@cy", **more: object) -> Request:
    made = spec.parse("loyalty", owner, "p", organisation="acme")
    return Request(made, {}, on_behalf_of=person, **more)  # type: ignore[arg-type]  # tests name the fields


def test_whoever_belongs_is_the_actor(tmp_path: Path) -> None:
    book = Book()
    _, settled = asking.settled(wanted(), around(tmp_path, book))
    assert settled.actor == "@cy"
    assert book.asked == [("@cy", "acme", "loyalty-team")]


def test_a_team_of_another_organisation_is_asked_for_there(tmp_path: Path) -> None:
    book = Book()
    asking.settled(wanted("@other/x"), around(tmp_path, book))
    assert book.asked == [("@cy", "other", "x")]


def test_nobody_asks_where_nobody_was_named(tmp_path: Path) -> None:
    book = Book()
    same, settled = asking.settled(wanted(person=None), around(tmp_path, book))
    assert (same, settled.actor, book.asked) == (wanted(person=None), "ann", [])


@pytest.mark.parametrize(
    ("answer", "why"), [(False, "does not belong to"), (None, "is to be seen")]
)
def test_no_and_not_to_be_seen_are_refusals(tmp_path: Path, answer: bool | None, why: str) -> None:
    with pytest.raises(PlatformError, match=why) as caught:
        asking.settled(wanted(), around(tmp_path, Book(answer)))
    assert caught.value.code == "PLT-INIT-006"
    assert caught.value.exit == 4
    assert "nothing was done" in caught.value.summary


def test_an_error_is_no_yes(tmp_path: Path) -> None:
    book = Book(TemporaryError("PLT-FORGE-005", "no answer"))
    with pytest.raises(TemporaryError):
        asking.settled(wanted(), around(tmp_path, book))


def test_a_person_is_only_themself(tmp_path: Path) -> None:
    book = Book()
    assert asking.settled(wanted("user:@cy"), around(tmp_path, book))[1].actor == "@cy"
    with pytest.raises(PlatformError, match="themselves"):
        asking.settled(wanted("user:@ann"), around(tmp_path, book))
    assert book.asked == []


def test_the_embedded_forge_has_one_person(tmp_path: Path) -> None:
    assert asking.settled(wanted(person="@ann"), around(tmp_path, None))[1].actor == "@ann"
    for owner in ("@loyalty-team", "user:@cy"):
        with pytest.raises(PlatformError, match="somebody else"):
            asking.settled(wanted(owner), around(tmp_path, None))
    with pytest.raises(PlatformError, match="themselves"):
        asking.settled(wanted("user:@cy", "@ann"), around(tmp_path, None))


def test_the_moment_is_the_runs(tmp_path: Path) -> None:
    book = Book()
    asked = wanted(person=None, dispatched=("acme/platform", "42"))
    assert asking.settled(asked, around(tmp_path, book))[0].requested_at == AT
    assert book.asked == [("acme/platform", "42")]


@pytest.mark.parametrize(
    "book", [Book(at=None), Book(at=datetime(2099, 1, 1, tzinfo=UTC)), None], ids=str
)
def test_a_moment_that_cannot_be(tmp_path: Path, book: Book | None) -> None:
    asked = wanted(person=None, dispatched=("acme/platform", "42"))
    with pytest.raises(PlatformError) as caught:
        asking.settled(asked, around(tmp_path, book))
    assert caught.value.code == "PLT-USAGE-002"


def read(person: str | None = None, requested_at: str | None = None) -> Request:
    return request.read(
        domain="loyalty",
        owner="@t-t",
        on_call="p",
        organisation="acme",
        answers=(),
        source=template.packaged(),
        now=AT,
        requested_at=requested_at,
        on_behalf_of=person,
    )


@pytest.mark.parametrize("person", ["@Ann", "@ann_corp", "@a-b", "@a--b-"])
def test_a_login_is_read_in_any_case(person: str) -> None:
    assert read(person).on_behalf_of == person.lower()


@pytest.mark.parametrize(
    "person", ["", "@", "ann", "user:@ann", "@a/b", "@ann\n", "@a[bot]", "@" + "a" * 40, "@ä"]
)
def test_what_is_no_login(person: str) -> None:
    with pytest.raises(PlatformError) as caught:
        read(person)
    assert [problem.address for problem in caught.value.problems] == ["--on-behalf-of"]


def test_a_run_is_read() -> None:
    asked = read(requested_at="run:acme/platform.x/42")
    assert (asked.dispatched, asked.requested_at) == (("acme/platform.x", "42"), None)


@pytest.mark.parametrize(
    "text",
    [
        "run:",
        "run:acme/42",
        "run:acme/../42",
        "run:acme/./42",
        "run:a/b/c/1",
        "run:a/b/x",
        "run:a/b/1\n",
    ],
)
def test_what_is_no_run(text: str) -> None:
    with pytest.raises(PlatformError) as caught:
        read(requested_at=text)
    assert caught.value.code == "PLT-USAGE-002"
