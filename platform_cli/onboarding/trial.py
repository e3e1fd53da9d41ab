"""What the day-one checks make outside, and take away again: a branch, a pull request, a page.

Targets like any other: through the engine, with names that follow from the onboarding, so that a
run that was killed leaves nothing that the next one does not find again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from platform_cli.onboarding.plan import Call, Change, Resource
from platform_cli.onboarding.steps.repo_push import MAIN
from platform_cli.onboarding.wanted import Wanted
from platform_cli.providers import Providers
from platform_cli.providers.forge.port import Branch, PullRequest
from platform_cli.providers.pager.port import Page

PATH: Final = "trial.contract.yaml"
COLUMN: Final = "trial_email"

_CONTRACT: Final = """\
# Opened by platform-cli to see that a change like this is refused. It closes it again by itself.
name: {catalog_name}.product.platform_cli_trial
version: "0.1.0"
owner: "{owner}"
schema:
  - name: id
    type: bigint
    required: true
  - name: {column}
    type: string
    tags: [PII]
sla:
  freshness: 24h
  completeness: 99%
  accuracy: 99%
semantics:
  grain: [id]
  id: One row each, for the trial alone.
  {column}: An address that is tagged PII and not masked, on purpose.
"""


def branch_name(wanted: Wanted) -> str:
    """The trial's branch: nobody else uses the onboarding's id in a name."""
    return f"platform-cli/trial-{wanted.onboarding[:12]}"


def page_key(wanted: Wanted) -> str:
    """The key of the test page: the same for every try, so that nobody is paged twice."""
    return f"platform-cli-test-{wanted.onboarding}"


def title(wanted: Wanted) -> str:
    """What a person who meets the trial reads first."""
    return f"Trial by platform-cli for the domain {wanted.spec.domain}: please ignore"


@dataclass(frozen=True, slots=True)
class TrialBranch:
    """A branch whose one commit adds an unmasked PII column."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The branch under its repository."""
        return f"{_repository(self.wanted)}/branches/{branch_name(self.wanted)}"

    def observe(self, providers: Providers) -> Branch | None:
        """Look for the branch of this or of an earlier, killed run."""
        return providers.forge.branch(self.wanted.spec.domain, branch_name(self.wanted))

    def decide(self, observed: Branch | None) -> Change:
        """Push it once."""
        if observed is not None:
            return Change("keep", Resource("branch", self.address, observed.head), "there")
        payload = {
            "name": self.wanted.spec.domain,
            "branch": branch_name(self.wanted),
            "base": MAIN,
            "files": [PATH],
            "message": title(self.wanted),
        }
        call = Call("forge.create_branch", payload)
        return Change("create", Resource("branch", self.address), "for the trial", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Push the branch."""
        spec = self.wanted.spec
        text = _CONTRACT.format(
            catalog_name=spec.catalog_name,
            owner=spec.owner.text,
            column=COLUMN,
        )
        head = providers.forge.create_branch(
            spec.domain,
            branch_name(self.wanted),
            base=MAIN,
            files={PATH: text.encode()},
            message=title(self.wanted),
        )
        return Resource("branch", change.resource.address, head)


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """The pull request from that branch."""

    wanted: Wanted

    @property
    def address(self) -> str:
        """The pull request under its repository, by its branch."""
        return f"{_repository(self.wanted)}/pull-requests/{branch_name(self.wanted)}"

    def observe(self, providers: Providers) -> PullRequest | None:
        """The newest one from the trial's branch."""
        return providers.forge.pull_request(self.wanted.spec.domain, branch_name(self.wanted))

    def decide(self, observed: PullRequest | None) -> Change:
        """Open it, unless one is open."""
        if observed is not None and observed.open:
            found = Resource("pull-request", self.address, observed.id, observed.url)
            return Change("keep", found, "open")
        payload = {
            "name": self.wanted.spec.domain,
            "branch": branch_name(self.wanted),
            "base": MAIN,
            "title": title(self.wanted),
        }
        call = Call("forge.create_pull_request", payload)
        return Change("create", Resource("pull-request", self.address), "for the trial", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Open the pull request."""
        made = providers.forge.create_pull_request(
            self.wanted.spec.domain,
            branch_name(self.wanted),
            base=MAIN,
            title=title(self.wanted),
        )
        return Resource("pull-request", change.resource.address, made.id, made.url)


@dataclass(frozen=True, slots=True)
class TrialRequestClosed(TrialRequest):
    """The pull request again, closed and unmerged."""

    def decide(self, observed: PullRequest | None) -> Change:
        """Close it if it is open."""
        if observed is None or not observed.open:
            return Change("keep", Resource("pull-request", self.address), "closed")
        found = Resource("pull-request", self.address, observed.id, observed.url)
        payload = {"name": self.wanted.spec.domain, "branch": branch_name(self.wanted)}
        call = Call("forge.close_pull_request", payload)
        return Change("update", found, "the trial is over", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Close the pull request."""
        providers.forge.close_pull_request(self.wanted.spec.domain, branch_name(self.wanted))
        return change.resource


@dataclass(frozen=True, slots=True)
class TrialBranchGone(TrialBranch):
    """The branch again, deleted."""

    def decide(self, observed: Branch | None) -> Change:
        """Delete it if it is there."""
        if observed is None:
            return Change("keep", Resource("branch", self.address), "gone")
        payload = {"name": self.wanted.spec.domain, "branch": branch_name(self.wanted)}
        resource = Resource("branch", self.address, observed.head)
        call = Call("forge.delete_branch", payload)
        return Change("update", resource, "the trial is over", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Delete the branch."""
        providers.forge.delete_branch(self.wanted.spec.domain, branch_name(self.wanted))
        return change.resource


@dataclass(frozen=True, slots=True)
class TestPage:
    """A page that says it is a test."""

    __test__ = False  # not a test of ours, whatever pytest thinks of its name
    wanted: Wanted

    @property
    def address(self) -> str:
        """The page under its service."""
        return f"pager/services/{self.wanted.spec.domain}/pages/{page_key(self.wanted)}"

    def observe(self, providers: Providers) -> Page | None:
        """The newest page with our key."""
        return providers.pager.page_of(self.wanted.spec.domain, page_key(self.wanted))

    def decide(self, observed: Page | None) -> Change:
        """Send it, unless one is open: nobody is paged twice."""
        if observed is not None and observed.status != "resolved":
            return Change("keep", Resource("page", self.address, observed.id), observed.status)
        payload = {
            "service": self.wanted.spec.domain,
            "key": page_key(self.wanted),
            "summary": self._summary(),
        }
        call = Call("pager.page", payload)
        return Change("create", Resource("page", self.address), "a test page", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Send the page."""
        service, key = self.wanted.spec.domain, page_key(self.wanted)
        providers.pager.page(service, key, self._summary())
        return change.resource

    def _summary(self) -> str:
        return (
            f"TEST by platform-cli: pages of the domain {self.wanted.spec.domain} reach you. "
            "Nothing is wrong; it resolves itself."
        )


@dataclass(frozen=True, slots=True)
class TestPageResolved(TestPage):
    """The page again, resolved."""

    def decide(self, observed: Page | None) -> Change:
        """Resolve it if it is open."""
        if observed is None or observed.status == "resolved":
            return Change("keep", Resource("page", self.address), "resolved")
        payload = {"service": self.wanted.spec.domain, "key": page_key(self.wanted)}
        resource = Resource("page", self.address, observed.id)
        call = Call("pager.resolve", payload)
        return Change("update", resource, "the test is over", call)

    def apply(self, providers: Providers, change: Change) -> Resource:
        """Resolve the page."""
        providers.pager.resolve(self.wanted.spec.domain, page_key(self.wanted))
        return change.resource


def _repository(wanted: Wanted) -> str:
    return f"{wanted.organisation}/{wanted.spec.domain}"
