"""`repo.push`: the rendered files on `main`, in one commit that names its onboarding.

Done when `main` contains our initial commit; later commits are the team's. A history without it
is somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from platform_cli.onboarding.plan import Call, Change, Resource
from platform_cli.onboarding.rendering import Draft
from platform_cli.onboarding.steps.step import Step, Target
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import TRAILER, Branch, Commit

MAIN: Final = "main"


@dataclass(frozen=True, slots=True)
class Seen:
    """The branch, or the files that would become it."""

    branch: Branch | None
    draft: Draft | None


@dataclass(frozen=True, slots=True)
class InitialCommit:
    """The first commit of `main`."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The branch under its repository."""
        return f"{self.wanted.organisation}/{self.wanted.spec.domain}/branches/{MAIN}"

    def observe(self, providers: Providers) -> Seen:
        """Look at the branch; where there is none, at what would be pushed."""
        branch = providers.forge.branch(self.wanted.spec.domain, MAIN)
        return Seen(branch, self.wanted.rendering.draft() if branch is None else None)

    def decide(self, observed: Seen) -> Change:
        """No branch: push. Our commit in its history: keep. Any other history: a conflict."""
        branch, draft = observed.branch, observed.draft
        if branch is None:
            payload = {
                "name": self.wanted.spec.domain,
                "branch": MAIN,
                "files": len(draft.files) if draft else 0,
                "tree": draft.tree if draft else None,
                "message": self._message(draft),
            }
            resource = Resource("branch", self.address)
            return Change("create", resource, "no commit yet", Call("forge.push", payload))
        resource = Resource("branch", self.address, id=branch.head)
        if branch.onboardings & self.wanted.ours:
            return Change("keep", resource, "contains our initial commit")
        return Change(
            "conflict",
            resource,
            "main has commits, and our initial commit is not among them",
            way_out="choose another domain name; a history that is not ours is never changed",
        )

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Commit and push the files."""
        draft = self.wanted.rendering.draft()
        commit = Commit(draft.folder, self._message(draft), self.wanted.author)
        head = providers.forge.push(self.wanted.spec.domain, MAIN, commit)
        return Resource("branch", change.resource.address, id=head)

    def differs(
        self,
        observed: Seen,
        payload: Mapping[str, Any],  # noqa: ARG002 - the shape of HasInitialFields
        resource: Mapping[str, Any],
    ) -> str | None:
        """Later commits are the team's."""
        if observed.branch is None or observed.branch.head == resource.get("id"):
            return None
        return "has commits of the team's on top of ours, which is fine"

    def _message(self, draft: Draft | None) -> str:
        return (
            f"Onboard the domain {self.wanted.spec.domain}\n\n"
            f"Rendered by platform-cli from template {draft.template if draft else 'unknown'}.\n\n"
            f"{TRAILER}: {self.wanted.onboarding}\n"
        )


def _targets(wanted: Wanted) -> Sequence[Target[Any]]:
    return (InitialCommit(wanted),)


STEP = Step(id="repo.push", needs=("render", "repo.connect"), targets=_targets)
