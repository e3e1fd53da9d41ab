"""YAML text to nodes that know where they stand, with every limit held before anything grows.

No Python object is made of the text but texts, lists and mappings. Knows nothing of contracts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import yaml

from platform_cli.contracts.findings import Place, Report, shown

LARGEST: Final = 256 * 1024
DEEPEST: Final = 64
MOST_ALIASES: Final = 100
_MOST_COPIES: Final = 10_000
"""What all aliases together may add: a hundred aliases of aliases would otherwise be endless."""

Kind = Literal["text", "nothing", "flag", "whole", "number", "moment"]

_KINDS: Final[dict[str, Kind]] = {
    "tag:yaml.org,2002:null": "nothing",
    "tag:yaml.org,2002:bool": "flag",
    "tag:yaml.org,2002:int": "whole",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:timestamp": "moment",
}
# What a plain word is taken for: as PyYAML, dbt and most readers of YAML 1.1 take it.
_RESOLVERS: Final[dict[str, list[tuple[Kind, re.Pattern[str]]]]] = {
    first: [(_KINDS[tag], pattern) for tag, pattern in known if tag in _KINDS]
    for first, known in yaml.resolver.Resolver.yaml_implicit_resolvers.items()
}
_CONSTRUCTOR: Final[Any] = yaml.constructor.SafeConstructor()
_NUMBERS: Final[dict[str, Any]] = {
    "whole": _CONSTRUCTOR.construct_yaml_int,
    "number": _CONSTRUCTOR.construct_yaml_float,
}
# The C parser where PyYAML was built with it; the other one gives the same events, later.
_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True, eq=False, repr=False)
class Scalar:
    """A single value, as it is written."""

    text: str
    plain: bool
    line: int
    column: int

    @property
    def kind(self) -> Kind:
        """What YAML takes the value for."""
        if not self.plain:
            return "text"
        for kind, pattern in _RESOLVERS.get(self.text[:1], ()):
            if pattern.match(self.text):
                return kind
        return "text"


@dataclass(slots=True, eq=False, repr=False)
class Items:
    """A list."""

    entries: list[Node]
    line: int
    column: int


@dataclass(slots=True, eq=False, repr=False)
class Mapping:
    """A mapping from texts, each with the node of its key; of a double key the first counts."""

    entries: dict[str, tuple[Scalar, Node]]
    line: int
    column: int


Node: TypeAlias = Scalar | Items | Mapping


@dataclass(slots=True, eq=False, repr=False)
class _Open:
    """A collection that is being read."""

    node: Items | Mapping
    anchor: str | None
    start: int
    height: int = 0
    key: Scalar | None = None
    skipped: bool = False


class _StopError(Exception):
    """A limit is passed: nothing more is read."""


def compose(data: bytes, report: Report) -> Node | None:
    """The document's root, or None where there is none to speak of; what is wrong is reported."""
    if len(data) > LARGEST:
        size = f"the file has {len(data):,} bytes".replace(",", " ")
        report.add("yaml-size", "", size, expected="at most 256 KiB")
        return None
    text = _decoded(data, report)
    if text is None:
        return None
    composer = _Composer(report)
    try:
        composer.run(text)
    except _StopError:
        # Of several documents the first is whole: what is wrong with it is said, too.
        return composer.root
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = " ".join(part for part in (error.context, error.problem) if part)
        message = f"not well-formed YAML: {said}"
        report.add("yaml-syntax", composer.address(), message, expected="YAML", at=at)
        return None
    except yaml.YAMLError:
        _unreadable(text, report)
        return None
    if composer.root is None:
        report.add("yaml-empty", "", "the file says nothing", expected="a mapping", at=(1, 1))
    return composer.root


def _decoded(data: bytes, report: Report) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        _encoding(report, before, f"byte 0x{data[error.start]:02X} is not UTF-8")
        return None
    return text.removeprefix("\ufeff")


def _unreadable(text: str, report: Report) -> None:
    """Say which character the parser has refused; the pattern is too slow to make for each run."""
    allowed = "\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
    strange = re.search(f"[^{allowed}]", text)
    start = strange.start() if strange else 0
    code = f"U+{ord(text[start]):04X}"
    _encoding(report, text[:start], f"the character {code} is not allowed in YAML")


def _encoding(report: Report, before: str, message: str) -> None:
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    report.add("yaml-encoding", "", message, expected="text in UTF-8", at=(line, column))


class _Composer:
    """Makes nodes of the parser's events, one by one."""

    def __init__(self, report: Report) -> None:
        self.root: Node | None = None
        self._report = report
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node | None, int, int]] = {}
        self._nodes = 0
        self._copies = 0
        self._aliases = 0
        self._documents = 0

    def run(self, text: str) -> None:
        """Read all events. Raises _StopError at a limit, yaml.YAMLError where it is no YAML."""
        parser = _PARSER(text)
        try:
            handlers = {
                yaml.ScalarEvent: self._scalar,
                yaml.SequenceStartEvent: self._start,
                yaml.MappingStartEvent: self._start,
                yaml.SequenceEndEvent: self._end,
                yaml.MappingEndEvent: self._end,
                yaml.AliasEvent: self._alias,
                yaml.DocumentStartEvent: self._document,
            }
            while True:
                event = parser.get_event()
                if event is None or type(event) is yaml.StreamEndEvent:
                    return
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(event)
        finally:
            parser.dispose()

    def address(self) -> str:
        """Where the reading stands: the keys above it; a list's entry by its name or number."""
        parts: list[str] = []
        for held in self._open:
            if isinstance(held.node, Items):
                if parts:
                    parts[-1] += f"[{len(held.node.entries)}]"
                continue
            name = held.node.entries.get("name", (None, None))[1]
            if parts and parts[-1].startswith("schema[") and isinstance(name, Scalar):
                parts[-1] = f"schema.{shown(name.text)}"
            if held.key is not None:
                parts.append(shown(held.key.text))
        return ".".join(parts)

    def _document(self, event: Any) -> None:
        self._documents += 1
        at = _place(event)
        if self._documents > 1:
            message = "a second document begins here"
            self._report.add("yaml-documents", "", message, expected="one document", at=at)
            raise _StopError
        if event.tags:
            message = "a %TAG directive stands here; tags are refused"
            self._report.add("yaml-tag", "", message, expected="no tags", at=at)

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        node = Scalar(event.value, event.implicit[0], mark.line + 1, mark.column + 1)
        if event.tag is not None:
            self._tag(event)
        self._nodes += 1
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, 1, 0)
        self._put(node)

    def _start(self, event: Any) -> None:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        sequence = type(event) is yaml.SequenceStartEvent
        node: Items | Mapping = Items([], line, column) if sequence else Mapping({}, line, column)
        if event.tag is not None:
            self._tag(event)
        self._nodes += 1
        opened = _Open(node, event.anchor, self._nodes)
        self._open.append(opened)
        if len(self._open) > DEEPEST:
            self._too_deep((line, column))
        if opened.anchor is not None:
            self._anchors[opened.anchor] = (None, 0, 0)

    def _end(self, _: Any) -> None:
        closed = self._open.pop()
        height = closed.height + 1
        if self._open:
            self._open[-1].height = max(self._open[-1].height, height)
        if closed.anchor is not None:
            size = self._nodes - closed.start + 1
            self._anchors[closed.anchor] = (closed.node, size, height)
        self._put(closed.node)

    def _alias(self, event: Any) -> None:
        at = _place(event)
        self._aliases += 1
        expected = f"at most {MOST_ALIASES} aliases"
        if self._aliases > MOST_ALIASES:
            message = f"this is alias number {self._aliases}"
            self._report.add("yaml-aliases", self.address(), message, expected=expected, at=at)
            raise _StopError
        node, size, height = self._anchors.get(event.anchor, (None, -1, 0))
        if node is None:
            why = "stands for nothing" if size < 0 else "stands inside of what it stands for"
            message = f"the alias *{shown(event.anchor)} {why}"
            self._report.add("yaml-aliases", self.address(), message, expected=expected, at=at)
            raise _StopError
        self._copies += size
        self._nodes += size
        if self._copies > _MOST_COPIES:
            message = f"the aliases up to here stand for more than {_MOST_COPIES} values"
            self._report.add("yaml-aliases", self.address(), message, expected=expected, at=at)
            raise _StopError
        if len(self._open) + height > DEEPEST:
            self._too_deep(at)
        if self._open:
            self._open[-1].height = max(self._open[-1].height, height)
        # A single value is copied, so that a finding points at where it is used.
        self._put(Scalar(node.text, node.plain, *at) if isinstance(node, Scalar) else node)

    def _put(self, node: Node) -> None:
        """A node is done: it is the root, an entry, a key, or the value of the key before it."""
        if not self._open:
            self.root = node
            return
        held = self._open[-1]
        if isinstance(held.node, Items):
            held.node.entries.append(node)
        elif held.key is not None:
            if not held.skipped:
                held.node.entries[held.key.text] = (held.key, node)
            held.key = None
        elif isinstance(node, Scalar):
            self._key(held, held.node.entries, node)
        else:
            at = (node.line, node.column)
            message = "a key is not a text"
            self._report.add("wrong-key", self.address(), message, expected="a text", at=at)
            held.key = Scalar("", False, *at)  # noqa: FBT003 - not plain
            held.skipped = True

    def _key(self, held: _Open, entries: dict[str, tuple[Scalar, Node]], key: Scalar) -> None:
        held.key = key
        held.skipped = False
        at = (key.line, key.column)
        if key.plain and key.text == "<<":
            held.skipped = True
            message = "the merge key << is refused: write the entries out"
            self._report.add("merge-key", self.address(), message, expected="a field", at=at)
        elif key.text in entries:
            held.skipped = True
            first = entries[key.text][0]
            message = f"the key {shown(key.text)} stands here again, after line {first.line}"
            expected = "each key once"
            self._report.add("duplicate-key", self.address(), message, expected=expected, at=at)

    def _tag(self, event: Any) -> None:
        message = f"the tag {shown(event.tag)} is refused"
        at = _place(event)
        self._report.add("yaml-tag", self.address(), message, expected="no tags", at=at)

    def _too_deep(self, at: Place) -> None:
        message = f"this is nested deeper than {DEEPEST} levels"
        expected = f"at most {DEEPEST} levels"
        self._report.add("yaml-depth", "", message, expected=expected, at=at)
        raise _StopError


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def plain(node: Node) -> Any:
    """The node as JSON has it; a moment stays the text it is. Raises ValueError at .inf or .nan."""
    if isinstance(node, Items):
        return [plain(entry) for entry in node.entries]
    if isinstance(node, Mapping):
        return {key: plain(value) for key, (_, value) in node.entries.items()}
    kind = node.kind
    if kind == "text" or kind == "moment":  # noqa: PLR1714 - the usual case first, and fast
        return node.text
    if kind == "nothing":
        return None
    if kind == "flag":
        return node.text.lower() in {"true", "yes", "on"}
    return _number(node.text, kind)


def _number(text: str, kind: Kind) -> int | float:
    if len(text) > DEEPEST:
        raise ValueError(text)
    node = yaml.ScalarNode("", text)
    value: int | float = _NUMBERS[kind](node)
    if kind == "number" and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124 - not a number is unequal to itself
        raise ValueError(text)
    return value
