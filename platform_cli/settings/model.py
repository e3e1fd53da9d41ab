"""The settings as the rest of the program receives them: frozen, checked, with their origin.

Plain data. A field is named like the last word of its key in `table`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Raw = str | int | float | tuple[str, ...] | None
OriginKind = Literal["default", "user", "project", "environment", "flag"]
ForgeName = Literal["local", "github"]
CatalogName = Literal["local", "unity", "iceberg"]
PagerName = Literal["local", "pagerduty"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Which layer a value comes from, and its file, variable or flag there."""

    kind: OriginKind
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One setting as it holds. `key` is written out: `profiles.prod.forge`."""

    key: str
    value: Raw
    origin: Origin


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """How the forge GitHub is reached; credentials are not settings."""

    base_url: str
    auth: Literal["token", "app", "gh"]


@dataclass(frozen=True, slots=True)
class UnitySettings:
    """How the catalog Unity is reached and laid out."""

    host: str | None
    layout: str
    outsider_group: str


@dataclass(frozen=True, slots=True)
class IcebergSettings:
    """How an Iceberg REST catalog is reached and laid out."""

    uri: str | None
    warehouse: str | None
    layout: Literal["flat", "nested"]


@dataclass(frozen=True, slots=True)
class PagerDutySettings:
    """How PagerDuty is reached and what a new rotation looks like."""

    base_url: str
    from_: str | None
    team: str | None
    escalation_fallback: str | None
    time_zone: str
    handover: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One world outside: a forge, a catalog, a pager, and how long to wait for them."""

    name: str
    forge: ForgeName
    catalog: CatalogName
    pager: PagerName
    timeout_s: float
    deadline_s: float
    github: GitHubSettings
    unity: UnitySettings
    iceberg: IcebergSettings
    pagerduty: PagerDutySettings


@dataclass(frozen=True, slots=True)
class Platform:
    """Whose platform it is, and where a domain's CI installs this program from."""

    organisation: str
    team: str
    compliance_team: str
    cli_source: str


@dataclass(frozen=True, slots=True)
class TemplateSettings:
    """Another template than the packaged one, and the commit that was reviewed."""

    source: str | None
    commit: str | None


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """Another policy bundle than the packaged one: a path, or `https://…#sha256:…`."""

    bundle: str | None


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """Where the journal is kept; None is the SQLite file in `home`."""

    url: str | None


@dataclass(frozen=True, slots=True)
class KpiSettings:
    """What the numbers are measured against."""

    target_minutes: int
    alarm_minutes: int
    abandoned_days: int


@dataclass(frozen=True, slots=True)
class ContractSettings:
    """Where contracts and the dbt project are, relative to the project's folder."""

    paths: tuple[str, ...]
    dbt: str | None


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """How the output looks on a terminal. A width of None is the terminal's own."""

    colour: Literal["auto", "always", "never"]
    width: int | None


@dataclass(frozen=True, slots=True)
class Settings:
    """All that holds for one run."""

    profile: Profile
    platform: Platform
    template: TemplateSettings
    policy: PolicySettings
    journal: JournalSettings
    kpi: KpiSettings
    contract: ContractSettings
    output: OutputSettings
    home: Path
    profiles: tuple[str, ...]
    values: tuple[Value, ...]
    config: Path
    """The user's file: where it is, or would be."""
    project: Path | None
    """The platform.toml that was found upward from the working directory."""
