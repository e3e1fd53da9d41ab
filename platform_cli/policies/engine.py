"""What evaluates Rego: the port, the choice between the engines, and what both answer with.

An engine compiles the whole bundle before it answers anything, and never answers a question with
nothing: a question that cannot be answered is a Fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, get_args

from platform_cli.errors import PlatformError
from platform_cli.policies.bundle import Bundle

Name = Literal["opa", "embedded"]
Choice = Literal["auto", "opa", "embedded"]
CHOICES: Final[tuple[Choice, ...]] = get_args(Choice)


@dataclass(frozen=True, slots=True)
class Question:
    """One rule asked about one document, by its number."""

    rule: str
    document: int


@dataclass(frozen=True, slots=True)
class Fault:
    """The engine could not answer; `detail` is its own word, which differs between engines."""

    detail: str


Answer = list[Any] | Fault


@dataclass(frozen=True, slots=True)
class TestResult:
    """One rule `test_*` of a bundle."""

    name: str
    passed: bool
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class TestReport:
    """All tests of a bundle; `uncovered` are the lines `path:line` that none of them ran.

    Without a coverage the engine tells none.
    """

    engine: Name
    results: tuple[TestResult, ...]
    coverage: float | None
    uncovered: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether there are tests and all of them passed."""
        return bool(self.results) and all(result.passed for result in self.results)


class Engine(Protocol):
    """Evaluates Rego. Raises PLT-POLICY-002 for what does not compile, -008 where it ends."""

    @property
    def name(self) -> Name:
        """Which one it is."""
        ...

    def answers(
        self, bundle: Bundle, documents: Sequence[Any], questions: Sequence[Question]
    ) -> list[Answer]:
        """One answer a question, in their order; the bundle is compiled even for none."""
        ...

    def test(self, bundle: Bundle) -> TestReport:
        """Run the bundle's own tests."""
        ...


def choose(choice: Choice = "auto") -> Engine:
    """The engine: `opa` where it is on the path, else the embedded one. Raises PLT-POLICY-003."""
    from platform_cli.policies import embedded, opa

    binary = opa.binary() if choice != "embedded" else None
    if binary is not None:
        return opa.Opa(binary)
    if choice == "opa":
        raise PlatformError(
            "PLT-POLICY-003", "There is no opa on the PATH. Nothing was decided.", address="opa"
        )
    if not embedded.available():
        raise PlatformError(
            "PLT-POLICY-003",
            "The embedded engine cannot be loaded on this system, and there is no opa on the PATH."
            " Nothing was decided.",
            address="regorus",
        )
    return embedded.Embedded()


def not_compiled(why: str, address: str | None = None) -> PlatformError:
    """A policy does not compile, and nothing was decided."""
    return PlatformError(
        "PLT-POLICY-002",
        f"A policy does not compile: {why}. Nothing was decided.",
        address=address,
    )
