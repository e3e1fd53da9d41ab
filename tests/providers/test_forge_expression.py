"""Expressions of a workflow: what is known is evaluated as GitHub does, everything else refused."""

from __future__ import annotations

import pytest

from platform_cli.providers.forge import expression

NAMES = {
    "github.event_name": "push",
    "github.ref": "refs/heads/main",
    "vars.catalog": "Loyalty",
    "env.empty": "",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.ref", "refs/heads/main"),
        (" GitHub.Ref ", "refs/heads/main"),
        ("vars.CATALOG", "Loyalty"),
        ("vars.nobody_set_it", ""),
        ("env.empty", ""),
        ("'it''s'", "it's"),
        ("true", True),
        ("!true", False),
        ("! ''", True),
        ("github.event_name == 'push'", True),
        ("github.event_name == 'PUSH'", True),
        ("github.event_name != 'push'", False),
        ("github.event_name == 'pull_request' || github.ref == 'refs/heads/main'", True),
        ("github.event_name == 'push' && github.ref == 'refs/heads/x'", False),
        ("(true || false) && false", False),
        ("true || false && false", True),
        ("vars.none || 'default'", "default"),
        ("always()", True),
        ("success() && !cancelled()", True),
        ("failure()", False),
    ],
)
def test_what_is_known(text: str, value: object) -> None:
    assert expression.evaluate(text, NAMES) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secrets.TOKEN",
        "github.token",
        "github",
        "github.event.pull_request.title",
        "matrix.python",
        "steps.one.outputs.x",
        "hashFiles('**')",
        "contains(github.ref, 'x')",
        "true == 'true'",
        "github.ref == ",
        "github.ref 'x'",
        "== 'x'",
        "(true",
        "true)",
        "'open",
        "1 == 1",
        "github.run_number > 1",
        "a[0]",
        "vars.a.b",
        "true && (secrets.TOKEN)",
        "true || secrets.TOKEN",
        "${{ true }}",
    ],
)
def test_what_is_not_is_refused_and_named(text: str) -> None:
    with pytest.raises(expression.UnknownError) as caught:
        expression.evaluate(text, NAMES)
    assert text.strip()[:20] in str(caught.value)


def test_filling_a_text() -> None:
    text = "a ${{ vars.catalog }}-${{github.event_name == 'push'}} $HOME {{ ref('x') }} ${x}"
    assert expression.fill(text, NAMES) == "a Loyalty-true $HOME {{ ref('x') }} ${x}"
    assert expression.fill("none", {}) == "none"
    with pytest.raises(expression.UnknownError, match="secrets"):
        expression.fill("x ${{ secrets.TOKEN }}", NAMES)


def test_what_is_filled_in_is_not_filled_again() -> None:
    """A variable's value is a value, whatever it looks like."""
    names = {"vars.a": "${{ vars.b }}", "vars.b": "b"}
    assert expression.fill("${{ vars.a }}", names) == "${{ vars.b }}"


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("github.event_name == 'push'", True),
        ("${{ github.event_name == 'pull_request' }}", False),
        (" ${{ vars.catalog }} ", True),
        ("vars.none", False),
    ],
)
def test_a_condition(condition: str, value: bool) -> None:
    assert expression.holds(condition, NAMES) is value


def test_a_condition_that_is_a_text_around_an_expression() -> None:
    """GitHub takes it as a text that is never empty: true, whatever was meant."""
    with pytest.raises(expression.UnknownError):
        expression.holds("${{ vars.none }} == 'x'", NAMES)
