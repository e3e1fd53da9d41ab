"""Input that is refused: before anything is written, with every problem in one answer."""

from __future__ import annotations

import pytest

from tests.cli.program import Program

GOOD = {"domain": "loyalty", "owner": "@loyalty-team", "on_call": "loyalty pager"}

DOMAINS = (
    "",
    "a",
    "ab",
    "Loyalty",
    "loyalty_data",
    "-loyalty",
    "loyalty-",
    "loy--alty",
    "1loyalty",
    "../etc",
    "loyalty/x",
    ".git",
    "loyalty.git",
    "con",
    "nul",
    "main",
    "product",
    "platform",
    "loyalty\n",
    "loy alty",
    "l\u043eyalty",  # a Cyrillic o
    "loyalty\u202e",
    "\x1b[2Jloyalty",
    "x; drop table events",
    "$(touch owned)",
    "*",
    "a" * 41,
    "a" * 10_000,
)
OWNERS = (
    "",
    "loyalty-team",
    "@",
    "@a/b/c",
    "@-team",
    "user:loyalty",
    "user:@",
    "@Team",
    "@te am",
    "@team\n* @evil",
    "@org/",
    "mailto:x@y",
    "@" + "a" * 200,
)
ROTATIONS = ("", " pager", "pager ", "-pager", "pager/x", "p\x07ager", "a" * 61, "[/bold]", "%s")
ANSWERS = (
    "region",
    "=EU",
    "region=Atlantis",
    "region=eu",
    "customer_data=maybe",
    "product=raw-events",
    "product=raw_events",
    "description=",
    "description=two\nlines",
    "description=\u202eevil",
    "domain=other",
    "template_version=9",
    "colour=red",
    "description=" + "a" * 501,
)


def refused(program: Program, *more: str, **instead: str) -> str:
    """The answer to an `init` with something wrong in it; nothing may have been written."""
    asked = GOOD | instead
    argv = ("--owner", asked["owner"], "--on-call", asked["on_call"], *more)
    done = program.run("init", *argv, "--", asked["domain"])
    assert done.status == 2, done.all
    assert done.out == ""
    assert done.err.startswith("PLT-SPEC-001: ")
    assert "Nothing was written" in done.err
    assert "\nNext: " in done.err
    assert "\x1b" not in done.err
    assert not program.home.exists()
    assert not (program.folder / "config").exists()
    assert list(program.temporary.iterdir()) == []
    assert list(program.work.iterdir()) == []
    return done.err


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda text: ascii(text)[:40])
def test_a_domain(program: Program, domain: str) -> None:
    assert "- DOMAIN: " in refused(program, domain=domain)


@pytest.mark.parametrize("owner", OWNERS, ids=lambda text: ascii(text)[:40])
def test_an_owner(program: Program, owner: str) -> None:
    assert "- --owner: " in refused(program, owner=owner)


@pytest.mark.parametrize("rotation", ROTATIONS, ids=lambda text: ascii(text)[:40])
def test_a_rotation(program: Program, rotation: str) -> None:
    assert "- --on-call: " in refused(program, on_call=rotation)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda text: ascii(text)[:40])
def test_an_answer(program: Program, answer: str) -> None:
    assert "- --set" in refused(program, "--set", answer)


def test_everything_at_once(program: Program) -> None:
    told = refused(
        program,
        "--set",
        "region=Atlantis",
        "--set",
        "colour=red",
        "--set",
        "nothing",
        domain="Loyalty-",
        owner="team",
        on_call=" p/",
    )
    for address in ("DOMAIN", "--owner", "--on-call", "--set region", "--set"):
        assert f"- {address}: " in told
    assert told.count("\n  - ") == 9
    assert told.startswith("PLT-SPEC-001: 9 problems")


def test_in_a_dry_run_as_well(program: Program) -> None:
    refused(program, "--dry-run", "--offline", domain="Loyalty")


def test_a_moment_that_is_none(program: Program) -> None:
    for moment in ("", "now", "2026-02-30T00:00:00Z", "2026-01-05", "9999-12-31T23:59:59Z"):
        done = program.run(
            "init", "loyalty", "--owner", "@x", "--on-call", "p", "--requested-at", moment
        )
        assert done.status == 2
        assert done.err.startswith("PLT-USAGE-002: ")
    assert not program.home.exists()
