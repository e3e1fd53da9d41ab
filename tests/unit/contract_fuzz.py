"""Random damage to contracts, and a command that does it for as long as it is told to.

`python -m tests.unit.contract_fuzz --seconds 600` says what raised, and which input of up to 64 KiB
took longest: reported, never asserted, for a busy machine is slow at anything.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from platform_cli.contracts import pins
from platform_cli.contracts.compare import compare
from platform_cli.contracts.load import load
from tests.unit.contract_samples import FULL, TODAY, text

LARGEST: Final = 64 * 1024

_CONSUMES: Final = [
    {"source": "orders.product.order_facts", "pin": "^2.1", "on_breaking": "fail"},
    {"source": "loyalty.product.members", "pin": "^0.3", "on_breaking": "warn"},
]
SEEDS: Final[tuple[bytes, ...]] = (
    text(FULL),
    yaml.safe_dump(FULL, sort_keys=False).encode(),
    yaml.safe_dump(FULL, sort_keys=False, default_flow_style=True, width=10_000).encode(),
    yaml.safe_dump(_CONSUMES, sort_keys=False).encode(),
    b"# A comment.\n---\nname: &n a.product.b\nx-a: *n\nx-b: |\n  one\n  two\nx-c: >-\n  three\n...\n",
)
PIECES: Final[tuple[bytes, ...]] = (
    b"\n", b" ", b"  ", b"\t", b"\r", b":", b": ", b"- ", b"? ", b"[", b"]", b"{", b"}", b",", b"#",
    b"&a ", b"*a", b"<<: *a", b"!", b"!!str ", b"|\n", b">\n", b"'", b'"', b"\\", b"%", b"@", b"`",
    b"---\n", b"...\n", b"~", b"null", b"true", b"TODO", b".nan", b".inf", b"0x", b"1_0", b"1e9",
    b"2026-13-01", b"12:30:45", b"2.1", b"^2.1", b"99.9%", b"24h", b"0", b"-1", b"9" * 40,
    b"array<", b"struct<a: ", b"map<", b">", b"decimal(38,", b")", b"name", b"name: ", b"type: ",
    b"schema:\n", b"semantics: ", b"grain: ", b"x-", b"\x00", b"\x1b", b"\x7f", b"\xff", b"\xc3",
    b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The text with a few places damaged: cut, doubled, moved, or with a piece of YAML put in."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(made))
        end = min(len(made), at + chance.randint(0, 30))
        kind = chance.randrange(6)
        if kind == 0:
            del made[at:end]
        elif kind == 1:
            made[at:at] = made[at:end]
        elif kind == 2:
            to = chance.randint(0, len(made))
            made[to:to] = made[at:end]
        elif kind == 3 and made:
            made[min(at, len(made) - 1)] = chance.randrange(256)
        else:
            made[at:at] = chance.choice(PIECES)
    return bytes(made[:LARGEST])


def grown(data: bytes, chance: random.Random) -> bytes:
    """The text with one of its parts, or pieces of YAML, repeated until it has 64 KiB."""
    at = chance.randint(0, len(data))
    part = data[at : at + chance.randint(1, 120)]
    if chance.random() < 0.6:
        part = b"".join(chance.choices(PIECES, k=chance.randint(1, 4)))
    part = part or b"a"
    times = max(1, (LARGEST - len(data)) // len(part))
    repeated = part * times
    if chance.random() < 0.3:
        # Each a little different: names that are alike, anchors that are not.
        repeated = b"".join(b"%s%d" % (part, n) for n in range(max(1, times // 2)))
    return (data[:at] + repeated + data[at:])[:LARGEST]


def judge(data: bytes) -> None:
    """Everything that is done with a text. Fails where something is neither taken nor refused."""
    loaded = load(data, "x")
    loaded.document()
    assert loaded.contract is not None or loaded.findings
    assert all(one.line >= 1 and one.column >= 1 for one in loaded.findings)
    if loaded.valid and loaded.contract is not None:
        assert compare(loaded.contract, loaded.contract, today=TODAY).differences == ()
    found = pins.load(data)
    assert all(one.line >= 1 and one.column >= 1 for one in found.findings)


@dataclass
class Report:
    """What the inputs came to."""

    inputs: int = 0
    slowest_s: float = 0.0
    slowest: bytes = b""
    raised: list[tuple[bytes, str]] = field(default_factory=list)


def fuzz(seconds: float, seed: int) -> Report:
    """Damage and judge until the time is over, once at least. Others' time is not counted."""
    chance, report = random.Random(seed), Report()
    end = time.monotonic() + seconds
    data = chance.choice(SEEDS)
    while not report.inputs or time.monotonic() < end:
        if chance.random() < 0.2:
            data = chance.choice(SEEDS)
        data = mutated(data, chance)
        made = grown(data, chance) if chance.random() < 0.3 else data
        begun_s = time.process_time()
        try:
            judge(made)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            report.raised.append((made, traceback.format_exc()))
        took_s = time.process_time() - begun_s
        report.inputs += 1
        if took_s > report.slowest_s:
            report.slowest_s, report.slowest = took_s, made
    return report


def main(argv: list[str]) -> int:
    """Fuzz, and tell. Exits with 1 where something raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="write the slowest input, and what raised, here")
    given: Any = parser.parse_args(argv)
    report = fuzz(given.seconds, given.seed)
    print(f"inputs: {report.inputs} in {given.seconds:g} s, seed {given.seed}")
    print(f"slowest: {report.slowest_s:.3f} s for {len(report.slowest)} bytes")
    print(f"  begins {report.slowest[:80]!r}")
    print(f"{len(report.raised)} raised")
    for data, trace in report.raised[:5]:
        print(f"{data[:200]!r}\n{trace}")
    if given.keep is not None:
        given.keep.mkdir(parents=True, exist_ok=True)
        (given.keep / "slowest").write_bytes(report.slowest)
        for number, (data, _) in enumerate(report.raised):
            (given.keep / f"raised-{number}").write_bytes(data)
    return 1 if report.raised else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
