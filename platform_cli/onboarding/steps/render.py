"""`render`: the domain repository's files, rendered from the template and checked.

Calls nothing outside: the files wait in a temporary folder for `repo.push`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from platform_cli.onboarding.plan import Change, Resource
from platform_cli.onboarding.rendering import Draft
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers


@dataclass(frozen=True, slots=True)
class Files:
    """The rendered files, needed only until `main` has our initial commit."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The files have no place of their own outside; they are named after the domain."""
        return f"{self.wanted.organisation}/{self.wanted.spec.domain}/files"

    def observe(self, providers: Providers) -> Draft | None:
        """Render and check, unless a branch `main` is there already."""
        branch = providers.forge.branch(self.wanted.spec.domain, MAIN)
        return self.wanted.rendering.draft() if branch is None else None

    def decide(self, observed: Draft | None) -> Change:
        """Files are written once; afterwards they are the team's."""
        resource = Resource(kind="files", address=self.address)
        if observed is None:
            return Change("keep", resource, "the repository has its files; they are the team's")
        reason = f"{len(observed.files)} files from template {observed.template}"
        return Change("create", resource, reason)

    def apply(self, providers: Providers, change: Change) -> Resource:  # noqa: ARG002 - same shape
        """Nothing to call: observing has rendered and checked the files."""
        self.wanted.rendering.draft()
        return change.resource


def _targets(wanted: Wanted) -> Sequence[Target[Any]]:
    return (Files(wanted),)


STEP = Step(id="render", needs=(), targets=_targets, done_by_looking=True)
