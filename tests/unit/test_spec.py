"""What a domain's name, owner and rotation may be, and how refusals are told."""

from __future__ import annotations

import dataclasses
import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_cli import spec
from platform_cli.errors import Exit, PlatformError
from platform_cli.spec import DomainSpec, Owner, parse, problems_of

RULE = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
OWNER_RULE = re.compile(r"@([a-z0-9-]{1,39}/[a-z0-9_-]{1,100}|[a-z0-9_-]{1,39})")
GOOD_OWNER = "@loyalty-team"
GOOD_ROTATION = "loyalty-pager"

INVALID_DOMAINS = [
    ("", "empty"),
    ("a", "1 character"),
    ("ab", "2 characters"),
    ("a" * 41, "41 characters"),
    ("Loyalty", "'L'"),
    ("LOYALTY", "'L'"),
    ("loyalty_points", "'_'"),
    ("loyalty points", "' '"),
    ("1loyalty", "does not begin with a letter"),
    ("-loyalty", "does not begin with a letter"),
    ("--help", "does not begin with a letter"),
    ("loyalty-", "ends with -"),
    ("loyalty--points", "contains --"),
    ("loyalty\n", r"'\n'"),
    ("\nloyalty", r"'\n'"),
    ("loyalty\r\n", r"'\r'"),
    ("loyalty\x00", r"'\x00'"),
    ("\x1b[2Jloyalty", r"'\x1b'"),
    ("\x9b2Jloyalty", r"'\x9b'"),
    ("loyalt\u0443", r"'\u0443'"),
    ("\u0430cme", r"'\u0430'"),
    ("loyalty\u202egnp", r"'\u202e'"),
    ("loyalty\u200b", r"'\u200b'"),
    ("loy\u0131n", r"'\u0131'"),
    ("loyalty\u0663", r"'\u0663'"),
    ("\uff4coyalty", r"'\uff4c'"),
    ("loyalty\udcff", r"'\udcff'"),
    ("../loyalty", "'.'"),
    ("loyalty/../x", "'/'"),
    (".git", "'.'"),
    ("loyalty.git", "'.'"),
    ("loyalty'; drop table x", '"\'"'),
    ("loyalty[_]", "'['"),
    ("$(loyalty)", "'$'"),
    ("${{ loyalty }}", "'$'"),
    ("[[ loyalty ]]", "'['"),
    ("=cmd()", "'='"),
    ("<script>", "'<'"),
    ("platform", "reserved"),
    ("raw", "reserved"),
    ("derived", "reserved"),
    ("product", "reserved"),
    ("main", "reserved"),
    ("Main", "reserved"),
    ("con", "reserved"),
    ("CON", "reserved"),
    ("prn", "reserved"),
    ("aux", "reserved"),
    ("nul", "reserved"),
    ("com0", "reserved"),
    ("com9", "reserved"),
    ("lpt1", "reserved"),
]

INVALID_OWNERS = [
    ("", "empty"),
    ("loyalty-team", "no @"),
    ("user:ada", "no @"),
    ("@", "names no team"),
    ("@/team", "names no organisation"),
    ("@org/", "names no team"),
    ("user:@", "names no person"),
    ("@Loyalty-Team", "upper-case"),
    ("@Acme/team", "upper-case"),
    ("user:@Ada", "upper-case"),
    ("@a/b/c", "none of the three forms"),
    ("user:@org/team", "none of the three forms"),
    ("@@team", "none of the three forms"),
    ("@team@org", "none of the three forms"),
    ("@user:ada", "none of the three forms"),
    ("@-team", "begins or ends with -"),
    ("@team-", "begins or ends with -"),
    ("@-org/team", "cannot exist"),
    ("@org-/team", "cannot exist"),
    ("@o--rg/team", "cannot exist"),
    ("@o_rg/team", "cannot exist"),
    ("user:@-ada", "cannot exist"),
    ("user:@ada--l", "cannot exist"),
    ("user:@ada_", "cannot exist"),
    ("user:@a_b_c", "cannot exist"),
    ("@" + "o" * 40 + "/team", "40 characters"),
    ("user:@" + "a" * 40, "40 characters"),
    ("@" + "t" * 101, "101 characters"),
    ("@team name", "' '"),
    ("@team\n", r"'\n'"),
    ("@team\x00", r"'\x00'"),
    ("@te\x1b]0;x\x07am", r"'\x1b'"),
    ("@t\u0435am", r"'\u0435'"),
    ("@team\u202e", r"'\u202e'"),
    ("@../team", "'.'"),
    ("@team.name", "'.'"),
    ("@team # everyone", "'#'"),
    ("*", "'*'"),
    ("--owner", "no @"),
    ("ada@example.com", "'.'"),
]

INVALID_ROTATIONS = [
    ("", "empty"),
    ("a" * 61, "61 characters"),
    (" pager", "space at an end"),
    ("pager ", "space at an end"),
    ("-pager", "begins with -"),
    ("--no-page", "begins with -"),
    ("pager\n", r"'\n'"),
    ("pager\t1", r"'\t'"),
    ("pager\x00", r"'\x00'"),
    ("p\u0430ger", r"'\u0430'"),
    ("pager\u2066", r"'\u2066'"),
    ("pager/1", "'/'"),
    ("[/red]", "'['"),
    ("pager\u00a0x", r"'\xa0'"),
]


def summaries(
    domain: str = "loyalty", owner: str = GOOD_OWNER, on_call: str = GOOD_ROTATION
) -> str:
    return "\n".join(problem.summary for problem in problems_of(domain, owner, on_call))


@pytest.mark.parametrize(("domain", "told"), INVALID_DOMAINS)
def test_refuses_a_domain_and_says_why(domain: str, told: str) -> None:
    assert told in summaries(domain=domain)
    assert {one.address for one in problems_of(domain, GOOD_OWNER, GOOD_ROTATION)} == {"DOMAIN"}


@pytest.mark.parametrize(("owner", "told"), INVALID_OWNERS)
def test_refuses_an_owner_and_says_why(owner: str, told: str) -> None:
    assert told in summaries(owner=owner)
    assert {one.address for one in problems_of("loyalty", owner, GOOD_ROTATION)} == {"--owner"}


@pytest.mark.parametrize(("on_call", "told"), INVALID_ROTATIONS)
def test_refuses_a_rotation_and_says_why(on_call: str, told: str) -> None:
    assert told in summaries(on_call=on_call)
    assert {one.address for one in problems_of("loyalty", GOOD_OWNER, on_call)} == {"--on-call"}


@pytest.mark.parametrize(
    "domain",
    [
        "abc",
        "a1b",
        "loyalty",
        "loyalty-points",
        "a-b-c",
        "a" * 40,
        "git",
        "com10",
        "con-data",
        "raw1",
    ],
)
def test_accepts_a_domain(domain: str) -> None:
    assert parse(domain, GOOD_OWNER, GOOD_ROTATION, organisation="acme").domain == domain


@pytest.mark.parametrize(
    ("owner", "made", "text"),
    [
        ("@team", Owner("team", "acme", "team"), "@acme/team"),
        ("@t", Owner("team", "acme", "t"), "@acme/t"),
        ("@data_eng-2", Owner("team", "acme", "data_eng-2"), "@acme/data_eng-2"),
        ("@other/team", Owner("team", "other", "team"), "@other/team"),
        ("@" + "o" * 39 + "/" + "t" * 100, Owner("team", "o" * 39, "t" * 100), None),
        ("user:@ada", Owner("user", None, "ada"), "@ada"),
        ("user:@ada-l", Owner("user", None, "ada-l"), "@ada-l"),
        ("user:@ada_acme", Owner("user", None, "ada_acme"), "@ada_acme"),
    ],
)
def test_accepts_an_owner(owner: str, made: Owner, text: str | None) -> None:
    found = parse("loyalty", owner, GOOD_ROTATION, organisation="acme").owner
    assert found == made
    assert text is None or found.text == text


@pytest.mark.parametrize("on_call", ["x", "loyalty-pager", "Loyalty Pager_2", "_x", "a" * 60, "x-"])
def test_accepts_a_rotation(on_call: str) -> None:
    assert parse("loyalty", GOOD_OWNER, on_call, organisation="acme").on_call == on_call


def test_a_team_without_organisation_is_the_same_owner_as_with_it() -> None:
    short = parse("loyalty", "@team", "x", organisation="acme")
    assert short == parse("loyalty", "@acme/team", "x", organisation="acme")


def test_a_catalog_has_underscores() -> None:
    made = parse("loyalty-points-eu", GOOD_OWNER, GOOD_ROTATION, organisation="acme")
    assert made.catalog_name == "loyalty_points_eu"


def test_a_spec_cannot_be_changed() -> None:
    made = parse("loyalty", GOOD_OWNER, GOOD_ROTATION, organisation="acme")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.domain = "other"  # type: ignore[misc]  # refused is what is tested


def test_all_problems_come_in_one_answer() -> None:
    with pytest.raises(PlatformError) as caught:
        parse("Main_", "Team", " -x\n", organisation="acme")
    error = caught.value
    assert error.code == "PLT-SPEC-001"
    assert error.exit is Exit.USAGE
    assert [one.address for one in error.problems] == [
        *["DOMAIN"] * 2,
        *["--owner"] * 2,
        *["--on-call"] * 2,
    ]
    assert error.summary.startswith("6 problems ")
    assert error.address == "DOMAIN"


def test_one_problem_is_told_whole() -> None:
    with pytest.raises(PlatformError) as caught:
        parse("loyalty", "team", GOOD_ROTATION, organisation="acme")
    assert (
        caught.value.summary
        == "1 problem with what was asked for; the owner 'team' has no @ before its name"
    )
    assert caught.value.hint == "Write @team."
    assert caught.value.address == "--owner"


@pytest.mark.parametrize(
    ("domain", "instead"),
    [
        ("Loyalty", "loyalty"),
        ("loyalty_points", "loyalty-points"),
        ("Loyalty Points", "loyalty-points"),
        ("loyalty--points", "loyalty-points"),
        ("loyalty-", "loyalty"),
        ("1st-loyalty", "st-loyalty"),
        ("a" * 50, "a" * 40),
    ],
)
def test_suggests_a_name_that_is_valid(domain: str, instead: str) -> None:
    hints = [one.hint for one in problems_of(domain, GOOD_OWNER, GOOD_ROTATION)]
    assert all(hint.endswith(f" For instance {instead}.") for hint in hints)
    assert problems_of(instead, GOOD_OWNER, GOOD_ROTATION) == ()


@pytest.mark.parametrize("domain", ["loyalt\u0443", "C-O-N\u0430", "__", "Raw", "7", "\u0130ab"])
def test_suggests_nothing_where_it_would_mislead(domain: str) -> None:
    assert all("For instance" not in one.hint for one in problems_of(domain, GOOD_OWNER, "x"))


@pytest.mark.parametrize(
    ("owner", "instead"),
    [
        ("@Loyalty-Team", "@loyalty-team"),
        ("@Acme/Team", "@acme/team"),
        ("user:@Ada", "user:@ada"),
        ("user:ada", "user:@ada"),
    ],
)
def test_suggests_an_owner_that_is_valid(owner: str, instead: str) -> None:
    (problem,) = problems_of("loyalty", owner, GOOD_ROTATION)
    assert problem.hint == f"Write {instead}."
    assert problems_of("loyalty", instead, GOOD_ROTATION) == ()


def test_reserved_words_can_be_had_with_a_suffix() -> None:
    for word in spec.RESERVED:
        assert problems_of(f"{word}-data", GOOD_OWNER, GOOD_ROTATION) == ()


HOSTILE = [
    "a" * 65536,
    "-" * 65536,
    "a-" * 32768,
    "a-" * 32768 + "!",
    "@" * 65536,
    "@" + "a-" * 32768 + "/",
    "@" + "/" * 65536,
    "user:@" + "a_" * 32768,
    "user:@" + "a" * 65536 + "-",
    " " * 65536,
    "\x00" * 65536,
    "\u202e" * 65536,
    "".join(chr(n) for n in range(0x100, 0xD800)),
    "A" * 65536,
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_long_input_is_refused_in_short_words(text: str) -> None:
    problems = problems_of(text, text, text)
    assert {"DOMAIN", "--owner", "--on-call"} == {one.address for one in problems}
    assert all(len(one.summary) < 1000 and len(one.hint) < 1000 for one in problems)


@given(st.text(), st.text(), st.text())
@settings(deadline=None)
def test_no_message_carries_what_a_terminal_obeys(domain: str, owner: str, on_call: str) -> None:
    for problem in problems_of(domain, owner, on_call):
        for told in (problem.summary, problem.hint):
            assert told.isascii()
            assert told.isprintable()


near_names = st.text(alphabet=string.ascii_lowercase + string.digits + "-_A\n", max_size=45)


@given(near_names | st.from_regex(RULE, fullmatch=True) | st.text())
@settings(deadline=None, max_examples=500)
def test_whatever_is_accepted_fits_the_whole_rule(domain: str) -> None:
    accepted = problems_of(domain, GOOD_OWNER, GOOD_ROTATION) == ()
    fits = RULE.fullmatch(domain) is not None and "--" not in domain and domain not in spec.RESERVED
    assert accepted == fits


near_owners = st.text(alphabet="ab-_/@:\nA", max_size=12).map(lambda text: f"@{text}")


@given(near_owners | near_owners.map(lambda text: f"user:{text}") | st.text())
@settings(deadline=None, max_examples=500)
def test_whatever_owner_is_accepted_can_stand_in_codeowners(owner: str) -> None:
    if problems_of("loyalty", owner, GOOD_ROTATION) == ():
        made = parse("loyalty", owner, GOOD_ROTATION, organisation="acme")
        assert OWNER_RULE.fullmatch(made.owner.text)


@given(st.text(alphabet=string.ascii_letters + string.digits + " -_\n", max_size=65) | st.text())
@settings(deadline=None, max_examples=300)
def test_whatever_rotation_is_accepted_fits_the_whole_rule(on_call: str) -> None:
    accepted = problems_of("loyalty", GOOD_OWNER, on_call) == ()
    fits = re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9 _-]{0,58}[A-Za-z0-9_-])?", on_call) is not None
    assert accepted == fits


def test_a_spec_is_plain_data() -> None:
    made = DomainSpec("loyalty", Owner("user", None, "ada"), "pager")
    assert made == parse("loyalty", "user:@ada", "pager", organisation="acme")
