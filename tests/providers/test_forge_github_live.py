"""The port's tests against a real organisation: `make live-github ORGANISATION=acme`.

Each test has a repository of its own, whose name begins with `platform-cli-live-`; they are left
for a person to look at and delete. Skipped unless an organisation is named.
"""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platform_cli.git import Git
from platform_cli.providers.forge.github.adapter import GitHubForge
from platform_cli.providers.forge.github.api import Times
from platform_cli.providers.forge.github.credentials import TokenCredential
from platform_cli.providers.forge.github.opening import Server, opened
from platform_cli.providers.forge.port import Protection
from platform_cli.providers.marker import Marker
from tests.providers.forge_local import environment
from tests.providers.forge_suite import commit_of, refused


@pytest.fixture
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> GitHubForge:
    organisation = request.config.getoption("--live-github")
    if not organisation:
        pytest.skip("no organisation is named: make live-github ORGANISATION=acme")
    server = Server(os.environ.get("GITHUB_API_URL", "https://api.github.com"), "token", 30)
    git = Git(environment(tmp_path / "home"))
    proof = TokenCredential(os.environ.get)
    times = Times(time.time, time.sleep)
    return opened(server, organisation, proof, git, times=times, now=lambda: datetime.now(tz=UTC))


def test_a_repository_from_its_creation_to_its_trial(forge: GitHubForge, tmp_path: Path) -> None:
    """What an onboarding asks of the forge, in its order; what differs from the fake fails here."""
    name = f"platform-cli-live-{uuid.uuid4().hex[:8]}"
    marker = Marker(name, uuid.uuid4().hex)
    assert forge.repository(name) is None
    made = forge.create_repository(name, marker=marker, description="A live test")
    assert (made.marker, made.empty) == (marker, True)
    assert forge.repository(name) == made
    refused(
        "PLT-FORGE-001",
        lambda: forge.create_repository(name, marker=marker, description="again"),
    )
    for value in ("1", "2"):
        forge.set_variable(name, "PLATFORM_TRIAL", value)
        assert forge.variables(name)["PLATFORM_TRIAL"] == value
    forge.create_environment(name, "production")
    assert "production" in forge.environments(name)
    head = forge.push(name, "main", commit_of(tmp_path / "files", {"README.md": "# L\n"}))
    branch = forge.branch(name, "main")
    assert branch is not None
    assert (branch.head, set(branch.onboardings)) == (head, {"onboarding-1"})
    wanted = Protection(
        code_owner_review=True, required_checks=("dbt",), force_push=False, deletion=False
    )
    forge.protect(name, "main", wanted)
    assert forge.protection(name, "main") == wanted
    forge.create_branch(name, "trial", base="main", files={"t": b"t"}, message="t")
    proposed = forge.create_pull_request(name, "trial", base="main", title="t")
    refused(
        "PLT-FORGE-001", lambda: forge.create_pull_request(name, "trial", base="main", title="t")
    )
    forge.close_pull_request(name, "trial")
    closed = forge.pull_request(name, "trial")
    assert closed is not None
    assert (closed.id, closed.open) == (proposed.id, False)
    forge.delete_branch(name, "trial")
    forge.checkout(name, "main", tmp_path / "checkout")
    assert (tmp_path / "checkout" / "README.md").read_text() == "# L\n"
