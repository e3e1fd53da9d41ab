"""Settings to chosen providers: the one place that names adapters.

Everything a command works with is put together here and taken apart again when it leaves.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from platform_cli import __version__, template
from platform_cli.git import Git
from platform_cli.onboarding.clock import SystemClock, new_id
from platform_cli.onboarding.closing import Closing
from platform_cli.onboarding.rendering import Rendering
from platform_cli.onboarding.request import Request
from platform_cli.onboarding.surroundings import Register, Surroundings
from platform_cli.providers.forge.port import Author
from platform_cli.settings import Settings, process_environment
from platform_cli.wiring import adapters
from platform_cli.wiring.drafting import Draughtsman, team, template_label, template_source
from platform_cli.wiring.journals import journal, moving, reading
from platform_cli.wiring.looking import patient

if TYPE_CHECKING:
    from platform_cli.providers.forge.github.adapter import GitHubForge
    from platform_cli.providers.forge.port import Forge

__all__ = [
    "closing",
    "journal",
    "moving",
    "patient",
    "reading",
    "surroundings",
    "template_source",
]


@contextmanager
def surroundings(
    settings: Settings,
    request: Request | None = None,
    source: Path | None = None,
    *,
    writing: bool = False,
    offline: bool = False,
) -> Iterator[Surroundings]:
    """Everything a run works with but the journal; temporary files end with the context.

    `request` and the `source` of the template are given by who renders. `writing` says that things
    will be made, `offline` that nobody beyond this machine is to be asked.
    """
    environment = process_environment()
    git = Git(environment)
    git.version()
    author = _author(git)
    label = template_label(settings, source)
    # An interrupted run may leave a thread that still writes there while it is taken down.
    temporary = tempfile.TemporaryDirectory(prefix="platform-cli-", ignore_cleanup_errors=True)
    with temporary as folder, template.Apart(environment) as apart:
        scratch = Path(folder)
        artist = Draughtsman(
            settings, request, source, label, scratch, git=git, apart=apart, writing=writing
        )
        providers = adapters.providers(settings, git, author, request, offline=offline)
        yield Surroundings(
            profile=settings.profile.name,
            providers=providers,
            rendering=Rendering(artist.draft),
            git=git,
            scratch=scratch,
            template=label,
            platform_team=team(settings.platform.team, settings),
            compliance_team=team(settings.platform.compliance_team, settings),
            author=author,
            actor=_login(),
            host=socket.gethostname(),
            pid=os.getpid(),
            version=__version__,
            deadline_s=settings.profile.deadline_s,
            clock=SystemClock(),
            ids=new_id,
            register=_register(settings, providers.forge, offline=offline),
        )


def _register(settings: Settings, forge: Forge, *, offline: bool) -> Register | None:
    """Who knows people and teams: GitHub does; the embedded forge has one person and no teams."""
    if settings.profile.forge == "local" or offline:
        return None
    from platform_cli.providers.forge.github.membership import Membership

    return Membership(cast("GitHubForge", forge).place.api)


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
