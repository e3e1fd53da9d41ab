"""Which template is rendered, and what the rendering is told of the settings and the request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from platform_cli import template
from platform_cli.errors import PlatformError
from platform_cli.git import Git, Pinned
from platform_cli.onboarding.rendering import Draft
from platform_cli.onboarding.request import Request
from platform_cli.settings import Settings, process_environment
from platform_cli.template.pinned import PinnedTemplate, require_checks, short

_PYTHON: Final = "3.12"
"""What a domain's CI runs dbt on."""
_WRITES_THE_CATALOG: Final = "platform_cli.providers.catalog.store"


@contextmanager
def template_source(
    settings: Settings, *, keep: bool = True, offline: bool = False
) -> Iterator[Path]:
    """The folder of the template to render: the packaged one, or what the settings pin.

    Without `keep` nothing that is fetched stays. Raises PLT-TEMPLATE-005 or -002.
    """
    own = pinned(settings, Git(process_environment()))
    if own is None:
        yield template.packaged()
        return
    with own.files(keep=keep, offline=offline) as folder:
        yield folder


def pinned(settings: Settings, git: Git) -> PinnedTemplate | None:
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


@dataclass(frozen=True, slots=True)
class Draughtsman:
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
            "platform_team": team(settings.platform.team, settings),
            "compliance_team": team(settings.platform.compliance_team, settings),
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


def template_label(settings: Settings, source: Path | None) -> str:
    """The template's version, with its commit where it is not the packaged one."""
    commit = settings.template.commit
    at = "" if commit is None else f"at {short(commit)}"
    if source is None and at:
        return at
    asked = template.questions(source or template.packaged())
    found = {question.key: question.default for question in asked}
    return f"{found.get('template_version', 'unversioned')} {at}".rstrip()


def team(text: str, settings: Settings) -> str:
    """A team as CODEOWNERS wants it: `@org/team`, or `@name` for a person."""
    if text.startswith("user:"):
        return text.removeprefix("user:")
    return text if "/" in text else f"@{settings.platform.organisation}/{text.removeprefix('@')}"
