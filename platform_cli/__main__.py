"""Leaves the process; nothing else. SIGTERM means the same as Ctrl-C, from the first moment on."""

import gc
import signal
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from platform_cli.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before a command has begun, or while its error is being told
        sys.stderr.write("PLT-INIT-004: Interrupted. It is safe to run the same line again.\n")
        code = 130
    # Everything is said and done: an impatient second Ctrl-C must not turn that into a traceback.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Python would look for garbage in all that was imported, which takes longer than most commands.
    gc.freeze()
    # Python remembers a Ctrl-C that came while a dataclass was being made (it runs text), though
    # it was caught since, and would end by that signal instead of by the code; text run now is
    # what makes it forget.
    exec("")  # noqa: S102 - empty
    sys.exit(code)


if __name__ == "__main__":
    main()
