"""`contract validate` beside `datacontract lint`, and how its time grows with their number.

`datacontract` lints the same tables, written in the standard it reads, one process a contract. Ten
of the hundred are timed, and the ratio is told for the hundred: one process is like the next.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from bench.measure import Ratio, Side, compare

DATACONTRACT = "datacontract-cli==1.2.8"
CONTRACTS = 100
LINTED = 10
COLUMNS = 20
TYPES = ("string", "bigint", "decimal(12,2)", "timestamp", "boolean")
LOGICAL = ("string", "integer", "number", "date", "boolean")
GROWTH_RUNS = 3


def run(runs: int) -> list[Ratio]:
    """The ratio at 100 contracts, and the growth from 1,000 to 10,000."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        datacontract = _installed(place / "venv")
        _write(place / "ours", CONTRACTS)
        _write_standard(place / "standard", LINTED)
        loop = f'for one in *.yaml; do "{datacontract}" lint "$one" || exit 1; done'
        beside = compare(
            "contracts",
            (f"contract validate of {CONTRACTS} contracts", _validate(place / "ours")),
            (
                f"datacontract lint of the same in a loop ({LINTED} timed, scaled)",
                Side(["sh", "-c", loop], lambda: place / "standard"),
            ),
            goal=1 / 50,
            runs=runs,
        )
        growth = []
        for count in (1_000, 10_000):
            _write(place / f"{count}", count)
            growth.append((f"contract validate of {count:,}", _validate(place / f"{count}")))
        return [
            _scaled(beside, CONTRACTS // LINTED),
            compare("contracts-growth", growth[1], growth[0], goal=10.0, runs=GROWTH_RUNS),
        ]


def _scaled(one: Ratio, times: int) -> Ratio:
    """The same comparison with the other side that many times as long."""
    return replace(
        one,
        beside_s=one.beside_s * times,
        ratio=one.ratio / times,
        lowest=one.lowest / times,
        highest=one.highest / times,
    )


def _validate(folder: Path) -> Side:
    ours = str(Path(sys.executable).parent / "platform-cli")
    return Side([ours, "contract", "validate", "--format", "json"], lambda: folder)


def _installed(folder: Path) -> Path:
    """`datacontract` in a virtual environment of its own, of exactly this version."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    done = subprocess.run(
        [*pip, "--quiet", DATACONTRACT], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"contracts: {DATACONTRACT} cannot be installed\n{done.stderr[-2000:]}")
    return folder / "bin" / "datacontract"


def _write(folder: Path, count: int) -> None:
    """Contracts in our language: YAML as people write it."""
    folder.mkdir()
    columns = "".join(
        f'  - name: column_{at:02}\n    type: "{TYPES[at % 5]}"\n'
        f"    required: {str(at % 3 == 0).lower()}\n    description: What column {at} says.\n"
        for at in range(COLUMNS)
    )
    for number in range(count):
        path = folder / f"table_{number:05}.contract.yaml"
        path.write_text(
            f"name: orders.product.table_{number:05}\n"
            'version: "2.1.0"\nowner: "@orders-team"\n'
            f"description: What table {number} holds.\n"
            f"schema:\n{columns}"
            "sla: {freshness: 24h, completeness: 99.9%, accuracy: 99%}\n"
            "semantics:\n  grain: [column_00]\n  column_02: What the customer pays.\n",
            encoding="utf-8",
        )


def _write_standard(folder: Path, count: int) -> None:
    """The same tables as the Open Data Contract Standard has them."""
    folder.mkdir()
    for number in range(count):
        properties = [
            {
                "name": f"column_{at:02}",
                "logicalType": LOGICAL[at % 5],
                "physicalType": TYPES[at % 5],
                "required": at % 3 == 0,
                "description": f"What column {at} says.",
            }
            for at in range(COLUMNS)
        ]
        table: dict[str, Any] = {
            "name": f"table_{number:05}",
            "logicalType": "object",
            "physicalType": "table",
            "description": f"What table {number} holds.",
            "properties": properties,
        }
        document = {
            "apiVersion": "v3.0.2",
            "kind": "DataContract",
            "id": f"orders-product-table-{number:05}",
            "name": f"orders.product.table_{number:05}",
            "version": "2.1.0",
            "status": "active",
            "schema": [table],
            "slaProperties": [{"property": "frequency", "value": 24, "unit": "h"}],
        }
        path = folder / f"table_{number:05}.odcs.yaml"
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
