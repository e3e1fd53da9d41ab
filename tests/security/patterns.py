"""Every regular expression of the package under texts made to hurt it; run as a process of its own.

The kernel ends it where all of them together take too long; the last line says at which it was.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import pkgutil
import re
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import platform_cli

LARGEST: Final = 64 * 1024
MOST_S: Final = 60
"""For all of them. Linear ones take a few seconds; one that is not takes this alone."""
_MOST_ATOMS: Final = 6
_METHODS: Final = frozenset({"fullmatch", "match", "search", "sub", "finditer", "findall", "split"})
_PARSER: Any = importlib.import_module("re._parser")


def modules() -> Iterator[ModuleType]:
    """Every module of the package."""
    for found in pkgutil.walk_packages(platform_cli.__path__, "platform_cli."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def patterns() -> dict[tuple[str, str, str], tuple[re.Pattern[Any], frozenset[str]]]:
    """Every expression by module, name and text, and how it is used."""
    found = {}
    for module in modules():
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for name, pattern in _kept(module):
            how = frozenset(_uses(tree, name)) or frozenset({"fullmatch"})
            found[module.__name__, name, str(pattern.pattern)] = (pattern, how)
        for way, text in _written(tree):
            found[module.__name__, "", text] = (re.compile(text), frozenset({way}))
    return found


def _kept(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    for name, value in vars(module).items():
        inside = value.values() if isinstance(value, dict) else value
        several = [*inside] if isinstance(value, dict | tuple | list) else [value]
        for one in several:
            parts = one if isinstance(one, tuple) else (one,)
            yield from ((name, part) for part in parts if isinstance(part, re.Pattern))


def _uses(tree: ast.AST, name: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in _METHODS
            and name in ast.unparse(node.value)
        ):
            yield node.attr


def _written(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if ast.unparse(node.func.value) == "re" and node.func.attr in _METHODS:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.func.attr, first.value


def texts(pattern: re.Pattern[Any]) -> Iterator[str]:
    """Texts that nearly fit, and then do not; each as long as a file may be."""
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    tree = _PARSER.parse(
        text, pattern.flags & ~re.UNICODE if isinstance(source, bytes) else pattern.flags
    )
    sample = "".join(_sample(tree))[:200]
    atoms = list(dict.fromkeys(_atoms(tree)))[:_MOST_ATOMS]
    pieces = [*atoms, *("".join(pair) for pair in itertools.pairwise(atoms)), sample or "a"]
    for piece in pieces:
        much = piece * (LARGEST // len(piece))
        for before, after in (("", ""), ("", "\0"), (sample, "\0"), (sample, sample), ("", "\n!")):
            yield before + much + after


def _sample(tree: Any) -> Iterator[str]:
    """A text that fits, or nearly."""
    for kind, what in tree:
        name = str(kind)
        if name == "LITERAL":
            yield chr(what)
        elif name in {"IN", "ANY", "NOT_LITERAL"}:
            yield _member(kind, what)
        elif name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            yield from list(_sample(what[2])) * max(1, min(what[0], 3))
        elif name == "SUBPATTERN":
            yield from _sample(what[3])
        elif name == "BRANCH":
            yield from _sample(what[1][0])


def _atoms(tree: Any) -> Iterator[str]:
    """A character of each place where one is asked for."""
    for kind, what in tree:
        name = str(kind)
        if name in {"LITERAL", "IN", "ANY", "NOT_LITERAL"}:
            yield chr(what) if name == "LITERAL" else _member(kind, what)
        elif name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            # What repeats comes first: it is what may go wrong.
            yield from _atoms(what[2])
        elif name == "SUBPATTERN":
            yield from _atoms(what[3])
        elif name == "BRANCH":
            for branch in what[1]:
                yield from _atoms(branch)


def _member(kind: Any, what: Any) -> str:
    """A character of the class, a common one where there are many."""
    if str(kind) == "ANY":
        return "a"
    if str(kind) == "NOT_LITERAL":
        return "b" if what == ord("a") else "a"
    single = re.compile(_class(what), re.DOTALL)
    return next((char for char in "a0 -_.:/'\"A\t" if single.fullmatch(char)), "a")


def _class(members: Any) -> str:
    parts = []
    for kind, what in members:
        name = str(kind)
        if name == "NEGATE":
            parts.append("^")
        elif name == "LITERAL":
            parts.append(re.escape(chr(what)))
        elif name == "RANGE":
            parts.append(f"{re.escape(chr(what[0]))}-{re.escape(chr(what[1]))}")
        else:
            known = {"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w"}
            known |= {
                "CATEGORY_NOT_DIGIT": r"\D",
                "CATEGORY_NOT_SPACE": r"\S",
                "CATEGORY_NOT_WORD": r"\W",
            }
            parts.append(known[str(what)])
    return f"[{''.join(parts)}]"


def attack(pattern: re.Pattern[Any], how: str, text: str) -> None:
    """Use it as the package does, to the end."""
    given: Any = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    if how == "sub":
        pattern.sub(given[:0], given)
    elif how == "finditer":
        for _ in pattern.finditer(given):
            pass
    else:
        getattr(pattern, how)(given)


def main(longest: int, note: Path) -> None:
    """Attack all of them."""
    resource.setrlimit(resource.RLIMIT_CPU, (longest, longest))
    slowest, which, number = 0.0, "", 0
    found = patterns()
    with note.open("w", encoding="utf-8") as file:
        for (module, name, source), (pattern, ways) in found.items():
            for how in sorted(ways):
                file.seek(0)
                file.truncate()
                file.write(f"{module} {name} {how} {source!a}")
                file.flush()
                for text in texts(pattern):
                    begun_s = time.process_time()
                    attack(pattern, how, text)
                    took_s, number = time.process_time() - begun_s, number + 1
                    if took_s > slowest:
                        slowest, which = took_s, f"{module} {name or source!a} {how}"
                    if "--show" in sys.argv and took_s > 0.1:
                        print(
                            f"{took_s:.2f} {module} {name} {how} {source[:60]!a} {text[:10]!a}",
                            flush=True,
                        )
    print(f"{len(found)} patterns, {number} texts, slowest {slowest:.2f} s of CPU ({which})")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
