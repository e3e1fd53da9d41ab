"""Settings to chosen providers: the one place that names adapters.

Everything a command works with is put together here and taken apart again when it leaves.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platform_cli import __version__, template
from platform_cli.errors import PlatformError
from platform_cli.git import Git
from platform_cli.onboarding.clock import SystemClock, new_id
from platform_cli.onboarding.closing import Closing
from platform_cli.onboarding.onboard import Surroundings
from platform_cli.onboarding.rendering import Draft, Rendering
from platform_cli.onboarding.request import Request
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Author, Forge
from platform_cli.settings import Settings, process_environment

if TYPE_CHECKING:
    from platform_cli.journal.port import Journal, Reading

_PYTHON = "3.12"
"""What a domain's CI runs dbt on."""


def template_source(settings: Settings) -> Path:
    """The folder of the template to render. Raises PLT-TEMPLATE-003 where it is not packaged."""
    if settings.template.source is None:
        return template.packaged()
    raise PlatformError(
        "PLT-SETTINGS-004",
        "This version renders the packaged template only. Nothing was done.",
        hint="Leave template.source out of your configuration.",
        address="template.source",
    )


@contextmanager
def journal(settings: Settings) -> Iterator[Journal]:
    """The journal, open for appending."""
    from platform_cli.journal.sqlite import SqliteJournal

    kept = SqliteJournal.open(_journal_path(settings), settings.home / "locks")
    try:
        yield kept
    finally:
        kept.close()


@contextmanager
def reading(settings: Settings) -> Iterator[Reading]:
    """The journal, to look at: nothing on disk is touched, and none need be there."""
    from platform_cli.journal.sqlite import SqliteJournal

    kept = SqliteJournal.read(_journal_path(settings))
    try:
        yield kept
    finally:
        kept.close()


def _journal_path(settings: Settings) -> Path:
    url = settings.journal.url
    if url is None:
        return settings.home / "journal.sqlite3"
    if not url.startswith("sqlite:///"):
        raise PlatformError(
            "PLT-JOURNAL-006",
            "This version keeps the journal in SQLite only. Nothing was done.",
            address="journal.url",
        )
    return Path(url.removeprefix("sqlite://"))


@contextmanager
def surroundings(settings: Settings, request: Request) -> Iterator[Surroundings]:
    """Everything a run works with but the journal; temporary files end with the context."""
    environment = process_environment()
    git = Git(environment)
    git.version()
    source = template_source(settings)
    with tempfile.TemporaryDirectory(prefix="platform-cli-") as scratch:
        yield Surroundings(
            profile=settings.profile.name,
            providers=Providers(forge=_forge(settings, git)),
            rendering=Rendering(partial(_draft, settings, request, git, source, Path(scratch))),
            git=git,
            template=_template_version(source),
            platform_team=_team(settings.platform.team, settings),
            compliance_team=_team(settings.platform.compliance_team, settings),
            author=_author(git),
            actor=_login(),
            host=socket.gethostname(),
            pid=os.getpid(),
            version=__version__,
            deadline_s=settings.profile.deadline_s,
            clock=SystemClock(),
            ids=new_id,
        )


def _forge(settings: Settings, git: Git) -> Forge:
    if settings.profile.forge != "local":
        raise PlatformError(
            "PLT-SETTINGS-004",
            f"Profile {settings.profile.name} asks for the forge {settings.profile.forge}, which "
            "this version does not have. Nothing was done.",
            hint="Use --profile local.",
            address=f"profiles.{settings.profile.name}.forge",
        )
    from platform_cli.providers.forge.local import LocalForge

    return LocalForge(
        settings.home / "forge",
        settings.platform.organisation,
        git,
        SystemClock().wall,
    )


def _draft(
    settings: Settings,
    request: Request,
    git: Git,
    source: Path,
    scratch: Path,
) -> Draft:
    data: dict[str, Any] = {
        **request.answers,
        "domain": request.spec.domain,
        "catalog_name": request.spec.catalog_name,
        "owner": request.spec.owner.text,
        "on_call": request.spec.on_call,
        "organisation": settings.platform.organisation,
        "platform_team": _team(settings.platform.team, settings),
        "compliance_team": _team(settings.platform.compliance_team, settings),
        "cli_source": settings.platform.cli_source,
        "profile": settings.profile.name,
        "python_version": _PYTHON,
    }
    folder = scratch / "files"
    rendered = template.render(source, data, folder)
    return Draft(folder, rendered.files, git.tree_of(folder), rendered.version)


def _template_version(source: Path) -> str:
    found = {question.key: question.default for question in template.questions(source)}
    return str(found.get("template_version", "unknown"))


def _team(text: str, settings: Settings) -> str:
    """A team as CODEOWNERS wants it: `@org/team`, or `@name` for a person."""
    if text.startswith("user:"):
        return text.removeprefix("user:")
    return text if "/" in text else f"@{settings.platform.organisation}/{text.removeprefix('@')}"


def _author(git: Git) -> Author:
    """The person's own name and mail, or the login and host where git knows none."""
    known = git.identity()
    if known is not None:
        return Author(*known)
    return Author(_login(), f"{_login()}@{socket.gethostname()}")


def _login() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def closing(settings: Settings) -> Closing:
    """What `journal close` works with but the journal."""
    return Closing(
        profile=settings.profile.name,
        actor=_login(),
        host=socket.gethostname(),
        pid=os.getpid(),
        clock=SystemClock(),
        ids=new_id,
    )
