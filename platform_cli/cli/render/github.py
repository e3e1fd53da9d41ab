"""Annotations of a GitHub workflow: a line of the log that GitHub puts beside a line of a file.

Owns how text is escaped for them: what a file says must begin no command of its own.
"""

from __future__ import annotations

from typing import Literal

from platform_cli.cli.render.text import clean, out

Level = Literal["error", "warning", "notice"]


def annotate(
    level: Level,
    message: str,
    *,
    title: str,
    file: str | None = None,
    line: int | None = None,
    column: int | None = None,
) -> None:
    """One annotation of a line of a file, or of the run."""
    known = {"file": file, "line": line, "col": column, "title": title}
    said = ",".join(f"{key}={_property(str(v))}" for key, v in known.items() if v is not None)
    out(f"::{level} {said}::{_data(message)}")


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return clean(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
