"""Every setting, declared once: parser, variables, `config show`, `config init` and the
reference page are all made from this table. Reads nothing.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from platform_cli import __version__
from platform_cli.settings import kinds
from platform_cli.settings.kinds import Kind, WrongValueError
from platform_cli.settings.model import Raw

Source = Literal["user", "project", "flag"]

PREFIX: Final = "PLATFORM_CLI_"
NAME: Final = "<name>"
LOCAL: Final = "local"
PROVIDERS: Final = ("forge", "catalog", "pager")
INFORMATION: Final = "domain"
"""A table of a project's platform.toml that other commands write and settings leave alone."""


class Key(NamedTuple):
    """One setting. `name` has `<name>` where a profile's name stands."""

    name: str
    kind: Kind
    default: Raw
    help: str
    example: str
    sources: tuple[Source, ...] = ("user",)
    flag: str | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The words of the name."""
        return tuple(self.name.split("."))

    def variable(self, profile: str = NAME) -> str:
        """The environment variable that sets it, for the profile where it belongs to one."""
        written = self.name.replace(NAME, profile)
        return PREFIX + written.upper().replace("-", "_").replace(".", "_")


PROFILE_NAME: Final = kinds.pattern(
    "a name of a-z, 0-9 and single hyphens, up to 40 characters",
    kinds.LOGIN,
    longest=40,
    lower=True,
)

_HTTPS: Final = kinds.server()
_OWNER: Final = kinds.owner()
_MINUTES: Final = kinds.whole(1, 1_000_000)
_PROFILE: Final = f"profiles.{NAME}"

KEYS: Final[tuple[Key, ...]] = (
    Key(
        "profile",
        PROFILE_NAME,
        LOCAL,
        "The profile that is used: which forge, catalog and pager.",
        '"production"',
        ("user", "flag"),
        "profile",
    ),
    Key(
        "platform.organisation",
        kinds.pattern(
            "an organisation's name in lower case: letters, digits, single hyphens, up to 39",
            kinds.LOGIN,
            longest=39,
            lower=True,
        ),
        "local",
        "The organisation on the forge; @team is a team of it.",
        '"acme"',
    ),
    Key(
        "platform.team",
        _OWNER,
        "@platform-team",
        "Who owns the guarded files of every domain: workflow, policies, CODEOWNERS.",
        '"@platform-team"',
    ),
    Key(
        "platform.compliance_team",
        _OWNER,
        "@data-compliance",
        "Who approves exceptions.",
        '"@data-compliance"',
    ),
    Key(
        "platform.cli_source",
        kinds.requirement(),
        f"platform-cli=={__version__}",
        "What a domain's CI installs platform-cli from.",
        f'"platform-cli=={__version__}"',
    ),
    Key(
        f"{_PROFILE}.forge",
        kinds.choice(LOCAL, "github"),
        LOCAL,
        "Where repositories are.",
        '"github"',
    ),
    Key(
        f"{_PROFILE}.catalog",
        kinds.choice(LOCAL, "unity", "iceberg"),
        LOCAL,
        "Where schemas and tables are.",
        '"unity"',
    ),
    Key(
        f"{_PROFILE}.pager",
        kinds.choice(LOCAL, "pagerduty"),
        LOCAL,
        "Where rotations are.",
        '"pagerduty"',
    ),
    Key(
        f"{_PROFILE}.timeout_s",
        kinds.seconds(),
        5,
        "How long one call to a provider may take.",
        "5",
        ("user", "flag"),
        "timeout",
    ),
    Key(
        f"{_PROFILE}.deadline_s",
        kinds.seconds(),
        1800,
        "How long a whole run may take.",
        "1800",
        ("user", "flag"),
        "deadline",
    ),
    Key(
        f"{_PROFILE}.github.base_url",
        _HTTPS,
        "https://api.github.com",
        "The API of github.com, or of a server of your own.",
        '"https://github.example.com/api/v3"',
    ),
    Key(
        f"{_PROFILE}.github.auth",
        kinds.choice("token", "app", "gh"),
        "token",
        "What proves who you are: GH_TOKEN, an app's GITHUB_APP_ variables, or the tool gh.",
        '"app"',
    ),
    Key(
        f"{_PROFILE}.unity.host",
        _HTTPS,
        None,
        "The workspace. Without it DATABRICKS_HOST is used.",
        '"https://workspace.example.com"',
    ),
    Key(
        f"{_PROFILE}.unity.layout",
        kinds.pattern(
            "catalog-per-domain or the name of a catalog that all domains share",
            r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*",
        ),
        "catalog-per-domain",
        "A catalog for each domain, or the name of one that all share.",
        '"mesh"',
    ),
    Key(
        f"{_PROFILE}.unity.outsider_group",
        kinds.text("a group's name"),
        "account users",
        "The group that stands for everybody else: it reads the product tier alone.",
        '"account users"',
    ),
    Key(
        f"{_PROFILE}.iceberg.uri",
        _HTTPS,
        None,
        "The catalog's REST address.",
        '"https://catalog.example.com/api/catalog"',
    ),
    Key(
        f"{_PROFILE}.iceberg.warehouse",
        kinds.text("a warehouse's name or address"),
        None,
        "The warehouse that domains are made in.",
        '"mesh"',
    ),
    Key(
        f"{_PROFILE}.iceberg.layout",
        kinds.choice("flat", "nested"),
        "flat",
        "loyalty_product, or product inside loyalty where the catalog can nest.",
        '"nested"',
    ),
    Key(
        f"{_PROFILE}.pagerduty.base_url",
        _HTTPS,
        "https://api.pagerduty.com",
        "The API of the service region: that of the US unless said otherwise.",
        '"https://api.eu.pagerduty.com"',
    ),
    Key(
        f"{_PROFILE}.pagerduty.from",
        kinds.pattern(
            "a mail address",
            r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
        ),
        None,
        "The mail address of the PagerDuty user in whose name incidents are made.",
        '"platform@example.com"',
    ),
    Key(
        f"{_PROFILE}.pagerduty.team",
        kinds.text("a team's name"),
        None,
        "The team in PagerDuty; without it, one of the owner team's name.",
        '"Data Platform"',
    ),
    Key(
        f"{_PROFILE}.pagerduty.escalation_fallback",
        kinds.text("the name of an escalation policy"),
        None,
        "The escalation policy to go to when nobody of the rotation answers.",
        '"Platform on call"',
    ),
    Key(
        f"{_PROFILE}.pagerduty.time_zone",
        kinds.time_zone(),
        "UTC",
        "The time zone of a new rotation.",
        '"Europe/Berlin"',
    ),
    Key(
        f"{_PROFILE}.pagerduty.handover",
        kinds.pattern(
            "a day and a time, such as Mon 09:00",
            r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:[01][0-9]|2[0-3]):[0-5][0-9]",
        ),
        "Mon 09:00",
        "When a new rotation hands over.",
        '"Mon 09:00"',
    ),
    Key(
        "template.source",
        kinds.template(),
        None,
        "Another template than the packaged one; it needs template.commit.",
        '"https://github.example.com/acme/domain-template"',
    ),
    Key(
        "template.commit",
        kinds.commit(),
        None,
        "The commit of that template which was reviewed.",
        '"0123456789abcdef0123456789abcdef01234567"',
    ),
    Key(
        "policy.bundle",
        kinds.bundle(),
        None,
        "Another policy bundle than the packaged one.",
        f'"https://policies.example.com/bundle.tar.gz#sha256:{"0123456789abcdef" * 4}"',
    ),
    Key(
        "journal.url",
        kinds.journal(),
        None,
        "A journal that teams share; without it, a SQLite file in PLATFORM_HOME.",
        '"postgresql://platform@db.example.com/platform"',
    ),
    Key(
        "kpi.target_minutes",
        _MINUTES,
        30,
        "The lead time to reach.",
        "30",
    ),
    Key(
        "kpi.alarm_minutes",
        _MINUTES,
        240,
        "The lead time above which something is missing from the platform.",
        "240",
    ),
    Key(
        "kpi.abandoned_days",
        kinds.whole(1, 10_000),
        14,
        "After how many days without an event an open onboarding counts as abandoned.",
        "14",
    ),
    Key(
        "contract.paths",
        kinds.paths(),
        ("**/*.contract.yaml",),
        "Which files are contracts.",
        '["product/*.contract.yaml"]',
        ("project",),
    ),
    Key(
        "contract.dbt",
        kinds.folder(),
        None,
        "The dbt project's folder; without it, where dbt_project.yml is.",
        '"dbt"',
        ("project",),
    ),
    Key(
        "output.colour",
        kinds.choice("auto", "always", "never"),
        "auto",
        "Whether output on a terminal has colour.",
        '"never"',
        ("user", "project"),
    ),
    Key(
        "output.width",
        kinds.width(),
        "auto",
        "How wide output on a terminal is; auto is as wide as the terminal.",
        "100",
        ("user", "project"),
    ),
)

_BY_PATH: Final = {key.path: key for key in KEYS}
_SECTIONS: Final = frozenset(path[:length] for path in _BY_PATH for length in range(1, len(path)))


def general(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path with `<name>` in place of a profile's name."""
    return (path[0], NAME, *path[2:]) if path[0] == "profiles" and len(path) > 1 else path


def key_at(path: tuple[str, ...]) -> Key | None:
    """The setting that a path of words in a file names."""
    return _BY_PATH.get(general(path))


def is_profile_name(name: str) -> bool:
    """Whether a profile may be called so. No `_`: in a variable it stands for `-`."""
    try:
        PROFILE_NAME.check(name)
    except WrongValueError:
        return False
    return True


def is_section(path: tuple[str, ...]) -> bool:
    """Whether the path names a table that holds settings."""
    return general(path) in _SECTIONS


def has_project_keys(path: tuple[str, ...]) -> bool:
    """Whether a project may set anything in the table that the path names."""
    inside = general(path)
    return any("project" in key.sources and key.path[: len(inside)] == inside for key in KEYS)


def profile_keys() -> tuple[Key, ...]:
    """The settings that every profile has."""
    return tuple(key for key in KEYS if NAME in key.name)


def plain_keys() -> tuple[Key, ...]:
    """The settings that stand once."""
    return tuple(key for key in KEYS if NAME not in key.name)
