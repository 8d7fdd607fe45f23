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
    phone, how = _phone(sample, own, region)
    if phone is not None and how is not None:
        settings |= {"phoneNumber": phone, **how}
    elif phone is not None:
        said.append(
            f"{phone} is left out, for it holds phone numbers without their country's code: say "
            "whose they are, such as --phone-region DE"
        )
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
) -> tuple[str | None, dict[str, Any] | None]:
    """The phone number's path, and the setting for its country; None if there is none."""
    meant = {path: raws for path, raws in values.items() if meaning_of(path) == "phone number"}
    path = best(meant, lambda path: True, lambda raw: read_phone(raw, None)[0])
    if path is not None:
        return path, {}
    path = best(meant, lambda path: True, lambda raw: str(raw).strip() or None)
    if path is None:
        return None, None
    events = [one.event for one in sample.seen if is_there(at(path, one.event))]
    countries = {
        place
        for named in sample.named
        for place, raw in named.leaves()
        if meaning_of(place) == "country" and isinstance(raw, str) and is_phone_region(raw.upper())
    }
    usual = {} if region is None else {"value": region}
    for place in (*sorted(countries, key=lambda one: (one.count("."), one)), None):
        found = [(at(path, event), at(place, event) if place else ABSENT) for event in events]
        read = [
            read_phone(raw, country.upper() if isinstance(country, str) else region)[0]
            for raw, country in found
        ]
        if sum(one is not None for one in read) > len(events) * MOSTLY:
            return path, {
                "phoneRegion": {"key": place, **usual} if place and usual else place or region
            }
    return path, None


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
