"""YAML that wants time, memory or two readings, at every door by which it comes in.

`tests/unit/test_contract_yaml.py` holds where each refusal is said to stand, and with
`test_contract_fuzz.py`, `test_policies_reading.py` and `test_dbt_project.py` what any bytes come to;
here the same attacks go through all doors, and no door may be missing.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import platform_cli
from platform_cli.contracts import load, pins
from platform_cli.dbt_project import yaml_text
from platform_cli.dbt_project.files import LARGEST_TEXT
from platform_cli.policies import reading
from platform_cli.providers.forge import workflow
from platform_cli.template import checking
from tests.unit.test_contract_yaml import HOSTILE, VALID

PACKAGE: Final = Path(platform_cli.__file__).parent
LARGEST: Final = 64 * 1024


def _contract(data: bytes) -> bool:
    found = load.load(data, "x")
    return found.contract is not None and not [f for f in found.findings if f.severity == "error"]


def _pins(data: bytes) -> bool:
    return not pins.load(data).findings


def _raising(read: Callable[[bytes], object]) -> Callable[[bytes], bool]:
    """Whether the reader takes it; what it raises is its refusal, and nothing else may come."""

    def takes(data: bytes) -> bool:
        try:
            read(data)
        except (ValueError, workflow.UnreadableError):
            return False
        except Exception as error:
            if type(error).__module__.startswith("yaml."):  # a refusal of the parser's
                return False
            raise
        return True

    return takes


# Each module that gives text to PyYAML, and its door.
DOORS: Final[dict[str, Callable[[bytes], bool]]] = {
    "contracts/yaml_source.py": _contract,
    "contracts/pins.py": _pins,
    "policies/reading.py": _raising(lambda data: reading.read("x.yaml", data)),
    "dbt_project/yaml_text.py": _raising(yaml_text.read_yaml),
    "template/checking.py": _raising(lambda data: checking.yaml_documents(data.decode())),
    "providers/forge/workflow.py": _raising(workflow.parse),
}
READING: Final = frozenset({"load", "load_all", "safe_load", "safe_load_all", "parse", "compose"})
READING_TOO: Final = frozenset({"compose_all", "scan", "unsafe_load", "full_load"})
LOADERS: Final = frozenset(
    {
        "BaseLoader",
        "CBaseLoader",
        "SafeLoader",
        "CSafeLoader",
        "FullLoader",
        "Loader",
        "UnsafeLoader",
    }
)


def test_no_door_is_missing() -> None:
    """Whatever gives text to PyYAML is on the list, and none of it makes objects."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "attr", None) or getattr(node, "value", None)
            name = name if isinstance(name, str) else None
            within = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "yaml"
            if (within and name in READING | READING_TOO | LOADERS) or name in LOADERS:
                found.add(path.relative_to(PACKAGE).as_posix())
                assert name not in {"UnsafeLoader", "Loader", "FullLoader", "unsafe_load", "load"}
    assert found == set(DOORS) - {"contracts/pins.py"}, "contracts/pins.py reads as contracts do"


def bomb(levels: int) -> str:
    """Merge keys that double with each level: 750 bytes took PyYAML 2.7 seconds."""
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{n + 1}: &a{n + 1}\n  <<: [*a{n}, *a{n}]" for n in range(levels)]
    return "\n".join(lines) + "\n"


def laughs() -> str:
    """Aliases that are ten times as much with each level."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(9)]
    return "\n".join(lines) + "\n"


REFUSED: Final[dict[str, str]] = {
    "a key twice": "name: a\nname: b\n",
    "a key twice, deeper": "x:\n  - a: 1\n    a: 2\n",
    "a key twice, quoted": "name: a\n'name': b\n",
    "a merge key": "x: &x {a: 1}\ny: {<<: *x}\n",
    "a merge bomb": bomb(24),
    "a tag of Python": "x: !!python/object/apply:os.system [id]\n",
    "too deep": "x: " + "[" * 65 + "]" * 65 + "\n",
    "deep without an end": "[" * 60_000,
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_every_door_refuses(door: str, text: str) -> None:
    assert not DOORS[door](text.encode())


@pytest.mark.parametrize("door", [door for door in DOORS if door != "template/checking.py"])
def test_what_may_not_grow(door: str) -> None:
    """The template's reader shares what an alias names, so that nothing there grows."""
    assert not DOORS[door](laughs().encode())


def test_what_a_template_shares_stays_small() -> None:
    (found,) = checking.yaml_documents(laughs())
    assert found["a9"][0] is found["a9"][9]


_ANY: Final = "a: {b: 1}\n"
_JOB: Final = "on: push\njobs: {p: {runs-on: x, steps: [{run: 'true'}]}}\n"
_PIN: Final = '- {source: orders.product.facts, pin: "^1.0", on_breaking: warn}\n'
# A text that the door takes, and what makes of it one that it does not.
ALONE: Final[dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "contracts/yaml_source.py": (
        VALID,
        (
            ("owner:", "name: orders.product.order_facts\nowner:"),
            ("owner:", "<<: {x-a: 1}\nowner:"),
            ("owner:", "x-a: !x 1\nowner:"),
        ),
    ),
    "contracts/pins.py": (
        _PIN,
        (
            ("pin:", 'pin: "^1.0", pin:'),
            ("- {", "- {<<: {on_breaking: warn}, "),
            ("warn", "!x warn"),
        ),
    ),
    "policies/reading.py": (_ANY, (("b: 1", "b: 1, b: 2"), ("b: 1", "<<: {c: 1}"), ("1", "!x 1"))),
    "dbt_project/yaml_text.py": (
        _ANY,
        (("b: 1", "b: 1, b: 2"), ("b: 1", "<<: {c: 1}"), ("1", "!x 1")),
    ),
    "template/checking.py": (
        _ANY,
        (("b: 1", "b: 1, b: 2"), ("b: 1", "<<: {c: 1}"), ("1", "!x 1")),
    ),
    "providers/forge/workflow.py": (
        _JOB,
        (
            ("on: push", "on: push\non: push"),
            ("p: {", "p: {<<: {runs-on: y}, "),
            ("p: {", "&p p: {"),
        ),
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_nothing_else_is_wrong_with_it(door: str) -> None:
    """One double key, one merge key and one tag in a text that is taken without it."""
    good, attacks = ALONE[door]
    assert DOORS[door](good.encode())
    taken = [
        after for before, after in attacks if DOORS[door](good.replace(before, after, 1).encode())
    ]
    # A workflow's text has neither tags nor types, and its anchors name nothing without an alias.
    assert taken == (["&p p: {"] if door.endswith("workflow.py") else [])


CAPPED: Final[dict[str, int]] = {
    "contracts/yaml_source.py": LARGEST,
    "contracts/pins.py": LARGEST,
    "policies/reading.py": reading.LONGEST_YAML,
    "dbt_project/yaml_text.py": LARGEST_TEXT,
    "providers/forge/workflow.py": workflow._LARGEST,
}
"""What a template renders is no larger than the template may be: 32 MiB, before it is read."""


@pytest.mark.parametrize("door", CAPPED)
def test_what_is_too_large_is_not_even_parsed(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(*_: object, **__: object) -> None:
        pytest.fail("it was given to the parser")

    for module in (yaml_text, reading):
        if hasattr(module, "yaml"):
            monkeypatch.setattr(module.yaml, "parse", parsed)
    assert not DOORS[door](b"#" * CAPPED[door] + b"\na: 1\n")


# An input that grows runs for hours: the limit is far above what any of these takes.
@pytest.mark.timeout(120)
@pytest.mark.parametrize("door", DOORS)
def test_64_kib_of_anything_are_decided(door: str, record_property: Any) -> None:
    """Reported, not asserted: a busy machine is slow at anything."""
    slowest, which = 0.0, ""
    texts = {**dict(HOSTILE), "laughs": laughs(), "bomb": bomb(2_000), **REFUSED}
    for name, text in texts.items():
        begun_s = time.process_time()
        DOORS[door](text.encode()[:LARGEST])
        took_s = time.process_time() - begun_s
        if took_s > slowest:
            slowest, which = took_s, name
    told = f"YAML, {door}: {len(texts)} attacks, slowest {slowest:.2f} s of CPU ({which})"
    record_property("counted", told)
