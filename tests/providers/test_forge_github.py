"""GitHub's adapter does what every forge must do, on a fake that checks each request and answer."""

from __future__ import annotations

from tests.providers.forge_github import GitHubFixtures
from tests.providers.forge_suite import ForgeSuite
from tests.providers.forge_trial_suite import TrialSuite


class TestPort(GitHubFixtures, ForgeSuite):
    """The first half of the port."""


class TestTrial(GitHubFixtures, TrialSuite):
    """The second half."""
