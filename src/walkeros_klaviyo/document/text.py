"""How is a file's JSON or TOML parsed?

Into plain dicts, lists, strings, numbers and booleans. What the parsers would accept silently (a
duplicate key, NaN, an unpaired surrogate) is a fault with its place.
Source: RFC 8259, TOML 1.0.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from datetime import date, datetime, time
from math import isfinite
from typing import Any, Final, Literal

from attrs import frozen

from walkeros_klaviyo.core.faults import Fault, join

Form = Literal["json", "toml"]

FORMS: Final[dict[str, Form]] = {".json": "json", ".toml": "toml"}

FOREIGN: Final = {
    **dict.fromkeys((".yaml", ".yml"), "YAML is not read here; write JSON or TOML"),
    **dict.fromkeys(
        (".js", ".mjs", ".cjs", ".ts", ".mts"),
        "JavaScript is not run here; give the flow.json, or a configuration in JSON or TOML",
    ),
    **dict.fromkeys((".jsonl", ".ndjson"), "holds events; name a configuration in JSON or TOML"),
    ".py": "Python is not run here; write JSON or TOML, or call parse_config from your code",
}
"""Suffixes of unsupported formats, and what to do instead."""

_TOML_PLACE: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.S)


class _Object(list[tuple[str, Any]]):
    """A JSON object before its keys are checked: all of its members, in order."""


@frozen
class _Refused:
    """A constant that Python's JSON parser accepts but JSON does not."""

    reason: str


def form_of(suffix: str, text: str) -> Form:
    """JSON or TOML: by the file's suffix, else by how the text begins.

    >>> form_of(".toml", "{"), form_of(".conf", ' {"a": 1}'), form_of("", "a = 1")
    ('toml', 'json', 'toml')
    """
    return FORMS.get(suffix.lower()) or ("json" if text.lstrip().startswith("{") else "toml")


def parse_document(text: str, form: Form) -> tuple[Any, tuple[Fault, ...]]:
    """The document as plain values, and every fault; None if its syntax is at fault.

    >>> parse_document('{"a": {"b": 1, "b": 2}}', "json")[1][0].path
    'a.b'
    >>> print(parse_document('{"a": 1,}', "json")[1][0])
    line 1, column 8  a comma too many: remove this one
    """
    if not text.strip():
        return None, (Fault("", 'is empty; write at least {"settings": {}}, or [settings]'),)
    try:
        loaded = _load_json(text) if form == "json" else tomllib.loads(text)
    except json.JSONDecodeError as error:
        return None, (_json_fault(text, error.pos, error.msg),)
    except tomllib.TOMLDecodeError as error:
        return None, (_toml_fault(text, str(error)),)
    faults: list[Fault] = []
    return _plain(loaded, "", faults), tuple(faults)


def _load_json(text: str) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_Object,
        parse_int=_whole_number,
        parse_constant=lambda name: _Refused(
            f"{name} is not JSON; write a number, or leave it out"
        ),
    )


def _whole_number(digits: str) -> int | _Refused:
    try:
        return int(digits)
    except ValueError:  # Python's limit on the digits of an integer
        return _Refused("a number of that many digits cannot be kept; write it as a string")


def _json_fault(text: str, at: int, message: str) -> Fault:
    before = text[:at].rstrip()
    if text[at : at + 1] in ("}", "]") and before.endswith(","):
        at = len(before) - 1  # newer Pythons point there themselves
    here, after = text[at : at + 1], text[at + 1 :].lstrip()
    if here == "," and after.startswith(("}", "]")):
        message = "a comma too many: remove this one"
    elif text[at : at + 2] in ("//", "/*") or here == "#":
        message = "JSON has no comments: remove this one, or write TOML"
    elif here == "'":
        message = 'strings and keys are written in double quotes: "…"'
    elif not here:
        message = "ends too early: is a bracket missing?"
    elif message == "Extra data":
        message = "there is something after the end; a file holds one object"
    elif message == "Invalid control character at":
        message = "a string holds a line break or another control character; write \\n or \\u…"
    else:
        message = message.removesuffix(" at").removesuffix(" starting")
        message = message[:1].lower() + message[1:]
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return Fault(f"line {line}, column {column}", message)


def _toml_fault(text: str, message: str) -> Fault:
    found = _TOML_PLACE.fullmatch(message)
    if found is None:
        return Fault("", message)
    what, line, column = found.groups()
    if line is None:  # at the end of the document
        lines = text.split("\n")
        line, column = str(len(lines)), str(len(lines[-1]) + 1)
    if what == "Cannot overwrite a value":
        what = "the key has a value already; keep one of the two"
    return Fault(f"line {line}, column {column}", what[:1].lower() + what[1:])


def _plain(value: Any, path: str, faults: list[Fault]) -> Any:
    """Convert to plain values all the way down; each faulty value is noted and becomes null."""
    if type(value) is _Object:
        return _members(value, path, faults)
    if isinstance(value, dict):
        return {key: _plain(member, join(path, key), faults) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{path}[{i}]", faults) for i, item in enumerate(value)]
    reason = next((text for holds, text in _UNSOUND if holds(value)), None)
    if isinstance(value, _Refused):
        reason = value.reason
    if reason is None:
        return value
    faults.append(Fault(path, reason))
    return None


def _members(pairs: _Object, path: str, faults: list[Fault]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    twice = set()
    for key, member in pairs:
        if _is_torn(key):
            faults.append(Fault(path, "a key holds an unpaired surrogate"))
            continue
        if key in members:
            twice.add(key)
        members[key] = _plain(member, join(path, key), faults)
    for key in dict.fromkeys(key for key, _ in pairs if key in twice):
        reason = "appears twice, and only the last counts; merge them into one"
        faults.append(Fault(join(path, key), reason))
    return members


def _is_torn(value: Any) -> bool:
    """Does a string contain an unpaired surrogate, which UTF-8 cannot encode?"""
    return isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value)


_UNSOUND: Final[tuple[tuple[Callable[[Any], bool], str], ...]] = (
    (_is_torn, "the text holds an unpaired surrogate"),
    (
        lambda value: isinstance(value, float) and not isfinite(value),
        "NaN and Infinity are not JSON numbers, nor is one as large as this; leave it out",
    ),
    (
        lambda value: isinstance(value, date | datetime | time),
        'JSON has no dates; write it as a string, in quotes: "2026-10-30"',
    ),
)
