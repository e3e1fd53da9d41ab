"""The one reader of os.environ: places, terminal, and the copy that other programs are run with.

Nothing is created here. A function given an environment looks at that one alone.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from platform_cli.errors import PlatformError

_NAME: Final = "platform-cli"
_WIDEST: Final = 10_000

_UNIX: Final = {"CONFIG": ".config", "DATA": ".local/share"}
_CREDENTIALS: Final = frozenset(
    {
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ARM_CLIENT_SECRET",
        "DATABRICKS_CLIENT_SECRET",
        "DATABRICKS_PASSWORD",
        "DATABRICKS_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "GH_TOKEN",
        "GITHUB_APP_PRIVATE_KEY",
        "GITHUB_ENTERPRISE_TOKEN",
        "GITHUB_TOKEN",
        "GOOGLE_CREDENTIALS",
        "ICEBERG_CREDENTIAL",
        "ICEBERG_TOKEN",
        "PAGERDUTY_TOKEN",
        "PGPASSWORD",
    }
)


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the environment says about the terminal; whether there is one, the stream says."""

    no_color: bool
    force_color: bool
    term_dumb: bool
    ci: bool
    columns: int | None


def process_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """A copy of the process's environment, or of the one given instead."""
    return dict(os.environ if environ is None else environ)


def holds_credential(name: str) -> bool:
    """Whether a variable of this name proves who we are: no other program is handed one."""
    return name in _CREDENTIALS


def terminal(environ: Mapping[str, str] | None = None) -> Terminal:
    """Read NO_COLOR, FORCE_COLOR, TERM, CI and COLUMNS; nonsense counts as not set."""
    variables = process_environment(environ)
    columns = variables.get("COLUMNS", "")
    width = int(columns) if re.fullmatch(r"[0-9]{1,5}", columns, re.ASCII) else 0
    return Terminal(
        no_color=bool(variables.get("NO_COLOR")),
        force_color=bool(variables.get("FORCE_COLOR")),
        term_dumb=variables.get("TERM", "").lower() in {"dumb", "unknown"},
        ci=variables.get("CI", "").lower() not in {"", "0", "false"},
        columns=width if 0 < width <= _WIDEST else None,
    )


def home(environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Path:
    """PLATFORM_HOME made absolute, or the user's data folder. Raises PLT-HOME-001 without one."""
    variables = process_environment(environ)
    if wanted := variables.get("PLATFORM_HOME"):
        return located(wanted, working_directory(cwd), variables)
    return _folder("DATA", variables)


def config_file(environ: Mapping[str, str] | None = None) -> Path:
    """Where the user's configuration is, or would be. Raises PLT-HOME-001 without a home."""
    return _folder("CONFIG", process_environment(environ)) / "config.toml"


def working_directory(cwd: Path | None = None) -> Path:
    """The folder given, or the process's own. Raises PLT-SETTINGS-001 if that was removed."""
    try:
        return Path.cwd() if cwd is None else Path(os.path.abspath(cwd))  # noqa: PTH100 - not resolve(): symbolic links stay
    except OSError:
        raise PlatformError(
            "PLT-SETTINGS-001",
            "the working directory is not there any more; nothing was done",
            hint="Change to a folder that exists and run the same line again.",
        ) from None


def located(written: str, folder: Path, environ: Mapping[str, str]) -> Path:
    """A path as it was written, absolute: `~` is the user's home, the rest starts at `folder`."""
    if written == "~" or written.startswith("~/"):
        own = environ.get("HOME", "")
        if Path(own).is_absolute():
            written = own + written[1:]
    return Path(os.path.abspath(folder / written))  # noqa: PTH100 - not resolve(): symbolic links stay


def _folder(which: Literal["CONFIG", "DATA"], environ: Mapping[str, str]) -> Path:
    """The user's folder by the system's convention.

    platformdirs looks at the process's environment only and takes longer to import than all of
    this package, so the usual cases are answered here; a test compares the two.
    """
    chosen = environ.get(f"XDG_{which}_HOME", "")
    if os.name == "posix" and chosen.startswith("/"):
        return Path(chosen) / _NAME
    own = environ.get("HOME", "")
    if os.name == "posix" and own.startswith("/"):
        mac = sys.platform == "darwin"
        return Path(own) / ("Library/Application Support" if mac else _UNIX[which]) / _NAME
    import platformdirs

    find = platformdirs.user_config_path if which == "CONFIG" else platformdirs.user_data_path
    try:
        return find(_NAME, appauthor=False)
    except RuntimeError:
        raise PlatformError(
            "PLT-HOME-001",
            "no home directory is known, so there is no place for settings or journal",
            hint="Set HOME, or PLATFORM_HOME and XDG_CONFIG_HOME, to folders of yours.",
        ) from None


def completing(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a shell asks for completions, and so wants every command's options."""
    return bool((os.environ if environ is None else environ).get("_PLATFORM_CLI_COMPLETE"))


def credential(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """A secret of that name, from the environment or else the system's keyring; or None."""
    found = process_environment(environ).get(name)
    if found:
        return found
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(_NAME, name)
    except KeyringError:  # a machine without one, or one that is locked
        return None
