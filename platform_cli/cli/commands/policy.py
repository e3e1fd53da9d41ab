"""`platform-cli policy …`: parse, ask the released policies, render."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from platform_cli.cli.options import Invocation
from platform_cli.errors import Exit, PlatformError

if TYPE_CHECKING:
    from platform_cli.policies.engine import Choice, Engine

_Engine = Annotated[
    str,
    typer.Option("--engine", metavar="auto|opa|embedded", help="What evaluates the policies."),
]
_Repository = Annotated[
    Path, typer.Argument(metavar="DIR", help="A domain's repository.", show_default=False)
]


def check(
    invocation: Invocation,
    repository: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A domain's repository; the current folder."),
    ] = None,
    *,
    files: Annotated[
        # Not Path: Typer takes a fifth of a millisecond to make one, and there may be thousands.
        list[str] | None,
        typer.Option("--input", metavar="FILE", help="Decide on this file; may be repeated."),
    ] = None,
    engine: _Engine = "auto",
) -> int:
    """Decide with the released policies: contracts, pipelines, lineage and the copy in policies/.

    \b
    Examples:
      platform-cli policy check
      platform-cli policy check loyalty --format json
      platform-cli policy check --input product.contract.yaml --engine embedded
    """
    from platform_cli import policies
    from platform_cli.cli.render import json, policy
    from platform_cli.domain_repo import inputs
    from platform_cli.policies import output

    outcome = inputs.decide(
        repository or (None if files else Path()),
        [Path(file) for file in files or ()],
        policies.released(invocation.settings.policy.bundle),
        engine=_chosen(engine),
        now=datetime.now(tz=UTC),
    )
    if invocation.json:
        json.write(output.check(outcome))
    else:
        policy.tell_check(outcome, _width(invocation))
    return Exit.DENIED if outcome.outcome == "denied" else Exit.DONE


def run_tests(
    invocation: Invocation,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A bundle; the released one.")
    ] = None,
    *,
    engine: _Engine = "auto",
) -> int:
    """Run the tests of the policies themselves, and say which lines no test reaches.

    \b
    Examples:
      platform-cli policy test
      platform-cli policy test policies --engine opa
    """
    from platform_cli import policies
    from platform_cli.cli.render import json, policy
    from platform_cli.policies import bundle, output

    found = (
        bundle.draft(folder)
        if folder is not None
        else policies.released(invocation.settings.policy.bundle)
    )
    report = _chosen(engine).test(found)
    if invocation.json:
        json.write(output.test(report))
    else:
        policy.tell_test(report, _width(invocation))
    return Exit.DONE if report.passed else Exit.FAILED


def explain(
    invocation: Invocation,
    wanted: Annotated[str, typer.Argument(metavar="ID", help="Such as mesh.pii_masking.")],
) -> int:
    """What a policy asks and why, with an example that passes and one that does not.

    \b
    Example:
      platform-cli policy explain mesh.cross_region
    """
    from platform_cli import policies
    from platform_cli.cli.render import json, policy
    from platform_cli.policies import metadata, output

    found = metadata.find(policies.released(invocation.settings.policy.bundle), wanted)
    if invocation.json:
        json.write(output.explain(found))
    else:
        policy.tell_explanation(found, _width(invocation))
    return Exit.DONE


def exceptions(invocation: Invocation, repository: _Repository = Path()) -> int:
    """Every exception of a repository, with the days that are left.

    \b
    Examples:
      platform-cli policy exceptions
      platform-cli policy exceptions loyalty --format json
    """
    from platform_cli import policies
    from platform_cli.cli.render import json, policy
    from platform_cli.policies import output
    from platform_cli.policies.exceptions import read_repository

    now = datetime.now(tz=UTC)
    _refuse_no_folder(repository)
    released = policies.released(invocation.settings.policy.bundle)
    told = output.exceptions(read_repository(repository, released, now), now)
    if invocation.json:
        json.write(told)
    else:
        policy.tell_exceptions(told, _width(invocation))
    return Exit.DONE


def bundle(
    invocation: Invocation,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="A folder of policies of your own.")
    ] = None,
    *,
    version: Annotated[
        str | None, typer.Option("--version", metavar="V", help="Make a release of DIR: its name.")
    ] = None,
    required_from: Annotated[
        str | None,
        typer.Option("--required-from", metavar="TIME", help="When every repository must have it."),
    ] = None,
    after: Annotated[
        Path | None, typer.Option("--after", metavar="FILE", help="The release before this one.")
    ] = None,
    archive_file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the archive there.")
    ] = None,
) -> int:
    """Show the released bundle, or make a release of a folder: the same bytes every time.

    With --version and --required-from the folder's .manifest is written, too.

    \b
    Examples:
      platform-cli policy bundle
      platform-cli policy bundle policies --version 1.1.0 --required-from 2027-02-01
      platform-cli policy bundle policies --output bundle.tar.gz
    """
    import hashlib

    from platform_cli import policies
    from platform_cli.cli.render import json, policy
    from platform_cli.policies import archive, output, release

    if folder is None:
        found = policies.released(invocation.settings.policy.bundle)
    else:
        found = release.of(folder, version, required_from, after)
    packed = archive.pack(found)
    if archive_file is not None:
        archive_file.write_bytes(packed)
    where = str(archive_file) if archive_file else None
    told = output.bundle(found, where, f"sha256:{hashlib.sha256(packed).hexdigest()}")
    if invocation.json:
        json.write(told)
    else:
        policy.tell_bundle(told, _width(invocation))
    return Exit.DONE


def sync(
    invocation: Invocation,
    repository: _Repository = Path(),
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; change nothing.")
    ] = False,
) -> int:
    """Bring the copy in policies/ to the released bundle.

    \b
    Examples:
      platform-cli policy sync --dry-run
      platform-cli policy sync loyalty
    """
    from platform_cli import policies
    from platform_cli.cli.render import json, policy
    from platform_cli.policies import output

    _refuse_no_folder(repository)
    released = policies.released(invocation.settings.policy.bundle)
    changes = policies.sync(repository, released, write=not dry_run)
    told = output.sync(released, changes, written=not dry_run)
    if invocation.json:
        json.write(told)
    else:
        policy.tell_sync(told, _width(invocation))
    return Exit.DONE


def _refuse_no_folder(repository: Path) -> None:
    if not repository.is_dir():
        raise PlatformError(
            "PLT-POLICY-007",
            f"{repository} is not a folder. Nothing was done.",
            address=str(repository),
        )


def _chosen(engine: str) -> Engine:
    from platform_cli.policies.engine import CHOICES, choose

    if engine not in CHOICES:
        raise PlatformError(
            "PLT-USAGE-001",
            f"--engine {engine!r} is not known. Nothing was decided.",
            hint=f"Use --engine {' or --engine '.join(CHOICES)}.",
            address="--engine",
        )
    return choose(cast("Choice", engine))


def _width(invocation: Invocation) -> int:
    from platform_cli.cli.render import text

    return text.width(invocation.terminal, sys.stdout, invocation.settings.output.width)
