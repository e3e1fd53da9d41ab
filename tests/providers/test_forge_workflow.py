"""Reading a workflow: jobs in their order, texts as they stand, and no guess at anything else."""

from __future__ import annotations

import pytest

from platform_cli.providers.forge.workflow import UnreadableError, parse

HEAD = "on: push\njobs:\n"


def test_a_workflow_as_it_stands() -> None:
    (job,) = parse(
        b"""\
on:
  push:
    branches: [main]
env:
  A: 1.10
  B: workflow
defaults:
  run:
    shell: sh
jobs:
  build:
    runs-on: ubuntu-24.04
    if: github.event_name == 'push'
    env: {B: job, C: "yes"}
    steps:
      - uses: actions/checkout@0123 # v6
        with: {persist-credentials: false}
      - name: Install
        id: tools
        run: pip install x
      - name: Two
        run: |
          one
          two
        env: {D: on}
        working-directory: deep
        continue-on-error: true
      - run: three
        shell: bash
"""
    )
    assert job.key == "build"
    assert job.condition == "github.event_name == 'push'"
    assert job.env == {"A": "1.10", "B": "job", "C": "yes"}
    checkout, tools, two, three = job.steps
    assert (checkout.name, checkout.run) == ("actions/checkout", None)
    assert (tools.name, tools.run) == ("Install", None)
    assert (two.name, two.run, two.env) == ("Two", "one\ntwo\n", {"D": "on"})
    assert (two.folder, two.shell, two.may_fail) == ("deep", "sh", True)
    assert (three.name, three.run, three.folder) == ("three", "three", "")
    assert (three.shell, three.may_fail, three.condition) == ("bash", False, "success()")


def test_jobs_come_after_those_they_need() -> None:
    one = "steps: [{run: x}]"
    text = f"{HEAD}  a: {{needs: [b, c], {one}}}\n  b: {{needs: c, {one}}}\n  c: {{{one}}}\n"
    assert [job.key for job in parse(text.encode())] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no mapping"),
        ("[]", "no mapping"),
        ("on: push", "jobs is no mapping"),
        ("on: push\njobs: {}", "jobs is no mapping"),
        ("a: [", "not YAML"),
        ("\0", "not YAML"),
        ("\udcff", "not UTF-8"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("on: push\non: x\njobs: {a: {steps: [{run: x}]}}", "line 2: the key on stands twice"),
        (HEAD + "  a: {steps: [{run: x, run: y}]}", "the key run stands twice"),
        ("? [a]\n: b", "a key is no text"),
        ("a: &x 1\nb: *x", "aliases"),
        ("[" * 100, "aliases, or is nested too deep"),
        (HEAD + "  a: x", "the job a is no mapping"),
        (HEAD + "  a: {runs-on: x}", "the job a has no steps"),
        (HEAD + "  a: {steps: []}", "the job a has no steps"),
        (HEAD + "  a: {steps: [x]}", "step 1 of the job a is no mapping"),
        (HEAD + "  a: {steps: [{name: x}]}", "neither or both of run and uses"),
        (HEAD + "  a: {steps: [{run: x, uses: y}]}", "neither or both of run and uses"),
        (HEAD + "  a: {steps: [{run: [x]}]}", "run of step 1 of the job a is no text"),
        (HEAD + "  a: {steps: [{run: x, with: {a: b}, foo: 1}]}", "foo, which the embedded"),
        (HEAD + "  a: {steps: [{run: x, shell: python}]}", "the shell python"),
        (HEAD + "  a: {steps: [{run: x, env: [a]}]}", "env of step 1 of the job a"),
        (HEAD + "  a: {strategy: {matrix: {x: [1]}}, steps: [{run: x}]}", "strategy"),
        (HEAD + "  a: {container: x, steps: [{run: x}]}", "container"),
        (HEAD + "  a: {uses: ./other.yml}", "uses"),
        (HEAD + "  a: {needs: b, steps: [{run: x}]}", "need each other, or one that is not there"),
        (
            HEAD + "  a: {needs: b, steps: [{run: x}]}\n  b: {needs: a, steps: [{run: x}]}",
            "need each other",
        ),
        ("on: push\ndefaults: {x: y}\njobs: {a: {steps: [{run: x}]}}", "x, which the embedded"),
        ("#" * 600_000, "larger than"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        parse(text.encode(errors="surrogateescape"))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
