"""What holds for the whole destination?

Source: the settings of the walkerOS Klaviyo destination (`apiKey`, `email`, `phoneNumber`,
`externalId`, `identify`, `currency`, `uniqueId`), and ours.
"""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import field, frozen

from .event import kind_of
from .faults import Findings, is_reference, join, unresolved
from .value import MappingValue, parse_mapping

DEFAULTS: Final = {"email": "user.email", "externalId": "user.id", "uniqueId": "id"}

VALUES: Final = {
    "email": "email",
    "phoneNumber": "phone_number",
    "phoneRegion": "phone_region",
    "externalId": "external_id",
    "anonymousId": "anonymous_id",
    "kx": "kx",
    "identify": "identify",
    "currency": "currency",
    "uniqueId": "unique_id",
    "backfill": "backfill",
}
"""Settings that take a mapping value, with their names in Python."""

LATER: Final = ("items", "subscribe", "preset")
"""Settings of the design that this version does not have yet; refused rather than ignored."""

KEYS: Final = ("apiKey", *VALUES, *LATER)


@frozen
class Settings:
    """The destination's settings, mapping values compiled.

    The API key never shows in a repr.
    """

    api_key: str | None = field(default=None, repr=False)
    email: MappingValue | None = None
    phone_number: MappingValue | None = None
    phone_region: MappingValue | None = None
    external_id: MappingValue | None = None
    anonymous_id: MappingValue | None = None
    kx: MappingValue | None = None
    identify: MappingValue | None = None
    currency: MappingValue | None = None
    unique_id: MappingValue | None = None
    backfill: MappingValue | None = None


def parse_settings(raw: Any, where: str, findings: Findings) -> Settings:
    """Read the destination's settings; faults go to `findings`.

    >>> parse_settings({"apiKey": "pk_1", "email": "user.mail"}, "settings", Findings()).email.reads
    'user.mail'
    """
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        findings.fault(where, f"expected an object, got {kind_of(raw)}")
        return Settings()
    findings.keys(raw, KEYS, where)
    refuse_later(raw, LATER, where, findings)
    given = {**DEFAULTS, **{key: value for key, value in raw.items() if value is not None}}
    values = {
        name: compile_setting(key, given.get(key), where, findings) for key, name in VALUES.items()
    }
    return Settings(api_key=_api_key(raw.get("apiKey"), join(where, "apiKey"), findings), **values)


def refuse_later(
    raw: dict[str, Any], later: tuple[str, ...], where: str, findings: Findings
) -> None:
    """Fault the settings that are not there yet, so that nobody believes they work."""
    for key in later:
        if key in raw:
            findings.fault(join(where, key), "is not available in this version; remove it")


def compile_setting(key: str, raw: Any, where: str, findings: Findings) -> MappingValue | None:
    """One setting's mapping value; bare codes (`EUR`, `DE`) and booleans are constants."""
    if raw is None:
        return None
    where = join(where, key)
    if key == "backfill" and isinstance(raw, bool):
        raw = {"value": raw}
    elif isinstance(raw, str) and key in _CODES and _CODES[key].fullmatch(raw):
        raw = {"value": raw.upper()}
    return parse_mapping(raw, where, findings)


_CODES: Final = {
    "currency": re.compile("[A-Za-z]{3}"),
    "phoneRegion": re.compile("[A-Za-z]{2}"),
}


def _api_key(raw: Any, where: str, findings: Findings) -> str | None:
    if raw is None:
        return None
    if isinstance(raw, str) and is_reference(raw):
        findings.fault(where, unresolved(raw))
    elif not isinstance(raw, str) or not raw.startswith("pk_"):
        findings.fault(where, 'expected a private API key, which starts with "pk_"')
    elif not raw.isascii() or not raw.isprintable() or " " in raw:
        findings.fault(where, "holds a character that no API key has; was it cut or padded?")
    else:
        return raw
    return None
