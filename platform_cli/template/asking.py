"""What a template may ask for, and what an answer may be.

Reads copier.yml without Copier, by a list of what is allowed: a setting that is not on the list is
refused, whatever it is called. Writes nothing.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from platform_cli.errors import PlatformError, Problem
from platform_cli.template.checking import BIDI, CONTROLS, yaml_documents

Answer = str | bool | int | float
Kind = Literal["str", "bool", "int", "float"]

_KINDS: Final[Mapping[str, tuple[Kind, type]]] = {
    "str": ("str", str),
    "bool": ("bool", bool),
    "int": ("int", int),
    "float": ("float", float),
}
_BOOLEANS: Final = {"true": True, "yes": True, "false": False, "no": False}
_ANSWER_LENGTH: Final = 500

_DELIMITERS: Final = {
    "block_start_string": "[%",
    "block_end_string": "%]",
    "variable_start_string": "[[",
    "variable_end_string": "]]",
    "comment_start_string": "[#",
    "comment_end_string": "#]",
    "undefined": "jinja2.StrictUndefined",
}
_LAYOUT_OPTIONS: Final = {"keep_trailing_newline", "trim_blocks", "lstrip_blocks"}
_QUESTION_KEYS: Final = {"type", "help", "default", "choices", "when", "validator"}
_QUESTION_HINT: Final = (
    "a question has a type (str, bool, int, float), help, default, choices, validator, "
    "and `when: false` where the program answers it; nothing else"
)

# Not seen by anyone: two answers that look alike would differ.
_INVISIBLE: Final = "\u00ad\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f"
_BAD_IN_ANSWER: Final = re.compile(f"[{CONTROLS}\t\n\u2028\u2029{BIDI}{_INVISIBLE}]")


@dataclass(frozen=True, slots=True)
class Question:
    """What a template asks. One that is not `settable` is answered by the program alone."""

    key: str
    type: Kind
    default: Answer | None
    help: str
    choices: tuple[Answer, ...]
    settable: bool
    validator: str


def questions(source: Path) -> tuple[Question, ...]:
    """What the template asks, in its order. Raises PLT-TEMPLATE-001 or -002."""
    config = _config(source)
    problems = [
        Problem(key, f"the setting {key} is refused", "a template of ours only renders")
        for key in config
        if key.startswith("_") and not _allowed(key, config[key])
    ]
    if "_envops" not in config:
        problems.append(Problem("no _envops", "the delimiters are not set", "set [[ ]] and [% %]"))
    asked = [(key, value) for key, value in config.items() if not key.startswith("_")]
    found = []
    for key, value in asked:
        question = _question(key, value)
        if question is None:
            problems.append(Problem(key, f"the question {key} cannot be used", _QUESTION_HINT))
        else:
            found.append(question)
    if problems:
        refuse(f"copier.yml has {', '.join(p.address for p in problems)}", *problems)
    return tuple(found)


def _config(source: Path) -> dict[str, Any]:
    """The template's copier.yml, read without Copier: no include, no second document."""
    import yaml

    named = sorted(p.name for p in source.glob("[cC][oO][pP][iI][eE][rR].*"))
    if named != ["copier.yml"]:
        refuse(f"it must have one copier.yml, and has: {', '.join(named) or 'none'}")
    path = source / "copier.yml"
    if not stat.S_ISREG(path.lstat().st_mode):
        refuse("copier.yml is a link or a special file", address="copier.yml")
    try:
        documents = yaml_documents(path.read_text(encoding="utf-8"))
    except yaml.constructor.ConstructorError as error:
        refuse(f"copier.yml uses a tag: {error.problem}")
    except (yaml.YAMLError, ValueError) as error:
        raise unrenderable(f"copier.yml cannot be read: {error}", "copier.yml") from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        refuse("copier.yml must be one mapping")
    return {str(key): value for key, value in documents[0].items()}


def _allowed(key: str, value: object) -> bool:
    match key, value:
        case "_min_copier_version", str():
            return True
        case "_templates_suffix", ".jinja":
            return True
        case "_subdirectory", str(folder):
            return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", folder) is not None
        case "_exclude", list(patterns):
            return all(isinstance(p, str) and "[" not in p for p in patterns)
        case "_envops", dict(options):
            delimiters = {k: v for k, v in options.items() if k not in _LAYOUT_OPTIONS}
            return delimiters == _DELIMITERS
        case _:
            return False


def _question(key: str, value: object) -> Question | None:
    if not isinstance(value, dict) or set(value) - _QUESTION_KEYS or not key.isidentifier():
        return None
    if value.get("type") not in _KINDS or value.get("when", False) is not False:
        return None
    choices = value.get("choices", [])
    texts = [value.get("help", ""), value.get("validator", "")]
    scalars = [value.get("default", ""), *(choices if isinstance(choices, list) else [[]])]
    if not all(isinstance(t, str) for t in texts):
        return None
    if not all(isinstance(s, str | bool | int | float) for s in scalars):
        return None
    return Question(
        key=key,
        type=_KINDS[value["type"]][0],
        default=value.get("default"),
        help=texts[0],
        choices=tuple(choices),
        settable="when" not in value,
        validator=texts[1],
    )


def answers(source: Path, texts: Mapping[str, str]) -> dict[str, Any]:
    """The texts of `--set KEY=VALUE` as typed values.

    Raises PLT-SPEC-001 with every problem at once, PLT-TEMPLATE-001 or -002.
    """
    known = {q.key: q for q in questions(source) if q.settable}
    typed: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, text in texts.items():
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            problems.append(Problem("--set", f"the template asks no question {key!r}", hint))
            continue
        try:
            typed[key] = _answer(known[key], text)
        except ValueError as error:
            problems.append(Problem(f"--set {key}", str(error), known[key].help))
    if problems:
        raise PlatformError("PLT-SPEC-001", several(problems), problems=problems)
    return typed


def _answer(question: Question, text: str) -> Answer:
    """The text with the question's type. Raises ValueError saying what is wrong."""
    if wrong := wrong_with_text(text):
        raise ValueError(wrong)
    value: Answer
    if question.type == "bool":
        if text.lower() not in _BOOLEANS:
            raise ValueError(f"{text!r} is neither true nor false")
        value = _BOOLEANS[text.lower()]
    else:
        try:
            value = _KINDS[question.type][1](text)
        except ValueError:
            raise ValueError(f"{text!r} is not a number ({question.type})") from None
    if question.choices and value not in question.choices:
        near = ", ".join(str(c) for c in question.choices)
        raise ValueError(f"{text!r} is not one of: {near}")
    if wrong := _wrong_by_validator(question, value):
        raise ValueError(f"{text!r}: {wrong}")
    return value


def wrong_with_text(text: str) -> str | None:
    if len(text) > _ANSWER_LENGTH:
        return f"is longer than {_ANSWER_LENGTH} characters"
    for character in text:
        no_text = unicodedata.category(character) == "Cs" or ord(character) & 0xFFFE == 0xFFFE  # noqa: PLR2004 - the two code points of each plane that are never characters
        if no_text or _BAD_IN_ANSWER.match(character):
            return f"has a character that cannot be seen (U+{ord(character):04X})"
    return None


def _wrong_by_validator(question: Question, value: Answer) -> str:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(**{**_DELIMITERS, "undefined": StrictUndefined})
    try:
        said = environment.from_string(question.validator).render({question.key: value})
    except Exception as error:  # a validator is a program: it may raise anything
        raise unrenderable(
            f"the validator of {question.key} fails: {error}", "copier.yml"
        ) from error
    return " ".join(said.split())


def refuse(why: str, *problems: Problem, address: str | None = None) -> NoReturn:
    raise PlatformError(
        "PLT-TEMPLATE-002",
        f"the template is refused: {why}; nothing was written",
        address=address,
        problems=problems,
    )


def unrenderable(why: str, address: str | None) -> PlatformError:
    place = f" at {address}" if address else ""
    return PlatformError(
        "PLT-TEMPLATE-001",
        f"the template cannot be rendered{place}: {why}; nothing was written",
        address=address,
    )


def several(problems: list[Problem]) -> str:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{problems[0].summary}{more}"
