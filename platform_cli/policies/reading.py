"""Texts to documents, for JSON and YAML that can be read in one way only.

Refuses what a reader would settle in silence: a repeated or merged key, a second document, a tag,
and what grows when it is read: too many aliases, too deep, too long. Raises ValueError alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

LONGEST_YAML: Final = 256 * 1024
LONGEST_JSON: Final = 64 * 1024 * 1024
DEEPEST: Final = 64
_ALIASES: Final = 100
_VALUES: Final = 250_000  # values of one YAML text, those behind its aliases counted each time
_EXACT: Final = 2**53  # from here on a number may be another one in the next program


def read(name: str, content: bytes) -> Any:
    """The document of a file, by the end of its name. Raises ValueError saying what is wrong."""
    longest = LONGEST_JSON if name.endswith(".json") else LONGEST_YAML
    if len(content) > longest:
        raise ValueError(f"it is longer than {longest // 1024} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start})") from None
    return read_json(text) if name.endswith(".json") else read_yaml(text)


def read_json(text: str) -> Any:
    """The document of a JSON text. Raises ValueError saying what is wrong."""

    def only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            again = next(key for at, key in enumerate(keys) if key in keys[:at])
            raise ValueError(f"the key {again!r} is repeated")
        return found

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=only_once, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: it is not JSON ({error.msg})") from None
    except RecursionError:
        raise ValueError(f"it is deeper than {DEEPEST} levels") from None


def plain(value: object, levels: int = DEEPEST) -> Any:
    """The document as JSON that every engine reads alike. Raises ValueError where that cannot be.

    A number that is not exact in every engine becomes a text, which no rule takes for a number;
    half a character becomes the replacement character.
    """
    if isinstance(value, str):
        return _whole_characters(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if levels == 0:
        raise ValueError(f"it is deeper than {DEEPEST} levels")
    # A dictionary is asked for by itself first: to ask whether it is a Mapping takes longer.
    if isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101 - for that reason
        return _mapping(value, levels)
    if isinstance(value, list | tuple):
        return [plain(each, levels - 1) for each in value]
    raise ValueError(f"it holds a {type(value).__name__}, which is not JSON")


def _mapping(value: Mapping[Any, Any], levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, inside in value.items():
        if not isinstance(key, str):
            raise ValueError(f"the key {key!r} is not a text")  # noqa: TRY004 - one kind of error
        name = _whole_characters(key)
        if name in found:
            raise ValueError(f"the key {name!r} is repeated")
        found[name] = plain(inside, levels - 1)
    return found


def _whole_characters(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _number(value: Any) -> int | float | str:
    if isinstance(value, float) and not math.isfinite(value):
        return "a number without an end"
    if abs(value) > _EXACT:
        return "a number of more than 15 digits"
    return int(value) if value == int(value) else value


def read_yaml(text: str) -> Any:
    """The one document of a YAML text, dates as texts. Raises ValueError saying what is wrong."""
    import yaml

    builder = _Builder()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{line}it is not YAML ({error.problem})") from None
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML ({' '.join(str(error).split())})") from None
    return builder.document


@dataclass(slots=True)
class _Open:
    """A list or mapping that is not closed yet."""

    value: list[Any] | dict[str, Any]
    anchor: str | None
    key: str | None = None
    size: int = 1


@dataclass(slots=True)
class _Builder:
    """Builds values from events: no recursion, so no depth of the text can end the process."""

    document: Any = None
    _documents: int = 0
    _aliases: int = 0
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    _scalars: Any = field(default_factory=lambda: _Scalars())  # noqa: PLW0108 - defined below

    def take(self, event: Any) -> None:
        """One event of the parser."""
        name = type(event).__name__
        line = event.start_mark.line + 1
        if name == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise ValueError(f"line {line}: a second document begins")
        elif name == "AliasEvent":
            self._take_alias(event.anchor, line)
        elif name == "ScalarEvent":
            self._take_scalar(event, line)
        elif name in {"SequenceStartEvent", "MappingStartEvent"}:
            self._take_start(event, line, {} if name[0] == "M" else [])
        elif name in {"SequenceEndEvent", "MappingEndEvent"}:
            done = self._open.pop()
            self._keep(done.anchor, done.value, done.size)
            self._place(done.value, done.size, line)

    def _take_alias(self, anchor: str, line: int) -> None:
        self._aliases += 1
        if self._aliases > _ALIASES:
            raise ValueError(f"line {line}: more than {_ALIASES} aliases")
        if anchor not in self._anchors:
            raise ValueError(f"line {line}: the alias *{anchor} names nothing that is complete")
        value, size = self._anchors[anchor]
        self._place(value, size, line)

    def _take_scalar(self, event: Any, line: int) -> None:
        self._refuse_tag(event.tag, line)
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._take_key(top, event, line)
            return
        try:
            value = self._scalars.value(event)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"line {line}: {event.value!r} cannot be read ({error})") from None
        self._keep(event.anchor, value, 1)
        self._place(value, 1, line)

    def _take_key(self, top: _Open, event: Any, line: int) -> None:
        if event.value == "<<" and event.implicit[0]:
            raise ValueError(f"line {line}: a merge key (<<) is not read")
        if event.value in top.value:
            raise ValueError(f"line {line}: the key {event.value!r} is repeated")
        self._keep(event.anchor, event.value, 1)
        top.key = event.value

    def _take_start(self, event: Any, line: int, value: list[Any] | dict[str, Any]) -> None:
        self._refuse_tag(event.tag, line)
        if len(self._open) >= DEEPEST:
            raise ValueError(f"line {line}: it is deeper than {DEEPEST} levels")
        self._open.append(_Open(value, event.anchor))

    def _place(self, value: Any, size: int, line: int) -> None:
        if not self._open:
            self.document = value
            return
        top = self._open[-1]
        top.size += size
        if sum(each.size for each in self._open) > _VALUES:
            raise ValueError(f"line {line}: it holds more than {_VALUES} values")
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            raise ValueError(f"line {line}: a key is not a text")
        else:
            top.value[top.key] = value
            top.key = None

    def _keep(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _refuse_tag(self, tag: str | None, line: int) -> None:
        if tag is not None:
            raise ValueError(f"line {line}: the tag {tag} is not read")


class _Scalars:
    """What an unquoted word means: null, true, a number; everything else stays a text."""

    def __init__(self) -> None:
        import yaml

        self._resolve: Any = yaml.resolver.Resolver().resolve
        self._node = yaml.ScalarNode
        constructor = yaml.constructor.SafeConstructor()
        self._makers = {
            "tag:yaml.org,2002:null": lambda _: None,
            "tag:yaml.org,2002:bool": constructor.construct_yaml_bool,
            "tag:yaml.org,2002:int": constructor.construct_yaml_int,
            "tag:yaml.org,2002:float": constructor.construct_yaml_float,
        }

    def value(self, event: Any) -> Any:
        """The value of a scalar. Raises ValueError or OverflowError."""
        tag = self._resolve(self._node, event.value, event.implicit)
        make = self._makers.get(tag)
        return event.value if make is None else make(self._node(tag, event.value))
