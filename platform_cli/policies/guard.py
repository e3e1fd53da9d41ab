"""What the embedded engine would let pass in silence, found in its own syntax tree.

It does not look at functions that nothing reaches, nor at the number of arguments, and a rule that
calls itself ends the process. Built-in functions are allowed by name: those that were compared
with Open Policy Agent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_ONE: Final = (
    "abs array.reverse ceil count floor intersection is_array is_boolean is_null is_number "
    "is_object is_set is_string lower max min object.keys object.union_n product round sort sum "
    "time.parse_rfc3339_ns to_number trim_space type_name union upper"
)
_TWO: Final = (
    "array.concat concat contains endswith format_int graph.reachable indexof object.filter "
    "object.remove object.union regex.match split sprintf startswith strings.any_prefix_match "
    "strings.any_suffix_match trim trim_left trim_prefix trim_right trim_suffix"
)
_THREE: Final = "array.slice object.get replace substring"
BUILTINS: Final[Mapping[str, int]] = {
    "set": 0,
    **dict.fromkeys(_ONE.split(), 1),
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_THREE.split(), 3),
}

Path = tuple[str, ...]


@dataclass(slots=True)
class _Module:
    """A module's package, what its imports stand for, and its rules."""

    file: str
    package: Path
    imports: dict[str, Path]
    rules: list[dict[str, Any]]


@dataclass(slots=True)
class _Program:
    """All modules: the functions with their number of arguments, and which rule uses which."""

    functions: dict[Path, set[int]] = field(default_factory=dict)
    rules: set[Path] = field(default_factory=set)
    uses: dict[Path, set[Path]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def rules_and_problems(
    tree: Sequence[Mapping[str, Any]], wanted: Collection[str]
) -> tuple[list[str], list[str]]:
    """The paths of the rules in the wanted files that are no functions; what must not be run."""
    modules = [_module(each) for each in tree]
    program = _Program()
    for module in modules:
        for rule in module.rules:
            _declare(program, module, rule)
    for module in modules:
        for rule in module.rules:
            _look_at(program, module, rule)
    program.problems += _circles(program)
    named = {_name(m, rule) for m in modules if m.file in wanted for rule in m.rules}
    plain = {_known(path) for path in named - set(program.functions)}
    return [".".join(("data", *path)) for path in sorted(plain)], program.problems


def _module(found: Mapping[str, Any]) -> _Module:
    ast = found["ast"]
    imports = {}
    written = found["source"]["contents"].encode()
    for each in ast["imports"]:
        path = _path(each["refr"]) or ()
        alias = each.get("as")
        name = written[alias["start"] : alias["end"]].decode() if alias else "".join(path[-1:])
        imports[name] = path
    package = _path(ast["package"]["refr"]) or ()
    return _Module(found["source"]["file"], package, imports, ast["rules"])


def _head(rule: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    ((kind, inside),) = rule.items()
    if kind == "Default":
        return inside, kind
    ((kind, head),) = inside["head"].items()
    return head, kind


def _name(module: _Module, rule: Mapping[str, Any]) -> Path:
    head, _ = _head(rule)
    return (*module.package, *(_path(head["refr"]) or ()))


def _declare(program: _Program, module: _Module, rule: Mapping[str, Any]) -> None:
    name = _name(module, rule)
    head, kind = _head(rule)
    program.rules.add(name)
    if kind == "Func" or (kind == "Default" and head.get("args")):
        program.functions.setdefault(name, set()).add(len(head["args"]))


def _look_at(program: _Program, module: _Module, rule: Mapping[str, Any]) -> None:
    name = _name(module, rule)
    uses = program.uses.setdefault(name, set())
    head, _ = _head(rule)
    skipped = head["refr"]
    for node in _nodes(rule, skipped):
        if "Call" in node:
            _check_call(program, module, node["Call"])
        path = _reference(node)
        if path:
            uses |= _rules_behind(program, _absolute(module, path, program))
    for index in _indexes(skipped):
        for node in _nodes(index, None):
            if path := _reference(node):
                uses |= _rules_behind(program, _absolute(module, path, program))


def _nodes(value: Any, skipped: Any) -> Iterator[Mapping[str, Any]]:
    """Every node, a chain of references once: by its longest."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if found is skipped and skipped is not None:
            continue
        if isinstance(found, list):
            waiting += found
        elif isinstance(found, dict):
            yield found
            if _reference(found):
                waiting += _indexes(found)
            else:
                waiting += found.values()


def _reference(node: Any) -> Path | None:
    if isinstance(node, dict) and ("RefDot" in node or "RefBrack" in node or "Var" in node):
        return _path(node)
    return None


def _indexes(node: Any) -> list[Any]:
    """What stands in the brackets of a chain of references."""
    found = []
    while isinstance(node, dict) and ("RefDot" in node or "RefBrack" in node):
        if "RefBrack" in node:
            found.append(node["RefBrack"]["index"])
            node = node["RefBrack"]["refr"]
        else:
            node = node["RefDot"]["refr"]
    return found


def _path(node: Any) -> Path | None:
    """The names at the beginning of a chain of references; None where it begins with no name."""
    if not isinstance(node, dict):
        return None
    if "Var" in node:
        return (str(node["Var"]["value"]),)
    if "RefDot" in node:
        return _longer(node["RefDot"]["refr"], node["RefDot"]["field"][1])
    if "RefBrack" in node:
        index = node["RefBrack"]["index"]
        key = index["String"]["value"] if isinstance(index, dict) and "String" in index else None
        return _longer(node["RefBrack"]["refr"], key)
    return None


def _longer(node: Any, name: str | None) -> Path | None:
    path = _path(node)
    if path is None:
        return None
    # After the first bracket that is not a text, nothing more is known of the path.
    return (*path, name) if name is not None and path[-1] != "*" else (*path, "*")


def _absolute(module: _Module, path: Path, program: _Program) -> Path:
    first, rest = path[0], path[1:]
    if first == "data":
        return rest
    if first in module.imports:
        return (*module.imports[first][1:], *rest)
    if any((*module.package, first) == rule[: len(module.package) + 1] for rule in program.rules):
        return (*module.package, *path)
    return ()


def _rules_behind(program: _Program, path: Path) -> set[Path]:
    """The rules that a reference may reach: on its way, or below where it ends or is not known."""
    if not path:
        return set()
    wanted = _known(path)
    found = set()
    for rule in program.rules:
        short = _known(rule)
        both = min(len(short), len(wanted))
        if short[:both] == wanted[:both]:
            found.add(rule)
    return found


def _known(path: Path) -> Path:
    """The part of a path that is known."""
    return path[: path.index("*")] if "*" in path else path


def _check_call(program: _Program, module: _Module, call: Mapping[str, Any]) -> None:
    span = call["span"]
    where = f"{module.file}:{span['line']}"
    name = _path(call["fcn"])
    given = len(call["params"])
    if name is None:
        program.problems.append(f"{where}: a call of something that has no name")
        return
    said = ".".join(name)
    wanted = program.functions.get(_absolute(module, name, program))
    if wanted is None and said in BUILTINS:
        wanted = {BUILTINS[said]}
    if wanted is None:
        program.problems.append(f"{where}: unknown function {said}")
    elif given not in wanted:
        numbers = " or ".join(str(number) for number in sorted(wanted))
        program.problems.append(f"{where}: {said} takes {numbers} arguments, not {given}")


def _circles(program: _Program) -> list[str]:
    """Rules that need themselves."""
    done: set[Path] = set()
    for start in sorted(program.uses):
        way: list[tuple[Path, Iterator[Path]]] = [(start, iter(sorted(program.uses[start])))]
        on_way = {start}
        while way:
            following = next(way[-1][1], None)
            if following is None:
                name, _ = way.pop()
                on_way.discard(name)
                done.add(name)
            elif following in on_way:
                return [f"rule {'.'.join(('data', *following))} needs itself"]
            elif following not in done:
                on_way.add(following)
                way.append((following, iter(sorted(program.uses.get(following, ())))))
        done.add(start)
    return []
