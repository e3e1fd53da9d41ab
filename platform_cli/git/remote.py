"""A repository on a server: fetched from and pushed to over http, with a header for its address.

What proves who we are stands in git's environment alone: never in an address, an argument or a
configuration file. No redirection is followed, so the header never travels to another place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from platform_cli.errors import PlatformError
from platform_cli.git.process import Done, Process, failure
from platform_cli.git.reading import ref_of
from platform_cli.git.repository import Git, NewCommit, borrowing

Pairs = Sequence[tuple[str, str]]
Pushed = Literal["made", "refused", "unanswered"]

_FATAL: Final = 128
_ONLY_HTTP: Final = {"GIT_ALLOW_PROTOCOL": "http:https"}
_CONFIG: Final = (("http.followRedirects", "false"), ("push.default", "nothing"))


@dataclass(frozen=True, slots=True)
class Remote:
    """One repository. `access` gives the configuration that lets git in, and is asked each time.

    Methods raise PLT-GIT-001 without a usable git. Whether the network or the other side was in
    the way git does not tell by its exit code: the caller asks there.
    """

    git: Git
    url: str
    access: Callable[[], Pairs] = field(repr=False)
    timeout_s: float = 120.0

    def fetch(self, branch: str, bare: Path, *, what: Literal["all", "tip", "history"]) -> bool:
        """Bring the branch into a new bare repository; False where git could not.

        `tip` is the last commit alone with its files, `history` all commits without files.
        """
        self.git.init_bare(bare)
        ref = ref_of(branch)
        narrow = {"all": [], "tip": ["--depth=1"], "history": ["--filter=tree:0"]}[what]
        order = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", *narrow]
        done = self._run([*order, "--", self.url, f"+{ref}:{ref}"], bare)
        return done.status == 0

    def push(self, source: NewCommit, branch: str) -> tuple[Pushed, str]:
        """Create the branch at the commit, where there is none yet; what became of it, and why."""
        ref = ref_of(branch)
        order = ["push", "--porcelain", "--atomic", f"--force-with-lease={ref}:"]
        done = self._run([*order, "--", self.url, f"{source.commit}:{ref}"], source)
        if done.status == 0:
            return "made", ""
        # A line with `!` is the other side's word on the branch; without one it said nothing.
        judged = any(line.startswith(b"!") for line in done.output.splitlines())
        return ("refused" if judged else "unanswered"), failure("push", done).summary

    def clone(self, into: Path) -> bool:
        """An ordinary clone for a person to work in; False, with nothing left, where it failed."""
        done = self._run(["clone", "--quiet", "--template=", "--", self.url, str(into.absolute())])
        return done.status == 0

    def _run(self, arguments: Sequence[str], place: Path | NewCommit | None = None) -> Done:
        process = Process(self.git.environment, self.timeout_s)
        extra = dict(_ONLY_HTTP)
        if isinstance(place, NewCommit):
            extra |= {"GIT_DIR": str(place.repository.absolute()), **borrowing(place.borrows)}
        elif place is not None:
            extra["GIT_DIR"] = str(place.absolute())
        environment = process.clean(extra, (*_CONFIG, *self.access()))
        try:
            return process.run(arguments, environment, accept=None)
        except PlatformError as error:
            if error.code != "PLT-GIT-002":
                raise
            return Done(_FATAL, b"", error.summary)  # a time-out: what it did is not known
