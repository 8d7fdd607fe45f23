"""Which ids and addresses in the events identify one person?

A value shared by several people must not be used: Klaviyo would merge them into one for good.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.identifier import read_email, read_identifier, read_person_id
from walkeros_klaviyo.verify.questions.meaning import OTHERS, meaning_of, words_of_path
from walkeros_klaviyo.verify.sample.places import at

from .sample import Sample

OrderIds = Mapping[int, str]
"""The ids of orders, by line number."""
MOSTLY: Final = 0.5
_PERSONS: Final = ("customer", "user", "member", "person", "buyer", "uid", "id")
"""Words that suggest that an id is a person's."""
_AROUND: Final = ("number", "no", "external", "crm", "profile", "account")
_SHARED: Final = frozenset(
    "account company org organization organisation tenant team business group firm firma "
    "household workspace".split()
)
"""Words that suggest that an id is shared by several people."""
_HOUSE: Final = frozenset(
    "shop store salesrep rep sales company office admin service helpdesk brand noreply".split()
)
"""Words that suggest that an address is the shop's."""
_DEVICES: Final = frozenset(
    "device session client ga gid cookie browser anonymous visitor hash fbp ip".split()
)
_BROWSER: Final = re.compile(r"(GA\d+\.\d+\.)?\d{5,10}\.\d{9,10}|fb\.\d\.\d+\.\d+|GS\d\.\d\..*")
"""Browser ids of Google and Meta."""
_USUAL: Final = (("id",), ("user", "id"), ("userid",), ("customer", "id"), ("customerid",))
Values = Mapping[str, list[Any]]
_Lines = dict[int, str]


@frozen
class Identifiers:
    """Identifiers in the form of settings, what was left out, and open questions."""

    settings: dict[str, Any]
    said: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


def identifiers_of(sample: Sample, values: Values, orders: OrderIds) -> Identifiers:
    """The paths of the person's id and address, if their values identify one person each."""
    said: dict[str, str] = {}
    ids = {path: raws for path, raws in values.items() if _is_id(path)}
    addresses = {path: raws for path, raws in values.items() if meaning_of(path) == "email"}
    lines = {path: _by_line(sample, path) for path in (*ids, *addresses)}
    theirs = {
        path: {line: text.casefold() for line, text in lines[path].items()}
        for path in (*ids, *addresses)
        if OTHERS.isdisjoint(words_of_path(path)) and path.startswith("user.")
    }
    devices = {text for path, text in _texts(values) if _DEVICES & {*words_of_path(path)}}
    for path in ids:
        why = _why_no_id(path, lines[path], devices, orders) or _why_shared(path, lines, theirs)
        if why is not None:
            said[path] = f"{path} is not a person's id: {why}"
    for path in addresses:
        why = _why_shared(path, lines, theirs) or _why_one(path, lines[path], ids, lines, orders)
        if _HOUSE & {*words_of_path(path)}:
            why = "its name says that it is the shop's"
        if why is not None:
            said[path] = f"{path} is nobody's address: {why}"
    fine = {path: raws for path, raws in values.items() if path not in said}
    settings: dict[str, Any] = {}
    own = {path: raws for path, raws in fine.items() if path in ids and _names_person(path)}
    found = best(own, lambda path: True, lambda raw: read_person_id(raw)[0], _order)
    if found is not None:
        settings["externalId"] = found
    email = _email(fine)
    if email is not None:
        settings["email"] = email
    refused = [text for path, text in said.items() if path in ids]
    told = tuple(text for path, text in said.items() if path in addresses)
    if found is not None:
        return Identifiers(settings, (*told, *refused))
    asked = tuple(f"{one}; which of their fields names a person for good?" for one in refused)
    return Identifiers(settings, told, asked)


def best(
    values: Values,
    is_meant: Callable[[str], bool],
    read: Callable[[Any], Any],
    order: Callable[[str], int] = lambda path: 0,
) -> str | None:
    """The path with that meaning and the most readable values; the shallowest of equals."""
    good = {
        path: sum(read(raw) is not None for raw in raws)
        for path, raws in values.items()
        if is_meant(path) and OTHERS.isdisjoint(words_of_path(path))
    }
    fine = [path for path, count in good.items() if count > len(values[path]) * MOSTLY]
    return min(
        fine, key=lambda path: (path.count("."), order(path), -good[path], path), default=None
    )


def _order(path: str) -> int:
    words = words_of_path(path)
    return _USUAL.index(words) if words in _USUAL else len(_USUAL)


def _is_id(path: str) -> bool:
    """Is it any id in the event's `user`?"""
    words = words_of_path(path)
    last = words[-1] if words else ""
    is_id = last in ("id", "uid", "number", "no", "customer")
    among = {*_PERSONS, *_AROUND, *_SHARED, "userid", "customerid", "client"}
    is_joined = last in ("userid", "customerid")
    return path.startswith("user.") and (is_id or is_joined) and set(words) <= among


def _names_person(path: str) -> bool:
    words = {*words_of_path(path)}
    return words.isdisjoint(_DEVICES) and not words <= {"number", "no"}


def _by_line(sample: Sample, path: str) -> _Lines:
    found = ((one.line, read_identifier(at(path, one.event))[0]) for one in sample.seen)
    return {line: text for line, text in found if text is not None}


def _texts(values: Values) -> Iterator[tuple[str, str]]:
    for path, raws in values.items():
        for raw in raws:
            text = read_identifier(raw)[0] if path.startswith("user.") else None
            if text is not None:
                yield path, text


def _why_no_id(path: str, texts: _Lines, devices: set[str], orders: OrderIds) -> str | None:
    """Why it is not a person's id, by its name and values."""
    *_, owner, _ = ["", "", *words_of_path(path)]
    if owner in _SHARED:
        return f"its name says that it is of the {owner}"
    if not _names_person(path):
        return "its name does not say that it is a person's"
    distinct = {*texts.values()}
    if _most(distinct, lambda text: _BROWSER.fullmatch(text) is not None):
        return "its values are cookies of a browser"
    if _most(distinct, devices.__contains__):
        return "a device or a session has the same"
    both = {line: text for line, text in texts.items() if line in orders}
    if both and sum(orders[line] == text for line, text in both.items()) > len(both) * MOSTLY:
        return "its values are the ids of the orders"
    return None


def _most(texts: set[str], fits: Callable[[str], bool]) -> bool:
    return sum(map(fits, texts)) > len(texts) * MOSTLY


def _why_shared(path: str, lines: dict[str, _Lines], others: dict[str, _Lines]) -> str | None:
    """Why it is shared: few values over many people."""
    texts = lines[path]
    for place, people in others.items():
        both = texts.keys() & people.keys()
        values, persons = {texts[line] for line in both}, {people[line] for line in both}
        if place != path and values and len(persons) >= 2 * len(values):
            count = f"{len(values)} value{'' if len(values) == 1 else 's'}"
            return f"{count} for {len(persons)} of {place}"
    return None


def _why_one(
    path: str, texts: _Lines, ids: Values, lines: dict[str, _Lines], orders: OrderIds
) -> str | None:
    """Why it is suspect: one value over several orders that nothing else ties to one person."""
    bought = {orders[line] for line in texts.keys() & orders.keys()}
    if len({*texts.values()}) > 1 or len(bought) < 2:
        return None
    is_one_person = any(
        len({*lines[one].values()}) == 1 and texts.keys() <= lines[one].keys() for one in ids
    )
    return None if is_one_person else f"one address for {len(bought)} orders"


def _email(values: Values) -> str | list[str] | None:
    """The paths of the user's address, and of those that form events have instead."""
    own, forms = (
        best(
            {path: raws for path, raws in values.items() if path.startswith(section)},
            lambda path: meaning_of(path) == "email",
            lambda raw: read_email(raw)[0],
        )
        for section in ("user.", "data.")
    )
    both = [path for path in (own, forms) if path is not None]
    return both if len(both) > 1 else both[0] if both else None
