"""Do the events say who it was, in a way that Klaviyo takes?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import (
    parse_email,
    read_email,
    read_kx,
    read_person_id,
)
from walkeros_klaviyo.core.klaviyo.phone import parse_phone, read_phone
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.laws.law import options_of
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.reads import reads_of
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there

SECTIONS: Final = ("user", "data", "context", "globals", "custom")
"""Parts of an event where a person may stand."""
REGIONS: Final = ("DE", "US", "GB", "FR", "IT", "ES", "NL", "AT", "CH", "PL", "SE", "IN", "JP")
"""Enough countries to tell a national number from what is no number at all."""


def judge_identity(config: Config, shown: Shown) -> Iterator[Finding]:
    """Values that are no identifiers or everybody's, and that nobody is known at all."""
    yield from _nobody(shown)
    yield from _unusable(shown)
    yield from _shared(shown)


def _nobody(shown: Shown) -> Iterator[Finding]:
    if not shown.mapped:
        return
    if any(one.plan.outcome != "unidentified" for one in shown.mapped):
        return
    read = {one.path for one, _ in shown.reads.values()}
    places = {each for one in shown.mapped[:200] for each in _looks_like_a_person(one)}
    found = sorted((setting, path) for setting, path in places if path not in read)
    paths = [path for _, path in found[:3]]
    hint = f"; there may be one at {' or '.join(paths)}" if found else ""
    yield Finding(
        "identity.nobody",
        "settings",
        f"of {len(shown.mapped):,} events none has an identifier{hint}",
        f'settings.{found[0][0]} = "{found[0][1]}"' if found else "",
        shown.mapped[0].example,
    )


def _looks_like_a_person(one: Mapped) -> Iterator[tuple[str, str]]:
    """Settings, and the paths that they could read."""
    for section in SECTIONS:
        inner = one.event.get(section)
        for name, value in inner.items() if isinstance(inner, dict) else ():
            if not isinstance(value, str):
                continue
            if parse_email(value)[0] is not None:
                yield "email", f"{section}.{name}"
            elif _is_called_phone(name) and _is_national(value):
                yield "phoneNumber", f"{section}.{name}"


def _is_called_phone(name: str) -> bool:
    return any(word in name.lower() for word in ("phone", "tel", "mobile"))


def _is_national(value: Any) -> bool:
    """Is it a phone number, if only one knew of which country?"""
    return any(parse_phone(value, region)[0] is not None for region in REGIONS)


Tried = tuple[bool, Mapped, Any, str]
"""Is it usable, of which event, the value, and where it was read."""


def _but_for_one_word(found: list[Tried]) -> list[Tried]:
    """Where some are good, one word of the site's own, such as "not logged in", is no fault."""
    bad = Counter(str(value) for is_good, _, value, _ in found if not is_good)
    if not bad or bad.total() == len(found):
        return found
    word, _ = bad.most_common(1)[0]
    return [one for one in found if one[0] or str(one[2]) != word]


def _unusable(shown: Shown) -> Iterator[Finding]:
    tried: dict[str, list[Tried]] = defaultdict(list)
    for one in shown.mapped:
        for mapping, judge in (
            (one.rule.settings.email, read_email),
            (one.rule.settings.external_id, read_person_id),
            (one.rule.settings.anonymous_id, read_person_id),
            (one.rule.settings.kx, read_kx),
            (
                one.rule.settings.phone_number,
                lambda value, one=one: read_phone(value, _region(one)),
            ),
        ):
            if mapping is None:
                continue
            judged = [
                (value, *judge(value)) for value in options_of(mapping, one.event) if value != ""
            ]
            good = [value for value, text, _ in judged if text is not None]
            bad = [value for value, _, reason in judged if reason]
            for value in (good or bad)[:1]:  # the first option that can be used counts
                tried[mapping.where].append((bool(good), one, value, mapping.reads))
    for where, found in tried.items():
        found = _but_for_one_word(found)
        bad = [(one, value) for is_good, one, value, _ in found if not is_good]
        if len(bad) <= len(found) * MOSTLY:
            continue
        one, value = bad[0]
        is_phone = (
            one.rule.settings.phone_number is not None
            and where == one.rule.settings.phone_number.where
        )
        lacks_region = is_phone and _region(one) is None and _is_national(value)
        message = f'of {len(found):,} values at "{found[0][3]}" {len(bad):,} are unusable'
        yield Finding(
            "identifier.type",
            where,
            f"{message}: national numbers, and no region is known" if lacks_region else message,
            'settings.phoneRegion = "DE", or the path of the visitor\'s country.'
            if lacks_region
            else "",
            one.example,
        )


def _shared(shown: Shown) -> Iterator[Finding]:
    """One value at most events, though the events know several people."""
    for name in ("email", "external_id"):
        by_value: dict[str, list[Mapped]] = defaultdict(list)
        for one in shown.mapped:
            found = one.identifiers
            if name in found:
                by_value[found[name]].append(one)
        events = max(by_value.values(), key=len, default=[])
        place: MappingValue | None = getattr(events[0].rule.settings, name) if events else None
        people = {text for one in events if place for text in _people(one, place)}
        total = sum(map(len, by_value.values()))
        if place is not None and len(events) > total * MOSTLY and len(people) >= FEW:
            yield Finding(
                "identifier.type",
                place.where,
                f"{len(events):,} of {total:,} events get the same, of {len(people):,} people",
                "",
                events[0].example,
            )


def _people(one: Mapped, place: MappingValue) -> Iterator[str]:
    """Who it was by what else the event knows of its user: an id or an address of their own."""
    own = {read.path for read in reads_of(place)}
    for name in ("id", "email"):
        if f"user.{name}" not in own and is_there(value := at(f"user.{name}", one.event)):
            yield f"{name} {value}"
            return


def _region(one: Mapped) -> str | None:
    region = one.rule.settings.phone_region(one.event) if one.rule.settings.phone_region else None
    return region.upper() if isinstance(region, str) else None
