"""The rule table as data: what each kind of difference costs, and why. Ids are permanent.

The organisation may give a rule another class; it never changes the id. Compares nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from platform_cli.errors import PlatformError

Class = Literal["none", "patch", "minor", "major", "refused"]
CLASSES: Final[tuple[Class, ...]] = get_args(Class)
Reclassed: TypeAlias = Mapping[str, Class]
"""The organisation's own class of a rule, by the rule's id."""


@dataclass(frozen=True, slots=True)
class Exempt:
    """The case in which a rule costs less, and what then."""

    when: str
    change_class: Class
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    id: str
    change: str
    change_class: Class
    why: str
    warning: str | None = None
    """Printed beside the class: what may still surprise a reader."""
    exempt: Exempt | None = None


def rank(change_class: Class) -> int:
    """The order of the classes: none, patch, minor, major, refused."""
    return CLASSES.index(change_class)


def highest(*classes: Class) -> Class:
    """The class of a change that is made of several."""
    return max(classes, key=rank, default="none")


_ROWS: Final = (
    Rule(
        "column-removed",
        "a column is gone; a rename is a removal and an addition",
        "major",
        "a query that names the column no longer compiles",
    ),
    Rule(
        "column-added-optional",
        "a new column that may be NULL",
        "minor",
        "existing queries do not name it, and existing rows need no value",
    ),
    Rule(
        "column-added-required",
        "a new column that may not be NULL",
        "major",
        "the writer must supply it, and existing rows have no value",
        exempt=Exempt("it has a `default`", "minor", "existing rows have its default"),
    ),
    Rule("column-moved", "order alone", "patch", "queries name columns, not their places"),
    Rule(
        "type-narrowed",
        "to a type that cannot hold every old value",
        "major",
        "some old values have no place in the new type",
    ),
    Rule(
        "type-changed",
        "to a type neither wider nor narrower",
        "major",
        "neither type holds every value of the other",
    ),
    Rule(
        "type-widened",
        "to a type that holds every old value exactly",
        "minor",
        "every old value is still there, exactly",
        warning="a reader that copies into the old type may overflow",
    ),
    Rule(
        "null-loosened",
        "`required: true` to `false`",
        "major",
        "readers may meet NULL where there was none",
    ),
    Rule(
        "null-tightened",
        "`required: false` to `true`",
        "minor",
        "readers meet fewer values than before, and none that is new",
    ),
    Rule("default-added", "a default where there was none", "minor", "no value is taken away"),
    Rule(
        "default-changed",
        "another default, or none any more",
        "major",
        "rows written without a value now mean something else",
    ),
    Rule(
        "enum-value-added",
        "a closed list grows",
        "major",
        "a reader that handles every value of the list meets another one",
        exempt=Exempt(
            "the column says `extensible: true`", "minor", "readers were told to expect new values"
        ),
    ),
    Rule(
        "enum-value-removed",
        "a closed list shrinks",
        "minor",
        "readers meet fewer values than before, and none that is new",
        warning="a reader that waits for the value waits for ever",
    ),
    Rule(
        "enum-opened",
        "a list is taken away, or becomes extensible",
        "major",
        "readers may meet any value where the list was closed",
    ),
    Rule(
        "enum-closed",
        "a list is put on, or is no longer extensible",
        "minor",
        "readers meet fewer values than before, and none that is new",
    ),
    Rule(
        "key-changed",
        "`primary_key` or `unique` columns differ",
        "major",
        "joins and counts by the key give another answer",
    ),
    Rule(
        "grain-changed",
        "`semantics.grain` differs",
        "major",
        "a row is something else now: every count and sum gives another answer",
    ),
    Rule(
        "unit-changed",
        "a column's `unit`, `currency` or `timezone` differs or is gone",
        "major",
        "the same number means another amount or moment",
    ),
    Rule(
        "unit-added",
        "a `unit`, `currency` or `timezone` is said for the first time",
        "minor",
        "something is promised that was not",
        warning="a reader may have taken it for another one",
    ),
    Rule(
        "grain-added",
        "`semantics.grain` is said for the first time",
        "minor",
        "something is promised that was not",
        warning="a reader may have taken a row for something else",
    ),
    Rule(
        "meaning-changed",
        "an entry of `semantics` differs or is gone while its column stays",
        "major",
        "the same query now answers another question",
        exempt=Exempt(
            "the change declares that entry `semantics_change: editorial`",
            "patch",
            "the change is declared editorial: other words, the same meaning",
        ),
    ),
    Rule("meaning-added", "an entry for what had none", "patch", "it says what was so before"),
    Rule("description-changed", "a description or a comment", "patch", "readers get the same data"),
    Rule(
        "sla-loosened",
        "freshness longer, completeness or accuracy lower, a promise removed",
        "major",
        "what readers rely on at run time no longer holds",
    ),
    Rule("sla-tightened", "the other way, or a promise added", "minor", "more is promised"),
    Rule(
        "retention-shortened",
        "`retention_days` is lower, or a limit is added",
        "major",
        "rows that a query counts will be gone",
    ),
    Rule(
        "retention-lengthened",
        "`retention_days` is higher, or a limit is removed",
        "minor",
        "rows stay longer",
    ),
    Rule("mask-added", "a mask is put on", "major", "the values that readers see change"),
    Rule("mask-changed", "another mask", "major", "the values that readers see change"),
    Rule(
        "mask-removed",
        "a mask is taken off",
        "major",
        "the values that readers see change; policy decides whether they may be seen",
    ),
    Rule("tag-added", "a tag on a column or the table", "minor", "something new is said"),
    Rule(
        "tag-removed",
        "a tag is gone from a column or the table",
        "major",
        "what acts on the tag no longer does; policy decides on PII and customer_data",
    ),
    Rule(
        "region-moved",
        "a `region:*` tag differs, is added or is gone",
        "major",
        "who may read the data, and from where, changes",
    ),
    Rule(
        "owner-changed",
        "another team, rotation or reviewer",
        "patch",
        "readers get the same data from other people",
    ),
    Rule(
        "sunset-moved-earlier",
        "the `sunset_date` published for a `previous_version` comes forward",
        "refused",
        "readers planned with the published day: no version can take it back",
    ),
    Rule(
        "deprecation-removed",
        "a `deprecation` is gone before its sunset",
        "refused",
        "readers of the previous major were promised to be told until its sunset",
    ),
    Rule("deprecation-added", "a deprecation is announced", "patch", "readers get the same data"),
    Rule(
        "sunset-moved-later", "readers have more time", "patch", "the previous major stays longer"
    ),
    Rule(
        "name-changed",
        "another fully qualified name",
        "refused",
        "it is another contract: publish it as one, and deprecate this one",
    ),
    Rule("extension-changed", "an `x-` key", "patch", "it is no part of the language"),
    Rule(
        "contract-removed",
        "the file is gone before its sunset",
        "refused",
        "readers were promised the table until a sunset",
    ),
)

RULES: Final[dict[str, Rule]] = {rule.id: rule for rule in _ROWS}


def reclassed(classes: Mapping[str, str]) -> Reclassed:
    """The organisation's table, checked. Raises PLT-CONTRACT-003 at an unknown rule or class."""
    table: dict[str, Class] = {}
    for identity, wanted in classes.items():
        found = next((one for one in CLASSES[1:] if one == wanted), None)
        if identity not in RULES or found is None:
            missing = "class" if identity in RULES else "rule"
            raise PlatformError(
                "PLT-CONTRACT-003",
                f"The bundle gives the rule {identity!a} the class {wanted!a}, and there is no "
                f"such {missing}. Nothing was compared.",
                address=identity,
            )
        table[identity] = found
    return table


@dataclass(frozen=True, slots=True)
class Price:
    """What a difference costs under the organisation's table."""

    change_class: Class
    reason: str


def price(identity: str, reclassed: Reclassed, *, exempt: bool = False) -> Price:
    """The class of a rule and why. Re-classing is said; an exempt case never costs more by it."""
    rule = RULES[identity]
    own = reclassed.get(identity)
    ordinary = own if own is not None else rule.change_class
    if exempt and rule.exempt is not None:
        if rank(rule.exempt.change_class) <= rank(ordinary):
            return Price(rule.exempt.change_class, rule.exempt.why)
        return Price(ordinary, f"{rule.exempt.why}{_said(rule, own)}")
    warning = f"; warning: {rule.warning}" if rule.warning else ""
    return Price(ordinary, f"{rule.why}{warning}{_said(rule, own)}")


def _said(rule: Rule, own: Class | None) -> str:
    if own is None or own == rule.change_class:
        return ""
    return f"; re-classed by the organisation from {rule.change_class} to {own}"
