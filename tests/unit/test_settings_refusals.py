"""What is refused, by which code, with what advice, and that all of it comes at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_cli.errors import Exit, PlatformError, Problem
from platform_cli.settings import load
from platform_cli.settings.table import KEYS, NAME, Key
from tests.unit.test_settings_layers import OTHER

CANARY = "s3cr3t-c4n4ry"


def refusal(
    tmp_path: Path,
    config: str = "",
    project: str = "",
    environ: dict[str, str] | None = None,
    flags: dict[str, str | None] | None = None,
) -> PlatformError:
    """The error of a load, after checking what holds for all of them."""
    user_file = tmp_path / "config.toml"
    user_file.write_text(config, encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    if project:
        (work / "platform.toml").write_text(project, encoding="utf-8")
    own = {"HOME": str(tmp_path), **(environ or {})}
    with pytest.raises(PlatformError) as caught:
        load(environ=own, cwd=work, config=user_file, flags=flags or {})
    error = caught.value
    assert error.exit is Exit.USAGE
    for told in texts(error):
        assert told.isprintable(), told
        assert CANARY not in told
    assert error.problems
    return error


def texts(error: PlatformError) -> list[str]:
    own = [error.summary, error.hint, error.address or ""]
    return own + [told for one in error.problems for told in (one.address, one.summary, one.hint)]


def only(error: PlatformError) -> Problem:
    (problem,) = error.problems
    assert (error.summary, error.hint, error.address) == (
        problem.summary,
        problem.hint,
        problem.address,
    )
    return problem


@pytest.mark.parametrize(
    "key", [key for key in KEYS if "project" not in key.sources], ids=lambda key: key.name
)
def test_a_project_may_not_steer(tmp_path: Path, key: Key) -> None:
    name = key.name.replace(NAME, "prod")
    error = refusal(tmp_path, project=f"{name} = {OTHER[key.name][0]}")
    problem = only(error)
    assert error.code == "PLT-SETTINGS-003"
    assert problem.address == str(tmp_path / "work" / "platform.toml")
    assert problem.summary.startswith(f"{name}: ")
    assert "config.toml" in problem.hint
    assert key.variable("prod") in problem.hint


def test_a_project_may_not_even_name_a_profile(tmp_path: Path) -> None:
    assert refusal(tmp_path, project="[profiles.prod]").code == "PLT-SETTINGS-003"
    assert refusal(tmp_path, project="[template]").code == "PLT-SETTINGS-003"


def test_a_projects_unknown_key_is_an_error_too(tmp_path: Path) -> None:
    error = refusal(tmp_path, project="output.color = 'never'")
    assert error.code == "PLT-SETTINGS-002"
    assert only(error).hint == "The nearest is output.colour."


@pytest.mark.parametrize(
    "key", [key for key in KEYS if "user" not in key.sources], ids=lambda key: key.name
)
def test_a_projects_setting_in_the_users_file_is_told_where_it_belongs(
    tmp_path: Path, key: Key
) -> None:
    error = refusal(tmp_path, config=f"{key.name} = {OTHER[key.name][0]}")
    assert error.code == "PLT-SETTINGS-002"
    assert "platform.toml" in only(error).hint


def test_everything_wrong_in_every_layer_comes_at_once(tmp_path: Path) -> None:
    error = refusal(
        tmp_path,
        config='kpi.target_minute = 3\nkpi.alarm_minutes = "x"\nprofile = "nowhere"\n[profiles.Prod]\n',
        project='output.width = 3\nplatform.team = "@evil"',
        environ={"PLATFORM_CLI_OUTPUT_COLOR": "never", "PLATFORM_CLI_KPI_TARGET_MINUTES": "0"},
        flags={"timeout": "-1"},
    )
    assert error.code == "PLT-SETTINGS-003"
    assert error.summary.startswith("9 problems in the settings; the first: platform.team")
    told = [f"{one.address}: {one.summary}".replace(str(tmp_path), "") for one in error.problems]
    assert [one.partition(": expected")[0] for one in told] == [
        "/config.toml: kpi.target_minute: unknown key",
        "/config.toml: kpi.alarm_minutes",
        "/config.toml: profiles.'Prod'",
        "/work/platform.toml: output.width",
        "/work/platform.toml: platform.team: a project may not set this, and it was not read",
        "PLATFORM_CLI_KPI_TARGET_MINUTES: kpi.target_minutes",
        "PLATFORM_CLI_OUTPUT_COLOR: no setting has the variable PLATFORM_CLI_OUTPUT_COLOR",
        "--timeout: timeout_s",
        "/config.toml: the profile nowhere is not defined; those that are: local",
    ]


def test_a_file_that_cannot_be_read_does_not_hide_the_rest(tmp_path: Path) -> None:
    environ = {
        "PLATFORM_CLI_OUTPUT_WIDTH": "x",
        "PLATFORM_CLI_PROFILE": "prod",
        "PLATFORM_CLI_PROFILES_PROD_TIMEOUT_S": "3",
    }
    error = refusal(tmp_path, config="[", project="x = 1", environ=environ)
    assert error.code == "PLT-SETTINGS-001"
    assert len(error.problems) == 3


def test_very_many_problems_are_counted_and_some_are_listed(tmp_path: Path) -> None:
    error = refusal(tmp_path, config="\n".join(f"key{n} = 1" for n in range(2000)))
    assert "2000 problems in the settings, of which 50 are listed" in error.summary
    assert len(error.problems) == 50


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("profil = 'x'", "profile"),
        ("kpi.target_minute = 3", "kpi.target_minutes"),
        ("output.color = 'never'", "output.colour"),
        ("platform.organization = 'x'", "platform.organisation"),
        ("profiles.prod.timeout = 3", "profiles.prod.timeout_s"),
        ("profiles.prod.github.url = 'x'", "profiles.prod.github.base_url"),
        ("[journals]\nurl = 'x'", "journal"),
    ],
)
def test_an_unknown_key_names_the_nearest(tmp_path: Path, written: str, near: str) -> None:
    error = refusal(tmp_path, config=written)
    assert error.code == "PLT-SETTINGS-002"
    assert only(error).hint == f"The nearest is {near}."


def test_an_unknown_variable_names_the_nearest(tmp_path: Path) -> None:
    error = refusal(tmp_path, environ={"PLATFORM_CLI_OUTPUT_COLOR": "x"})
    assert only(error).hint == "The nearest is PLATFORM_CLI_OUTPUT_COLOUR."
    error = refusal(tmp_path, environ={"PLATFORM_CLI_HOME": "/x"})
    assert error.code == "PLT-SETTINGS-002"


def test_a_slip_in_a_profiles_name_is_not_a_new_profile(tmp_path: Path) -> None:
    environ = {"PLATFORM_CLI_PROFILES_PRDO_TIMEOUT_S": "3"}
    problem = only(refusal(tmp_path, config="[profiles.prod]", environ=environ))
    assert problem.hint == "The nearest is PLATFORM_CLI_PROFILES_PROD_TIMEOUT_S."


WRONG: dict[str, tuple[str, ...]] = {
    "profile": (
        "1",
        "''",
        "'a_b'",
        "'-a'",
        "'a--b'",
        "'A'",
        "'a.b'",
        "'a\\n'",
        '"a\\n"',
        "[]",
        f"'{'a' * 41}'",
    ),
    "platform.organisation": (
        "true",
        "'Acme'",
        "'-acme'",
        "'a_b'",
        "'a/b'",
        '"acme\\n"',
        f"'{'a' * 40}'",
    ),
    "platform.team": (
        "'team'",
        "'@Team'",
        "'@a/b/c'",
        "'user:ada'",
        "'@'",
        "'@team '",
        '"@t\\u202e"',
        '"@t\\n"',
        f"'@{'t' * 101}'",
    ),
    "platform.compliance_team": ("3", "'*'"),
    "platform.cli_source": (
        "''",
        "'--index-url=x'",
        '"a\\nb"',
        "'-e .'",
        "1979-05-27",
        '"pl\\u0430tform-cli"',
    ),
    "profiles.<name>.forge": ("'GitHub'", "'gitlab'", "true", "''", "{}"),
    "profiles.<name>.catalog": ("'hive'",),
    "profiles.<name>.pager": ("'opsgenie'",),
    "profiles.<name>.timeout_s": (
        "0",
        "-1",
        "inf",
        "nan",
        "'5'",
        "true",
        "1e99",
        "604801",
        "[5]",
        "12:00:00",
    ),
    "profiles.<name>.deadline_s": ("0.0", "-0.5", "'1h'"),
    "profiles.<name>.github.base_url": (
        "'http://gh.example.com'",
        "'gh.example.com'",
        "'ftp://x'",
        "'https://'",
        "'https://a b'",
        "'https://x?y=1'",
        "'https://x#y'",
        "'https://x\\y'",
        "'javascript:x'",
    ),
    "profiles.<name>.github.auth": ("'password'",),
    "profiles.<name>.unity.host": (
        "'http://127.0.0.1.evil.example'",
        "'http://localhost@evil.example'",
    ),
    "profiles.<name>.unity.layout": ("'a b'", "'a.b'", "'a;b'"),
    "profiles.<name>.unity.outsider_group": ("''", "' x'", '"x\\u001b[2J"'),
    "profiles.<name>.iceberg.uri": ("'https://[::1'",),
    "profiles.<name>.iceberg.warehouse": ("['x']",),
    "profiles.<name>.iceberg.layout": ("'deep'",),
    "profiles.<name>.pagerduty.base_url": ("7",),
    "profiles.<name>.pagerduty.from": ("'ada'", "'a@b'", "'a b@example.com'", '"a@example.com\\n"'),
    "profiles.<name>.pagerduty.team": ("''",),
    "profiles.<name>.pagerduty.escalation_fallback": ("false",),
    "profiles.<name>.pagerduty.time_zone": (
        "'Mars/Olympus'",
        "'../etc/passwd'",
        "'/UTC'",
        "'utc\\n'",
    ),
    "profiles.<name>.pagerduty.handover": ("'Monday 9:00'", "'Mon 24:00'", "'mon 09:00'"),
    "template.source": (
        "'--upload-pack=x'",
        "'ext::sh -c x'",
        "'fd::17'",
        "'http://x/y'",
        "'git://x/y'",
        "'https://x.example/t?token=x'",
        "'https://x.example/t#main'",
        "''",
    ),
    "template.commit": ("'main'", "'v1'", "'abc123'", f"'{'A' * 40}'", f"'{'a' * 41}'", "1"),
    "policy.bundle": (
        "'https://x.example/b'",
        "'http://x.example/b'",
        f"'http://x.example/b#sha256:{'a' * 64}'",
        "'https://x.example/b#sha256:abc'",
        "'-x'",
    ),
    "journal.url": ("'mysql://x/y'", "'postgresql://'", "'/path'", "3", "''"),
    "kpi.target_minutes": ("0", "1.5", "'30'", "true", "1000001", "-1", f"0x{'f' * 900}"),
    "kpi.alarm_minutes": ("[]",),
    "kpi.abandoned_days": ("10001",),
    "contract.paths": (
        "[]",
        "''",
        "['/etc/*']",
        "['../x']",
        "['a/../../b']",
        "['~/x']",
        "[1]",
        "3",
        "['a\\b']",
        "['C:x']",
    ),
    "contract.dbt": ("'/dbt'", "'..'", "['dbt']", "'-x'"),
    "output.colour": ("'yes'", "true"),
    "output.width": ("19", "501", "'wide'", "80.0", "true"),
}


def test_the_table_of_wrong_values_is_complete() -> None:
    assert list(WRONG) == [key.name for key in KEYS]


@pytest.mark.parametrize(
    ("key", "written"),
    [(key, one) for key in KEYS for one in WRONG[key.name]],
    ids=lambda one: one.name if isinstance(one, Key) else one[:20],
)
def test_a_wrong_value_says_what_was_expected(tmp_path: Path, key: Key, written: str) -> None:
    text = f"{key.name.replace(NAME, 'prod')} = {written}"
    in_user_file = "user" in key.sources
    error = refusal(
        tmp_path, config=text if in_user_file else "", project="" if in_user_file else text
    )
    assert error.code == "PLT-SETTINGS-002"
    assert f"expected {key.kind.says}" in only(error).summary
    assert len(error.summary) < 400


@pytest.mark.parametrize(
    ("variable", "written"),
    [
        ("PLATFORM_CLI_KPI_TARGET_MINUTES", "thirty"),
        ("PLATFORM_CLI_KPI_TARGET_MINUTES", "1_0"),
        ("PLATFORM_CLI_KPI_TARGET_MINUTES", "\u0663\u0660"),
        ("PLATFORM_CLI_KPI_TARGET_MINUTES", " 30"),
        ("PLATFORM_CLI_KPI_TARGET_MINUTES", "9" * 5000),
        ("PLATFORM_CLI_PROFILES_LOCAL_TIMEOUT_S", "nan"),
        ("PLATFORM_CLI_PROFILES_LOCAL_TIMEOUT_S", "inf"),
        ("PLATFORM_CLI_PROFILES_LOCAL_TIMEOUT_S", "0"),
        ("PLATFORM_CLI_PROFILES_LOCAL_TIMEOUT_S", "0.0"),
        ("PLATFORM_CLI_OUTPUT_COLOUR", "x\x1b[2J"),
        ("PLATFORM_CLI_OUTPUT_COLOUR", "\udcff"),
        ("PLATFORM_CLI_CONTRACT_PATHS", "a,,b"),
    ],
)
def test_a_wrong_variable_is_named_with_an_example(
    tmp_path: Path, variable: str, written: str
) -> None:
    problem = only(refusal(tmp_path, environ={variable: written}))
    assert problem.address == variable
    assert ": expected " in problem.summary
    assert problem.hint.startswith(f"For example {variable}='")


@pytest.mark.parametrize(
    "written", ["0", "-1", "x", "nan", "", "1e3", "5s", "\u0665", "604800.5", " 5"]
)
def test_a_wrong_timeout_names_the_flag(tmp_path: Path, written: str) -> None:
    problem = only(refusal(tmp_path, flags={"timeout": written}))
    assert problem.address == "--timeout"
    assert problem.hint == "For example --timeout 5."


def test_a_profile_that_is_not_defined_lists_those_that_are(tmp_path: Path) -> None:
    error = refusal(tmp_path, config="[profiles.prod]\n[profiles.eu]", flags={"profile": "prof"})
    assert error.code == "PLT-SETTINGS-004"
    assert error.summary == "the profile prof is not defined; those that are: eu, local, prod"
    assert error.hint == "Choose --profile prod."
    assert error.address == "--profile"
    error = refusal(tmp_path, config="", environ={"PLATFORM_CLI_PROFILE": "xyz"})
    assert (error.code, error.address) == ("PLT-SETTINGS-004", "PLATFORM_CLI_PROFILE")
    assert "config.toml" in error.hint


@pytest.mark.parametrize(
    ("provider", "other"),
    [("forge", "github"), ("catalog", "unity"), ("catalog", "iceberg"), ("pager", "pagerduty")],
)
def test_local_stays_local(tmp_path: Path, provider: str, other: str) -> None:
    error = refusal(tmp_path, config=f"[profiles.local]\n{provider} = '{other}'")
    assert error.code == "PLT-SETTINGS-002"
    assert "the profile local has embedded providers" in error.summary
    variable = f"PLATFORM_CLI_PROFILES_LOCAL_{provider.upper()}"
    assert only(refusal(tmp_path, environ={variable: other})).address == variable


def test_local_may_be_said_and_tuned(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[profiles.local]\nforge = 'local'\ntimeout_s = 1")
    assert load(environ={"HOME": str(tmp_path)}, cwd=tmp_path, config=config).profile.timeout_s == 1


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://me:{CANARY}@db.internal/j",
        f"postgresql://:{CANARY}@db.internal/j",
        f"postgresql://me:%73{CANARY}@db.internal/j",
        f"postgresql://me:{CANARY}/@db.internal/j",
        f"postgresql://me%3A{CANARY}@db.internal/j",
        f"postgresql://db.internal/j?password={CANARY}",
        f"postgresql://db.internal/j?user=me&PassWord={CANARY}",
        f"postgresql://db.internal/j?sslpassword={CANARY}",
        f"mysql://me:{CANARY}@db.internal/j",
        f"postgresql://me:{CANARY}@[::1/j",
        f"me:{CANARY}@db",
        f"{CANARY}\x1b",
    ],
)
def test_a_password_in_the_journals_address_is_never_repeated(tmp_path: Path, address: str) -> None:
    environ = {"PLATFORM_CLI_JOURNAL_URL": address}
    error = refusal(tmp_path, environ=environ)
    assert error.code == "PLT-SETTINGS-002"
    if address.startswith("postgresql"):
        assert "PGPASSWORD" in error.hint
    assert all("db.internal" not in told for told in texts(error))


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://db.example.com/j",
        "postgresql://me@db.example.com:5433/j?sslmode=require",
        "postgres://[::1]/j",
        "sqlite:///x/y.db",
    ],
)
def test_an_address_without_password_is_accepted(tmp_path: Path, address: str) -> None:
    environ = {"HOME": str(tmp_path), "PLATFORM_CLI_JOURNAL_URL": address}
    assert load(environ=environ, cwd=tmp_path).journal.url == address


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("platform.cli_source", f"platform-cli @ git+https://me:{CANARY}@git.example.com/x"),
        ("platform.cli_source", f"https://{CANARY}@git.example.com/x.whl"),
        ("profiles.prod.github.base_url", f"https://{CANARY}@api.example.com"),
        ("profiles.prod.unity.host", f"https://x.example.com/?token={CANARY}"),
        ("template.source", f"https://oauth2:{CANARY}@git.example.com/t"),
        ("template.source", f"ssh://me:{CANARY}@git.example.com/t"),
        ("policy.bundle", f"https://{CANARY}@x.example.com/b"),
        ("policy.bundle", f"https://x.example.com/b?sig={CANARY}"),
        ("profiles.prod.github.token", CANARY),
        ("github_token", CANARY),
        ("unknown", CANARY),
        ("unknown", f"https://me:{CANARY}@x"),
    ],
)
def test_no_secret_in_an_address_or_unknown_key_is_repeated(
    tmp_path: Path, key: str, written: str
) -> None:
    error = refusal(tmp_path, config=f'{key} = "{written}"')
    assert error.code == "PLT-SETTINGS-002"
    if "token" in key:
        assert "GH_TOKEN" in error.hint


def test_a_credential_in_a_variable_of_ours_is_sent_to_its_place(tmp_path: Path) -> None:
    error = refusal(tmp_path, environ={"PLATFORM_CLI_GITHUB_TOKEN": CANARY})
    assert "PAGERDUTY_TOKEN" in error.hint


@pytest.mark.parametrize(
    "source",
    [
        "platform-cli @ git+https://git.example.com:8443/x@v1",
        "git+ssh://git@git.example.com/x@v1",
        "./dist/platform_cli.whl",
        "platform-cli[unity]>=1,<2 ; python_version>'3'",
    ],
)
def test_a_requirement_that_pip_takes_is_accepted(tmp_path: Path, source: str) -> None:
    environ = {"HOME": str(tmp_path), "PLATFORM_CLI_PLATFORM_CLI_SOURCE": source}
    assert load(environ=environ, cwd=tmp_path).platform.cli_source == source


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("platform.organisation = 'Acme'", "Write acme."),
        ("platform.team = '@Core'", "Write @core."),
        ("profile = 'Prod'", "Write prod."),
        ("profiles.prod.unity.host = 'http://x.example.com'", "Use https"),
        ("platform.team = '@core '", "space"),
        ("[profiles.Prod]", "Write prod."),
        ("[profiles.a_b]", "For example [profiles.production]."),
        ("profiles = 3", "further keys"),
        ("kpi = 'x'", "further keys"),
        ("profiles.prod.github = 'x'", "further keys"),
    ],
)
def test_the_advice_fits_the_mistake(tmp_path: Path, written: str, told: str) -> None:
    assert told in only(refusal(tmp_path, config=written)).hint


def test_names_of_keys_and_files_are_escaped(tmp_path: Path) -> None:
    folder = tmp_path / "x\x1b[2J\u202e"
    folder.mkdir()
    refusal(folder, config='"a\\u001b]0;x\\u0007" = 1\n[profiles."\\u202e"]\n', project="[")
    refusal(folder, environ={"PLATFORM_CLI_\x1b[2J": "x"})
