"""The embedded engine: regorus, behind every guard that measuring it against OPA called for.

The modules are compiled and looked at before anything is asked: the engine itself answers nothing,
in silence, where a built-in function is misspelt. An error while it evaluates is a Fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final

from platform_cli.policies.bundle import Bundle
from platform_cli.policies.engine import (
    Answer,
    Fault,
    Name,
    Question,
    TestReport,
    TestResult,
    not_compiled,
)
from platform_cli.policies.guard import rules_and_problems
from platform_cli.policies.metadata import package
from platform_cli.policies.twofold import in_two

MANY: Final = 200
"""From so many questions on, a second process is worth its start."""
_TEST: Final = re.compile(r"^(test_[A-Za-z0-9_]+)\s+if\b", re.MULTILINE)


def available() -> bool:
    """Whether the engine can be loaded here: there are systems without a wheel of it."""
    try:
        _library()
    except ImportError:
        return False
    return True


def _library() -> Any:
    import regorus

    return regorus


class Embedded:
    """regorus. Each document is given to a fresh copy of the compiled bundle."""

    @property
    def name(self) -> Name:
        """Which engine this is."""
        return "embedded"

    def answers(
        self, bundle: Bundle, documents: Sequence[Any], questions: Sequence[Question]
    ) -> list[Answer]:
        """One answer a question. Raises PLT-POLICY-002."""
        compiled = _compiled(bundle, tests=False)
        ask = partial(_answers, compiled, documents)
        if len(questions) < MANY:
            return ask(questions)
        # Every other document: kinds that take longer come to both halves alike.
        halves = [[n for n, q in enumerate(questions) if q.document % 2 == half] for half in (0, 1)]
        first, second = (partial(ask, [questions[n] for n in half]) for half in halves)
        answers = dict(zip(chain(*halves), in_two(first, second), strict=True))
        return [answers[number] for number in range(len(questions))]

    def test(self, bundle: Bundle) -> TestReport:
        """Run the bundle's tests with coverage. Raises PLT-POLICY-002."""
        compiled = _compiled(bundle, tests=True)
        compiled.set_enable_coverage(True)
        results = []
        missed: dict[str, set[int]] = {}
        hit: dict[str, set[int]] = {}
        for path, text in bundle.modules(tests=True).items():
            if not path.endswith("_test.rego"):
                continue
            for rule in dict.fromkeys(_TEST.findall(text)):
                name = f"data.{package(path, text)}.{rule}"
                engine = compiled.clone()
                results.append(_result(engine, name))
                _add_coverage(engine, hit, missed)
        uncovered = {path: lines - hit.get(path, set()) for path, lines in missed.items()}
        total = sum(len(lines) for lines in hit.values())
        rest = sum(len(lines) for lines in uncovered.values())
        return TestReport(
            engine=self.name,
            results=tuple(sorted(results, key=lambda result: result.name)),
            coverage=100.0 * total / (total + rest) if total else 0.0,
            uncovered=tuple(
                f"{p}:{line}" for p in sorted(uncovered) for line in sorted(uncovered[p])
            ),
        )


def _answers(
    compiled: Any, documents: Sequence[Any], questions: Sequence[Question]
) -> list[Answer]:
    """One answer a question; those about one document stand together."""
    engine, number = compiled, -1
    found: list[Answer] = []
    for question in questions:
        if question.document != number:
            # One at a time: a bundle's copy for each document would fill memory.
            engine, number = compiled.clone(), question.document
            engine.set_input_json(json.dumps(documents[number]))
        found.append(_answer(engine, question.rule))
    return found


def _compiled(bundle: Bundle, *, tests: bool) -> Any:
    """The whole bundle, compiled and looked at. Raises PLT-POLICY-002."""
    found = _engine(bundle, tests=tests)
    if isinstance(found, _Refused):
        raise not_compiled(found.why, found.path)
    return found


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a bundle does not compile.

    A value, for an error keeps alive what was at hand where it was raised, and an engine that is
    let go in another thread than its own complains.
    """

    why: str
    path: str | None = None


def _engine(bundle: Bundle, *, tests: bool) -> Any:
    regorus = _library()
    policies, modules = bundle.modules(tests=False), bundle.modules(tests=tests)
    data = json.dumps(bundle.data())
    engine = regorus.Engine()
    for path, text in modules.items():
        try:
            engine.add_policy(path, text)
        except RuntimeError as error:
            return _Refused(_told(error), path)
    rules, problems = rules_and_problems(json.loads(engine.get_ast_as_json()), set(policies))
    if problems:
        return _Refused("; ".join(problems), problems[0].partition(": ")[0])
    try:
        # Its compiler does not know `with`, which tests need: those are only looked at, above.
        regorus.Program.compile_from_modules(data, list(policies.items()), rules)
        engine.add_data_json(data)
        engine.eval_query_as_json("true")  # orders every rule, which finds names that nothing gives
    except RuntimeError as error:
        return _Refused(_told(error))
    return engine


def _answer(engine: Any, rule: str) -> Answer:
    try:
        found = json.loads(engine.eval_rule_as_json(rule))
    except RuntimeError as error:
        return Fault(_told(error))
    return found if isinstance(found, list) else Fault(f"{rule} gave no set")


def _result(engine: Any, name: str) -> TestResult:
    try:
        found = json.loads(engine.eval_rule_as_json(name))
    except RuntimeError as error:
        return TestResult(name, passed=False, detail=_told(error))
    return TestResult(
        name, passed=found is True, detail=None if found is True else "it is not true"
    )


def _add_coverage(engine: Any, hit: dict[str, set[int]], missed: dict[str, set[int]]) -> None:
    report: Mapping[str, Any] = json.loads(engine.get_coverage_report_as_json())
    for file in report["files"]:
        hit.setdefault(file["path"], set()).update(file["covered"])
        missed.setdefault(file["path"], set()).update(file["not_covered"])


def _told(error: RuntimeError) -> str:
    """The engine's words in one line, without the addresses of its machine code."""
    words = str(error).partition("Stack backtrace")[0].partition("Caused by")[0]
    lines = [line.strip() for line in words.splitlines() if line.strip(" |^")]
    return " ".join(" ".join(line.removeprefix("--> ").split()) for line in lines)
