"""Exceptions: what they must say, and the second in which they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_cli import policies
from platform_cli.errors import PlatformError
from platform_cli.policies import output
from platform_cli.policies.decisions import Decision, evaluate
from platform_cli.policies.embedded import Embedded
from platform_cli.policies.exceptions import (
    FIELDS,
    SCHEMA,
    PolicyException,
    read_files,
    read_repository,
)

BUNDLE = policies.released()
SECOND = timedelta(seconds=1)
END = datetime(2026, 3, 31, 12, tzinfo=UTC)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
GRANTED: dict[str, Any] = {
    "policy": "mesh.cross_region",
    "resource": "orders.product.order_facts",
    "reason": "The model moves to the EU in March.",
    "granted_by": "@data-compliance",
    "granted_on": "2026-01-12T00:00:00Z",
    "expires": "2026-03-31T12:00:00Z",
}


def written(**changes: object) -> bytes:
    fields = {key: value for key, value in {**GRANTED, **changes}.items() if value is not ...}
    return yaml.safe_dump(fields).encode()


def read(*contents: bytes, now: datetime = NOW) -> tuple[PolicyException, ...]:
    files = {f"exceptions/{number}.yaml": content for number, content in enumerate(contents)}
    return read_files(files, BUNDLE, now)


def problems(*contents: bytes, now: datetime = NOW) -> list[str]:
    with pytest.raises(PlatformError) as raised:
        read(*contents, now=now)
    assert raised.value.code == "PLT-POLICY-005"
    assert raised.value.exit == 1
    return [problem.summary for problem in raised.value.problems]


def pipeline(
    table: str = "order_facts", region: object = "us-east-1", **more: Any
) -> dict[str, Any]:
    read = {
        "name": f"orders.product.{table}",
        "domain": "orders",
        "tier": "product",
        "table": table,
        "tags": ["region:EU"],
    }
    return {
        "kind": "pipeline",
        "name": "marketing.derived.p",
        "domain": "marketing",
        "compute_region": region,
        "reads": [read],
        **more,
    }


def decide(
    document: object, exceptions: tuple[PolicyException, ...], now: datetime
) -> tuple[Decision, ...]:
    return evaluate(
        BUNDLE,
        [policies.document("p", document)],
        engine=Embedded(),
        exceptions=exceptions,
        now=now,
    ).decisions


# ---- Time


@pytest.mark.parametrize(
    ("expires", "last"),
    [
        ("2026-03-31T12:00:00Z", END),
        ("2026-03-31T14:00:00+02:00", END),
        ("2026-03-31", datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_one_second_after_it_expires_the_denial_is_back(expires: str, last: datetime) -> None:
    found = read(written(expires=expires))
    (waived,) = decide(pipeline(), found, last)
    assert waived.severity == "warn"
    assert waived.exception == found[0]
    assert f"(waived until {expires} by exceptions/0.yaml)" in waived.message
    (denied,) = decide(pipeline(), found, last + SECOND)
    assert (denied.severity, denied.exception) == ("deny", None)
    assert "waived" not in denied.message


def test_it_holds_from_the_moment_it_is_granted() -> None:
    begin = datetime(2026, 1, 12, tzinfo=UTC)
    found = read(written())
    assert decide(pipeline(), found, begin)[0].severity == "warn"
    assert decide(pipeline(), found, begin - SECOND)[0].severity == "deny"


def test_one_that_ran_out_is_no_error() -> None:
    (found,) = read(written(), now=END + timedelta(days=400))
    assert not found.valid(END + timedelta(days=400))
    assert found.days_left(END + timedelta(days=400)) == -400
    assert found.days_left(END - timedelta(days=2, hours=1)) == 2


@pytest.mark.parametrize("expires", ["2026-04-12T00:00:00Z", "2026-04-12"])
def test_ninety_days_are_the_most(expires: str) -> None:
    assert read(written(expires=expires))


@pytest.mark.parametrize("expires", ["2026-04-12T00:00:01Z", "2026-04-13", "2030-01-01"])
def test_more_than_ninety_days_are_an_error(expires: str) -> None:
    assert problems(written(expires=expires)) == ["expires is more than 90 days after granted_on"]


def test_granted_in_the_future_is_an_error() -> None:
    assert (
        "in the future" in problems(written(), now=datetime(2026, 1, 11, 23, 59, 59, tzinfo=UTC))[0]
    )


def test_ending_before_it_begins_is_an_error() -> None:
    assert problems(written(expires="2026-01-11T23:59:59Z")) == ["it ends before it begins"]
    assert problems(written(expires="2026-01-11")) == ["it ends before it begins"]
    assert read(written(granted_on="2026-01-12", expires="2026-01-12"))


@pytest.mark.parametrize("key", ["granted_on", "expires"])
@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2026-02-30",
        "2026-01-31T00:00:00",
        "2026-01-31 00:00",
        "31.01.2026",
        "2026-01-31T25:00:00Z",
        "20260131",
        "2026-W05-1",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_time_that_cannot_be_read_is_an_error(key: str, text: str) -> None:
    assert "a time cannot be read" in problems(written(**{key: text}))[0]


# ---- What it must say


@pytest.mark.parametrize("key", FIELDS)
@pytest.mark.parametrize("value", [..., None, "", "  ", 1, ["x"]])
def test_every_field_is_needed(key: str, value: object) -> None:
    assert f"{key} is missing, empty or not a text" in problems(written(**{key: value}))


def test_another_field_is_an_error() -> None:
    assert "approved is not a field of an exception" in problems(written(approved="yes"))


@pytest.mark.parametrize(
    "policy", ["mesh.pii_masking", "mesh.retention", "mesh.bounded_context", "mesh.tag_inheritance"]
)
def test_a_policy_that_allows_none_makes_it_an_error(policy: str) -> None:
    assert problems(written(policy=policy)) == [f"{policy} allows no exceptions"]


@pytest.mark.parametrize("policy", ["cross_region", "mesh.Cross_region", "mesh.unheard"])
def test_a_policy_that_there_is_not_is_an_error(policy: str) -> None:
    assert problems(written(policy=policy)) == [f"there is no policy {policy}"]


@pytest.mark.parametrize(
    "resource",
    ["orders", "*", "orders.product.*.x", "orders.gold.x", "orders.product.", "a.product.b c"],
)
def test_a_resource_that_is_no_table_is_an_error(resource: str) -> None:
    assert "is not a table" in problems(written(resource=resource))[0]


def test_given_twice_is_an_error() -> None:
    assert "is an exception" in problems(written(), written(reason="again"))[0]
    assert len(read(written(), written(resource="orders.product.other"))) == 2


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"x", b"a: 1\na: 1", b"\xff", b"- policy: x", b"&a [*a]"]
)
def test_a_file_that_cannot_be_read_is_an_error(content: bytes) -> None:
    assert problems(content)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert len(problems(written(policy="x", reason=""), written(expires="soon"), b"[")) == 4


def test_the_schema_says_the_same() -> None:
    assert SCHEMA["required"] == list(FIELDS)
    assert set(SCHEMA["properties"]) == set(FIELDS)
    assert SCHEMA["additionalProperties"] is False


# ---- What it waives


def test_only_the_named_table_is_waived() -> None:
    found = read(written())
    (decision,) = decide(pipeline("other"), found, NOW)
    assert decision.severity == "deny"


def test_what_cannot_be_read_is_never_waived() -> None:
    found = read(written())
    decisions = decide(pipeline(region=None), found, NOW)
    assert {(d.address, d.severity) for d in decisions} == {
        ("compute_region", "deny"),
        ("orders.product.order_facts", "warn"),
    }
    misspelt = pipeline()
    misspelt["reads"][0]["tags"] = ["region:eu"]
    assert [d.severity for d in decide(misspelt, found, NOW)] == ["deny"]


def test_another_policy_s_denial_of_the_same_table_is_not_waived() -> None:
    document = pipeline()
    document["reads"][0] |= {"name": "orders.raw.order_facts", "tier": "raw"}
    found = read(written(resource="orders.raw.order_facts"))
    assert {(d.policy, d.severity) for d in decide(document, found, NOW)} == {
        ("mesh.cross_region", "warn"),
        ("mesh.bounded_context", "deny"),
    }


def test_an_exception_that_was_made_by_hand_for_a_policy_without_them_waives_nothing() -> None:
    (given,) = read(written())
    forged = PolicyException(
        given.path,
        "mesh.bounded_context",
        "orders.raw.order_facts",
        "x",
        "x",
        given.granted_on,
        given.expires,
        "x",
    )
    document = pipeline(region="eu-central-1")
    document["reads"][0] |= {"name": "orders.raw.order_facts", "tier": "raw"}
    assert [d.severity for d in decide(document, (forged,), NOW)] == ["deny"]


def test_waived_is_counted_apart_and_passes() -> None:
    found = read(written())
    outcome = evaluate(
        BUNDLE,
        [policies.document("p", pipeline())],
        engine=Embedded(),
        exceptions=found,
        now=NOW,
    )
    assert (outcome.outcome, outcome.waived) == ("passed", 1)
    document = output.check(outcome)
    assert document["waived"] == 1
    assert document["decisions"][0]["exception"]["expires"] == "2026-03-31T12:00:00Z"


# ---- The folder


def test_the_files_of_a_repository(tmp_path: Path) -> None:
    assert read_repository(tmp_path, BUNDLE, NOW) == ()
    (folder := tmp_path / "exceptions").mkdir()
    (folder / "README.md").write_text("# none", encoding="utf-8")
    assert read_repository(tmp_path, BUNDLE, NOW) == ()
    (folder / "2026").mkdir()
    (folder / "2026" / "a.yaml").write_bytes(written())
    (folder / "b.yml").write_bytes(written(resource="orders.product.b"))
    (folder / "c.json").write_text(
        '{"policy": "mesh.cross_region", "resource": "orders.product.c", "reason": "r",'
        ' "granted_by": "g", "granted_on": "2026-01-12", "expires": "2026-02-12"}',
        encoding="utf-8",
    )
    found = read_repository(tmp_path, BUNDLE, NOW)
    assert [each.path for each in found] == [
        "exceptions/2026/a.yaml",
        "exceptions/b.yml",
        "exceptions/c.json",
    ]


def test_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_bytes(written())
    (tmp_path / "repository" / "exceptions").mkdir(parents=True)
    (tmp_path / "repository" / "exceptions" / "a.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(PlatformError) as raised:
        read_repository(tmp_path / "repository", BUNDLE, NOW)
    assert raised.value.code == "PLT-POLICY-005"


def test_the_list_of_exceptions() -> None:
    found = read(written(resource="orders.product.later", expires="2026-04-01"), written())
    told = output.exceptions(found, END + SECOND)
    assert [(e["resource"], e["days_left"], e["valid"]) for e in told["exceptions"]] == [
        ("orders.product.order_facts", -1, False),
        ("orders.product.later", 1, True),
    ]
