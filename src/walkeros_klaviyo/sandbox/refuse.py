"""How are refusals simulated that no client can foresee?

A sandbox can be given strings that no row may contain: a row is refused if a key or string in its
JSON contains one. An event's row is its attributes without its profile, so a profile may be refused
while its events are accepted.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .accept import bulk_rows
from .issue import Issue
from .shape import FINE, Issues
from .wire import dumps, loads


def marks(texts: Collection[str]) -> tuple[bytes, ...]:
    """The strings as written inside a JSON string.

    >>> marks(["é", 'a"b'])
    (b'\\xc3\\xa9', b'a\\\\"b')
    """
    if isinstance(texts, str):
        texts = (texts,)
    if "" in texts:
        raise ValueError("an empty string is in every row")
    return tuple(dumps(text)[1:-1] for text in texts)


def event(refused: tuple[bytes, ...], body: Any) -> Issues:
    """Create Event."""
    return _judge(refused, _own(body["data"]["attributes"]), "/data/attributes", "event")


def bulk_events(refused: tuple[bytes, ...], body: Any) -> Issues:
    """Bulk Create Events: an issue for each refused row."""
    if not refused:
        return FINE
    found: list[Issue] = []
    for at, _, attributes in bulk_rows(body):
        found += _judge(refused, _own(attributes), at, "event")
    return found or FINE


def profile(refused: tuple[bytes, ...], resource: Any, at: str) -> Issues:
    """A row of an import or an upsert's profile.

    >>> profile((b"bad",), {"attributes": {"title": "a bad one"}}, "/data")[0].detail
    "The profile was refused, for it holds 'bad'."
    """
    return _judge(refused, resource, at, "profile")


def subscriptions(refused: tuple[bytes, ...], body: Any) -> Issues:
    """Bulk Subscribe Profiles, and Bulk Unsubscribe Profiles."""
    found: list[Issue] = []
    for index, row in enumerate(body["data"]["attributes"]["profiles"]["data"]):
        found += _judge(refused, row, f"/data/attributes/profiles/data/{index}", "profile")
    return found or FINE


def _own(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name != "profile"}


def _judge(refused: tuple[bytes, ...], row: Any, at: str, what: str) -> Issues:
    if not refused:
        return FINE
    text = dumps(row)
    for mark in refused:
        if mark in text:
            said = loads(b'"' + mark + b'"')
            return (Issue(f"The {what} was refused, for it holds '{said}'.", at),)
    return FINE
