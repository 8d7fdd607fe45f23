"""What do `subscribe`, `unsubscribe` and `lists` say? Which channels, lists and source.

Each becomes one mapping value, which yields a list: whether each channel is meant, the list's id
and the source. So everything that walks, traces or compiles mapping values handles these too.
Source: Klaviyo Bulk Subscribe Profiles, Bulk Unsubscribe Profiles.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any, Final

from walkeros_klaviyo.core.faults import Findings, is_no_path, join
from walkeros_klaviyo.core.walkeros.event import FIELDS, kind_of
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.parse import parse_value
from walkeros_klaviyo.core.walkeros.value.tree import EMPTY, Constant, Items, Node

CHANNELS: Final = MappingProxyType({"email": "email", "sms": "phone_number"})
"""The channels, and the identifier by which each reaches a person."""
KEYS: Final = {
    "channels": (
        "Channels",
        "email and sms, as a list; or an object that says for each where the event holds true.",
    ),
    "list": ("List", "The list's id, as in its address at Klaviyo, or its path."),
    "source": ("Source", "What Klaviyo notes as the source of the consent, such as Checkout."),
}
_LIST_ID: Final = re.compile(r"[A-Za-z0-9]+")


def parse_subscription(
    raw: Any, where: str, findings: Findings, has_source: bool = True
) -> MappingValue | None:
    """Parse `subscribe` or `unsubscribe`; `true` means email, and no list.

    >>> said = {"channels": {"sms": "data.texts"}, "list": "Y6nRLr"}
    >>> parse_subscription(said, "subscribe", Findings())({"data": {"texts": True}})
    [None, True, 'Y6nRLr', None]
    """
    if raw is None or raw is False:
        return None
    given = {} if raw is True else raw
    if not isinstance(given, dict):
        findings.fault(where, f"expected true, or an object with channels, got {kind_of(raw)}")
        return None
    findings.keys(given, [key for key in KEYS if has_source or key != "source"], where)
    where = findings.placed(where)
    channels = _channels(given.get("channels"), join(where, "channels"), findings)
    named = parse_list(given.get("list"), join(where, "list"), findings)
    source = _source(given.get("source"), join(where, "source"), findings)
    nodes = (*(channels.get(one, EMPTY) for one in CHANNELS), named, source)
    return MappingValue(where, Items(where, nodes))


def parse_lists(raw: Any, where: str, findings: Findings) -> MappingValue | None:
    """Parse list ids, or paths to them, into one mapping value.

    >>> parse_lists(["Y6nRLr", "data.list"], "lists", Findings())({"data": {"list": "ABC123"}})
    ['Y6nRLr', 'ABC123']
    """
    if raw is None:
        return None
    where = findings.placed(where)
    given = raw if isinstance(raw, list) else [raw]
    if not given:
        findings.fault(where, 'expected ids of lists, such as ["Y6nRLr"]')
    nodes = (parse_list(one, f"{where}[{at}]", findings) for at, one in enumerate(given))
    return MappingValue(where, Items(where, tuple(nodes)))


def parts_of(subscription: MappingValue) -> dict[str, Node]:
    """The nodes for each channel, the list and the source, by name; only those that are set.

    >>> said = parse_subscription({"list": "Y6nRLr"}, "subscribe", Findings())
    >>> [(name, node.where) for name, node in parts_of(said).items()]
    [('email', 'subscribe.channels'), ('list', 'subscribe.list')]
    """
    assert isinstance(subscription.tree, Items)
    pairs = zip((*CHANNELS, "list", "source"), subscription.tree.items, strict=True)
    return {name: node for name, node in pairs if node != EMPTY}


def _channels(raw: Any, where: str, findings: Findings) -> dict[str, Node]:
    if raw is None:
        raw = ["email"]
    if isinstance(raw, list) and raw and all(isinstance(one, str) for one in raw):
        _known(raw, where, findings)
        return {name: Constant(where, True) for name in raw}
    if isinstance(raw, dict) and raw:
        _known(raw, where, findings)
        return {
            name: Constant(join(where, name), one)
            if isinstance(one, bool)
            else parse_value(one, join(where, name), findings)
            for name, one in raw.items()
            if one is not None and one is not False
        }
    findings.fault(
        where, 'expected a list such as ["email"], or an object such as {"email": "data.news"}'
    )
    return {}


def _known(names: Any, where: str, findings: Findings) -> None:
    for name in names:
        if name not in CHANNELS:
            message = f'"{name}" is not a channel; there are: {", ".join(CHANNELS)}'
            findings.fault(where, message)


def parse_list(raw: Any, where: str, findings: Findings) -> Node:
    """Parse a list: letters and digits are its id, anything else is a mapping value."""
    if isinstance(raw, str) and _LIST_ID.fullmatch(raw) and raw not in FIELDS:
        return Constant(where, raw)
    return EMPTY if raw is None else parse_value(raw, where, findings)


def _source(raw: Any, where: str, findings: Findings) -> Node:
    """Parse the source: a string is the source itself, an object a mapping value."""
    if isinstance(raw, str) and not is_no_path(raw):
        if not raw.strip():
            findings.fault(where, 'expected words such as "Checkout"')
        return Constant(where, raw)
    return EMPTY if raw is None else parse_value(raw, where, findings)
