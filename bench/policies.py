"""The released policies over 1,000 documents, beside `opa eval` of the same bundle over the same.

`opa` is one process and is handed the documents as one JSON file, which spares it reading them.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import Ratio, Side, compare
from platform_cli import policies
from platform_cli.policies.bundle import MANIFEST, Bundle
from platform_cli.policies.metadata import policies as described

DOCUMENTS = {"contract": 500, "pipeline": 300, "lineage": 200}
ENDS = {"contract": "contract.json", "pipeline": "pipeline.json", "lineage": "lineage.json"}
COLUMNS = 20


def run(runs: int) -> list[Ratio]:
    """One process each, over the same documents. Says where `opa` is not to be had."""
    if _opa() is None:
        print("policies: not run: opa is neither on the PATH nor in PLATFORM_TEST_TOOLS")
        return []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ours, theirs = commands(place)
        # A tenth of the documents is denied, which ours says with its exit code.
        return [
            compare(
                "policies",
                ("platform-cli policy check, 1,000 files", Side(ours, lambda: place, DENIED)),
                ("opa eval, the same as one file", Side(theirs, lambda: place)),
                goal=1.0,
                runs=runs,
            )
        ]


def commands(place: Path) -> tuple[list[str], list[str]]:
    """Both command lines, ours and theirs, over documents and a bundle that are written there."""
    bundle = policies.released()
    documents = {kind: list(_documents(kind)) for kind in DOCUMENTS}
    named = list(_write(place / "inputs", documents))
    _unpack(bundle, place / "bundle")
    together = place / "input.json"
    together.write_text(json.dumps(documents), encoding="utf-8")
    ours = [str(Path(sys.executable).parent / "platform-cli"), "policy", "check"]
    ours += ["--engine", "embedded", "--format", "json", *named]
    theirs = [_opa() or "opa", "eval", "--format", "json", "--bundle", str(place / "bundle")]
    theirs += ["--input", str(together), _query(bundle)]
    return ours, theirs


def _opa() -> str | None:
    folders = os.pathsep.join((os.environ.get("PLATFORM_TEST_TOOLS", ""), os.environ["PATH"]))
    return shutil.which("opa", path=folders)


DENIED = frozenset({5})


def _query(bundle: Bundle) -> str:
    """Every policy about every document of its kind."""
    parts = [
        f"[found | some document in input.{policy.input};"
        f" found := {policy.rule(severity)} with input as document]"
        for policy in described(bundle)
        for severity in policy.rules
    ]
    return f"[{', '.join(parts)}]"


def _write(folder: Path, documents: dict[str, list[Any]]) -> Iterator[str]:
    folder.mkdir()
    for kind, each in documents.items():
        for number, document in enumerate(each):
            path = folder / f"{number:04}.{ENDS[kind]}"
            path.write_text(json.dumps(document, indent=1), encoding="utf-8")
            yield from ("--input", str(path))


def _unpack(bundle: Bundle, folder: Path) -> None:
    for path, content in {**bundle.files, MANIFEST: bundle.manifest}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _documents(kind: str) -> Iterator[Any]:
    random_ = random.Random(kind)
    make = {"contract": _contract, "pipeline": _pipeline, "lineage": _lineage}[kind]
    for number in range(DOCUMENTS[kind]):
        yield make(number, denied=random_.random() < 0.1)


def _contract(number: int, *, denied: bool) -> Any:
    columns = [_column(at) for at in range(COLUMNS)]
    columns[3]["tags"] = ["PII"]
    if not denied:
        columns[3]["mask"] = "sha256"
    return {
        "name": f"orders.product.table_{number:04}",
        "version": "1.0.0",
        "owner": "@orders-team",
        "schema": columns,
        "sla": {"freshness": "24h", "completeness": "99.9%", "accuracy": "99%"},
        "semantics": {"grain": ["column_00"], "column_01": "What the customer pays."},
        "tags": ["customer_data"],
        "retention_days": 365,
    }


def _column(at: int) -> dict[str, Any]:
    return {"name": f"column_{at:02}", "type": "string", "required": True, "tags": []}


def _pipeline(number: int, *, denied: bool) -> Any:
    tier = "derived" if denied else "product"
    reads = [
        {"name": f"orders.{tier}.table_{at}", "domain": "orders", "tier": tier,
         "table": f"table_{at}", "tags": ["region:EU"]}
        for at in range(5)
    ]  # fmt: skip
    name = f"marketing.derived.pipeline_{number:04}"
    region = "eu-central-1"
    return {
        "kind": "pipeline", "name": name, "domain": "marketing", "compute_region": region,
        "reads": reads,
    }  # fmt: skip


def _lineage(number: int, *, denied: bool) -> Any:
    sources = [
        {"name": f"customer.raw.users_{number}.c{at}", "tags": ["PII"], "derived_from": []}
        for at in range(COLUMNS // 2)
    ]
    derived = [
        {
            "name": f"marketing.derived.leads_{number}.c{at}",
            "tags": [] if denied and at == 0 else ["PII"],
            "derived_from": [{"column": source["name"], "transform": "sha256"}],
        }
        for at, source in enumerate(sources)
    ]
    return {"kind": "lineage", "columns": [*sources, *derived]}
