"""A program whose profile names the fake PagerDuty, beside what it names already."""

from __future__ import annotations

from pathlib import Path

from tests.cli.program import Program
from tests.fakes.pagerduty.state import TOKEN, State


def also_on_pagerduty(program: Program, state: State, trusted: Path, profile: str) -> Program:
    """Add the pager to the configuration, and the token to the environment."""
    state.add_team("loyalty-team", state.add_user("Ann", "ann@example.org"))
    config = program.folder / "config" / "platform-cli" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    head = f"[profiles.{profile}]\n"
    text = config.read_text(encoding="utf-8") if config.exists() else head
    text = text.replace(head, f'{head}pager = "pagerduty"\n')
    text += f'[profiles.{profile}.pagerduty]\nbase_url = "{state.base}"\n'
    config.write_text(text, encoding="utf-8")
    program.environment |= {"PAGERDUTY_TOKEN": TOKEN, "SSL_CERT_FILE": str(trusted)}
    return program
