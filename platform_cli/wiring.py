"""Settings to chosen providers: the one place that names adapters.

Everything a command works with is put together here and taken apart again when it leaves.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from platform_cli import __version__, template
from platform_cli.errors import Exit, PlatformError
from platform_cli.git import Git, Pinned
from platform_cli.onboarding.clock import SystemClock, new_id
from platform_cli.onboarding.closing import Closing
from platform_cli.onboarding.doctor import Finding, Patient
from platform_cli.onboarding.rendering import Draft, Rendering
from platform_cli.onboarding.request import Request
from platform_cli.onboarding.surroundings import Register, Surroundings
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Author
from platform_cli.providers.unasked import Unasked
from platform_cli.settings import Settings, process_environment
from platform_cli.settings import credential as secret
from platform_cli.template.pinned import PinnedTemplate, require_checks, short

if TYPE_CHECKING:
    from platform_cli.journal.moving import Verifiable
    from platform_cli.journal.port import Journal, Reading
    from platform_cli.providers.catalog.iceberg.adapter import IcebergCatalog
    from platform_cli.providers.catalog.port import Catalog
    from platform_cli.providers.catalog.unity.adapter import UnityCatalog
    from platform_cli.providers.forge.github.adapter import GitHubForge
    from platform_cli.providers.forge.port import Forge
    from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager
    from platform_cli.providers.pager.port import Pager

_PYTHON: Final = "3.12"
"""What a domain's CI runs dbt on."""
_MANY_OBJECTS: Final = 50_000
_WRITES_THE_CATALOG: Final = "platform_cli.providers.catalog.store"


@contextmanager
def template_source(
    settings: Settings, *, keep: bool = True, offline: bool = False
) -> Iterator[Path]:
    """The folder of the template to render: the packaged one, or what the settings pin.

    Without `keep` nothing that is fetched stays. Raises PLT-TEMPLATE-005 or -002.
    """
    pinned = _pinned(settings, Git(process_environment()))
    if pinned is None:
        yield template.packaged()
        return
    with pinned.files(keep=keep, offline=offline) as folder:
        yield folder


def _pinned(settings: Settings, git: Git) -> PinnedTemplate | None:
    """What the settings pin, or None for the packaged one. Raises PLT-SETTINGS-002 for a half."""
    source, commit = settings.template.source, settings.template.commit
    if source is not None and commit is not None:
        return PinnedTemplate(Pinned(git, source, commit), settings.home / "templates")
    if source is None and commit is None:
        return None
    there, missing = ("source", "commit") if commit is None else ("commit", "source")
    raise PlatformError(
        "PLT-SETTINGS-002",
        f"template.{there} is set, and template.{missing} is not. A template of your own is "
        "rendered at the one commit that was reviewed. Nothing was done.",
        hint=f"Set template.{missing} too, or leave out both for the packaged template.",
        address=f"template.{missing}",
    )


@contextmanager
def journal(settings: Settings) -> Iterator[Journal]:
    """The journal, open for appending."""
    kept: Journal
    if shared := _shared(settings):
        from platform_cli.journal.postgres import PostgresJournal

        kept = PostgresJournal.open(shared, settings.home / "outbox")
    else:
        from platform_cli.journal.sqlite import SqliteJournal

        kept = SqliteJournal.open(_journal_path(settings), settings.home / "locks")
    try:
        yield kept
    finally:
        kept.close()


@contextmanager
def reading(settings: Settings) -> Iterator[Reading]:
    """The journal, to look at: nothing on disk is touched, and none need be there."""
    kept: Reading
    if shared := _shared(settings):
        from platform_cli.journal.postgres import PostgresJournal

        kept = PostgresJournal.read(shared)
    else:
        from platform_cli.journal.sqlite import SqliteJournal

        kept = SqliteJournal.read(_journal_path(settings))
    try:
        yield kept
    finally:
        kept.close()


@contextmanager
def moving(settings: Settings, file: Path | None) -> Iterator[tuple[Reading, Verifiable]]:
    """A SQLite journal and the shared one that it is moved into. Raises PLT-JOURNAL-006."""
    from platform_cli.journal.postgres import PostgresJournal
    from platform_cli.journal.sqlite import SqliteJournal

    shared = _shared(settings)
    if shared is None:
        raise PlatformError(
            "PLT-JOURNAL-006",
            "journal.url names no shared journal to move into. Nothing was done.",
            hint="Set journal.url to postgresql://USER@HOST/DATABASE.",
            address="journal.url",
        )
    source = SqliteJournal.read(file or settings.home / "journal.sqlite3")
    try:
        target = PostgresJournal.open(shared, settings.home / "outbox")
        try:
            yield source, target
        finally:
            target.close()
    finally:
        source.close()


def _shared(settings: Settings) -> str | None:
    """The address of the journal that teams share, where there is one."""
    url = settings.journal.url
    return url if url is not None and url.startswith(("postgresql://", "postgres://")) else None


def _journal_path(settings: Settings) -> Path:
    url = settings.journal.url
    if url is None:
        return settings.home / "journal.sqlite3"
    if not url.startswith("sqlite:///"):
        raise PlatformError(
            "PLT-JOURNAL-006",
            "journal.url is neither sqlite:///PATH nor postgresql://HOST/DATABASE. "
            "Nothing was done.",
            address="journal.url",
        )
    return Path(url.removeprefix("sqlite://"))


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
    label = _template_label(settings, source)
    # An interrupted run may leave a thread that still writes there while it is taken down.
    temporary = tempfile.TemporaryDirectory(prefix="platform-cli-", ignore_cleanup_errors=True)
    with _collecting_seldom(), temporary as folder, template.Apart(environment) as apart:
        scratch = Path(folder)
        artist = _Draughtsman(
            settings, request, source, label, scratch, git=git, apart=apart, writing=writing
        )
        providers = _providers(settings, git, author, request, offline=offline)
        yield Surroundings(
            profile=settings.profile.name,
            providers=providers,
            rendering=Rendering(artist.draft),
            git=git,
            scratch=scratch,
            template=label,
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
            register=_register(settings, providers.forge, offline=offline),
        )


def _register(settings: Settings, forge: Forge, *, offline: bool) -> Register | None:
    """Who knows people and teams: GitHub does; the embedded forge has one person and no teams."""
    if settings.profile.forge == "local" or offline:
        return None
    from platform_cli.providers.forge.github.membership import Membership

    return Membership(cast("GitHubForge", forge).place.api)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for garbage less often: what imports leave is none, and looking takes time."""
    usual = gc.get_threshold()
    gc.set_threshold(_MANY_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def patient(
    settings: Settings,
    around: Surroundings,
    reading: Reading,
    *,
    now: datetime,
) -> Patient:
    """What `doctor` looks at."""
    github = settings.profile.forge == "github"
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
        forge=partial(_look_at_forge, settings, around.git) if github else None,
        catalog=_catalog_look(settings),
        pager=partial(_look_at_pager, settings) if settings.profile.pager == "pagerduty" else None,
        template=partial(_look_at_template, settings, around),
    )


def _look_at_template(settings: Settings, around: Surroundings) -> str:
    git = Git(around.git.environment, settings.profile.timeout_s)
    pinned = _pinned(settings, git)
    return f"version {around.template}" if pinned is None else pinned.look()


def _look_at_forge(settings: Settings, git: Git) -> Finding:
    from platform_cli.providers.forge.github import access

    forge = _github(settings, git)
    found = access.look(forge.place.api, forge.organisation, forge.proof)
    unknown = ", ".join(right.name for right in found.unknown)
    told = f"; no look can show before a repository is there: {unknown}" if unknown else ""
    if not found.lacking:
        return Finding("forge", "ok", f"{found.who}: nothing is missing{told}")
    lacking = "; ".join(f"{right}, to {right.why}" for right in found.lacking)
    fix = "grant them for the organisation: docs/how-to/github.md has the table"
    saw = f"{found.who} lacks {lacking}{told}"
    return Finding("forge", "failed", saw, fix, "whoever owns the token or App", Exit.CREDENTIALS)


def _catalog_look(settings: Settings) -> Callable[[], Finding] | None:
    looks = {"unity": _look_at_unity, "iceberg": _look_at_iceberg}
    look = looks.get(settings.profile.catalog)
    return partial(look, settings) if look is not None else None


def _look_at_iceberg(settings: Settings) -> Finding:
    from platform_cli.providers.catalog.iceberg import access

    found = access.look(_iceberg(settings))
    saw = f"a caller with {found.kind} at {found.server}: namespaces are listed; it does not tell "
    return Finding(
        "catalog", "ok", f"{saw}what they may change; access is not enforced by this catalog"
    )


def _look_at_unity(settings: Settings) -> Finding:
    from platform_cli.providers.catalog.unity import access

    found = access.look(_unity(settings))
    at = f"{found.who} at {found.flavour}"
    if found.lacking is not None:
        saw, fix, who = f"{at}: {found.lacking.saw}", found.lacking.fix, found.lacking.who
        return Finding("catalog", "failed", saw, fix, who, Exit.CREDENTIALS)
    saw = "no grant is missing" if found.told else "it answers; it does not tell anybody's grants"
    return Finding("catalog", "ok", f"{at}: {saw}")


def _look_at_pager(settings: Settings) -> Finding:
    from platform_cli.providers.pager.pagerduty import access

    found = access.look(_pagerduty(settings, None))
    if not found.lacking:
        return Finding("pager", "ok", f"{found.who}: nothing is missing")
    exits = (Exit.CREDENTIALS if one.credentials else Exit.FAILED for one in found.lacking)
    saw = "; ".join(one.saw for one in found.lacking)
    fix = "; ".join(one.fix for one in found.lacking)
    return Finding(
        "pager", "failed", f"{found.who}: {saw}", fix, "an admin of the account", max(exits)
    )


def _providers(
    settings: Settings, git: Git, author: Author, request: Request | None, *, offline: bool
) -> Providers:
    from platform_cli.providers.catalog.local import LocalCatalog
    from platform_cli.providers.forge.local import LocalForge
    from platform_cli.providers.pager.local import LocalPager
    from platform_cli.providers.pager.port import Person

    profile, organisation = settings.profile, settings.platform.organisation
    now = SystemClock().wall
    key = "PAGERDUTY_INTEGRATION_KEY" if profile.pager == "pagerduty" else None
    unasked = cast("Any", Unasked(organisation=organisation, secret=key))
    forge: Forge = unasked
    catalog: Catalog = unasked
    pager: Pager = unasked
    if profile.forge == "github" and not offline:
        forge = _github(settings, git)
    elif _embedded(settings, "forge", profile.forge, offline=offline):
        root, most_s = settings.home / "forge", profile.deadline_s
        forge = LocalForge(root, organisation, git, now, build_timeout_s=most_s)
    if profile.catalog == "unity" and not offline:
        catalog = _unity(settings)
    elif profile.catalog == "iceberg" and not offline:
        catalog = _iceberg(settings)
    elif _embedded(settings, "catalog", profile.catalog, offline=offline):
        catalog = LocalCatalog(settings.home / "catalog")
    if profile.pager == "pagerduty" and not offline:
        pager = _pagerduty(settings, request)
    elif _embedded(settings, "pager", profile.pager, offline=offline):
        pager = LocalPager(
            settings.home / "pager",
            team=(Person(author.name, author.mail),),
            time_zone=profile.pagerduty.time_zone,
            handover=profile.pagerduty.handover,
            now=now,
        )
    return Providers(forge, catalog, pager)


def _github(settings: Settings, git: Git) -> GitHubForge:
    """GitHub, with the credential that the profile names. Asks nobody anything yet."""
    from platform_cli.providers.forge.github.api import Times
    from platform_cli.providers.forge.github.opening import Server, credential, opened

    profile, clock = settings.profile, SystemClock()
    server = Server(profile.github.base_url, profile.github.auth, profile.timeout_s)
    times = Times(time.time, time.sleep)
    proof = credential(server, secret, git.environment, times)
    organisation = settings.platform.organisation
    return opened(server, organisation, proof, git, times=times, now=clock.wall)


def _unity(settings: Settings) -> UnityCatalog:
    """Unity Catalog, laid out as the profile says. Asks nobody anything yet."""
    from platform_cli.providers.catalog.unity.opening import Server, opened

    profile = settings.profile
    unity, organisation = profile.unity, settings.platform.organisation
    server = Server(unity.host, unity.layout, unity.outsider_group, organisation, profile.timeout_s)
    return opened(server, secret, process_environment(), time.sleep)


def _iceberg(settings: Settings) -> IcebergCatalog:
    """An Iceberg REST catalog, laid out as the profile says. Asks nobody anything yet."""
    from platform_cli.providers.catalog.iceberg.opening import Server, Times, opened

    chosen, timeout_s = settings.profile.iceberg, settings.profile.timeout_s
    server = Server(chosen.uri, chosen.warehouse, chosen.layout, timeout_s)
    return opened(server, secret, Times(time.monotonic, time.sleep))


def _pagerduty(settings: Settings, request: Request | None) -> PagerDutyPager:
    """PagerDuty, with a new rotation's people from the owner's team. Asks nobody anything yet."""
    from platform_cli.providers.pager.pagerduty.adapter import PagerDutyPager, Rota
    from platform_cli.providers.pager.pagerduty.api import Api

    profile, chosen = settings.profile, settings.profile.pagerduty
    owner = request.spec.owner if request is not None else None
    team = owner.name if owner is not None and owner.kind == "team" else None
    api = Api(chosen.base_url, secret, chosen.from_, profile.timeout_s, time.sleep)
    rota = Rota(chosen.team or team, chosen.escalation_fallback, chosen.time_zone, chosen.handover)
    return PagerDutyPager(api, rota, SystemClock().wall)


def _embedded(settings: Settings, kind: str, chosen: str, *, offline: bool) -> bool:
    """Whether the embedded provider is meant; one that is not is never asked anything offline."""
    if chosen == "local" or offline:
        return chosen == "local"
    name = settings.profile.name
    raise PlatformError(
        "PLT-SETTINGS-004",
        f"Profile {name} asks for the {kind} {chosen}, which this version does not have. "
        "Nothing was done.",
        hint="Use --profile local.",
        address=f"profiles.{name}.{kind}",
    )


@dataclass(frozen=True, slots=True)
class _Draughtsman:
    """What a rendering takes, from what was asked, the settings and this run."""

    settings: Settings
    request: Request | None
    source: Path | None
    label: str
    scratch: Path
    git: Git
    apart: template.Apart
    writing: bool

    def draft(self) -> Draft:
        """The rendered files."""
        request, settings = self.request, self.settings
        if request is None or self.source is None:
            # Only `init` is told an owner and answers; whoever else looks does without the files.
            return Draft(self.scratch, (), "", self.label)
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
        folder = self.scratch / "files"
        # Half a second of importing what writes the catalog goes by while the other process works.
        ahead = self.writing and settings.profile.catalog == "local"
        rendered = self.apart.render(self.source, data, folder, _import_ahead if ahead else None)
        if settings.template.source is not None:
            require_checks(folder)
        return Draft(folder, rendered.files, self.git.tree_of(folder), self.label)


def _import_ahead() -> None:
    with suppress(Exception):  # the step that needs it meets the same, and says it
        import_module(_WRITES_THE_CATALOG)


def _template_label(settings: Settings, source: Path | None) -> str:
    """The template's version, with its commit where it is not the packaged one."""
    commit = settings.template.commit
    at = "" if commit is None else f"at {short(commit)}"
    if source is None and at:
        return at
    asked = template.questions(source or template.packaged())
    found = {question.key: question.default for question in asked}
    return f"{found.get('template_version', 'unversioned')} {at}".rstrip()


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
