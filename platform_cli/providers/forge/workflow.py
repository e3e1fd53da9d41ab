"""A workflow's file as the jobs and commands in it, in the order in which they run.

Pure. Refuses what the embedded forge could only guess at: a matrix, a container, a key that is
not known, a key that stands twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

PATH: Final = ".github/workflows/ci.yml"
TOOLS: Final = "tools"
"""The id of the step that installs tools: it needs a network, so it is not run here."""

_LARGEST: Final = 512 * 1024
_DEPTH: Final = 50
_WORKFLOW: Final = frozenset(
    {"name", "run-name", "on", "permissions", "concurrency", "env", "defaults", "jobs"}
)
_JOB: Final = frozenset(
    {"name", "runs-on", "timeout-minutes", "permissions", "environment", "concurrency"}
    | {"needs", "if", "env", "defaults", "outputs", "steps"}
)
_STEP: Final = frozenset(
    {"id", "name", "if", "env", "uses", "with", "run", "shell", "working-directory"}
    | {"continue-on-error", "timeout-minutes"}
)
_SHELLS: Final = frozenset({"bash", "sh"})


class UnreadableError(ValueError):
    """A workflow that GitHub would refuse, or that cannot be run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; one without a command is what the forge does by itself. Texts are unfilled."""

    name: str
    run: str | None
    condition: str
    env: Mapping[str, str]
    folder: str
    shell: str
    may_fail: bool


@dataclass(frozen=True, slots=True)
class Job:
    """One job: all its steps in one checkout. One that `deploys` changes the world outside."""

    key: str
    condition: str
    env: Mapping[str, str]
    needs: tuple[str, ...]
    deploys: bool
    steps: tuple[Step, ...]


def parse(content: bytes) -> tuple[Job, ...]:
    """The jobs, each after those that it needs. Raises UnreadableError."""
    document = _mapping(_load(content), "the workflow", _WORKFLOW)
    env = _env(document, "the workflow")
    defaults = _defaults(document, "the workflow", {})
    jobs = {
        key: _job(key, raw, env, defaults)
        for key, raw in _mapping(document.get("jobs"), "jobs").items()
    }
    return _ordered(jobs)


def _load(content: bytes) -> Any:
    """The document, every scalar in it a text as it was written."""
    import yaml

    if len(content) > _LARGEST:
        raise UnreadableError(f"it is larger than {_LARGEST} bytes")
    # The one in Python takes a second for what this one takes milliseconds for.
    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        text = content.decode("utf-8-sig")
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEPTH or isinstance(event, yaml.AliasEvent):
                raise UnreadableError("it has aliases, or is nested too deep")
        return _plain(yaml.compose(text, Loader=loader))
    except UnicodeDecodeError:
        raise UnreadableError("it is not UTF-8") from None
    except yaml.YAMLError as error:
        raise UnreadableError(f"it is not YAML: {' '.join(str(error).split())}") from None


def _plain(node: Any) -> Any:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one) for one in node.value]
    if not isinstance(node, yaml.MappingNode):
        return ""  # an empty file
    found: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise UnreadableError(f"line {line}: a key is no text")
        if key.value in found:
            raise UnreadableError(f"line {line}: the key {key.value} stands twice")
        found[key.value] = _plain(value)
    return found


def _job(key: str, raw: Any, env: Mapping[str, str], defaults: Mapping[str, str]) -> Job:
    where = f"the job {key}"
    job = _mapping(raw, where, _JOB)
    steps = job.get("steps")
    if not isinstance(steps, list) or not steps:
        raise UnreadableError(f"{where} has no steps")
    needs = job.get("needs", [])
    inner = _defaults(job, where, defaults)
    return Job(
        key=key,
        condition=_text(job, "if", where) or "success()",
        env={**env, **_env(job, where)},
        needs=tuple(str(one) for one in (needs if isinstance(needs, list) else [needs])),
        deploys="environment" in job,
        steps=tuple(
            _step(one, f"step {number} of {where}", inner) for number, one in enumerate(steps, 1)
        ),
    )


def _step(raw: Any, where: str, defaults: Mapping[str, str]) -> Step:
    step = _mapping(raw, where, _STEP)
    uses, run = _text(step, "uses", where), _text(step, "run", where)
    if bool(uses) == bool(run):
        raise UnreadableError(f"{where} has neither or both of run and uses")
    inner: dict[str, Any] = dict(defaults)
    inner.update((key, step[key]) for key in ("shell", "working-directory") if key in step)
    shell = _text(inner, "shell", where)
    if run and shell not in {"", *_SHELLS}:
        raise UnreadableError(f"{where} wants the shell {shell}, which the embedded forge has not")
    installs = step.get("id") == TOOLS
    return Step(
        name=_text(step, "name", where) or uses.partition("@")[0] or run.strip().split("\n")[0],
        run=None if uses or installs else run,
        condition=_text(step, "if", where) or "success()",
        env=_env(step, where),
        folder=_text(inner, "working-directory", where),
        shell=shell or "bash",
        may_fail=_text(step, "continue-on-error", where) == "true",
    )


def _defaults(raw: Mapping[str, Any], where: str, outer: Mapping[str, str]) -> dict[str, str]:
    if "defaults" not in raw:
        return dict(outer)
    defaults = _mapping(raw["defaults"], f"defaults of {where}", frozenset({"run"}))
    known = frozenset({"shell", "working-directory"})
    return {**outer, **_mapping(defaults.get("run"), f"defaults of {where}", known)}


def _env(raw: Mapping[str, Any], where: str) -> dict[str, str]:
    env = _mapping(raw["env"], f"env of {where}") if "env" in raw else {}
    return {key: _text(env, key, f"env of {where}") for key in env}


def _text(raw: Mapping[str, Any], key: str, where: str) -> str:
    value = raw.get(key, "")
    if not isinstance(value, str):
        raise UnreadableError(f"{key} of {where} is no text")
    return value


def _mapping(raw: Any, where: str, known: frozenset[str] | None = None) -> dict[str, Any]:
    if not isinstance(raw, dict) or not raw:
        raise UnreadableError(f"{where} is no mapping, or an empty one")
    if known is not None and (more := sorted(raw.keys() - known)):
        raise UnreadableError(f"{where} has {more[0]}, which the embedded forge does not know")
    return raw


def _ordered(jobs: Mapping[str, Job]) -> tuple[Job, ...]:
    done: dict[str, Job] = {}
    while len(done) < len(jobs):
        ready = _ready(jobs, done)
        if not ready:
            raise UnreadableError("its jobs need each other, or one that is not there")
        done.update((job.key, job) for job in ready)
    return tuple(done.values())


def _ready(jobs: Mapping[str, Job], done: Mapping[str, Job]) -> Sequence[Job]:
    waiting = (job for key, job in jobs.items() if key not in done)
    return [job for job in waiting if done.keys() >= set(job.needs)]
