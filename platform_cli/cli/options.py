"""The options that every command has, declared once, and what they come to: an Invocation.

A command is written as `def name(invocation: Invocation, …)`; `with_shared_options` gives Typer
the command's own parameters followed by the shared ones.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from platform_cli import settings
from platform_cli.errors import Exit, PlatformError
from platform_cli.settings import Settings, Terminal

Format = Literal["human", "json"]


@dataclass(frozen=True)
class Invocation:
    """One call of one command: how to speak, and the settings, read when first asked for."""

    format: str
    profile: str | None
    config: Path | None
    no_input: bool
    quiet: bool
    verbose: bool
    debug: bool
    no_color: bool
    flags: Mapping[str, str]

    @cached_property
    def settings(self) -> Settings:
        """The settings of this call. Raises PlatformError with a PLT-SETTINGS code."""
        return self.settings_with({})

    def settings_with(self, flags: Mapping[str, str | None]) -> Settings:
        """The settings, with flags of the command's own on top."""
        given = {key: value for key, value in flags.items() if value is not None}
        return settings.load(config=self.config, flags={**self.flags, **given})

    @cached_property
    def terminal(self) -> Terminal:
        """What the environment says about the terminal."""
        return settings.terminal()

    @property
    def plain(self) -> bool:
        """Whether colour is unwanted."""
        return self.no_color or (self.terminal.no_color and not self.terminal.force_color)

    @property
    def json(self) -> bool:
        """Whether stdout is to carry one JSON document."""
        return self.format == "json"


_SHARED: Final[dict[str, Any]] = {
    "format": (str, "human"),  # a command may have more of them: see `_shared`
    "profile": (
        Annotated[
            str | None, typer.Option("--profile", help="The profile to use.", metavar="NAME")
        ],
        None,
    ),
    "config": (
        Annotated[
            Path | None,
            typer.Option("--config", help="Read this configuration file instead.", metavar="FILE"),
        ],
        None,
    ),
    "no_input": (Annotated[bool, typer.Option("--no-input", help="Never ask a question.")], False),
    "quiet": (
        Annotated[bool, typer.Option("--quiet", help="No narration; the result only.")],
        False,
    ),
    "verbose": (Annotated[bool, typer.Option("--verbose", help="Say more on the way.")], False),
    "debug": (Annotated[bool, typer.Option("--debug", help="Show tracebacks.")], False),
    "no_color": (Annotated[bool, typer.Option("--no-color", help="Plain text only.")], False),
}


def _shared(formats: tuple[str, ...]) -> dict[str, Any]:
    """The shared options, with the formats that this command has."""
    told = typer.Option("--format", help="How the result is printed.", metavar="|".join(formats))
    return {**_SHARED, "format": (Annotated[str, told], formats[0])}


def with_shared_options(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the shared options; it receives them as one Invocation."""
    hints = typing.get_type_hints(function, include_extras=True)
    own = [p for p in inspect.signature(function).parameters.values() if p.name != "invocation"]
    formats: tuple[str, ...] = getattr(function, "formats", ("human", "json"))

    def called(**given: Any) -> int:
        shared = {name: given.pop(name) for name in _SHARED}
        if shared["format"] not in formats:
            raise PlatformError(
                "PLT-USAGE-001",
                f"--format {shared['format']!r} is not known here. Nothing was done.",
                hint=f"Use --format {' or --format '.join(formats)}.",
                address="--format",
            )
        flags = {"profile": shared["profile"]} if shared["profile"] else {}
        try:
            return function(Invocation(**shared, flags=flags), **given)
        except BrokenPipeError:
            # The reader (head, less) has left, which is no error; Typer would make it one.
            return Exit.DONE

    parameters = [p.replace(annotation=hints[p.name], kind=p.KEYWORD_ONLY) for p in own]
    for name, (annotation, default) in _shared(formats).items():
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=annotation,
            ),
        )
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by Typer
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    called.__doc__ = inspect.cleandoc(function.__doc__ or "")
    called.__name__ = function.__name__
    return called
