"""Which domain a repository belongs to, by its platform.toml."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from platform_cli.domain_repo.about import About, about
from platform_cli.errors import Exit, PlatformError
from tests.unit.publishing_world import TOML

ORDERS = TOML.format(name="orders-eu", catalog_name="orders_eu")


def write(folder: Path, text: str) -> None:
    (folder / "platform.toml").write_text(text, encoding="utf-8")


def refused(start: Path) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        about(start)
    assert caught.value.code == "PLT-REPO-001"
    assert caught.value.exit == Exit.USAGE
    return caught.value


def test_the_repository_is_found_from_any_folder_of_it(tmp_path: Path) -> None:
    write(tmp_path, ORDERS)
    deep = tmp_path / "models" / "product"
    deep.mkdir(parents=True)
    wanted = About(tmp_path, "orders-eu", "orders_eu", "@acme/orders-team", "orders-pager")
    assert about(tmp_path) == about(deep) == wanted


def test_a_relative_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, ORDERS)
    monkeypatch.chdir(tmp_path)
    assert about(Path()).folder == tmp_path


def test_the_nearest_one_counts(tmp_path: Path) -> None:
    write(tmp_path, ORDERS)
    inner = tmp_path / "inner"
    inner.mkdir()
    write(inner, TOML.format(name="loyalty", catalog_name="loyalty"))
    assert about(inner).domain == "loyalty"
    write(inner, "")
    refused(inner)


def test_no_repository(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert str(tmp_path) in error.summary
    assert "init" in error.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "domain = 1",
        "[domain]\nname = 'loyalty'",
        ORDERS.replace('"orders-pager"', "7"),
        ORDERS.replace('"orders_eu"', '"orders"'),
        ORDERS.replace('"orders-eu"', '"../evil"'),
        ORDERS.replace("@acme/orders-team", "nobody"),
        ORDERS.replace("orders-pager", "\\u001b[2J"),
        "a = [",
    ],
)
def test_a_file_that_says_something_else(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    error = refused(tmp_path)
    assert error.problems
    assert "\x1b" not in error.summary


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    wrong = ORDERS.replace('"orders_eu"', '"x"').replace("@acme/orders-team", "nobody")
    write(tmp_path, wrong.replace("orders-pager", ""))
    assert len(refused(tmp_path).problems) == 3


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "platform.toml")
    refused(tmp_path)
