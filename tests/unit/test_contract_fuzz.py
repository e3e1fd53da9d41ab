"""The loader under random damage: whatever the bytes are, they are decided, and nothing raises.

`make fuzz` runs this with more examples; `python -m tests.unit.contract_fuzz` by the clock.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_cli.contracts.load import load
from tests.unit.contract_fuzz import LARGEST, SEEDS, fuzz, grown, judge, main, mutated
from tests.unit.contract_samples import text
from tests.unit.contract_strategies import damaged

chances = st.randoms(use_true_random=False)


def test_the_seeds_say_something() -> None:
    assert [load(seed, "x").valid for seed in SEEDS] == [True, True, True, False, False]


@given(st.binary(max_size=2_000))
def test_any_bytes_are_decided(data: bytes) -> None:
    judge(data)


@given(st.sampled_from(SEEDS), chances)
def test_any_damage_is_decided(seed: bytes, chance: random.Random) -> None:
    data = seed
    for _ in range(3):
        data = mutated(data, chance)
        judge(data)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(damaged(), chances)
def test_any_damage_to_any_contract_is_decided(made: object, chance: random.Random) -> None:
    judge(mutated(text(made), chance))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from(SEEDS), chances)
def test_64_kib_of_anything_that_repeats_are_decided(seed: bytes, chance: random.Random) -> None:
    data = grown(mutated(seed, chance), chance)
    assert len(data) <= LARGEST
    judge(data)


def test_the_command_finds_what_raises(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(data: bytes) -> None:
        raise KeyError(len(data))

    assert main(["--seconds", "0"]) == 0
    assert fuzz(0, seed=1).raised == []
    monkeypatch.setattr("tests.unit.contract_fuzz.judge", broken)
    assert main(["--seconds", "0", "--seed", "2"]) == 1
    said = capsys.readouterr().out
    assert "KeyError" in said
    assert "inputs: 1 in 0 s, seed 0" in said
