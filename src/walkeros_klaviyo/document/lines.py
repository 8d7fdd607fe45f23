"""On which line of the file is a place in its document?

So that a fault at `mapping.order.complete.name` can be reported with its line.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.faults import join

from .text import Form

Lines = dict[str, int]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def lines_of(text: str, form: Form) -> Lines:
    """The line of every place in a document that was parsed without a fault.

    >>> lines_of('{"a": {\\n"b": [1,\\n 2]}}', "json")
    {'a': 1, 'a.b': 2, 'a.b[0]': 2, 'a.b[1]': 3}
    >>> lines_of('x = 1\\n[a.b]\\nc.d = [\\n 1]', "toml")
    {'x': 1, 'a': 2, 'a.b': 2, 'a.b.c': 3, 'a.b.c.d': 3, 'a.b.c.d[0]': 3}
    """
    found: Lines = {}
    text = text.replace("\r\n", "\n")
    for path, line in _json_places(text) if form == "json" else _toml_places(text):
        found.setdefault(path, line)
    return found


def line_at(lines: Lines, path: str) -> int | None:
    """The line of a place, or of the nearest place around it.

    >>> line_at({"a": 1, "a.b": 2}, "a.b[0].key"), line_at({"a": 1}, "c.d")
    (2, None)
    """
    while path and path not in lines:
        path = outer(path)
    return lines.get(path)


def outer(path: str) -> str:
    """The enclosing place: one key or index less.

    >>> outer("a.b[0]"), outer("a")
    ('a.b', '')
    """
    return path[: max(path.rfind("."), path.rfind("["), 0)]


def _json_places(text: str) -> Iterator[tuple[str, int]]:
    """Yield the path and line of every member and item."""
    line, seen = 1, 0
    paths, counts = [""], [-1]
    """For the enclosing objects and lists: the path, and the items so far (-1 for an object)."""
    key: str | None = None
    for found in _TOKEN.finditer(text):
        line, seen = line + text.count("\n", seen, found.start()), found.start()
        token = found.group()
        if token in ("}", "]"):
            paths.pop()
            counts.pop()
        elif token not in (",", ":"):
            if counts[-1] < 0 and key is None and len(paths) > 1:
                key = json.loads(token)
                yield join(paths[-1], key), line
                continue
            path = paths[-1] if len(paths) == 1 else join(paths[-1], key or "")
            if counts[-1] >= 0:
                path = f"{paths[-1]}[{counts[-1]}]"
                counts[-1] += 1
                yield path, line
            key = None
            if token in ("{", "["):
                paths.append(path)
                counts.append(-1 if token == "{" else 0)


def _toml_places(text: str) -> Iterator[tuple[str, int]]:
    """Statement by statement; a statement's tables and keys get its first line."""
    table, tables = "", dict[str, int]()
    for line, statement in _statements(text):
        parsed = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            keys, is_item = _header(parsed)
            table = ""
            for at, key in enumerate(keys, 1):
                table = join(table, key)
                if is_item and at == len(keys):
                    tables[table] = tables.get(table, -1) + 1
                if table in tables:
                    table = f"{table}[{tables[table]}]"
            yield from ((path, line) for path in _around(table))
        else:
            yield from ((join(table, path), line) for path in _inside(parsed))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with its first line, taking as many lines as make it complete."""
    held: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not held and (not line.strip() or line.lstrip().startswith("#")):
            continue
        held.append(line)
        if len(held) > 1 and line.rstrip().endswith((",", "[")):
            continue  # within a list: parsing it at each line would be quadratic
        statement = "\n".join(held)
        try:
            tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        yield number - len(held) + 1, statement
        held = []


def _header(parsed: dict[str, Any]) -> tuple[list[str], bool]:
    """The keys of a table's header, and whether it starts an item of an array of tables."""
    keys, inside = [], parsed
    while inside:
        ((key, inner),) = inside.items()
        keys.append(key)
        if isinstance(inner, list):
            return keys, True
        inside = inner
    return keys, False


def _around(path: str) -> list[str]:
    """A path and everything that encloses it, outermost first."""
    found = []
    while path:
        found.append(path)
        path = outer(path)
    return found[::-1]


def _inside(value: Any, path: str = "") -> Iterator[str]:
    members = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else ()
    for place, one in (
        *((join(path, key), one) for key, one in members),
        *((f"{path}[{at}]", one) for at, one in items),
    ):
        yield place
        yield from _inside(one, place)
