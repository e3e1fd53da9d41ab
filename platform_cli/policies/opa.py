"""Open Policy Agent as a process of its own: one for all documents, strict about built-in errors.

The bundle is written to a folder of ours, so that nothing but the released files is read. What a
run means is told from its exit code and the codes in its answer, never from its words.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from platform_cli.errors import PlatformError
from platform_cli.policies.bundle import MANIFEST, Bundle
from platform_cli.policies.engine import (
    Answer,
    Fault,
    Name,
    Question,
    TestReport,
    TestResult,
    not_compiled,
)

_LONGEST_S: Final = 300.0
_WHILE_EVALUATING: Final = "eval_"  # how the codes of those errors begin


def binary() -> Path | None:
    """The `opa` on the path, or None."""
    found = shutil.which("opa")
    return Path(found) if found else None


class Opa:
    """The `opa` binary."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> Name:
        """Which engine this is."""
        return "opa"

    def answers(
        self, bundle: Bundle, documents: Sequence[Any], questions: Sequence[Question]
    ) -> list[Answer]:
        """One answer a question. Raises PLT-POLICY-002 and -008."""
        with _folder(bundle) as folder:
            found = self._ask(folder, documents, list(enumerate(questions)))
        return [found[number] for number in range(len(questions))]

    def _ask(
        self, folder: Path, documents: Sequence[Any], questions: list[tuple[int, Question]]
    ) -> dict[int, Answer]:
        answer = self._eval(folder, documents, _by_rule(questions))
        if not isinstance(answer, Fault):
            return {number: _listed(answer, number, each) for number, each in questions}
        # One built-in error ends the whole run: the half without it is asked again.
        if len(questions) == 1:
            return {questions[0][0]: answer}
        middle = len(questions) // 2
        first = self._ask(folder, documents, questions[:middle])
        return {**first, **self._ask(folder, documents, questions[middle:])}

    def _eval(
        self, folder: Path, documents: Sequence[Any], asked: Mapping[str, list[list[int]]]
    ) -> Any:
        arguments = ["eval", "--strict-builtin-errors", "--format", "json"]
        # What is asked of which document comes in by the same door: a command line has a limit.
        said = self._run(
            [*arguments, "--bundle", str(folder), "--stdin-input", _query(asked)],
            json.dumps({"documents": documents, "asked": asked}),
        )
        report = _report(said)
        if errors := report.get("errors"):
            return _wrong(errors, folder)
        try:
            return report["result"][0]["expressions"][0]["value"]
        except (KeyError, IndexError):
            return Fault("no result")

    def test(self, bundle: Bundle) -> TestReport:
        """Check the bundle strictly and run its tests. Raises PLT-POLICY-002 and -008."""
        with _folder(bundle) as folder:
            self._check(folder)
            ran = self._run(["test", "--format", "json", "--bundle", str(folder)])
            results = tuple(sorted(_results(ran), key=lambda result: result.name))
            if not results or not all(result.passed for result in results):
                return TestReport(self.name, results, None, ())  # opa then tells no coverage
            report = _report(
                self._run(["test", "--coverage", "--format", "json", "--bundle", str(folder)])
            )
            uncovered = tuple(_uncovered(report, folder))
        return TestReport(self.name, results, float(report["coverage"]), uncovered)

    def _check(self, folder: Path) -> None:
        said = self._run(["check", "--strict", "--format", "json", "--bundle", str(folder)])
        if said.returncode:
            errors = json.loads(said.stderr or said.stdout or "{}").get("errors") or [{}]
            raise not_compiled(_words(errors).replace(f"{folder}/", ""))

    def _run(self, arguments: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
        try:
            # No environment: opa takes flags from variables, and none of them is ours.
            return subprocess.run(
                [str(self._path), *arguments],
                input=given,
                capture_output=True,
                encoding="utf-8",
                check=False,
                timeout=_LONGEST_S,
                env={},
            )
        except subprocess.TimeoutExpired:
            raise _ended(f"it did not answer within {_LONGEST_S:.0f} s") from None
        except OSError as error:
            raise _ended(f"it cannot be started: {error.strerror}") from None


@contextmanager
def _folder(bundle: Bundle) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="platform-cli-") as name:
        folder = Path(name, "bundle")
        for path, content in {**bundle.files, MANIFEST: bundle.manifest}.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        yield folder


def _by_rule(questions: Sequence[tuple[int, Question]]) -> dict[str, list[list[int]]]:
    """For each rule the numbers of its questions, each with that of its document."""
    rules: dict[str, list[list[int]]] = {}
    for number, question in questions:
        rules.setdefault(question.rule, []).append([number, question.document])
    return rules


def _query(rules: Iterable[str]) -> str:
    """An object from a question's number to what its rule says about its document."""
    parts = [
        f'{{sprintf("%d", [pair[0]]): answer | some pair in input.asked[{json.dumps(rule)}];'
        f" document := input.documents[pair[1]]; answer := {rule} with input as document}}"
        for rule in rules
    ]
    return f"object.union_n([{', '.join(parts)}])" if parts else "{}"


def _listed(answer: Any, number: int, question: Question) -> Answer:
    found = answer.get(str(number)) if isinstance(answer, dict) else None
    return found if isinstance(found, list) else Fault(f"{question.rule} gave no set")


def _report(said: subprocess.CompletedProcess[str]) -> Mapping[str, Any]:
    try:
        report = json.loads(said.stdout)
    except json.JSONDecodeError:
        report = None
    if not isinstance(report, dict):
        raise _ended(
            f"exit {said.returncode}: {' '.join((said.stderr or said.stdout).split())[:500]}"
        )
    return report


def _wrong(errors: list[Mapping[str, Any]], folder: Path) -> Fault:
    words = _words(errors).replace(f"{folder}/", "").replace(f"bundle {folder}: ", "")
    # An error of the loader has no code at all.
    if all(str(error.get("code", "")).startswith(_WHILE_EVALUATING) for error in errors):
        return Fault(words)
    raise not_compiled(words)


def _words(errors: list[Mapping[str, Any]]) -> str:
    """What opa says of each error, with its place."""
    told = []
    for error in errors:
        place = error.get("location") or {}
        file = str(place.get("file", ""))
        where = f"{file}:{place.get('row')}: " if file else ""
        told.append(f"{where}{' '.join(str(error.get('message', error)).split())}")
    return "; ".join(told)


def _results(said: subprocess.CompletedProcess[str]) -> Iterator[TestResult]:
    try:
        found = json.loads(said.stdout or "[]")
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise _ended(
            f"exit {said.returncode}: {' '.join((said.stderr or said.stdout).split())[:500]}"
        )
    for each in found:
        failed = bool(each.get("fail") or each.get("error") or each.get("skip"))
        detail = (
            _words([each["error"]]) if each.get("error") else "it is not true" if failed else None
        )
        yield TestResult(f"{each['package']}.{each['name']}", passed=not failed, detail=detail)


def _uncovered(report: Mapping[str, Any], folder: Path) -> Iterator[str]:
    for path, file in sorted((report.get("files") or {}).items()):
        name = path.removeprefix(str(folder)).lstrip("/")
        for part in file.get("not_covered") or ():
            for line in range(part["start"]["row"], part["end"]["row"] + 1):
                yield f"{name}:{line}"


def _ended(why: str) -> PlatformError:
    return PlatformError(
        "PLT-POLICY-008",
        f"The policy engine opa ended without an answer ({why}). Nothing was decided.",
        address="opa",
    )
