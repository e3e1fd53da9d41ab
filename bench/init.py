"""A whole `init` on the embedded providers, beside the same files rendered and pushed by hand."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from bench.measure import Ratio, Side, compare
from platform_cli.template import packaged

ANSWERS = {
    "domain": "loyalty",
    "catalog_name": "loyalty",
    "owner": "@local/loyalty-team",
    "on_call": "loyalty-pager",
    "organisation": "local",
    "platform_team": "@local/platform-team",
    "compliance_team": "@local/data-compliance",
    "cli_source": "platform-cli",
    "profile": "local",
    "python_version": "3.12",
}

# Proving is not bringing into being: the steps before `ready` are what is done by hand beside it.
UNPROVEN = """
import sys
from platform_cli.__main__ import main
from platform_cli.onboarding import readiness

readiness.prove = lambda *_: readiness.not_run("left out of this measurement")
sys.argv[1:] = [
    "init", "loyalty", "--owner", "@loyalty-team", "--on-call", "loyalty-pager", "--quiet"
]
main()
"""

BY_HAND = """
set -e
git init --quiet --bare loyalty.git
{copier} copy --quiet --defaults {answers} {template} loyalty
cd loyalty
git init --quiet --initial-branch main
git add --all
git -c user.name=Ann -c user.email=ann@example.org commit --quiet --message "Onboard loyalty"
git push --quiet ../loyalty.git main
"""


def run(runs: int) -> list[Ratio]:
    """Every run in a fresh folder."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "run"
        template = Path(folder) / "template"
        # Outside of any git work tree, as it is in an installed package.
        shutil.copytree(packaged(), template)

        def fresh() -> Path:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            return place

        binaries = Path(sys.executable).parent
        answers = " ".join(f"--data {key}={value}" for key, value in ANSWERS.items())
        script = BY_HAND.format(copier=binaries / "copier", answers=answers, template=template)
        ours = Side(
            [sys.executable, "-c", UNPROVEN],
            fresh,
            frozenset({3}),
            lambda where: {"PLATFORM_HOME": str(where / "home")},
        )
        return [
            compare(
                "init",
                ("platform-cli init, embedded providers", ours),
                (
                    "copier copy, git init, add, commit, push by hand",
                    Side(["sh", "-c", script], fresh),
                ),
                goal=1.5,
                runs=runs,
            ),
        ]
