"""Is an identifier what its setting is for, and the visitor's own?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.core.klaviyo.phone import is_phone_region, parse_phone, read_phone
from walkeros_klaviyo.core.klaviyo.settings import TABLE
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY, OF_A_DEVICE
from walkeros_klaviyo.verify.questions.meaning import (
    MEANT,
    acquits,
    meaning_of,
    of_another,
    path_of,
)
from walkeros_klaviyo.verify.reads import paths_read, reads_of
from walkeros_klaviyo.verify.sample.look import ENOUGH, Mapped, Shown
from walkeros_klaviyo.verify.sample.places import at, is_there, leaves_of

PERSONAL: Final = ("email", "phone number")
DEVICE: Final = OF_A_DEVICE[0]
DIFFERENT: Final = ("anonymous_id", "kx")
"""Identifiers that are never the same as another one."""
REGIONS: Final = ("DE", "US", "GB", "FR", "IT", "ES", "NL", "AT", "CH", "PL", "SE", "IN", "JP")
"""Enough countries to tell a national number from what is no number at all."""


def judge_others(config: Config, shown: Shown) -> Iterator[Finding]:
    """Another field, another identifier, another person's, another country's."""
    events = shown.mapped[:ENOUGH]
    for name, value in config.settings.identifiers:
        found = next(_wrong(config, name, value, events), None)
        yield from [found] if found is not None else []
    region, phone = config.settings.phone_region, config.settings.phone_number
    if region is not None and phone is not None:
        yield from _of_another_country(phone, region, events)


def _wrong(
    config: Config, name: str, value: MappingValue, events: list[Mapped]
) -> Iterator[Finding]:
    setting, slot = f"settings.{TABLE[name].name}", name.replace("phone_number", "phone number")

    def said(message: str, path: str | None, shown: Mapped) -> Finding:
        if name == "anonymous_id":
            path = DEVICE if is_there(at(DEVICE, shown.event)) else None
        remedy = f'{setting} = "{path}"' if path is not None else "Leave it out."
        return Finding("identifier.type", value.where, message, remedy, shown.example)

    for read in reads_of(value):
        meaning = meaning_of(read.path) or ""
        there = [(one, raw) for one in events if is_there(raw := at(read.path, one.event))]
        if name != "email" and meaning not in ("", *MEANT[slot]) and len(there) >= FEW:
            if read.within or acquits(slot, meaning, (raw for _, raw in there)):
                continue
            path = path_of(slot, events) if slot in PERSONAL else TABLE[name].default
            message = f'"{read.path}" is the {meaning}, and no {TABLE[name].title.lower()}'
            yield said(message, path, there[0][0])
    if name in DIFFERENT and not paths_read(value) & set(OF_A_DEVICE):
        given = [(one, text) for one in events if (text := _text(value, one)) is not None]
        same = [
            (one, TABLE[other].title.lower())
            for one, text in given
            for other, another in config.settings.identifiers
            if other != name and _text(another, one) == text
        ]
        if len(same) >= FEW and len(same) > len(given) * MOSTLY:
            message = f"{len(same):,} of {len(given):,} values are the {same[0][1]} too"
            yield said(message, None, same[0][0])
    another = of_another(slot, value.tree, events) if slot in PERSONAL else None
    if another is not None:
        path, own, shows = another
        yield said(f'"{path}" is another person\'s than "{own}"', own, shows)


def _text(value: MappingValue, one: Mapped) -> str | None:
    return read_identifier(value(one.event))[0]


def _of_another_country(
    phone: MappingValue, region: MappingValue, events: list[Mapped]
) -> Iterator[Finding]:
    """National numbers nearly all of which are another country's, where their people live."""
    national: dict[str, tuple[str, Mapped]] = {}
    votes = Counter[str]()
    for one in events:
        number, code = phone(one.event), region(one.event)
        if not isinstance(number, str) or not isinstance(code, str) or number in national:
            continue
        if number.strip().startswith(("+", "00")):
            continue
        national[number] = code.upper(), one
        home = _country(one)
        if home is None and _is_valid(number, code.upper()):
            continue
        read = read_phone(number, code)
        votes.update(
            other
            for other in ([home] if home is not None else REGIONS)
            if _is_valid(number, other) and read_phone(number, other) != read
        )
    likely, count = votes.most_common(1)[0] if votes else ("", 0)
    codes = {code for code, _ in national.values()}
    if count >= max(FEW, len(national) * MOSTLY) and likely not in codes:
        code, shows = next(iter(national.values()))
        who = f"{count:,} of {len(national):,} national numbers"
        message = f"{who} are none of {code}, but of {likely}"
        remedy = f'settings.phoneRegion = "{likely}", or the path of the visitor\'s country.'
        yield Finding("identifier.type", region.where, message, remedy, shows.example)


def _country(one: Mapped) -> str | None:
    """Where the visitor lives, as a code."""
    user = leaves_of({"user": one.event.get("user"), **(one.traits or {})})
    codes = (raw for path, raw in user if meaning_of(path) == "country" and isinstance(raw, str))
    return next((code.upper() for code in codes if is_phone_region(code.upper())), None)


def _is_valid(number: str, region: str) -> bool:
    """Is it in use there, and not only of a possible length?"""
    import phonenumbers  # 20 ms; only who maps a phone number pays

    try:
        read: Any = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number_for_region(read, region))


def regions_of(value: Any) -> list[str]:
    """Of which countries could it be a number?"""
    return [region for region in REGIONS if parse_phone(value, region)[0] is not None]
