"""How is Klaviyo's reason shown without personal data?

Klaviyo's words may quote what was sent. Everything that the event says about its person is masked,
and so is anything that is quoted, contains an @ or has many digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from walkeros_klaviyo.shell.store.letter import Letter

SHORT: Final = 3
"""Strings up to this length are not masked: they occur in too many words."""
MOST: Final = 1_000
"""Characters shown at most, because the search for what to mask blocks senders."""
_QUOTED: Final = re.compile(
    r"""(?<!\w)(?P<mark>["'`])(?P<text>[^"'`]+)(?P=mark)(?!\w)|\S*@\S+|\+?\d[\d ()./-]{3,}\d"""
)


def masked(text: str, people: Iterable[str] = ()) -> str:
    """The string without personal data.

    >>> masked("'Ada' isn't one; nor's ada@example.com or +49 151 2345678")
    "'A***' isn't one; nor's a*** or +***"
    >>> masked("Ada Lovelace exists", ["Lovelace", "ada"])
    'A*** L*** exists'
    """
    text = _cut(text, 10 * MOST)
    low = text.lower()
    for one in sorted((one for one in people if one.lower() in low), key=len, reverse=True):
        text = re.sub(re.escape(one), lambda found: _mask(found[0]), text, flags=re.IGNORECASE)
    return _QUOTED.sub(_unquoted, _cut(text, MOST))


def _cut(text: str, most: int) -> str:
    """Cut between words: half an address would not be recognised as one."""
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0]} …"


def people_of(letter: Letter, body: bytes | None) -> frozenset[str]:
    """A dead letter's personal data: `user` of its event, and the profile of its body."""
    event, sent = _json(letter.origin.raw), _json(body or b"")
    found = [event.get("user") if isinstance(event, dict) else None, *_profiles(sent)]
    return frozenset(one for value in found for one in _leaves(value) if len(one) >= SHORT)


def _profiles(value: Any) -> Iterator[Any]:
    """The attributes of each profile within a body."""
    if isinstance(value, list):
        for one in value:
            yield from _profiles(one)
    elif isinstance(value, dict):
        if value.get("type") == "profile":
            yield value.get("attributes")
        for one in value.values():
            yield from _profiles(one)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _mask(text: str) -> str:
    return f"{text[:1]}***"


def _unquoted(found: re.Match[str]) -> str:
    mark = found["mark"]
    return _mask(found[0]) if mark is None else f"{mark}{_mask(found['text'])}{mark}"
