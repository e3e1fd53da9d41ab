"""The HTML report in a real browser: what it shows light, dark, narrow, and on paper."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from tests.unit.kpi_shown import HOSTILE, Kpi, onboarding, several

pytestmark = pytest.mark.integration

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on the PATH")


@pytest.fixture(name="page")
def _page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLATFORM_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    kpi = Kpi(tmp_path, capsys)
    events = several(60)
    kpi.keep(events)
    kpi.keep(onboarding(90, asked=events[0].at, lead_s=None, domain=HOSTILE))
    page = tmp_path / "report.html"
    page.write_text(kpi.show("--format", "html", "--baseline", "11d").out, encoding="utf-8")
    return page


def browse(page: Path, *more: str) -> str:
    assert CHROMIUM is not None
    profile = page.parent / "profile"
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *more, page.as_uri()],
        capture_output=True,
        check=True,
        timeout=120,
    )
    shutil.rmtree(profile, ignore_errors=True)
    return done.stdout.decode("utf-8", "replace")


def brightness(png: Path) -> float:
    """How bright the corner of a picture is, from 0 to 255: the page's ground."""
    body = png.read_bytes()
    place, data, channels = 8, b"", 3
    while place < len(body):
        (size,), kind = struct.unpack(">I", body[place : place + 4]), body[place + 4 : place + 8]
        if kind == b"IHDR":
            channels = {2: 3, 6: 4}[body[place + 17]]
        if kind == b"IDAT":
            data += body[place + 8 : place + 8 + size]
        place += 12 + size
    row = zlib.decompress(data)[1 : 1 + channels]  # the first pixel: no filter changes it
    return sum(row[:3]) / 3


@needs_chromium
def test_the_page_is_light_or_dark_as_its_reader_is(page: Path) -> None:
    for name, more in (("light", ()), ("dark", ("--force-dark-mode",))):
        browse(page, "--window-size=1200,900", f"--screenshot={page.parent / name}.png", *more)
    assert brightness(page.parent / "light.png") > 200
    assert brightness(page.parent / "dark.png") < 60


@needs_chromium
def test_the_page_prints(page: Path) -> None:
    paper = page.parent / "report.pdf"
    browse(page, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    body = paper.read_bytes()
    assert body.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", body)) <= 8


MEASURE = """<script>
addEventListener("load", () => {
  const wide = document.documentElement.scrollWidth, room = document.documentElement.clientWidth;
  const small = [...document.querySelectorAll("figure svg text")]
    .map(t => t.getBoundingClientRect().height).filter(h => h < 9).length;
  const outside = [...document.querySelectorAll("figure svg")].flatMap(s => {
    const box = s.getBoundingClientRect();
    return [...s.querySelectorAll("text")].map(t => t.getBoundingClientRect())
      .filter(t => t.left < box.left - 1 || t.right > box.right + 1);
  }).length;
  document.title = JSON.stringify([wide - room, small, outside, window.hurt || 0]);
});
</script>"""


@needs_chromium
@pytest.mark.parametrize("width", [1200, 500])
def test_nothing_is_too_wide_too_small_or_cut(page: Path, width: int) -> None:
    """Looked at by a script of the test's own, in a copy that may run one."""
    text = page.read_text("utf-8")
    text = re.sub(r"<meta http-equiv[^>]*>", "", text).replace("</body>", f"{MEASURE}</body>")
    copy = page.with_name("measured.html")
    copy.write_text(text.replace("alert(1)", "window.hurt=1"), encoding="utf-8")
    shown = browse(copy, f"--window-size={width},900", "--dump-dom")
    found = re.search(r"<title>(\[.*?\])</title>", shown)
    assert found is not None
    assert found[1] == "[0,0,0,0]"
