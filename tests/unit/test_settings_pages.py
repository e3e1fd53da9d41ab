"""What people read about settings: config show, config init, the reference."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import platform_cli.settings
from platform_cli.errors import PlatformError
from platform_cli.settings import Raw, Settings, document, load, reference, starter_file
from platform_cli.settings.pages import SAMPLE
from platform_cli.settings.table import KEYS, NAME, profile_keys

SETTING = re.compile(r"#([a-z][a-z_.]* = .*)")
COMMENTED = [line[1:] for line in starter_file().splitlines() if SETTING.fullmatch(line)]
USER_KEYS = [key for key in KEYS if "user" in key.sources]


def load_text(tmp_path: Path, text: str) -> Settings:
    config = tmp_path / "config.toml"
    config.write_text(text, encoding="utf-8")
    return load(environ={"HOME": str(tmp_path)}, cwd=tmp_path, config=config)


def test_the_document_of_config_show(tmp_path: Path) -> None:
    settings = load_text(tmp_path, "profile = 'prod'\n[profiles.prod]\nforge = 'github'\n")
    made = document(settings)
    assert list(made) == ["schema", "profile", "home", "values"]
    assert made["schema"] == "platform-cli/config-show/1"
    assert made["profile"] == "prod"
    assert made["home"] == str(settings.home)
    where = str(tmp_path / "config.toml")
    assert {
        "key": "profiles.prod.forge",
        "value": "github",
        "origin": {"kind": "user", "where": where},
    } in made["values"]
    assert {
        "key": "contract.paths",
        "value": ["**/*.contract.yaml"],
        "origin": {"kind": "default", "where": None},
    } in made["values"]
    assert json.loads(json.dumps(made)) == made


def test_the_document_has_every_key_once(tmp_path: Path) -> None:
    made = document(load_text(tmp_path, "[profiles.prod]\n"))
    plain = [key.name for key in KEYS if NAME not in key.name]
    profiles = [
        key.name.replace(NAME, name) for name in ("local", "prod") for key in profile_keys()
    ]
    assert [one["key"] for one in made["values"]] == [*plain, *profiles]


def test_the_starter_file_changes_nothing(tmp_path: Path) -> None:
    settings = load_text(tmp_path, starter_file())
    assert {one.origin.kind for one in settings.values} == {"default"}
    assert settings.profiles == ("local",)
    assert tomllib.loads(starter_file()) == {}


def test_the_starter_file_has_every_key_of_a_user(tmp_path: Path) -> None:
    names = [line.partition(" = ")[0] for line in COMMENTED]
    assert sorted(names) == sorted(key.name.replace(NAME, SAMPLE) for key in USER_KEYS)


@pytest.mark.parametrize("line", COMMENTED, ids=lambda line: line.partition(" ")[0])
def test_each_line_of_the_starter_file_works_alone(tmp_path: Path, line: str) -> None:
    text = starter_file()
    assert text.count(f"\n#{line}\n") == 1
    key = line.partition(" = ")[0]
    settings = load_text(tmp_path, text.replace(f"\n#{line}\n", f"\n{line}\n"))
    assert [one.key for one in settings.values if one.origin.kind == "user"] == [key]


def test_all_lines_of_the_starter_file_work_together(tmp_path: Path) -> None:
    text = "\n".join(SETTING.sub(r"\1", line) for line in starter_file().splitlines())
    settings = load_text(tmp_path, text)
    found = {one.key: one for one in settings.values}
    for key in USER_KEYS:
        one = found[key.name.replace(NAME, SAMPLE)]
        assert one.origin.kind == "user"
        if key.default is not None:
            assert one.value == key.default


def test_the_starter_file_explains_every_key() -> None:
    text = starter_file()
    for key in USER_KEYS:
        assert f"# {key.help}\n" in text
        assert f"# Takes {key.kind.says}.\n" in text


def test_answers_stand_in_the_starter_file(tmp_path: Path) -> None:
    answers: dict[str, Raw] = {
        "profile": "acme",
        "platform.organisation": "acme",
        "profiles.acme.forge": "github",
        "profiles.acme.pagerduty.team": 'Équipe "données" \\ 1',
        "kpi.target_minutes": 20,
        "profiles.eu-1.timeout_s": 2.5,
    }
    text = starter_file(answers)
    settings = load_text(tmp_path, text)
    assert {one.key: one.value for one in settings.values if one.origin.kind == "user"} == answers
    assert f"profiles.{SAMPLE}." not in text
    assert "\n#profiles.acme.catalog = " in text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kpi.target_minutes", "x"),
        ("unknown", "x"),
        ("contract.dbt", "dbt"),
        ("profiles.A.forge", "github"),
        ("profiles.x.forge", "nothing"),
        ("profiles", "x"),
        ("journal.url", "postgresql://me:s3cr3t@x/y"),
        ("platform.team", '@x"\nprofile = "evil'),
    ],
)
def test_a_wrong_answer_is_refused(key: str, value: str) -> None:
    with pytest.raises(PlatformError) as caught:
        starter_file({key: value, "nonsense": 1})
    assert caught.value.code == "PLT-SETTINGS-002"
    assert len(caught.value.problems) == 2
    assert "s3cr3t" not in str([caught.value.problems, caught.value.summary, caught.value.hint])


def test_the_reference_is_the_table() -> None:
    rows = reference()
    assert [row.key for row in rows] == [key.name for key in KEYS]
    by_key = {row.key: row for row in rows}
    timeout = by_key["profiles.<name>.timeout_s"]
    assert (timeout.default, timeout.sources, timeout.flag) == ("5", "user, flag", "--timeout")
    assert timeout.variable == "PLATFORM_CLI_PROFILES_<NAME>_TIMEOUT_S"
    assert by_key["journal.url"].default == ""
    assert by_key["contract.paths"].default == '["**/*.contract.yaml"]'
    assert by_key["output.colour"].sources == "user, project"
    assert by_key["contract.dbt"].sources == "project"


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_examples_and_defaults_are_valid(key: platform_cli.settings.table.Key) -> None:
    key.kind.check(tomllib.loads(f"x = {key.example}")["x"])
    if key.default is not None:
        written = list(key.default) if isinstance(key.default, tuple) else key.default
        assert key.kind.check(written) == key.default
    assert key.help.endswith(".")


def test_the_package_says_what_it_has() -> None:
    for name in platform_cli.settings.__all__:
        assert getattr(platform_cli.settings, name)
    with pytest.raises(AttributeError):
        _ = platform_cli.settings.nothing
