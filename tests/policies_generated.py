"""Generated inputs for the policies: seeded, so that a failure is found again."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

TEXTS = (
    "",
    " ",
    "PII",
    "pii",
    "PII ",
    "\u00a0PII\u2003",
    "P\u0131I",
    "customer_data",
    "CUSTOMER_DATA",
    "region:EU",
    "region:eu",
    "reg\u0130on:EU",
    "Region: EU",
    "region:US",
    "sha256",
    "SHA256",
    "tokenize",
    "redact",
    "<script>&\u2028",
    'a "quoted" \\ name\n',
    "%s %d %v",
    "\u00df\ufb01\U0001f600e\u0301",
    "\ud800 half",
    "\x00\x1b[2J",
    "x" * 5000,
)
NUMBERS: tuple[int | float, ...] = (
    0,
    1,
    -1,
    -0.0,
    365,
    730,
    731,
    730.0,
    730.5,
    -365,
    10**15,
    2**53,
    2**53 + 1,
    10**400,
    1e300,
    1e-7,
    float("inf"),
    float("nan"),
)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [None], [[]], {"PII": True}, ["PII"], {"": 0})
TAGS = ("PII", "pii", "customer_data", "Customer_Data", "region:EU", "region:eu", "finance", "")
DOMAINS = ("orders", "marketing", "customer-care", "customer_care", "Orders", "")
TIERS = ("raw", "derived", "product", "Product", "gold")
REGIONS = ("eu-central-1", "EU", "us-east-1", "eu-west-2", "eu", "")
TRANSFORMS = ("lower", "count", "sha256", "count_distinct", "Count", "unheard_of", "")


def anything(rng: random.Random) -> Any:
    """A value of any kind."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(TEXTS)
    if kind == 1:
        return rng.choice(NUMBERS)
    return copy.deepcopy(rng.choice(OTHERS))


def tags(rng: random.Random) -> list[Any]:
    """Some tags, mostly readable."""
    return rng.sample(TAGS, rng.randrange(3)) + ([anything(rng)] if rng.random() < 0.05 else [])


def contract(rng: random.Random) -> dict[str, Any]:
    """A contract that is almost right."""
    columns = []
    for number in range(rng.randrange(5)):
        column: dict[str, Any] = {"name": f"c{number}", "type": "string"}
        if rng.random() < 0.6:
            column["tags"] = tags(rng)
        if rng.random() < 0.5:
            column["mask"] = rng.choice(TEXTS[14:18])
        columns.append(column)
    found: dict[str, Any] = {"name": f"orders.{rng.choice(TIERS)}.customers", "schema": columns}
    if rng.random() < 0.6:
        found["tags"] = tags(rng)
    if rng.random() < 0.6:
        found["retention_days"] = rng.choice(NUMBERS)
    return found


def table(rng: random.Random) -> dict[str, Any]:
    """A table that a pipeline reads."""
    domain, tier = rng.choice(DOMAINS), rng.choice(TIERS[:4])
    said = rng.choice(DOMAINS) if rng.random() < 0.1 else domain
    return {
        "name": f"{domain.replace('-', '_')}.{tier}.t{rng.randrange(3)}",
        "domain": said,
        "tier": tier,
        "table": f"t{rng.randrange(3)}" if rng.random() < 0.1 else "t0",
        "tags": tags(rng),
    }


def pipeline(rng: random.Random) -> dict[str, Any]:
    """A pipeline that is almost right."""
    domain = rng.choice(DOMAINS)
    reads = [table(rng) for _ in range(rng.randrange(4))]
    for each in reads:
        if rng.random() < 0.8:
            each["table"] = each["name"].rsplit(".", 1)[1]
    return {
        "kind": "pipeline",
        "name": f"{domain.replace('-', '_')}.derived.p",
        "domain": domain,
        "compute_region": rng.choice(REGIONS),
        "reads": reads,
    }


def lineage(rng: random.Random) -> dict[str, Any]:
    """Columns made of one another, cycles and strangers among them."""
    names = [f"d.raw.t.c{number}" for number in range(rng.randrange(1, 9))]
    columns = [
        {
            "name": name if rng.random() > 0.03 else rng.choice(names),
            "tags": tags(rng),
            "derived_from": [
                {
                    "column": rng.choice(names) if rng.random() > 0.05 else "x.raw.y.z",
                    "transform": rng.choice(TRANSFORMS),
                }
                for _ in range(rng.randrange(3))
            ],
        }
        for name in names
    ]
    found: dict[str, Any] = {"kind": "lineage", "columns": columns}
    if rng.random() < 0.1:
        found["unresolved"] = rng.choice([[], ["d.raw.u"], None, ["x", None]])
    return found


def spoilt(rng: random.Random, document: dict[str, Any]) -> Any:
    """The document with some values missing, of another type or case, or with more keys."""
    found: Any = copy.deepcopy(document)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        holders = list(_holders(found))
        if not holders:
            return anything(rng)
        holder, key = rng.choice(holders)
        if key == "kind":
            continue
        way = rng.randrange(5)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, dict):
            holder[rng.choice(TEXTS)] = anything(rng)
        elif way == 2 and isinstance(holder[key], str):
            holder[key] = rng.choice((str.upper, str.lower, str.title))(holder[key])
        else:
            holder[key] = anything(rng)
    if isinstance(found, dict) and "kind" in document:
        found["kind"] = document["kind"]
    return found


def _holders(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _holders(value[key])


MAKERS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "contract": contract,
    "pipeline": pipeline,
    "lineage": lineage,
}


def generated(kind: str, number: int, seed: int = 20261121) -> list[Any]:
    """So many documents of a kind, the same every time."""
    rng = random.Random(f"{kind} {seed}")
    made: list[Any] = [spoilt(rng, MAKERS[kind](rng)) for _ in range(number)]
    return made + [copy.deepcopy(each) for each in (*OTHERS, *NUMBERS[:6], *TEXTS[:5])]
