"""default < user's file < project's file < environment < flag; every value knows its origin.

`table` declares the settings, `layers` reads them, `loading` decides, `pages` tells people.
This is the one package that reads os.environ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from platform_cli.settings.environment import (
    Terminal,
    completing,
    config_file,
    credential,
    holds_credential,
    home,
    process_environment,
    terminal,
)
from platform_cli.settings.loading import load
from platform_cli.settings.model import (
    CatalogName,
    ContractSettings,
    ForgeName,
    GitHubSettings,
    IcebergSettings,
    JournalSettings,
    KpiSettings,
    Origin,
    OriginKind,
    OutputSettings,
    PagerDutySettings,
    PagerName,
    Platform,
    PolicySettings,
    Profile,
    Raw,
    Settings,
    TemplateSettings,
    UnitySettings,
    Value,
)

if TYPE_CHECKING:
    from platform_cli.settings.pages import Row, document, reference, starter_file
    from platform_cli.settings.writing import write_starter

__all__ = [
    "CatalogName",
    "ContractSettings",
    "ForgeName",
    "GitHubSettings",
    "IcebergSettings",
    "JournalSettings",
    "KpiSettings",
    "Origin",
    "OriginKind",
    "OutputSettings",
    "PagerDutySettings",
    "PagerName",
    "Platform",
    "PolicySettings",
    "Profile",
    "Raw",
    "Row",
    "Settings",
    "TemplateSettings",
    "Terminal",
    "UnitySettings",
    "Value",
    "completing",
    "config_file",
    "credential",
    "document",
    "holds_credential",
    "home",
    "load",
    "process_environment",
    "reference",
    "starter_file",
    "terminal",
    "write_starter",
]

_LATER = {
    **dict.fromkeys(("Row", "document", "reference", "starter_file"), "pages"),
    "write_starter": "writing",
}


def __getattr__(name: str) -> Any:
    """Import what only `config` and the reference page need when it is asked for."""
    if name not in _LATER:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
