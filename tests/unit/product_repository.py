"""A small repository of the domain `loyalty`, for the tests of `product add`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from platform_cli.domain_repo.about import About, about
from tests.unit.publishing_world import TOML

FILES: Final = (
    "models/product/returns.sql",
    "models/product/returns.yml",
    "observability/returns.alerts.yaml",
    "observability/returns.alerts_test.yaml",
    "observability/returns.dashboard.json",
    "product/returns.contract.yaml",
    "tests/returns_grain.sql",
)
CONTRACT: Final = "product/returns.contract.yaml"
REGION: Final = 'region: "APAC"\n'


def make(folder: Path) -> About:
    """The repository: what is in it is left alone by everything."""
    for name, text in {
        "platform.toml": TOML.format(name="loyalty", catalog_name="loyalty").replace(
            "orders-", "loyalty-"
        ),
        ".copier-answers.yml": REGION,
        "product.contract.yaml": 'name: "loyalty.product.points"\n',
        "models/product/points.sql": "select 1\n",
        "observability/alerts.yaml": "groups: []\n",
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return about(folder)


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in the folder: modes and bytes."""
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }
