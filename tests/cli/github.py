"""A program whose profile names the fake GitHub."""

from __future__ import annotations

from tests.cli.program import Program
from tests.fakes.github.state import State

CANARY = "ghp-canary-4711"


def on_github(program: Program, state: State, **more: str) -> Program:
    """Write the configuration, and put the token into the environment."""
    lines = [
        'profile = "hub"',
        "[platform]",
        f'organisation = "{state.organisation}"',
        "[profiles.hub]",
        'forge = "github"',
        *(f"{key} = {value}" for key, value in more.items()),
        "[profiles.hub.github]",
        f'base_url = "{state.base}"',
    ]
    config = program.folder / "config" / "platform-cli" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    program.environment["GH_TOKEN"] = CANARY
    # No keyring of the machine's has a say.
    program.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    return program
