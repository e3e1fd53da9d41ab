"""YAML text to values that know their lines, with every limit held before anything grows.

As strict as the reader of contracts, which stands above and cannot be used here. Raises
UnreadableError alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml

from platform_cli.dbt_project.files import LARGEST_TEXT

DEEPEST: Final = 64
MOST_ALIASES: Final = 100
_MOST_COPIES: Final = 10_000
_LONGEST_NUMBER: Final = 64
_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVE: Final[Any] = yaml.resolver.Resolver().resolve
_CONSTRUCTOR: Final[Any] = yaml.constructor.SafeConstructor()
_MAKERS: Final[dict[str, Any]] = {
    "tag:yaml.org,2002:bool": _CONSTRUCTOR.construct_yaml_bool,
    "tag:yaml.org,2002:int": _CONSTRUCTOR.construct_yaml_int,
    "tag:yaml.org,2002:float": _CONSTRUCTOR.construct_yaml_float,
}


class UnreadableError(ValueError):
    """A text that is not read: why, and on which line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A value with its line: a mapping, a list, or a text that may be taken for something else."""

    held: dict[str, Node] | list[Node] | str
    line: int
    plain: bool = False

    def get(self, key: str) -> Node | None:
        """The entry of a mapping; None where there is none, or where this is no mapping."""
        return self.held.get(key) if isinstance(self.held, dict) else None

    def items(self) -> list[Node]:
        """The entries of a list; none where this is no list."""
        return self.held if isinstance(self.held, list) else []

    def entries(self) -> dict[str, Node]:
        """The entries of a mapping; none where this is no mapping."""
        return self.held if isinstance(self.held, dict) else {}

    def text(self) -> str | None:
        """The text as it is written; None for a mapping, a list and nothing."""
        return self.held if isinstance(self.held, str) and self.value() is not None else None

    def value(self) -> Value:
        """The value as YAML takes it; of a date the text."""
        if isinstance(self.held, list):
            return [each.value() for each in self.held]
        if isinstance(self.held, dict):
            return {key: each.value() for key, each in self.held.items()}
        return _word(self.held) if self.plain else self.held


def _word(text: str) -> Value:
    """What a word without quotes is taken for; a number that is none stays a text."""
    tag = _RESOLVE(yaml.ScalarNode, text, (True, False))
    if tag == "tag:yaml.org,2002:null":
        return None
    make = _MAKERS.get(tag)
    if make is None or len(text) > _LONGEST_NUMBER:
        return text
    try:
        made: Value = make(yaml.ScalarNode(tag, text))
    except (ValueError, OverflowError):
        return text
    return made


Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | bool | None"


def read_yaml(data: bytes) -> Node | None:
    """The one document of the text; None where it says nothing. Raises UnreadableError."""
    if len(data) > LARGEST_TEXT:
        raise UnreadableError(f"it is larger than {LARGEST_TEXT // 1024} KiB", 1)
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError("it is not UTF-8", line) from None
    composer = _Composer()
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        line = mark.line + 1 if mark else 1
        raise UnreadableError(f"it is not YAML: {problem}", line) from None
    except yaml.YAMLError:
        raise UnreadableError("it holds a character that YAML does not allow", 1) from None
    return composer.root


@dataclass(slots=True)
class _Open:
    node: Node
    anchor: str | None
    start: int
    height: int = 0
    key: str | None = None


class _Composer:
    """Makes nodes of the parser's events without recursion: no depth can end the process."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._nodes = 0
        self._copies = 0
        self._aliases = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """One event of the parser. Raises UnreadableError at a limit."""
        line = event.start_mark.line + 1
        match event:
            case yaml.ScalarEvent():
                self._tag(event, line)
                self._nodes += 1
                node = Node(event.value, line, event.implicit[0])
                if event.anchor is not None:
                    self._anchors[event.anchor] = (node, 1, 0)
                self._put(node)
            case yaml.CollectionStartEvent():
                self._tag(event, line)
                self._start(
                    Node({} if isinstance(event, yaml.MappingStartEvent) else [], line), event
                )
            case yaml.CollectionEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(event.anchor, line)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise UnreadableError("a second document begins here", line)

    def _start(self, node: Node, event: Any) -> None:
        self._nodes += 1
        self._open.append(_Open(node, event.anchor, self._nodes))
        self._anchors.pop(event.anchor, None)
        self._deep(0, node.line)

    def _end(self) -> None:
        closed = self._open.pop()
        height = closed.height + 1
        if self._open:
            self._open[-1].height = max(self._open[-1].height, height)
        if closed.anchor is not None:
            size = self._nodes - closed.start + 1
            self._anchors[closed.anchor] = (closed.node, size, height)
        self._put(closed.node)

    def _alias(self, anchor: str | None, line: int) -> None:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            raise UnreadableError(f"it has more than {MOST_ALIASES} aliases", line)
        if anchor is None or anchor not in self._anchors:
            raise UnreadableError("an alias stands for nothing that is complete", line)
        node, size, height = self._anchors[anchor]
        self._copies += size
        self._nodes += size
        if self._copies > _MOST_COPIES:
            raise UnreadableError(f"its aliases stand for more than {_MOST_COPIES} values", line)
        self._deep(height, line)
        if self._open:
            self._open[-1].height = max(self._open[-1].height, height)
        self._put(node)

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        if isinstance(top.node.held, list):
            top.node.held.append(node)
        elif isinstance(top.node.held, dict):
            if top.key is None:
                top.key = _key(node, top.node.held)
            else:
                top.node.held[top.key] = node
                top.key = None

    def _deep(self, height: int, line: int) -> None:
        if len(self._open) + height > DEEPEST:
            raise UnreadableError(f"it is nested deeper than {DEEPEST} levels", line)

    def _tag(self, event: Any, line: int) -> None:
        if event.tag is not None:
            raise UnreadableError("a YAML tag stands here, which is not read", line)


def _key(node: Node, known: dict[str, Node]) -> str:
    if not isinstance(node.held, str):
        raise UnreadableError("a key is not a text", node.line)
    if node.plain and node.held == "<<":
        raise UnreadableError("a merge key stands here: write its entries out", node.line)
    if node.held in known:
        raise UnreadableError("a key stands here for the second time in one mapping", node.line)
    return node.held
