"""The embedded pager: the port's suite, and what only a file can do."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_cli.errors import PlatformError
from platform_cli.providers.pager.local import LocalPager
from platform_cli.providers.pager.port import Person
from tests.providers.pager_suite import ANN, BEN, MARKER, PagerSuite, rotation

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


def pager_in(root: Path) -> LocalPager:
    return LocalPager(root, team=(ANN,), time_zone="UTC", handover="Mon 09:00", now=lambda: NOW)


@pytest.fixture
def pager(tmp_path: Path) -> LocalPager:
    return pager_in(tmp_path / "pager")


class TestLocalPager(PagerSuite):
    """The embedded pager keeps the port's promises."""


def edited(pager: LocalPager, edit: Callable[[dict[str, object]], object]) -> None:
    path = pager.root / "pager.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def test_reading_creates_nothing(pager: LocalPager) -> None:
    assert pager.schedule("loyalty pager") is None
    assert not pager.root.exists()


def test_nothing_to_change_is_nothing_written(pager: LocalPager) -> None:
    pager.resolve("loyalty", "key")
    assert list(pager.root.iterdir()) == []
    rotation(pager)
    pager.page("loyalty", "key", "TEST")
    before = (pager.root / "pager.json").stat()
    pager.page("loyalty", "key", "TEST")
    assert (pager.root / "pager.json").stat().st_ino == before.st_ino


def test_half_a_character_in_a_name_is_kept(pager: LocalPager) -> None:
    name = "Ann\udce9"
    pager.create_schedule("x", marker=MARKER, members=(Person(name, "a@example.org"),))
    found = pager.schedule("x")
    assert found is not None
    assert found.members == (name,)


def test_only_its_owner_may_read_it(pager: LocalPager) -> None:
    rotation(pager)
    assert stat.S_IMODE(pager.root.stat().st_mode) == 0o700
    assert stat.S_IMODE((pager.root / "pager.json").stat().st_mode) == 0o600


def test_a_person_may_take_a_member_off_by_hand(pager: LocalPager) -> None:
    rotation(pager, ANN, BEN)
    edited(pager, lambda d: d["schedules"][0]["members"].pop(0))  # type: ignore[index]  # JSON
    found = pager.schedule("loyalty pager")
    assert found is not None
    assert found.members == ("Ben",)
    assert pager.on_call("loyalty") == ("Ben",)


def test_a_page_can_be_acknowledged(pager: LocalPager) -> None:
    rotation(pager)
    pager.page("loyalty", "key", "TEST")
    pager.acknowledge("loyalty", "key")
    page = pager.page_of("loyalty", "key")
    assert page is not None
    assert page.status == "acknowledged"


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.pop("schema"),
        lambda d: d.pop("schedules"),
        lambda d: d["schedules"].append("me"),
        lambda d: d["schedules"][0].pop("name"),
        lambda d: d["schedules"][0].update(members="Ann"),
        lambda d: d["schedules"][0].update(members=[{"contact": "x"}]),
        lambda d: d["schedules"][0].update(handover="whenever"),
        lambda d: d["schedules"][0].update(time_zone="Nowhere/Town"),
        lambda d: d["schedules"][0].update(marker="ours"),
        lambda d: d["escalation_policies"][0].update(schedules=None),
        lambda d: d["services"][0].update(policy=7),
    ],
)
def test_an_edit_that_cannot_be_read_names_the_file(
    pager: LocalPager, edit: Callable[[dict[str, object]], object]
) -> None:
    rotation(pager)
    edited(pager, edit)
    before = (pager.root / "pager.json").read_bytes()
    with pytest.raises(PlatformError) as caught:
        _look_at_everything(pager)
    assert caught.value.code == "PLT-PAGER-002"
    assert str(pager.root / "pager.json") in caught.value.summary
    assert (pager.root / "pager.json").read_bytes() == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d["services"][0].update(policy="gone"),
        lambda d: d["escalation_policies"].clear(),
        lambda d: d["escalation_policies"][0].update(schedules=["gone"]),
        lambda d: d["schedules"].clear(),
    ],
)
def test_an_id_that_leads_nowhere_is_not_nobody(
    pager: LocalPager, edit: Callable[[dict[str, object]], object]
) -> None:
    rotation(pager)
    edited(pager, edit)
    before = (pager.root / "pager.json").read_bytes()
    for asked in (lambda: pager.on_call("loyalty"), lambda: pager.page("loyalty", "key", "TEST")):
        with pytest.raises(PlatformError) as caught:
            asked()
        assert caught.value.code == "PLT-PAGER-004"
        assert "loyalty" in caught.value.summary
        assert str(pager.root) in caught.value.hint
    assert (pager.root / "pager.json").read_bytes() == before


def test_a_policy_that_pages_no_schedule_reaches_nobody(pager: LocalPager) -> None:
    rotation(pager)
    edited(pager, lambda d: d["escalation_policies"][0].update(schedules=[]))  # type: ignore[index]  # JSON
    assert pager.on_call("loyalty") == ()
    with pytest.raises(PlatformError) as caught:
        pager.page("loyalty", "key", "TEST")
    assert caught.value.code == "PLT-PAGER-003"


@pytest.mark.parametrize(
    ("zone", "handover"), [("Nowhere/Town", "Mon 09:00"), ("", "Mon 09:00"), ("UTC", "whenever")]
)
def test_turns_that_cannot_be_counted_are_refused_when_they_are_made(
    tmp_path: Path, zone: str, handover: str
) -> None:
    pager = LocalPager(tmp_path / "pager", (ANN,), zone, handover, lambda: NOW)
    with pytest.raises(PlatformError) as caught:
        pager.create_schedule("loyalty pager", marker=MARKER, members=(ANN,))
    assert caught.value.code == "PLT-SETTINGS-002"
    assert not pager.root.exists()


def _look_at_everything(pager: LocalPager) -> None:
    pager.schedule("loyalty pager")
    pager.escalation_policy("loyalty pager")
    pager.service("loyalty")
    pager.on_call("loyalty")


def test_rubbish_is_not_a_book(pager: LocalPager) -> None:
    pager.root.mkdir()
    for content in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        (pager.root / "pager.json").write_bytes(content)
        with pytest.raises(PlatformError) as caught:
            pager.schedule("x")
        assert caught.value.code == "PLT-PAGER-002"


def test_two_schedules_of_one_name_are_told(pager: LocalPager) -> None:
    rotation(pager)
    edited(pager, lambda d: d["schedules"].append({**d["schedules"][0], "id": "2"}))  # type: ignore[index,attr-defined]  # JSON
    found = pager.schedule("loyalty pager")
    assert found is not None
    assert found.names_alike == 2


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "pager").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(PlatformError) as caught:
        pager_in(tmp_path / "pager").create_schedule("x", marker=MARKER, members=(ANN,))
    assert caught.value.code == "PLT-HOME-001"


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.providers.test_pager_local import pager_in
from tests.providers.pager_suite import ANN, MARKER
real, when = Path.replace, sys.argv[2]
def replace(self, target):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(self, target)
    os.kill(os.getpid(), signal.SIGKILL)
Path.replace = replace
pager_in(Path(sys.argv[1])).create_schedule("second", marker=MARKER, members=(ANN,))
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_leaves_the_old_book_or_the_new_one(pager: LocalPager, when: str) -> None:
    rotation(pager)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(pager.root), when],
        cwd=Path(__file__).parents[2],
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == -signal.SIGKILL
    assert pager.schedule("loyalty pager") is not None
    assert (pager.schedule("second") is not None) == (when == "after")
    pager.create_schedule("third", marker=MARKER, members=(ANN,))
    assert [path.name for path in pager.root.iterdir()] == ["pager.json"]
