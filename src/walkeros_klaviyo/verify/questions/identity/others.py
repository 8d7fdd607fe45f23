"""Is each identifier of the right kind, and the visitor's own?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.phone import is_phone_region, parse_phone, read_phone
from walkeros_klaviyo.core.klaviyo.settings import TABLE
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions import meaning
from walkeros_klaviyo.verify.questions.counted import are_most
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY, OF_A_DEVICE
from walkeros_klaviyo.verify.reads import paths_read, reads_of
from walkeros_klaviyo.verify.sample.look import ENOUGH, Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there, leaves_of

PERSONAL: Final = ("email", "phone number")
DEVICE: Final = OF_A_DEVICE[0]
DIFFERENT: Final = ("anonymous_id", "kx")
"""Identifiers that never equal another one."""
REGIONS: Final = ("DE", "US", "GB", "FR", "IT", "ES", "NL", "AT", "CH", "PL", "SE", "IN", "JP")
"""Enough countries to tell national numbers from values that are not numbers."""
Wrong = Iterator[tuple[str, str | None, Mapped]]
"""(what is wrong, the right path, an event that shows it)."""


def judge_others(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: a wrong field, another identifier, another person's, another country's."""
    events = shown.mapped[:ENOUGH]
    for name, value in config.settings.identifiers:
        for message, path, one in islice(_wrong(config, name, value, events), 1):
            if name == "anonymous_id":
                path = DEVICE if is_there(at(DEVICE, one.event)) else None
            setting = f"settings.{TABLE[name].name}"
            remedy = f'{setting} = "{path}"' if path is not None else "Leave it out."
            yield Finding("identifier.type", value.where, message, remedy, one.example)
    region, phone = config.settings.phone_region, config.settings.phone_number
    if region is not None and phone is not None:
        yield from _of_another_country(phone, region, events)


def _wrong(config: Config, name: str, value: MappingValue, events: list[Mapped]) -> Wrong:
    title, slot = TABLE[name].title.lower(), name.replace("phone_number", "phone number")
    for read in reads_of(value):
        means = meaning.meaning_of(read.path) or ""
        there = [(one, raw) for one in events if is_there(raw := at(read.path, one.event))]
        is_another = name != "email" and means not in ("", *meaning.MEANT[slot])
        if not is_another or len(there) < FEW or read.within:
            continue
        if not meaning.acquits(slot, means, (raw for _, raw in there)):
            path = meaning.path_of(slot, events) if slot in PERSONAL else TABLE[name].default
            yield f'"{read.path}" is the {means}, and no {title}', path, there[0][0]
    if name in DIFFERENT and not paths_read(value) & set(OF_A_DEVICE):
        given = [(one, text) for one in events if (text := _text(value, one)) is not None]
        others = [(key, one) for key, one in config.settings.identifiers if key != name]
        same = [
            (one, key) for one, text in given for key, other in others if _text(other, one) == text
        ]
        if are_most(len(same), len(given)):
            also = f"the {TABLE[same[0][1]].title.lower()} too"
            yield f"{len(same):,} of {len(given):,} values are {also}", None, same[0][0]
    another = meaning.of_another(slot, value.tree, events) if slot in PERSONAL else None
    if another is not None:
        path, own, shows = another
        yield f'"{path}" is another person\'s than "{own}"', own, shows


def _text(value: MappingValue, one: Mapped) -> str | None:
    return read_identifier(value(one.event))[0]


def _of_another_country(
    phone: MappingValue, region: MappingValue, events: list[Mapped]
) -> Iterator[Finding]:
    """National numbers of which nearly all belong to another country, where the people live."""
    national: dict[str, tuple[str, Mapped]] = {}
    votes = Counter[str]()
    homes = Counter[str]()
    for one in events:
        number, code = phone(one.event), region(one.event)
        if not isinstance(number, str) or not isinstance(code, str) or number in national:
            continue
        if number.strip().startswith(("+", "00")):
            continue
        national[number] = code.upper(), one
        path, home = _country(one)
        if home is not None or not _is_valid(number, code.upper()):
            read = read_phone(number, code)
            others = [
                other
                for other in ([home] if home is not None else REGIONS)
                if _is_valid(number, other) and read_phone(number, other) != read
            ]
            votes.update(others)
            homes[path] += home in others
    likely, count = votes.most_common(1)[0] if votes else ("", 0)
    at_home, some = homes.most_common(1)[0] if homes else ("", 0)
    codes = {code for code, _ in national.values()}
    enough = max(FEW, len(national) * MOSTLY)
    if (count >= enough and likely not in codes) or some >= enough:
        code, shows = next(iter(national.values()))
        whose, where = likely, f'"{likely}", or the path of the visitor\'s country.'
        if count < enough:
            count, whose, where = some, f'the countries at "{at_home}"', f'"{at_home}"'
        message = (
            f"{count:,} of {len(national):,} national numbers are none of {code}, but of {whose}"
        )
        remedy = f"settings.phoneRegion = {where}"
        yield Finding("identifier.type", region.where, message, remedy, shows.example)


def _country(one: Mapped) -> tuple[str, str | None]:
    """Where the visitor lives, as a code, and where that stands; else the country of the page."""
    user = leaves_of({"user": one.event.get("user"), **(one.traits or {})})
    page = leaves_of(one.event, "globals")
    countries = (leaf for leaf in (*user, *page) if meaning.meaning_of(leaf[0]) == "country")
    codes = ((path, str(raw).upper()) for path, raw in countries)
    return next(((path, code) for path, code in codes if is_phone_region(code)), ("", None))


def _is_valid(number: str, region: str) -> bool:
    """Is the number valid there, not just possible by its length?"""
    import phonenumbers  # takes 20 ms, so only if needed

    try:
        read: Any = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number_for_region(read, region))


def regions_of(value: Any) -> list[str]:
    """The countries in which it could be a number."""
    return [region for region in REGIONS if parse_phone(value, region)[0] is not None]
