"""The process that renders somebody's template: what it starts, what it touches, what it knows."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from platform_cli.errors import PlatformError
from platform_cli.template import Apart, apart
from tests.security.test_copier_templates import (
    ENVOPS,
    HOSTILE_SETTINGS,
    OURS,
    STARTS,
    TOUCHES,
    attribute_of_a_class,
    attribute_of_a_path,
    everything_in,
    link_to_a_file,
    link_to_a_folder,
    name_above_in_one_part,
    write,
)

LISTENING: Final = """
import os, sys
def _listen(event, arguments, out={out!r}, place={place!r}, starts={starts!r}, touches={touches!r}):
    paths = [os.fsdecode(a) for a in arguments[:2] if isinstance(a, (str, bytes, os.PathLike))]
    beside = [p[len(place):] for p in paths if p.startswith(place)]
    outside = any(p and not p.startswith({ours!r}) for p in beside)
    if event.startswith(starts) or (event in touches and outside and out not in paths):
        with open(out, "a") as file:
            file.write(event + " " + repr(arguments) + chr(10))
sys.addaudithook(_listen)
"""


def _escaping(source: Path, outside: Path) -> None:
    name_above_in_one_part(source, outside)


def _setting(name: str) -> Callable[[Path, Path], None]:
    def hostile(source: Path, outside: Path) -> None:
        text = HOSTILE_SETTINGS[name].format(out=outside / "out", secret=outside / "secret")
        (source / "copier.yml").write_text(ENVOPS + text, encoding="utf-8")

    return hostile


def _options(source: Path, outside: Path) -> None:
    text = ENVOPS + "  extensions: [jinja2.ext.do]\n"
    (source / "copier.yml").write_text(text, encoding="utf-8")


def _environment(source: Path, outside: Path) -> None:
    """It may say what it likes: the process that renders has no credential to find."""
    (source / "a.txt.jinja").write_text(
        "[[ _copier_conf.src_path.parser.os.environ['GH_TOKEN'] ]]\n", encoding="utf-8"
    )


CLASSES: Final[dict[str, Callable[[Path, Path], None]]] = {
    "a path that escapes": _escaping,
    "a link to a file": link_to_a_file,
    "a link to a folder": link_to_a_folder,
    "tasks": _setting("tasks"),
    "migrations": _setting("migrations"),
    "extensions": _setting("extensions"),
    "external data": _setting("external data"),
    "options of Jinja": _options,
    "attributes of classes": attribute_of_a_class,
    "attributes of paths": attribute_of_a_path,
    "answers outside": _setting("answers outside"),
    "a subdirectory above": _setting("a subdirectory above"),
    "the environment": _environment,
}


@pytest.mark.parametrize("hostile", CLASSES.values(), ids=CLASSES)
def test_the_process_that_renders_starts_and_touches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: Callable[[Path, Path], None]
) -> None:
    outside, heard = tmp_path / "outside", tmp_path / "heard"
    outside.mkdir()
    (outside / "secret").write_text("canary", encoding="utf-8")
    source = write(tmp_path / "source", {"a.txt": "x\n"})
    hostile(source, outside)
    listening = LISTENING.format(
        out=str(heard), place=str(tmp_path), starts=STARTS, touches=TOUCHES, ours=OURS
    )
    monkeypatch.setattr(apart, "_BOOT", f"exec({listening!r}); {apart._BOOT}")
    monkeypatch.delitem(sys.modules, "copier")  # or it would be rendered in this process
    before = everything_in(tmp_path)
    secret = {"GH_TOKEN": "canary-of-the-caller"}
    with Apart({**os.environ, **secret}) as other, pytest.raises(PlatformError) as caught:
        other.render(source, {}, tmp_path / "into")
    lines = heard.read_text(encoding="utf-8").splitlines() if heard.exists() else []
    # plumbum asks which machine this is while it is imported, before a template is looked at.
    assert [line for line in lines if "'uname'" not in line] == []
    heard.unlink(missing_ok=True)
    assert caught.value.code in {"PLT-TEMPLATE-001", "PLT-TEMPLATE-002"}
    assert "canary" not in str(caught.value)
    assert everything_in(tmp_path) == before


def test_the_listener_in_that_process_hears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prove that it can fail: what it listens to happens there, and is written down."""
    heard = tmp_path / "heard"
    listening = LISTENING.format(
        out=str(heard), place=str(tmp_path), starts=STARTS, touches=TOUCHES, ours=OURS
    )
    breach = f"import os; open({str(tmp_path / 'x')!r}, 'w').close(); os.system('true'); "
    monkeypatch.setattr(apart, "_BOOT", f"exec({listening!r}); {breach}{apart._BOOT}")
    monkeypatch.delitem(sys.modules, "copier")
    with Apart(dict(os.environ)) as other:
        other.render(write(tmp_path / "source", {"a.txt": "x\n"}), {}, tmp_path / "into")
    told = [line.split(" ")[0] for line in heard.read_text(encoding="utf-8").splitlines()]
    assert {"open", "os.system"} <= set(told)


def test_the_process_that_renders_has_no_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = f"import os, json; open({str(tmp_path / 'env')!r}, 'w').write(json.dumps(dict(os.environ))); "
    monkeypatch.setattr(apart, "_BOOT", shown + apart._BOOT)
    monkeypatch.delitem(sys.modules, "copier")
    secrets = dict.fromkeys(
        (
            "GH_TOKEN",
            "GITHUB_APP_PRIVATE_KEY",
            "PAGERDUTY_TOKEN",
            "DATABRICKS_CLIENT_SECRET",
            "DATABRICKS_TOKEN",
            "ICEBERG_CREDENTIAL",
            "ICEBERG_TOKEN",
            "PGPASSWORD",
        ),
        "canary",
    )
    with Apart({**os.environ, **secrets}) as other:
        other.render(write(tmp_path / "source", {"a.txt": "x\n"}), {}, tmp_path / "into")
    found = json.loads((tmp_path / "env").read_text(encoding="utf-8"))
    assert "canary" not in found.values()
    assert found["PATH"] == os.environ["PATH"]
