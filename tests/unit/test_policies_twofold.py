"""Two processes give what one gives: the same answers, in the same order, whatever becomes of one.

Each test is a process of its own: beside other threads, as pytest's workers have, nothing is copied.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAD = """
import os, signal, sys, threading
from platform_cli.policies import twofold
from platform_cli.policies.engine import Fault

def copied():
    '''Whether this is the copy, by its own word.'''
    return os.getpid() != ORIGINAL

ORIGINAL = os.getpid()
os.sched_getaffinity = lambda _: {0, 1}
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux a copy is made")


def run(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", HEAD + script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""


@linux
def test_the_second_half_is_a_copys() -> None:
    run("""
def half(name):
    return lambda: [[name, copied()], Fault(name)]
assert twofold.in_two(half("a"), half("b")) == [["a", False], Fault("a"), ["b", True], Fault("b")]
""")


@linux
@pytest.mark.parametrize(
    "end",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "raise ValueError('in the copy alone')",
        "raise KeyboardInterrupt",
        "sys.exit(0)",
        "os.write(TELLS, b'[[]'), os._exit(0)",
    ],
)
def test_what_the_copy_does_not_say_is_worked_out_here(end: str) -> None:
    run(f"""
pipe = os.pipe
def piped():
    global TELLS
    hears, TELLS = pipe()
    return hears, TELLS
os.pipe = piped
def second():
    if copied():
        {end}
    return [["here"]]
assert twofold.in_two(lambda: [["first"]], second) == [["first"], ["here"]]
""")


@linux
def test_no_copy_outlives_what_goes_wrong_here() -> None:
    run("""
import time
def first():
    raise ValueError("here")
try:
    twofold.in_two(first, lambda: time.sleep(600) or [])
except ValueError:
    pass
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    sys.exit(0)
sys.exit("a copy is left")
""")


@pytest.mark.parametrize(
    "change",
    [
        "os.sched_getaffinity = lambda _: {0}",
        "threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "sys.platform = 'darwin'",
        "def fork(): raise OSError(11, 'no more processes')\nos.fork = fork",
    ],
)
def test_where_a_copy_is_of_no_use_there_is_none(change: str) -> None:
    run(f"""
{change}
halves = [[["a", os.getpid()]], [["b", os.getpid()]]]
assert twofold.in_two(lambda: [["a", os.getpid()]], lambda: [["b", os.getpid()]]) == [
    ["a", ORIGINAL], ["b", ORIGINAL]
]
""")


COMPARED = """
import json
from datetime import UTC, datetime
from platform_cli import policies
from platform_cli.policies import embedded
from platform_cli.policies.output import check

def contract(number):
    mask = {} if number % 3 == 0 else {"mask": "sha256"}
    columns = [{"name": "id", "tags": []}, {"name": "email", "tags": ["PII"], **mask}]
    return policies.document(f"{number:03}.contract.json", {
        "name": f"orders.product.table_{number}", "schema": columns})

documents = [contract(number) for number in range(COUNT)]
forks = []
fork = os.fork
os.fork = lambda: forks.append(None) or fork()
def told():
    now = datetime(2026, 1, 7, tzinfo=UTC)
    bundle = policies.released()
    outcome = policies.evaluate(bundle, documents, engine=embedded.Embedded(), now=now)
    return json.dumps(check(outcome))
"""


@linux
def test_the_outcome_is_the_same_byte_for_byte() -> None:
    run(f"""
COUNT = 130
{COMPARED}
in_two = told()
assert forks == [None]
twofold._may_copy = lambda: False
assert told() == in_two
assert in_two.count("tagged PII but has no mask") == 44
""")


def test_a_few_documents_are_decided_on_in_one_process() -> None:
    run(f"""
COUNT = 20
{COMPARED}
told()
assert forks == []
""")
