"""How a command ends: its exit code, and one error told once, for people or as JSON.

Nothing that is raised inside a command passes this module; a traceback appears with --debug only.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from platform_cli import disk
from platform_cli.errors import Exit, PlatformError


def guarded(command: Callable[[], int], argv: Sequence[str]) -> int:
    """Run the command; turn whatever it raises into words and an exit code."""
    _ready_the_streams()
    try:
        code = _told(command, argv)
    finally:
        _let_go_of_the_streams()
    return code


def _told(command: Callable[[], int], argv: Sequence[str]) -> int:
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has left: nothing is wrong, and nothing more can be said.
        return Exit.DONE
    except KeyboardInterrupt:
        return _tell(_interrupted(), argv)
    except PlatformError as error:
        return _tell(error, argv)
    except OSError as error:
        return _tell(_system(error), argv)
    except Exception as error:  # noqa: BLE001 - the last line of defence: told, never thrown
        return _unforeseen(error, argv)
    return code


def _ready_the_streams() -> None:
    """Streams that were closed become empty ones, and no character is too strange to print."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - open until the process ends
        elif name == "stdout" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _let_go_of_the_streams() -> None:
    """What cannot be written now is dropped: Python would try again, and change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _unforeseen(error: Exception, argv: Sequence[str]) -> int:
    """Typer's own exceptions, by type; anything else is an error of ours."""
    import typer
    from typer.exceptions import Abort, TyperException

    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, Abort):
        return _tell(_interrupted(), argv)
    if isinstance(error, TyperException):
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.stderr.write(error.format_message() + "\n")
            return Exit.USAGE
        return _tell(_usage(error, argv), argv)
    return _tell(
        PlatformError(
            "PLT-INTERNAL-001",
            f"Something went wrong inside platform-cli: {type(error).__name__}: {error}",
        ),
        argv,
        error,
    )


def _usage(error: Exception, argv: Sequence[str]) -> PlatformError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else " ".join(_command(argv))
    message = getattr(error, "format_message", lambda: str(error))()
    return PlatformError(
        "PLT-USAGE-001",
        f"{message} Nothing was done."
        if message.endswith((".", "?", "!"))
        else f"{message}. Nothing was done.",
        hint=f"{path} --help",
    )


def _command(argv: Sequence[str]) -> list[str]:
    """The command that was meant, for errors of the parser that do not say it."""
    from platform_cli.cli.app import TREE, Branch

    path = ["platform-cli"]
    words = list(argv)
    if words and words[0] in TREE:
        path.append(words[0])
        branch = TREE[words[0]]
        if isinstance(branch, Branch) and len(words) > 1 and words[1] in branch.leaves:
            path.append(words[1])
    return path


def _interrupted() -> PlatformError:
    return PlatformError(
        "PLT-INIT-004",
        "Interrupted. What was finished before stays as it is.",
        hint="It is safe to run the same line again.",
    )


def _system(error: OSError) -> PlatformError:
    if error.filename is None:  # the journal and the providers have errors of their own
        return PlatformError(
            disk.code(error),
            f"The result could not be printed: {error.strerror or error}. What was finished is "
            "written down and stays.",
            hint="Send the output somewhere else and run the same line again.",
            address="stdout",
        )
    where = error.filename
    if disk.is_full(error):
        return PlatformError(
            "PLT-HOME-002",
            f"The disk is full ({where}). What was finished is written down and stays.",
            address=str(where),
        )
    return PlatformError(
        "PLT-HOME-001",
        f"{where}: {error.strerror or error}. What was finished before stays as it is.",
        address=str(where),
    )


def _tell(error: PlatformError, argv: Sequence[str], cause: BaseException | None = None) -> int:
    if "--debug" in argv:
        import traceback

        from platform_cli.cli.render import text

        # What an error says may come from outside.
        text.err(text.clean("".join(traceback.format_exception(cause or error)).rstrip("\n")))
    if _json_wanted(argv):
        from platform_cli.cli.render import json

        with suppress(OSError):  # a stdout that takes no more is perhaps what is to be told
            json.write(json.error_document(error))
    else:
        from platform_cli.cli.render import human

        human.tell_error(error)
    return int(error.exit)


def _json_wanted(argv: Sequence[str]) -> bool:
    """Read the command line without its parser, because the parser may be what failed."""
    words = list(argv)
    pairs = zip(words, [*words[1:], ""], strict=True)
    return any(
        word == "--format=json" or (word == "--format" and value == "json") for word, value in pairs
    )
