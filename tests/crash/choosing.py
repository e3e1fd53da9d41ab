"""Which histories a run plays: a seeded sample, or sweeps over every kill point and order.

The same seed gives the same histories everywhere, so that workers agree and a failure comes again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tests.crash.histories import History
from tests.crash.profiles import Profile
from tests.crash.turns import orders

SEED: Final = 20260105
SEEDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of a profile a sweep tries."""

    orders: int
    """Each kill point in so many orders of whole steps, other ones at each point."""
    mixes: int
    """With calls interleaved in so many ways."""
    threads: int
    """And so often as threads happen to run."""
    pairs: int | None
    """So many pairs of kills, each in one order; None: all of them."""


SAMPLE: Final[Mapping[str, tuple[int, int]]] = {
    "local": (32, 12),
    "github": (14, 6),
    "pagerduty": (26, 10),
    "unity": (28, 10),
    "iceberg": (28, 10),
    "all": (14, 6),
}
"""Single kills and pairs of a normal run: more of them where a history takes less time."""
_LONG: Final = Amount(orders=3, mixes=2, threads=1, pairs=150)
_ALL: Final = Amount(orders=6, mixes=3, threads=1, pairs=1_000)
_ALL_EMBEDDED: Final = replace(_ALL, pairs=None)


def chosen(profile: Profile, sweep: str) -> list[History]:
    """The histories of one profile that `--sweep` asks for."""
    dice = random.Random(f"{SEED} {profile.name} {sweep}")
    if sweep == "sample":
        return list(_sample(profile, dice))
    embedded = sweep == "all" and not profile.fakes
    amount = _ALL_EMBEDDED if embedded else _ALL if sweep == "all" else _LONG
    return list(_sweep(profile, amount, dice))


def _sample(profile: Profile, dice: random.Random) -> Iterator[History]:
    singles, pairs = SAMPLE[profile.name]
    points = [(point,) for point in profile.points()]
    # Every point once before any comes again.
    shuffled = [*dice.sample(points, len(points)), *dice.sample(points, len(points))]
    for kills in (*shuffled[:singles], *dice.sample(profile.pairs(), pairs)):
        yield History(profile.name, kills, _any_order(dice))


def _sweep(profile: Profile, amount: Amount, dice: random.Random) -> Iterator[History]:
    for point in profile.points():
        for number in dice.sample(range(len(orders())), amount.orders):
            yield History(profile.name, (point,), f"order:{number}")
        for _ in range(amount.mixes):
            yield History(profile.name, (point,), f"mix:{dice.randrange(SEEDS)}")
        for _ in range(amount.threads):
            yield History(profile.name, (point,))
    pairs = profile.pairs()
    if amount.pairs is not None:
        pairs = dice.sample(pairs, min(amount.pairs, len(pairs)))
    for kills in pairs:
        yield History(profile.name, kills, _any_order(dice))


def _any_order(dice: random.Random) -> str | None:
    """Of five, two of whole steps, two of single calls, and one as threads happen to run."""
    number, seed = dice.randrange(len(orders())), dice.randrange(SEEDS)
    return dice.choice([f"order:{number}", f"order:{number}", f"mix:{seed}", f"mix:{seed}", None])
