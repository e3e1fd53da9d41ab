"""One file a step. A step has targets; a target observes, decides and applies one change.

`STEPS` is the whole onboarding in an order that respects every step's needs. A need that is not
among the steps falls away.
"""

from __future__ import annotations

from typing import Final

from platform_cli.onboarding.steps import (
    catalog_access,
    catalog_schemas,
    oncall_rotation,
    render,
    repo_connect,
    repo_create,
    repo_protect,
    repo_push,
)
from platform_cli.onboarding.steps.step import Step

STEPS: Final[tuple[Step, ...]] = (
    render.STEP,
    repo_create.STEP,
    catalog_schemas.STEP,
    catalog_access.STEP,
    oncall_rotation.STEP,
    repo_connect.STEP,
    repo_push.STEP,
    repo_protect.STEP,
)
