"""The tree of commands, and the one place where an outcome becomes an exit code.

A command's module is imported when it is called: for the root's help a name and a line are
enough. `--version` is answered before anything else is imported.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from platform_cli import __version__
from platform_cli.errors import Exit, PlatformError

if TYPE_CHECKING:
    import typer

_COMMANDS: Final = "platform_cli.cli.commands"
_MANY_OBJECTS: Final = 50_000
_SETTINGS: Final = {"help_option_names": ["-h", "--help"]}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command: the module and function behind it, and its line in the help."""

    module: str
    function: str
    line: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A group of commands."""

    line: str
    leaves: dict[str, Leaf] = field(default_factory=dict)


TREE: Final[dict[str, Leaf | Branch]] = {
    "init": Leaf("init", "init", "Take a team from a name to a governed data domain."),
    "verify": Leaf("verify", "verify", "Look at the day-one checks of a domain again."),
    "status": Leaf("status", "status", "What exists, whose it is, what is missing or differs."),
    "doctor": Leaf("doctor", "doctor", "Find what would stop an init, before it."),
    "contract": Branch(
        "The data contract: its language, and what a change costs.",
        {
            "schema": Leaf("contract", "schema", "Print the JSON Schema of the language."),
            "validate": Leaf(
                "contract", "validate", "Check contracts: YAML, semver, dbt, policies."
            ),
            "diff": Leaf("contract", "diff", "What changed between two contracts, by rule."),
            "pins": Leaf("contract_pins", "pins", "What the pins of a repository come to."),
            "consumers": Leaf("contract_pins", "consumers", "Who reads a table."),
        },
    ),
    "policy": Branch(
        "Governance that runs: policies and their exceptions.",
        {
            "check": Leaf("policy", "check", "Decide on a repository or on documents."),
            "test": Leaf("policy", "run_tests", "Run the policies' own tests."),
            "explain": Leaf("policy", "explain", "What a policy asks, why, and how to mend it."),
            "exceptions": Leaf("policy", "exceptions", "List exceptions with their days left."),
            "bundle": Leaf("policy", "bundle", "Build a release with the same bytes each time."),
            "sync": Leaf("policy", "sync", "Bring a repository to the current release."),
        },
    ),
    "publish": Leaf("publish", "publish", "Register the product tables in the catalog."),
    "product": Branch(
        "The product tables of a domain's repository.",
        {"add": Leaf("product", "add", "Add a contract, model, tests and alerts of a table.")},
    ),
    "kpi": Branch(
        "The numbers the platform team reports.",
        {"onboarding": Leaf("kpi", "onboarding", "Onboarding lead time, and where it goes.")},
    ),
    "journal": Branch(
        "What happened, event by event.",
        {
            "export": Leaf("journal", "export", "Print every event as JSON Lines."),
            "import": Leaf("journal", "import_", "Add the events of a file, each once."),
            "migrate": Leaf("journal", "migrate", "Move a SQLite journal into the shared one."),
            "close": Leaf("journal", "close", "Take a typo or a test out of the numbers."),
        },
    ),
    "config": Branch(
        "Settings and where each of them comes from.",
        {
            "show": Leaf("config", "show", "Print every setting with its origin."),
            "init": Leaf("config", "init", "Write a commented configuration file."),
        },
    ),
}

_HELP: Final = """From a team's name to a governed data domain that is proven ready.

Start with: platform-cli init loyalty --owner @loyalty-team --on-call loyalty-pager --dry-run
"""


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code. Never raises."""
    if list(argv) == ["--version"]:
        sys.stdout.write(f"platform-cli {__version__}\n")
        return Exit.DONE
    with _collecting_seldom():
        from platform_cli.cli import leave

        return leave.guarded(lambda: _dispatch(argv), argv)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for garbage less often: what imports leave is none, and looking takes time."""
    usual = gc.get_threshold()
    gc.set_threshold(_MANY_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _dispatch(argv: Sequence[str]) -> int:
    from platform_cli.settings import completing

    words = [word for word in argv if not word.startswith("-")]
    app = build(everything=completing(), wanted=words[0] if words else None)
    answer = app(args=list(argv), standalone_mode=False, prog_name="platform-cli")
    if answer == Exit.INTERRUPTED and not isinstance(answer, Exit):
        # Typer takes Ctrl-C for itself and says nothing: its 130 is a number, ours is an Exit.
        raise KeyboardInterrupt
    return int(answer or 0)


def build(*, wanted: str | None = None, everything: bool = False) -> typer.Typer:
    """The Typer application, with the wanted command's module imported and no other."""
    import typer

    app = _typer(_HELP)

    def version(value: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag's value
        if value:
            sys.stdout.write(f"platform-cli {__version__}\n")
            raise typer.Exit

    def root(
        version: bool = typer.Option(  # noqa: FBT001 - Typer's way to declare a flag
            False,  # noqa: FBT003
            "--version",
            callback=version,
            is_eager=True,
            help="Print the version and leave.",
        ),
    ) -> None:
        """Declare the options that belong to no command."""

    app.callback(help=_HELP)(root)
    for name, entry in TREE.items():
        load = everything or name == wanted
        if isinstance(entry, Leaf):
            _add(app, name, entry, load=load)
            continue
        group = _typer(entry.line)
        for leaf_name, leaf in entry.leaves.items():
            _add(group, leaf_name, leaf, load=load)
        app.add_typer(group, name=name, help=entry.line)
    return app


def _typer(text: str) -> typer.Typer:
    import typer

    return typer.Typer(
        help=text,
        rich_markup_mode=None,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        pretty_exceptions_show_locals=False,
        context_settings=_SETTINGS,
    )


def _add(app: typer.Typer, name: str, leaf: Leaf, *, load: bool) -> None:
    if not load:
        app.command(name, help=leaf.line)(_not_loaded)
        return
    from platform_cli.cli.options import with_shared_options

    module = import_module(f"{_COMMANDS}.{leaf.module}")
    function: Any = getattr(module, leaf.function)
    shared = with_shared_options(function)
    app.command(name, short_help=leaf.line, context_settings=_SETTINGS)(shared)


def _not_loaded() -> None:
    raise PlatformError("PLT-INTERNAL-001", "A command was called whose module was not imported.")
