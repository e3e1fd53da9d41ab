"""Settings to chosen providers: the one place that names adapters.

Everything a command works with is put together here and taken apart again when it leaves.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platform_cli import __version__, template
from platform_cli.errors import PlatformError
from platform_cli.git import Git
from platform_cli.onboarding.clock import SystemClock, new_id
from platform_cli.onboarding.closing import Closing
from platform_cli.onboarding.doctor import Patient
from platform_cli.onboarding.rendering import Draft, Rendering
from platform_cli.onboarding.request import Request
from platform_cli.onboarding.surroundings import Surroundings
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Author
from platform_cli.settings import Settings, process_environment

if TYPE_CHECKING:
    from platform_cli.journal.port import Journal, Reading

_PYTHON = "3.12"
"""What a domain's CI runs dbt on."""


def template_source(settings: Settings) -> Path:
    """The folder of the template to render. Raises PLT-SETTINGS-004 where it is not packaged."""
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
def surroundings(settings: Settings, request: Request | None = None) -> Iterator[Surroundings]:
    """Everything a run works with but the journal; temporary files end with the context."""
    environment = process_environment()
    git = Git(environment)
    git.version()
    source = template_source(settings)
    author = _author(git)
    # An interrupted run may leave a thread that still writes there while it is taken down.
    temporary = tempfile.TemporaryDirectory(prefix="platform-cli-", ignore_cleanup_errors=True)
    with temporary as folder:
        scratch = Path(folder)
        yield Surroundings(
            profile=settings.profile.name,
            providers=_providers(settings, git, author),
            rendering=Rendering(partial(_draft, settings, request, git, source, scratch)),
            git=git,
            scratch=scratch,
            template=_template_version(source),
            platform_team=_team(settings.platform.team, settings),
            compliance_team=_team(settings.platform.compliance_team, settings),
            author=author,
            actor=_login(),
            host=socket.gethostname(),
            pid=os.getpid(),
            version=__version__,
            deadline_s=settings.profile.deadline_s,
            clock=SystemClock(),
            ids=new_id,
        )


def patient(
    settings: Settings,
    around: Surroundings,
    reading: Reading,
    *,
    now: datetime,
) -> Patient:
    """What `doctor` looks at."""
    return Patient(
        around=around,
        reading=reading,
        home=settings.home,
        # The embedded forge looks for a build's tools beside this Python first, and so does this.
        path=os.pathsep.join(
            (str(Path(sys.executable).parent), around.git.environment.get("PATH", ""))
        ),
        modules={name: find_spec(name) is not None for name in ("pyiceberg", "regorus")},
        now=now,
    )


def _providers(settings: Settings, git: Git, author: Author) -> Providers:
    profile = settings.profile
    for kind, chosen in (
        ("forge", profile.forge),
        ("catalog", profile.catalog),
        ("pager", profile.pager),
    ):
        if chosen != "local":
            raise PlatformError(
                "PLT-SETTINGS-004",
                f"Profile {profile.name} asks for the {kind} {chosen}, which this version does "
                "not have. Nothing was done.",
                hint="Use --profile local.",
                address=f"profiles.{profile.name}.{kind}",
            )
    from platform_cli.providers.catalog.local import LocalCatalog
    from platform_cli.providers.forge.local import LocalForge
    from platform_cli.providers.pager.local import LocalPager
    from platform_cli.providers.pager.port import Person

    now = SystemClock().wall
    return Providers(
        forge=LocalForge(settings.home / "forge", settings.platform.organisation, git, now),
        catalog=LocalCatalog(settings.home / "catalog"),
        pager=LocalPager(
            settings.home / "pager",
            team=(Person(author.name, author.mail),),
            time_zone=profile.pagerduty.time_zone,
            handover=profile.pagerduty.handover,
            now=now,
        ),
    )


def _draft(
    settings: Settings,
    request: Request | None,
    git: Git,
    source: Path,
    scratch: Path,
) -> Draft:
    if request is None:
        # Only `init` is told an owner and answers; whoever else looks does without the files.
        return Draft(scratch, (), "", _template_version(source))
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
