"""Which layer wins, and that every value knows where it comes from."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from platform_cli import __version__
from platform_cli.errors import PlatformError
from platform_cli.settings import Origin, Raw, Settings, Value, load, model
from platform_cli.settings.layers import Findings, defaults, read_environment
from platform_cli.settings.table import KEYS, NAME, Key, plain_keys, profile_keys

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "ab" * 32

# For every key another value than its default: as TOML, as a variable's text, and as it is read.
OTHER: dict[str, tuple[str, str, Raw]] = {
    "profile": ('"prod"', "prod", "prod"),
    "platform.organisation": ('"acme"', "acme", "acme"),
    "platform.team": ('"@acme/core"', "@acme/core", "@acme/core"),
    "platform.compliance_team": ('"user:@ada"', "user:@ada", "user:@ada"),
    "platform.cli_source": ('"platform-cli>=1"', "platform-cli>=1", "platform-cli>=1"),
    "profiles.<name>.forge": ('"github"', "github", "github"),
    "profiles.<name>.catalog": ('"iceberg"', "iceberg", "iceberg"),
    "profiles.<name>.pager": ('"pagerduty"', "pagerduty", "pagerduty"),
    "profiles.<name>.timeout_s": ("7.5", "7.5", 7.5),
    "profiles.<name>.deadline_s": ("60", "60", 60),
    "profiles.<name>.github.base_url": (
        '"https://gh.example.com/api/v3/"',
        "https://gh.example.com/api/v3",
        "https://gh.example.com/api/v3",
    ),
    "profiles.<name>.github.auth": ('"app"', "app", "app"),
    "profiles.<name>.unity.host": (
        '"http://localhost:8080"',
        "http://localhost:8080",
        "http://localhost:8080",
    ),
    "profiles.<name>.unity.layout": ('"mesh"', "mesh", "mesh"),
    "profiles.<name>.unity.outsider_group": ('"all staff"', "all staff", "all staff"),
    "profiles.<name>.iceberg.uri": (
        '"https://ice.example.com"',
        "https://ice.example.com",
        "https://ice.example.com",
    ),
    "profiles.<name>.iceberg.warehouse": ('"s3://mesh"', "s3://mesh", "s3://mesh"),
    "profiles.<name>.iceberg.layout": ('"nested"', "nested", "nested"),
    "profiles.<name>.pagerduty.base_url": (
        '"https://api.eu.pagerduty.com"',
        "https://api.eu.pagerduty.com",
        "https://api.eu.pagerduty.com",
    ),
    "profiles.<name>.pagerduty.from": ('"ada@example.com"', "ada@example.com", "ada@example.com"),
    "profiles.<name>.pagerduty.team": ('"Données"', "Données", "Données"),
    "profiles.<name>.pagerduty.escalation_fallback": ('"Core"', "Core", "Core"),
    "profiles.<name>.pagerduty.time_zone": ('"UTC"', "UTC", "UTC"),
    "profiles.<name>.pagerduty.handover": ('"Fri 17:30"', "Fri 17:30", "Fri 17:30"),
    "template.source": (
        '"https://git.example.com/t"',
        "https://git.example.com/t",
        "https://git.example.com/t",
    ),
    "template.commit": (f'"{COMMIT}"', COMMIT, COMMIT),
    "policy.bundle": (
        f'"https://p.example.com/b#sha256:{DIGEST}"',
        f"https://p.example.com/b#sha256:{DIGEST}",
        f"https://p.example.com/b#sha256:{DIGEST}",
    ),
    "journal.url": (
        '"postgresql://me@db.example.com/j"',
        "postgresql://me@db.example.com/j",
        "postgresql://me@db.example.com/j",
    ),
    "kpi.target_minutes": ("31", "31", 31),
    "kpi.alarm_minutes": ("241", "241", 241),
    "kpi.abandoned_days": ("15", "15", 15),
    "contract.paths": ('["a/*.yaml", "b.yaml"]', "a/*.yaml, b.yaml", ("a/*.yaml", "b.yaml")),
    "contract.dbt": ('"dbt"', "dbt", "dbt"),
    "output.colour": ('"never"', "never", "never"),
    "output.width": ("100", "100", 100),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A user's machine: a home, a configuration directory and a project to stand in."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config" / "platform-cli" / "config.toml"

    @property
    def project(self) -> Path:
        return self.root / "project" / "platform.toml"

    @property
    def cwd(self) -> Path:
        return self.root / "project" / "deep" / "er"

    def load(self, environ: Mapping[str, str] | None = None, **more: Any) -> Settings:
        own = {"HOME": str(self.root), "XDG_CONFIG_HOME": str(self.root / "config")}
        return load(environ={**own, **(environ or {})}, cwd=self.cwd, **more)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.config.parent.mkdir(parents=True)
    made.cwd.mkdir(parents=True)
    return made


def value(settings: Settings, key: str) -> Value:
    (found,) = (one for one in settings.values if one.key == key)
    return found


def test_the_table_of_other_values_is_complete() -> None:
    assert list(OTHER) == [key.name for key in KEYS]


def test_without_anything_all_is_default(place: Place) -> None:
    settings = place.load()
    assert {one.origin for one in settings.values} == {Origin("default")}
    assert [(one.key, one.value) for one in settings.values] == [*defaults(), *defaults("local")]
    assert settings.profiles == ("local",)
    assert settings.profile.name == "local"
    assert (settings.config, settings.project) == (place.config, None)
    assert settings.home == place.root / ".local/share/platform-cli"


def test_the_documented_defaults(place: Place) -> None:
    settings = place.load()
    profile = settings.profile
    assert (profile.forge, profile.catalog, profile.pager) == ("local", "local", "local")
    assert (profile.timeout_s, profile.deadline_s) == (5, 1800)
    assert profile.github == model.GitHubSettings("https://api.github.com", "token")
    assert profile.unity == model.UnitySettings(None, "catalog-per-domain", "account users")
    assert profile.iceberg == model.IcebergSettings(None, None, "flat")
    assert profile.pagerduty == model.PagerDutySettings(
        "https://api.pagerduty.com", None, None, None, "UTC", "Mon 09:00"
    )
    assert settings.platform == model.Platform(
        "local", "@platform-team", "@data-compliance", f"platform-cli=={__version__}"
    )
    assert settings.template == model.TemplateSettings(None, None)
    assert settings.policy == model.PolicySettings(None)
    assert settings.journal == model.JournalSettings(None)
    assert settings.kpi == model.KpiSettings(30, 240, 14)
    assert settings.contract == model.ContractSettings(("**/*.contract.yaml",), None)
    assert settings.output == model.OutputSettings("auto", None)


def test_nothing_is_created(place: Place) -> None:
    before = sorted(place.root.rglob("*"))
    place.load({"PLATFORM_HOME": str(place.root / "new")})
    assert sorted(place.root.rglob("*")) == before


@pytest.mark.parametrize(
    "key", [key for key in KEYS if "user" in key.sources], ids=lambda key: key.name
)
def test_the_users_file_sets_it(place: Place, key: Key) -> None:
    written, _, read = OTHER[key.name]
    name = key.name.replace(NAME, "prod")
    place.config.write_text(
        f"profiles.prod.forge = 'local'\n{name} = {written}"
        if name != "profiles.prod.forge"
        else f"{name} = {written}"
    )
    assert value(place.load(), name) == Value(name, read, Origin("user", str(place.config)))


@pytest.mark.parametrize(
    "key", [key for key in KEYS if "project" in key.sources], ids=lambda key: key.name
)
def test_a_project_sets_it_over_the_users_file(place: Place, key: Key) -> None:
    written, _, read = OTHER[key.name]
    if "user" in key.sources:
        place.config.write_text("output.colour = 'always'\noutput.width = 77\n")
    place.project.write_text(f"{key.name} = {written}")
    settings = place.load()
    assert value(settings, key.name) == Value(key.name, read, Origin("project", str(place.project)))
    assert settings.project == place.project


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_the_environment_sets_it_over_both_files(place: Place, key: Key) -> None:
    _, written, read = OTHER[key.name]
    name = key.name.replace(NAME, "prod")
    place.config.write_text("[profiles.prod]\ntimeout_s = 3\n[output]\nwidth = 20")
    place.project.write_text("output.width = 21\noutput.colour = 'always'")
    variable = key.variable("prod")
    found = value(place.load({variable: written}), name)
    assert found == Value(name, read, Origin("environment", variable))


@pytest.mark.parametrize(
    ("flag", "written", "key", "read"),
    [
        ("profile", "other", "profile", "other"),
        ("timeout", "2", "profiles.prod.timeout_s", 2),
        ("timeout", "0.5", "profiles.prod.timeout_s", 0.5),
        ("deadline", "90", "profiles.prod.deadline_s", 90),
    ],
)
def test_a_flag_sets_it_over_all(
    place: Place, flag: str, written: str, key: str, read: Raw
) -> None:
    place.config.write_text("profile = 'prod'\n[profiles.prod]\ntimeout_s = 9\n[profiles.other]\n")
    environ = {"PLATFORM_CLI_PROFILE": "prod", "PLATFORM_CLI_PROFILES_PROD_DEADLINE_S": "8"}
    settings = place.load(environ, flags={flag: written})
    assert value(settings, key) == Value(key, read, Origin("flag", f"--{flag}"))


def test_the_flags_go_to_the_profile_that_is_chosen(place: Place) -> None:
    place.config.write_text("[profiles.prod]\n[profiles.other]\n")
    settings = place.load(flags={"profile": "prod", "timeout": "2", "deadline": "3"})
    assert (settings.profile.name, settings.profile.timeout_s, settings.profile.deadline_s) == (
        "prod",
        2,
        3,
    )
    assert value(settings, "profiles.other.timeout_s").value == 5
    assert value(settings, "profiles.local.timeout_s").value == 5


def test_a_flag_that_was_not_given_changes_nothing(place: Place) -> None:
    assert place.load(flags={"profile": None, "timeout": None}) == place.load()


def test_a_flag_that_no_setting_has_is_a_mistake_in_the_program(place: Place) -> None:
    with pytest.raises(ValueError, match="colour"):
        place.load(flags={"colour": "never"})


def test_the_chosen_profile_by_layer(place: Place) -> None:
    place.config.write_text("profile = 'a'\n[profiles.a]\n[profiles.b]\n[profiles.c]\n")
    assert place.load().profile.name == "a"
    assert place.load({"PLATFORM_CLI_PROFILE": "b"}).profile.name == "b"
    assert place.load({"PLATFORM_CLI_PROFILE": "b"}, flags={"profile": "c"}).profile.name == "c"
    assert place.load().profiles == ("a", "b", "c", "local")


def test_an_empty_variable_is_not_set(place: Place) -> None:
    environ = {"PLATFORM_CLI_PROFILE": "", "PLATFORM_CLI_OUTPUT_WIDTH": "", "PLATFORM_CLI_X": ""}
    assert place.load(environ) == place.load()


def test_the_environment_alone_can_define_a_profile(place: Place) -> None:
    environ = {
        "PLATFORM_CLI_PROFILE": "eu-west",
        "PLATFORM_CLI_PROFILES_EU_WEST_FORGE": "github",
        "PLATFORM_CLI_PROFILES_EU_WEST_GITHUB_AUTH": "gh",
    }
    settings = place.load(environ)
    assert (settings.profile.name, settings.profile.forge, settings.profile.github.auth) == (
        "eu-west",
        "github",
        "gh",
    )


@pytest.mark.parametrize(
    "profile", ["prod", "eu-west-1", "a", "profiles", "github", "x-github", "local", "p" * 40]
)
@pytest.mark.parametrize("key", profile_keys(), ids=lambda key: key.name)
def test_the_names_of_variables_round_trip(key: Key, profile: str) -> None:
    findings = Findings()
    variable = key.variable(profile)
    read = read_environment({variable: "local"}, Path("/"), frozenset({profile}), findings)
    told = [problem.address for _, problem in findings.found] + [
        one.origin.where for one in read.values
    ]
    assert set(told) == {variable}
    assert [one.key for one in read.values] in ([], [key.name.replace(NAME, profile)])
    assert profile in read.profiles


def test_the_names_of_variables_are_what_the_specification_says() -> None:
    by_name = {key.name: key for key in KEYS}
    assert by_name["profile"].variable() == "PLATFORM_CLI_PROFILE"
    assert by_name["platform.compliance_team"].variable() == "PLATFORM_CLI_PLATFORM_COMPLIANCE_TEAM"
    assert (
        by_name["profiles.<name>.github.base_url"].variable("eu-1")
        == "PLATFORM_CLI_PROFILES_EU_1_GITHUB_BASE_URL"
    )
    variables = [key.variable() for key in plain_keys()]
    assert len(set(variables)) == len(variables)


def test_no_ending_of_a_profiles_variable_ends_another() -> None:
    endings = [key.variable().partition("<NAME>")[2] for key in profile_keys()]
    assert [(a, b) for a in endings for b in endings if a != b and a.endswith(b)] == []


def test_config_is_another_users_file(place: Place, tmp_path: Path) -> None:
    place.config.write_text("kpi.target_minutes = 1")
    other = tmp_path / "other.toml"
    other.write_text("kpi.alarm_minutes = 2")
    settings = place.load(config=other)
    assert (settings.kpi.target_minutes, settings.kpi.alarm_minutes) == (30, 2)
    assert settings.config == other


def test_config_may_be_relative(place: Place) -> None:
    (place.cwd / "my.toml").write_text("output.width = 99")
    settings = place.load(config=Path("my.toml"))
    assert value(settings, "output.width").origin == Origin("user", str(place.cwd / "my.toml"))


def test_the_users_own_file_may_be_called_platform_toml(place: Place) -> None:
    place.project.write_text("profile = 'prod'\n[profiles.prod]\n")
    settings = place.load(config=place.project)
    assert (settings.profile.name, settings.project) == ("prod", None)


def test_the_nearest_project_counts(place: Place) -> None:
    place.project.write_text("output.width = 40")
    (place.cwd / "platform.toml").write_text("contract.dbt = 'x'")
    settings = place.load()
    assert settings.project == place.cwd / "platform.toml"
    assert (settings.output.width, settings.contract.dbt) == (None, "x")


def test_a_project_may_carry_information_for_other_commands(place: Place) -> None:
    place.project.write_text(
        '[domain]\nname = "loyalty"\nowner = "@t"\n[domain.more]\nx = [1]\n[output]\nwidth = 60'
    )
    assert place.load().output.width == 60


def test_a_relative_path_starts_at_the_file_that_has_it(place: Place) -> None:
    place.config.write_text("policy.bundle = 'b.tar.gz'\ntemplate.source = '../t'")
    settings = place.load()
    assert settings.policy.bundle == str(place.config.parent / "b.tar.gz")
    assert settings.template.source == str(place.config.parent.parent / "t")
    environ = {"PLATFORM_CLI_POLICY_BUNDLE": "b", "PLATFORM_CLI_TEMPLATE_SOURCE": "~/t"}
    settings = place.load(environ)
    assert settings.policy.bundle == str(place.cwd / "b")
    assert settings.template.source == str(place.root / "t")


@pytest.mark.parametrize(
    "source",
    [
        "https://git.example.com/t.git",
        "git@git.example.com:t.git",
        "gh:acme/t",
        "ssh://git@x.example/t",
    ],
)
def test_an_address_of_a_template_stays_as_it_is(place: Place, source: str) -> None:
    assert place.load({"PLATFORM_CLI_TEMPLATE_SOURCE": source}).template.source == source


def test_auto_width_can_be_said(place: Place) -> None:
    place.config.write_text("output.width = 100")
    settings = place.load({"PLATFORM_CLI_OUTPUT_WIDTH": "auto"})
    assert settings.output.width is None
    assert value(settings, "output.width").value == "auto"


def test_one_contract_path_needs_no_list(place: Place) -> None:
    place.project.write_text("contract.paths = 'x/*.yaml'")
    assert place.load().contract.paths == ("x/*.yaml",)


def test_the_processs_own_environment_is_the_default(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [one for one in os.environ if one.startswith("PLATFORM_CLI_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place.root / "config"))
    monkeypatch.setenv("PLATFORM_CLI_OUTPUT_WIDTH", "123")
    monkeypatch.chdir(place.cwd)
    settings = load()
    assert (settings.output.width, settings.config) == (123, place.config)


def test_a_working_directory_that_was_removed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = place.root / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(PlatformError) as caught:
        load(environ={"HOME": str(place.root)})
    assert caught.value.code == "PLT-SETTINGS-001"
    monkeypatch.chdir(place.root)


def test_settings_are_frozen(place: Place) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        place.load().profile = None  # type: ignore[misc,assignment]  # refused is what is tested


def test_each_field_has_a_key_and_each_key_a_field() -> None:
    sections = {
        "platform": model.Platform,
        "profiles.<name>": model.Profile,
        "profiles.<name>.github": model.GitHubSettings,
        "profiles.<name>.unity": model.UnitySettings,
        "profiles.<name>.iceberg": model.IcebergSettings,
        "profiles.<name>.pagerduty": model.PagerDutySettings,
        "template": model.TemplateSettings,
        "policy": model.PolicySettings,
        "journal": model.JournalSettings,
        "kpi": model.KpiSettings,
        "contract": model.ContractSettings,
        "output": model.OutputSettings,
    }
    fields = {
        f"{section}.{field.name.rstrip('_')}"
        for section, made in sections.items()
        for field in dataclasses.fields(made)
    }
    inner = {
        f"profiles.<name>.{name}" for name in ("name", "github", "unity", "iceberg", "pagerduty")
    }
    assert fields - inner == {key.name for key in KEYS} - {"profile"}
