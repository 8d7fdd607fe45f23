"""Do the events say who it was, in a way that Klaviyo takes?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.identifier import parse_email, parse_identifier, parse_phone
from walkeros_klaviyo.core.path import ABSENT
from walkeros_klaviyo.verify.findings import Finding

from .look import MOSTLY, Mapped, Shown

SECTIONS: Final = ("user", "data", "context", "globals", "custom")
"""Parts of an event where a person may stand."""
REGIONS: Final = ("DE", "US", "GB", "FR", "IT", "ES", "NL", "AT", "CH", "PL", "SE", "IN", "JP")
"""Enough countries to tell a national number from what is no number at all."""


def judge_identity(shown: Shown) -> Iterator[Finding]:
    """Values that are no identifiers, and a configuration under which nobody is known."""
    yield from _nobody(shown)
    yield from _unusable(shown)


def _nobody(shown: Shown) -> Iterator[Finding]:
    if not shown.mapped:
        return
    if any(one.told.plan.outcome != "unidentified" for one in shown.mapped):
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


def _unusable(shown: Shown) -> Iterator[Finding]:
    tried: dict[str, list[tuple[bool, Mapped, Any, str]]] = defaultdict(list)
    for one in shown.mapped:
        for mapping, judge in (
            (one.rule.email, parse_email),
            (one.rule.external_id, parse_identifier),
            (one.rule.anonymous_id, parse_identifier),
            (one.rule.kx, parse_identifier),
            (one.rule.phone_number, lambda value, one=one: parse_phone(value, _region(one))),
        ):
            value = ABSENT if mapping is None else mapping(one.event)
            if mapping is not None and value is not ABSENT and value != "":
                is_good = judge(value)[0] is not None
                tried[mapping.where].append((is_good, one, value, mapping.reads))
    for where, found in tried.items():
        bad = [(one, value) for is_good, one, value, _ in found if not is_good]
        if len(bad) <= len(found) * MOSTLY:
            continue
        one, value = bad[0]
        is_phone = one.rule.phone_number is not None and where == one.rule.phone_number.where
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


def _region(one: Mapped) -> str | None:
    region = one.rule.phone_region(one.event) if one.rule.phone_region else None
    return region.upper() if isinstance(region, str) else None
