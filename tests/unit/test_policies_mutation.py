"""Each rule and each condition of the bundle is held by a test of the bundle.

A sample by default; all of them with PLATFORM_TEST_MUTANTS=all.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from platform_cli.errors import PlatformError
from platform_cli.policies import released
from platform_cli.policies.bundle import released_from
from platform_cli.policies.embedded import Embedded
from tests.policies_mutants import Mutant, mutants

BUNDLE = released()
ALL = [
    mutant for path, text in BUNDLE.modules(tests=False).items() for mutant in mutants(path, text)
]
STEP = 1 if os.environ.get("PLATFORM_TEST_MUTANTS") == "all" else 12


def survives(mutant: Mutant) -> bool:
    changed = released_from(
        {**BUNDLE.files, mutant.path: mutant.text.encode()},
        "mutant",
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    try:
        return Embedded().test(changed).passed
    except PlatformError as error:
        return error.code not in {"PLT-POLICY-001", "PLT-POLICY-002"}


@pytest.mark.parametrize("mutant", ALL[::STEP], ids=lambda m: f"{m.path}:{m.line}")
def test_no_mutant_survives(mutant: Mutant) -> None:
    assert not survives(mutant), mutant.what


def test_every_rule_and_condition_has_a_mutant() -> None:
    texts = BUNDLE.modules(tests=False)
    rules = sum(mutant.what.startswith("without deny") for mutant in ALL)
    assert rules == sum(text.count("\ndeny contains") for text in texts.values())
    for path in texts:
        assert sum(mutant.path == path for mutant in ALL) > 5
    assert len({(m.path, m.text) for m in ALL}) == len(ALL)
