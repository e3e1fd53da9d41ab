"""A rendering in a process of its own: a template is a program, so it gets a time limit.

It also gets the other core, while this process goes on. Owns the process and the words that pass
between the two; what is rendered, and what is refused, is for `rendering`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Final, Self

from platform_cli.errors import PlatformError, Problem
from platform_cli.settings import holds_credential
from platform_cli.template.asking import unrenderable
from platform_cli.template.rendering import Rendered, render

LONGEST_S: Final = 120.0
"""A template of a hundred files takes half a second; one that loops takes for ever."""

# Isolated (-I), and told where to import from: nothing in the working directory is ever imported.
_BOOT: Final = (
    "import json, sys; job = json.loads(sys.stdin.buffer.readline()); sys.path[:] = job['path']; "
    "from platform_cli.template.apart import work; work(job)"
)
# Whatever else is installed has no say in it: Copier's models take no plugins.
_ENVIRONMENT: Final = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}


@dataclass(slots=True)
class Apart:
    """Renders in processes that end with the context, or with this process, however that ends."""

    environment: Mapping[str, str] = field(repr=False)
    longest_s: float = LONGEST_S
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _over: bool = False

    def __enter__(self) -> Self:
        """Nothing is started before something is to be rendered."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what still renders: nobody waits for it, and its folder goes."""
        with self._lock:
            self._over = True
            for process in self._running:
                process.kill()

    def render(
        self,
        source: Path,
        data: Mapping[str, Any],
        into: Path,
        meanwhile: Callable[[], object] | None = None,
    ) -> Rendered:
        """As `rendering.render`, and PLT-TEMPLATE-001 for a rendering that does not end.

        `meanwhile` is what this process may do while the other one works.
        """
        # Copier is imported here already: another process would only cost time.
        if "copier" in sys.modules or not sys.executable:
            return render(source, data, into)
        job = {"path": sys.path, "source": str(source), "data": dict(data), "into": str(into)}
        hears, tells = os.pipe()
        try:
            process = self._start(hears)
        except OSError:  # no more processes for this person: then here
            os.close(tells)
            return render(source, data, into)
        finally:
            os.close(hears)
        with os.fdopen(tells, "wb", buffering=0) as pen:
            with suppress(BrokenPipeError):  # it is gone already: its end says why
                pen.write(json.dumps(job).encode() + b"\n")
            return self._answer(process, meanwhile)

    def _start(self, hears: int) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._over:
                raise unrenderable("the run is over", None)
            process = subprocess.Popen(
                [sys.executable, "-I", "-X", f"utf8={sys.flags.utf8_mode}", "-c", _BOOT],
                stdin=hears,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment(),
                # Ctrl-C reaches us, who then decide when to stop it.
                start_new_session=True,
            )
            self._running.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        """The caller's, without what proves who they are: a template could find a way to it."""
        plain = {k: v for k, v in self.environment.items() if not holds_credential(k)}
        return {**plain, **_ENVIRONMENT}

    def _answer(
        self, process: subprocess.Popen[bytes], meanwhile: Callable[[], object] | None
    ) -> Rendered:
        with process:
            try:
                if meanwhile is not None:
                    meanwhile()
                output, _ = process.communicate(timeout=self.longest_s)
            except subprocess.TimeoutExpired:
                raise unrenderable(f"it did not end within {self.longest_s:g} s", None) from None
            finally:
                process.kill()
                with self._lock:
                    self._running.remove(process)
        try:
            told = json.loads(output)
        except ValueError:
            how = f"its process ended with {process.returncode} and said nothing"
            raise unrenderable(how, None) from None
        if "error" in told:
            raise _error(told["error"])
        if "trace" in told:
            raise RuntimeError(told["trace"])
        return Rendered(tuple(told["files"]), told["version"])


def _error(told: Mapping[str, Any]) -> PlatformError:
    problems = [Problem(**each) for each in told["problems"]]
    return PlatformError(
        told["code"], told["summary"], hint=told["hint"], address=told["address"], problems=problems
    )


def work(job: Mapping[str, Any]) -> None:
    """Be the process: render what the job says, and print how it went as one JSON document."""
    import gc
    import traceback

    gc.disable()  # it lives for half a second
    Thread(target=_end_with_the_other, daemon=True).start()
    told: dict[str, Any]
    try:
        rendered = render(Path(job["source"]), job["data"], Path(job["into"]))
        told = asdict(rendered)
    except PlatformError as error:
        problems = [asdict(each) for each in error.problems]
        told = {
            "error": {
                "code": error.code,
                "summary": error.summary,
                "hint": error.hint,
                "address": error.address,
                "problems": problems,
            }
        }
    except Exception:  # noqa: BLE001 - a mistake of ours, to be told where people see it
        told = {"trace": traceback.format_exc()}
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    # Not sys.exit: the thread that listens would be in the way.
    os._exit(0)


def _end_with_the_other() -> None:
    """Leave when the pipe that the job came by is closed: whoever asked is gone, however."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)
