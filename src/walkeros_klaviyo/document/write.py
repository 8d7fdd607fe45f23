"""How is a configuration written as TOML?

Short values are written on one line; a longer object becomes a table, a longer list of objects an
array of tables, and any other long list gets a line for each item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, Final

LONGEST: Final = 80
"""The longest value, in characters, that is written on one line."""
COMMENT: Final = 96
"""The width of a comment, in characters."""


Place = tuple[str, ...]
"""Keys from the top down to a table or value."""


def toml_of(configuration: Mapping[str, Any], remarks: Mapping[Place, str] | None = None) -> str:
    """A JSON object as TOML, without nulls, which TOML lacks.

    Remarks become comments above the table or value at their place.

    >>> print(toml_of({"mapping": {"a": {"b": {"name": "A", "data": {"map": {"X y": ["id"]}}}}}}))
    [mapping.a.b]
    name = "A"
    data = { map = { "X y" = ["id"] } }
    <BLANKLINE>
    """
    return "\n".join(_tables(configuration, (), "[{}]", remarks or {}))


def comment(text: str) -> str:
    """Wrap a text as TOML comment lines."""
    return "".join(f"# {line}\n" for line in wrap(text, COMMENT, break_long_words=False))


def _tables(
    table: Mapping[str, Any], path: Place, head: str, remarks: Mapping[Place, str]
) -> Iterator[str]:
    known = {key: one for key, one in table.items() if one is not None}
    tables = {key: one for key, one in known.items() if _is_table(one, path)}
    plain = {key: one for key, one in known.items() if key not in tables}
    if plain or head == "[[{}]]":
        top = head.format(".".join(map(_key, path))) + "\n" if path else ""
        lines = (
            f"{comment(remarks.get((*path, key), ''))}{_key(key)} = {_shown(one)}\n"
            for key, one in plain.items()
        )
        yield comment(remarks.get(path, "")) + top + "".join(lines)
    for key, one in tables.items():
        if isinstance(one, list):
            for item in one:
                yield from _tables(item, (*path, key), "[[{}]]", remarks)
        else:
            yield from _tables(one, (*path, key), "[{}]", remarks)


def _is_table(value: Any, path: tuple[str, ...]) -> bool:
    """Is it written as one or more tables? Everything is, down to the level of a rule."""
    if isinstance(value, list):
        return len(_value(value)) > LONGEST and all(isinstance(item, dict) for item in value)
    is_table = isinstance(value, dict) and any(one is not None for one in value.values())
    return is_table and (len(path) < 3 or len(_value(value)) > LONGEST)


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _text(key)


def _shown(value: Any) -> str:
    if isinstance(value, list) and len(_value(value)) > LONGEST:
        items = (f"  {_value(item)},\n" for item in value if item is not None)
        return f"[\n{''.join(items)}]"
    return _value(value)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        members = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {members} }}" if members else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value if item is not None)}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    r"""A TOML string: JSON's escapes are valid in TOML, but DEL must be escaped as well.

    >>> print(_text('a"\x7f'))
    "a\"\u007f"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
