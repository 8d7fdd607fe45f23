"""How does a value become markup? Escaped, unless it is markup already.

Untrusted strings are cut if long, their control characters are made visible, and they are put in a
`bdi`, so that right-to-left text does not affect what is around it.
Source: HTML Living Standard, escaping and `bdi`; Unicode Standard Annex 9.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

from walkeros_klaviyo.core.shown import visible, visible_lines

CELL: Final = 200
"""The most characters of a string in a row."""
WHOLE: Final = 100_000
"""The most characters of a body."""
_VOID: Final = frozenset({"input", "br"})


class Html(str):
    """Markup, which is not escaped again."""

    __slots__ = ()


def tag(name: str, /, *parts: object, **attributes: object) -> Html:
    """An element; its parts and attributes are escaped, None and False are left out.

    >>> tag("a", "<b>", href='"', class_="x", hidden=True, id=None)
    '<a href="&quot;" class="x" hidden>&lt;b&gt;</a>'
    """
    end = "" if name in _VOID else f"{join(parts)}</{name}>"
    return Html(f"<{name}{given(**attributes)}>{end}")


def given(**attributes: object) -> Html:
    """The attributes of an element, each preceded by a space."""
    return Html(
        "".join(
            f" {key.strip('_').replace('_', '-')}" + ("" if value is True else f'="{_safe(value)}"')
            for key, value in attributes.items()
            if value is not None and value is not False
        )
    )


def join(parts: Iterable[object]) -> Html:
    """Concatenate parts, escaping those that are not markup.

    >>> join([tag("i"), "&"])
    '<i></i>&amp;'
    """
    return Html("".join(map(_safe, parts)))


def said(value: object, most: int = CELL) -> Html:
    r"""An untrusted value.

    >>> said("<a\u202e>"), said("long", most=2), said(None)
    ('<bdi>&lt;a\\u202e&gt;</bdi>', '<bdi>lo…</bdi>', '')
    """
    if value is None or value == "":
        return Html("")
    text = str(value)
    return tag("bdi", visible(text if len(text) <= most else f"{text[:most]}…"))


def body(value: Any) -> Html:
    """A JSON value, or JSON bytes, formatted for reading."""
    if isinstance(value, bytes):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.decode(errors="replace")
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    more = len(text) - WHOLE
    cut = f"\n… and {more:,} characters more" if more > 0 else ""
    shown = visible_lines(text[:WHOLE].encode(errors="replace").decode() + cut)
    return tag("pre", tag("code", shown), tabindex=0, dir="ltr")


def table(
    caption: str,
    heads: tuple[str, ...],
    rows: Iterable[Iterable[object]],
    right: str = "",
) -> Html:
    """A table that scrolls on its own if too wide; "Nothing yet." if it has no rows.

    `right` names the numeric columns, separated by spaces.

    >>> table("T", ("n",), [])
    '<p class="none">Nothing yet.</p>'
    """
    numbers = ["n" if head in right.split() else None for head in heads]
    lines = [tag("tr", *map(partial(_cell, "td"), row, numbers)) for row in rows]
    if not lines:
        return tag("p", "Nothing yet.", class_="none")
    head = tag("tr", *map(partial(_cell, "th", scope="col"), heads, numbers))
    inner = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *lines))
    return tag("div", inner, class_="scroll", role="region", aria_label=caption, tabindex=0)


def _cell(name: str, cell: object, kind: str | None, **more: object) -> Html:
    return tag(name, cell, class_=kind, **more)


def facts(pairs: Iterable[tuple[str, object]], kind: str = "facts") -> Html:
    """A list of names and values; names without a value are left out."""
    shown = ((name, value) for name, value in pairs if value not in (None, ""))
    parts = (tag("div", tag("dt", name), tag("dd", value)) for name, value in shown)
    return tag("dl", *parts, class_=kind)


def fill(package: str, name: str, **parts: object) -> Html:
    """A page's file with its `$names` filled in."""
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return Html(Template(text).substitute({key: _safe(part) for key, part in parts.items()}))


def _safe(part: object) -> str:
    return part if isinstance(part, Html) else escape(str(part))
