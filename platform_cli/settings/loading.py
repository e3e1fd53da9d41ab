"""Puts the layers on top of each other and makes the settings of them.

default < user's file < project's file < environment < flag. All problems are raised together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from platform_cli.errors import Code, PlatformError, Problem
from platform_cli.settings import model, table
from platform_cli.settings.environment import (
    config_file,
    home,
    located,
    process_environment,
    working_directory,
)
from platform_cli.settings.layers import (
    Findings,
    Layer,
    defaults,
    find_project,
    read_environment,
    read_flags,
    read_project,
    read_user,
)
from platform_cli.settings.model import Origin, Settings, Value

_MOST: Final = 50
_NO_FLAGS: Final[Mapping[str, str | None]] = {}
# The gravest first: it is the code of them all.
_GRAVITY: Final[tuple[Code, ...]] = (
    "PLT-SETTINGS-001",
    "PLT-SETTINGS-003",
    "PLT-SETTINGS-002",
    "PLT-SETTINGS-004",
)


def load(
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    config: Path | None = None,
    flags: Mapping[str, str | None] = _NO_FLAGS,
) -> Settings:
    """The settings that hold. Creates nothing. Of `flags`, None is one that was not given.

    Raises one PlatformError for all that is wrong in any layer: PLT-SETTINGS-001 unreadable file,
    -003 a project sets what only a user may, -002 unknown key or wrong value, -004 no such profile.
    """
    variables = process_environment(environ)
    here = working_directory(cwd)
    findings = Findings()
    user_file = located(str(config), here, variables) if config else config_file(variables)
    user = read_user(user_file, variables, findings, must=config is not None)
    project_file = find_project(here)
    # A user may keep their own file under that name and give it with --config.
    if project_file == user_file:
        project_file = None
    project = Layer() if project_file is None else read_project(project_file, variables, findings)
    own = read_environment(variables, here, user.profiles if user.readable else None, findings)
    given = read_flags(flags, variables, here, findings)
    profiles = own.profiles | {table.LOCAL}
    values = _merge(profiles, (user, project, own), given)
    chosen = str(values["profile"].value)
    if chosen not in profiles and user.readable:
        _not_defined(values["profile"], profiles, findings)
    if findings.found:
        raise _together(findings.found)
    return _settings(
        values,
        chosen,
        home=home(variables, here),
        profiles=tuple(sorted(profiles)),
        config=user_file,
        project=project_file,
    )


def _merge(
    profiles: frozenset[str],
    layers: Sequence[Layer],
    given: Mapping[str, Value],
) -> dict[str, Value]:
    named = [name for name in sorted(profiles) if name != table.LOCAL]
    every = [*defaults(), *(pair for name in (table.LOCAL, *named) for pair in defaults(name))]
    values = {name: Value(name, default, Origin("default")) for name, default in every}
    for layer in layers:
        for value in layer.values:
            values[value.key] = value
    if "profile" in given:
        values["profile"] = given["profile"]
    for key, value in given.items():
        name = key.replace(table.NAME, str(values["profile"].value))
        if name in values:
            values[name] = Value(name, value.value, value.origin)
    return values


def _not_defined(chosen: Value, profiles: frozenset[str], findings: Findings) -> None:
    names = ", ".join(sorted(profiles))
    near = findings.nearest(str(chosen.value), profiles)
    findings.add(
        "PLT-SETTINGS-004",
        chosen.origin,
        f"the profile {chosen.value} is not defined; those that are: {names}",
        f"Choose --profile {near}."
        if near
        else f"Choose one of them, or add [profiles.{chosen.value}] to your config.toml.",
    )


def _together(found: Sequence[tuple[Code, Problem]]) -> PlatformError:
    code = min((code for code, _ in found), key=_GRAVITY.index)
    first = next(problem for own, problem in found if own == code)
    problems = [problem for _, problem in found[:_MOST]]
    if len(found) == 1:
        return PlatformError(
            code,
            first.summary,
            hint=first.hint,
            address=first.address,
            problems=problems,
        )
    more = "" if len(found) <= _MOST else f", of which {_MOST} are listed"
    summary = f"{len(found)} problems in the settings{more}; the first: {first.summary}"
    return PlatformError(code, summary, address=first.address, problems=problems)


def _settings(values: Mapping[str, Value], chosen: str, **places: Any) -> Settings:
    """The merged values as settings. `places` are the fields that no key sets."""

    def section(name: str) -> dict[str, Any]:
        """The values of one section as fields: the table's kinds have checked their types."""
        start = f"{name}."
        rest = {key.removeprefix(start): v for key, v in values.items() if key.startswith(start)}
        return {("from_" if k == "from" else k): v.value for k, v in rest.items() if "." not in k}

    own = f"profiles.{chosen}"
    output = section("output")
    width = None if output["width"] == "auto" else output["width"]
    return Settings(
        profile=model.Profile(
            name=chosen,
            **section(own),
            github=model.GitHubSettings(**section(f"{own}.github")),
            unity=model.UnitySettings(**section(f"{own}.unity")),
            iceberg=model.IcebergSettings(**section(f"{own}.iceberg")),
            pagerduty=model.PagerDutySettings(**section(f"{own}.pagerduty")),
        ),
        platform=model.Platform(**section("platform")),
        template=model.TemplateSettings(**section("template")),
        policy=model.PolicySettings(**section("policy")),
        journal=model.JournalSettings(**section("journal")),
        kpi=model.KpiSettings(**section("kpi")),
        contract=model.ContractSettings(**section("contract")),
        output=model.OutputSettings(colour=output["colour"], width=width),
        values=tuple(values.values()),
        **places,
    )
