"""Fixtures that several tests here share: the renderings of a domain, each made once a process."""

from __future__ import annotations

import pytest

from tests.integration.domain_rendered import LEAST, RENDERINGS, Repository, rendered


@pytest.fixture(scope="session", params=RENDERINGS)
def repository(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Repository:
    """One of the renderings. Only to be read: copy it to run what writes."""
    folder = tmp_path_factory.mktemp(request.param) / "repository"
    return rendered(RENDERINGS[request.param], folder)


@pytest.fixture(scope="session")
def least(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The rendering with the least options. Only to be read."""
    return rendered(LEAST, tmp_path_factory.mktemp("least-alone") / "repository")
