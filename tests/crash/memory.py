"""What a run works out from files alone, kept from one run to the next: hundreds of runs render the
same template and judge the same checkout. Nothing that is asked or changed outside is ever kept.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from platform_cli.domain_repo import judging
from platform_cli.providers.catalog.local import LocalCatalog
from platform_cli.providers.marker import Marker
from platform_cli.template.apart import Apart
from platform_cli.template.rendering import Rendered


def remember(kept: Path) -> None:
    """Keep renderings and the policies' verdicts in that folder, and take them from there."""
    _remember_renderings(kept)
    _remember_denials(kept)


def _remember_renderings(kept: Path) -> None:
    render = Apart.render

    def rendered(
        apart: Apart,
        source: Path,
        data: Mapping[str, Any],
        into: Path,
        meanwhile: Callable[[], object] | None = None,
    ) -> Rendered:
        asked = json.dumps([str(source), data], sort_keys=True, default=str)
        place = kept / f"files-{sha256(asked.encode()).hexdigest()}"
        about = place.with_suffix(".json")
        if about.exists():
            shutil.copytree(place, into)
            told = json.loads(about.read_text(encoding="utf-8"))
            return Rendered(tuple(told["files"]), told["version"])
        made = render(apart, source, data, into, meanwhile)
        shutil.copytree(into, place, dirs_exist_ok=True)
        # Last, and at once: whoever is killed on the way has kept nothing.
        new = about.with_suffix(".new")
        new.write_text(json.dumps(asdict(made)), encoding="utf-8")
        new.replace(about)
        return made

    setattr(Apart, render.__name__, rendered)


def _remember_denials(kept: Path) -> None:
    denials = judging.denials

    def denied(folder: Path, now: datetime) -> tuple[str, ...]:
        about = kept / f"denials-{_digest(folder)}.json"
        if not about.exists():
            new = about.with_suffix(".new")
            new.write_text(json.dumps(denials(folder, now)), encoding="utf-8")
            new.replace(about)
        return tuple(json.loads(about.read_text(encoding="utf-8")))

    setattr(judging, denials.__name__, denied)


def _digest(folder: Path) -> str:
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if ".git" not in path.relative_to(folder).parts and path.is_file():
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def share_statements() -> None:
    """Have SQLAlchemy compile each statement of the embedded catalog once, and not in every run.

    It keeps them by the engine and its dialect, and every opening of the catalog makes new ones.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.engine import Connection, Engine

    first = create_engine("sqlite://")
    connect = Engine.connect

    def connected(engine: Engine) -> Connection:
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return connect(engine)

    setattr(Engine, connect.__name__, connected)
    marker = Marker("loyalty", "warm")
    with tempfile.TemporaryDirectory() as folder:
        catalog = LocalCatalog(Path(folder))
        catalog.create_schema("loyalty", "product", marker=marker)
        catalog.set_marker("loyalty", "product", marker)
        catalog.grant("loyalty", "product", "everyone", "read")
        catalog.set_tags("loyalty", "product", {"tier": "product"})
        catalog.may_read("@local/somebody", "loyalty", "product")
        catalog.tables("loyalty", "product")
        catalog.tiers("loyalty")
        catalog.revoke("loyalty", "product", "everyone")
