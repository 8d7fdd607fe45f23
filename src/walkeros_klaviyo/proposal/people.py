"""Whose are the events, and which consent do they have?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.identifier import read_email, read_person_id
from walkeros_klaviyo.core.klaviyo.phone import is_phone_region, read_phone
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.verify.questions.consent import MARKETING, NECESSARY
from walkeros_klaviyo.verify.questions.meaning import OTHERS, meaning_of, misfit, words_of_path
from walkeros_klaviyo.verify.questions.near import split_words
from walkeros_klaviyo.verify.sample.places import at, is_there

from .sample import Named, Sample

TRAITS: Final = {
    "firstName": "first name",
    "lastName": "last name",
    "organization": "organization",
    "city": "city",
    "region": "region",
    "country": "country",
    "zip": "zip",
}
"""What a profile may be told, and what that means in an event's user."""
PLACES: Final = ("city", "region", "country", "zip")
PERSONS: Final = ("customer", "user", "member", "account", "client", "person", "buyer", "uid", "id")
"""Words by which an id is a person's."""
DEVICES: Final = ("device", "session", "hash", "anonymous", "visitor", "cookie", "browser", "ip")
MOSTLY: Final = 0.5


def people_of(sample: Sample, region: str | None = None) -> tuple[dict[str, Any], list[str]]:
    """Identifiers and traits, as settings have them; and what could not be proposed.

    `region` is the country of phone numbers that are written without one.

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
    found = _best(own, _is_person, lambda raw: read_person_id(raw)[0])
    if found is not None:
        settings["externalId"] = found
    email = _email(values)
    if email is not None:
        settings["email"] = email
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
        path = _best(alike, lambda path: True, _fits(meaning))
        if path is not None:
            place = traits.setdefault("location", {"map": {}})["map"] if name in PLACES else traits
            place[name] = path
    if traits:
        settings["identify"] = {"map": traits}
    return settings, said


def _phone(
    sample: Sample, values: dict[str, list[Any]], region: str | None
) -> tuple[str | None, dict[str, Any] | None]:
    """Where a number stands, and the setting that says of which country; None where none does."""
    meant = {path: raws for path, raws in values.items() if meaning_of(path) == "phone number"}
    path = _best(meant, lambda path: True, lambda raw: read_phone(raw, None)[0])
    if path is not None:
        return path, {}
    path = _best(meant, lambda path: True, lambda raw: str(raw).strip() or None)
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
    """What stands at each path, of events of every name."""
    found: dict[str, list[Any]] = {}
    for named in sample.named:
        for path, raw in named.leaves():
            if path.startswith(("user.", "data.")):
                found.setdefault(path, []).append(raw)
    return found


def _best(
    values: dict[str, list[Any]], is_meant: Callable[[str], bool], read: Callable[[Any], Any]
) -> str | None:
    """The path of that meaning at which most of the values can be read, the shallowest first."""
    good = {
        path: sum(read(raw) is not None for raw in raws)
        for path, raws in values.items()
        if is_meant(path) and OTHERS.isdisjoint(words_of_path(path))
    }
    fine = [path for path, count in good.items() if count > len(values[path]) * MOSTLY]
    return min(fine, key=lambda path: (path.count("."), -good[path], path), default=None)


def _fits(meaning: str) -> Callable[[Any], Any]:
    def read(raw: Any) -> Any:
        return raw if isinstance(raw, str) and raw and misfit(meaning, raw) is None else None

    return read


def _is_person(path: str) -> bool:
    words = words_of_path(path)
    is_id = words[-1:] in (["id"], ["uid"], ["number"], ["no"]) or words[-1:] == ["customer"]
    return is_id and set(words) <= {*PERSONS, "number", "no", "external", "crm", "profile"}


def _email(values: dict[str, list[Any]]) -> str | list[str] | None:
    """The user's, and what a form's events have instead."""
    own, forms = (
        _best(
            {path: raws for path, raws in values.items() if path.startswith(section)},
            lambda path: meaning_of(path) == "email",
            lambda raw: read_email(raw)[0],
        )
        for section in ("user.", "data.")
    )
    both = [path for path in (own, forms) if path is not None]
    return both if len(both) > 1 else both[0] if both else None


def consent_of(sample: Sample, answer: str | None) -> tuple[dict[str, bool] | None, str]:
    """What to ask for, and the question that is left; the answer `none` asks for nothing.

    >>> from .sample import sample_of
    >>> events = [(1, {"name": "a b", "timestamp": 1, "consent": {"marketing": True}})]
    >>> consent_of(sample_of(events), None)[0], consent_of(sample_of(events), "none")
    ({'marketing': True}, ({}, ''))
    """
    granted, mentioned = _states(sample.named)
    if answer == "none":
        return {}, ""
    if answer is not None:
        count = granted[answer]
        return {answer: True}, "" if count else f"no event of the sample grants {answer}"
    states = sorted(mentioned, key=lambda state: -granted[state])
    wanted = [one for one in states if not MARKETING.isdisjoint(split_words(one))]
    wanted += [one for one in states if one.lower() not in NECESSARY]
    every = sum(len(named.seen) for named in sample.named)
    seen = ", ".join(f"{state} ({granted[state]:,} of {every:,} events)" for state in states)
    if not wanted:
        which = f"the sample grants {seen}" if seen else "the sample's events hold none"
        return None, f"which consent must an event have to be sent? None is asked for; {which}"
    return {wanted[0]: True}, f"is this the consent that Klaviyo needs? The sample grants {seen}"


def _states(named: Sequence[Named]) -> tuple[Counter[str], set[str]]:
    granted: Counter[str] = Counter()
    mentioned: set[str] = set()
    for one in (each.event.get("consent") for some in named for each in some.seen):
        if isinstance(one, dict):
            mentioned.update(one)
            granted.update(state for state, is_on in one.items() if is_on is True)
    return granted, mentioned
