"""Options of the whole suite, and profiles for property tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.crash import figures

settings.register_profile("default", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--sweep all` takes hours, `long` half an hour; the default is a seeded sample."""
    parser.addoption("--sweep", choices=("sample", "long", "all"), default="sample")
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="Write what the program prints now as what it is to print (tests/cli/golden).",
    )
    parser.addoption(
        "--write-figures",
        action="store_true",
        help="Write what the crash histories came to into docs/reliability.md.",
    )
    parser.addoption("--replay", default=None, help="One crash history, as a failure printed it.")
    parser.addoption(
        "--histories", type=int, default=0, help="So many random histories of one home."
    )
    parser.addoption("--live-github", default="", help="A real organisation to try the forge on.")


def pytest_configure(config: pytest.Config) -> None:
    """Have the crash histories of all workers counted together."""
    config.pluginmanager.register(figures)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what a test has counted: a zero says little without the number beside it."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in getattr(report, "user_properties", ()):
            if name == "counted":
                terminalreporter.write_line(str(text))
