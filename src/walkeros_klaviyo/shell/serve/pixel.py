"""Which event is in a pixel's query?

`?name=product%20view&data[id]=p1&consent[marketing]=true&context[shopping][0]=list`: brackets nest,
a number in brackets is a place in a list, and values are cast. Source: walkerOS `requestToData`.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

MOST_FIELDS: Final = 500
MOST_ITEMS: Final = 100
"""The most items of a list, so that `a[999999999]=1` does not make a billion."""
MOST_LEVELS: Final = 20
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_KEY: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
GIF: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;"
)
"""The answer: one transparent pixel."""


def read_pixel(query: str) -> dict[str, Any]:
    """The event in a query; parts that cannot be read are left out.

    >>> read_pixel("name=product%20view&data[price]=9.5&context[shopping][0]=list")
    {'name': 'product view', 'data': {'price': 9.5}, 'context': {'shopping': ['list']}}
    """
    event: dict[str, Any] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return event
    for name, text in pairs:
        found = _KEY.fullmatch(name)
        if found is not None:
            path = (found[1], *re.findall(r"\[([^\[\]]*)\]", found[2]))
            if len(path) <= MOST_LEVELS:
                _put(event, path, cast(text))
    return {name: _with_lists(value) for name, value in event.items()}


def cast(text: str) -> Any:
    """true, false, numbers; all else stays a string.

    >>> [cast(one) for one in ("true", "12", "-1.50", "007", "p1", "")]
    [True, 12, -1.5, '007', 'p1', '']
    """
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


def _put(below: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *way, last = path
    for key in way:
        inner = below.setdefault(key, {})
        if not isinstance(inner, dict):
            return  # there is a value already
        below = inner
    below.setdefault(last or str(len(below)), value)


def _with_lists(value: Any) -> Any:
    """Turn objects whose keys are 0, 1, 2 … into lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(one) for key, one in value.items()}
    places = [str(place) for place in range(len(inner))]
    is_list = 0 < len(inner) <= MOST_ITEMS and inner.keys() == set(places)
    return [inner[place] for place in places] if is_list else inner
