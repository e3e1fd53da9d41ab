"""What a rendered file must be for whoever reads it: pure functions of a name and its bytes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
CONTROLS: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""Both for the inside of a pattern's brackets. Tab and line feed are not among them."""

_BAD_IN_FILE: Final = re.compile(f"[{CONTROLS}{BIDI}]")
# As our templates write it, with a space: `[%d]` and `[[1, 2]]` belong to other languages.
_LEFTOVER: Final = re.compile(r"\[[\[%][ +-]")
_DEPTH: Final = 64
_OWNER: Final = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


def wrong_with_file(name: str, content: bytes) -> str | None:
    """What the reader of a file of this name would refuse, or None."""
    if _BAD_IN_FILE.search(name) or _LEFTOVER.search(name):
        return "its name was not rendered"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 (byte {error.start})"
    return _wrong_with_text(text) or _wrong_for_reader(PurePosixPath(name), text)


def _wrong_with_text(text: str) -> str | None:
    if text and not text.endswith("\n"):
        return "does not end with a line break"
    if found := _BAD_IN_FILE.search(text):
        return f"line {_line(text, found.start())} has the control character {found[0]!a}"
    if found := _LEFTOVER.search(text):
        return f"line {_line(text, found.start())} was not rendered: {found[0]}"
    return None


def _wrong_for_reader(path: PurePosixPath, text: str) -> str | None:
    read = _READERS.get(path.suffix) or _READERS.get(path.name)
    try:
        if read is not None:
            read(text)
    except Exception as error:  # noqa: BLE001 - each reader has errors of its own: all say unreadable
        return f"cannot be read: {' '.join(str(error).split())}"
    return None


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def yaml_documents(text: str) -> list[Any]:
    """The documents of a text. Raises yaml.YAMLError, or ValueError for what YAML lets pass."""
    import yaml

    kind = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _refuse_depth(yaml.parse(text, Loader=kind))
    loader = kind(text)
    documents = []
    try:
        while loader.check_node():
            node = loader.get_node()
            _refuse_repeated_keys(node)
            documents.append(loader.construct_document(node))
    finally:
        loader.dispose()
    return documents


def _refuse_depth(events: Iterable[object]) -> None:
    """The C loader calls itself for each level and takes the process with it when that is deep."""
    import yaml

    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise ValueError(f"deeper than {_DEPTH} levels")


def _refuse_repeated_keys(root: Any) -> None:
    """YAML keeps the last of two equal keys in silence, and a merge may double with each level."""
    import yaml

    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            known = {"<<"}
            for key in [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]:
                if key.value in known:
                    raise ValueError(f"the key {key.value!r} is repeated or merged{key.start_mark}")
                known.add(key.value)
            waiting.extend(part for pair in node.value for part in pair)


def _json_document(text: str) -> None:
    def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError(f"a key is repeated among: {', '.join(k for k, _ in pairs)}")
        return dict(pairs)

    json.loads(text, object_pairs_hook=without_repeats)


def _owners(text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words and not words[0].startswith("#"):
            wrong = [word for word in words[1:] if not _OWNER.fullmatch(word)]
            if wrong or len(words) == 1:
                raise ValueError(f"line {number} names no owner")


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    ".yaml": yaml_documents,
    ".yml": yaml_documents,
    ".json": _json_document,
    ".manifest": _json_document,
    ".toml": tomllib.loads,
    "CODEOWNERS": _owners,
}
