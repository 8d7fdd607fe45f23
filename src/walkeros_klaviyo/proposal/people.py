"""Which identifiers and traits do the events give a profile?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.phone import is_phone_region, read_phone
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.verify.questions.meaning import meaning_of, misfit
from walkeros_klaviyo.verify.sample.places import at, is_there

from .identifiers import MOSTLY, OrderIds, best, identifiers_of
from .sample import Sample

TRAITS: Final = {
    "firstName": "first name",
    "lastName": "last name",
    "organization": "organization",
    "city": "city",
    "region": "region",
    "country": "country",
    "zip": "zip",
}
"""Traits, and the names that mean them in an event's `user`."""
PLACES: Final = ("city", "region", "country", "zip")


def people_of(
    sample: Sample, region: str | None = None, orders: OrderIds | None = None
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Identifiers and traits as settings, what could not be proposed, and open questions.

    `region` is the country of phone numbers written without one.

    >>> from .sample import sample_of
    >>> user = {"account": {"customerId": "c1", "mail": "a@example.com"}, "firstName": "Ada"}
    >>> people_of(sample_of([(1, {"name": "a b", "timestamp": 1, "user": user})]))[0]
    {'externalId': 'user.account.customerId', 'email': 'user.account.mail',
     'identify': {'map': {'firstName': 'user.firstName'}}}
    """
    said: list[str] = []
    values = _values(sample)
    own = {path: raws for path, raws in values.items() if path.startswith("user.")}
    settings: dict[str, Any] = {}
    found = identifiers_of(sample, values, orders or {})
    settings |= found.settings
    said += found.said
    phone, how, is_lossy = _phone(sample, own, region)
    if how is not None:
        settings |= {"phoneNumber": phone, **how}
    if phone is not None and (is_lossy or how is None):
        without = "holds phone numbers without their country's code"
        flaw = (
            f"is left out, for it {without}" if how is None else f"also {without}, which are lost"
        )
        said.append(f"{phone} {flaw}: say whose they are, such as --phone-region DE")
    traits: dict[str, Any] = {}
    for name, meaning in TRAITS.items():
        alike = {path: raws for path, raws in own.items() if meaning_of(path) == meaning}
        path = best(alike, lambda path: True, _fits(meaning))
        if path is not None:
            place = traits.setdefault("location", {"map": {}})["map"] if name in PLACES else traits
            place[name] = path
    if traits:
        settings["identify"] = {"map": traits}
    return settings, said, [*found.open]


def _phone(
    sample: Sample, values: dict[str, list[Any]], region: str | None
) -> tuple[str | None, dict[str, Any] | None, bool]:
    """The phone number's path, the setting for its country, and whether national numbers are lost.

    None for the setting where most values cannot be read, and for both where there are none.
    """
    meant = {path: raws for path, raws in values.items() if meaning_of(path) == "phone number"}
    path = best(meant, lambda path: True, lambda raw: read_phone(raw, None)[0])
    path = path or best(meant, lambda path: True, lambda raw: str(raw).strip() or None)
    if path is None:
        return None, None, False
    events = [one.event for one in sample.seen if is_there(at(path, one.event))]
    countries = {
        place
        for named in sample.named
        for place, raw in named.leaves()
        if meaning_of(place) == "country" and isinstance(raw, str) and is_phone_region(raw.upper())
    }

    def unread(place: str | None, otherwise: str | None) -> list[Any]:
        found = [(at(path, event), at(place, event) if place else ABSENT) for event in events]
        return [
            raw
            for raw, country in found
            if read_phone(raw, country.upper() if isinstance(country, str) else otherwise)[0]
            is None
        ]

    usual = {} if region is None else {"value": region}
    ways: list[tuple[list[Any], dict[str, Any]]] = [(unread(None, None), {})]
    ways += (
        (unread(place, region), {"phoneRegion": {"key": place, **usual} if usual else place})
        for place in sorted(countries, key=lambda one: (one.count("."), one))
    )
    if region is not None:
        ways.append((unread(None, region), {"phoneRegion": region}))
    left, setting = min(ways, key=lambda way: len(way[0]))  # the first of the best
    is_lossy = any(map(_is_national, left))
    return path, setting if len(left) < len(events) * (1 - MOSTLY) else None, is_lossy


def _is_national(raw: Any) -> bool:
    """Does it look like a phone number without its country's code?"""
    text = str(raw).strip()
    return not text.startswith("+") and sum(map(str.isdigit, text)) > 5


def _values(sample: Sample) -> dict[str, list[Any]]:
    """The values at each path, over events of all names."""
    found: dict[str, list[Any]] = {}
    for named in sample.named:
        for path, raw in named.leaves():
            if path.startswith(("user.", "data.")):
                found.setdefault(path, []).append(raw)
    return found


def _fits(meaning: str) -> Callable[[Any], Any]:
    def read(raw: Any) -> Any:
        return raw if isinstance(raw, str) and raw and misfit(meaning, raw) is None else None

    return read
