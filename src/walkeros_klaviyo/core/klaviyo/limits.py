"""What does Klaviyo accept at most?

One table, shared by `admit` (would Klaviyo refuse it?), by the pace of delivery and by the
sandbox, which judges with checks of its own.

Source: Klaviyo's endpoint descriptions, API revision 2026-07-15 / 2026-10-15 (Create Event,
Bulk Create Events, Create or Update Profile, Bulk Import Profiles, Bulk Subscribe Profiles).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from attrs import frozen

KB: Final = 1_000
MB: Final = 1_000_000


@frozen
class Endpoint:
    """One endpoint's ceiling: items and bytes a request, requests a second and a minute.

    >>> ENDPOINTS["events.create_event"].steady
    3500
    """

    path: str
    items: int
    bytes: int | None
    item_bytes: int | None
    burst: int
    """Requests a second."""
    steady: int
    """Requests a minute."""
    success: tuple[int, ...]
    changes_profile: bool = False
    """Rather than recording what happened."""


ENDPOINTS: Final = MappingProxyType(
    {
        "events.create_event": Endpoint("/api/events", 1, 5 * MB, 5 * MB, 350, 3_500, (202,)),
        "events.bulk_create_events": Endpoint(
            "/api/event-bulk-create-jobs", 1_000, 5 * MB, 5 * MB, 10, 150, (202,)
        ),
        "profiles.create_or_update_profile": Endpoint(
            "/api/profile-import", 1, 100 * KB, 100 * KB, 75, 750, (200, 201), True
        ),
        "profiles.bulk_import_profiles": Endpoint(
            "/api/profile-bulk-import-jobs", 10_000, 5 * MB, 100 * KB, 10, 150, (202,), True
        ),
        "profiles.bulk_subscribe_profiles": Endpoint(
            "/api/profile-subscription-bulk-create-jobs", 1_000, None, None, 75, 750, (202,), True
        ),
    }
)
"""By the name of the SDK's call, as `plan` prints it."""

MAX_PROPERTIES: Final = 400
"""Top-level properties of one event."""
MAX_STRING_BYTES: Final = 100 * KB
"""One string, in UTF-8."""
MAX_METRIC_LENGTH: Final = 127
"""Characters: "less than 128"."""
MIN_TIME_MS: Final = 631_152_000_000
"""1990-01-01T00:00:00Z: "after the year 1990" is read as: in 1990 or later."""
MAX_FUTURE_MS: Final = 365 * 24 * 3_600 * 1_000
"""One year ahead of now."""

CURRENCIES: Final = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP
    BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP
    GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
    MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD
    TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)
"""ISO 4217 codes of money, as of 2026; ANG and BGN, just withdrawn, stay while late orders in
them may still arrive."""

DECIMALS: Final = MappingProxyType(
    {
        **dict.fromkeys(
            "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0
        ),
        **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
        "CLF": 4,
    }
)
"""Decimals of the currencies that have not two (ISO 4217, minor unit)."""

PROFILE_FIELDS: Final = (
    "first_name",
    "last_name",
    "organization",
    "title",
    "image",
    "locale",
)
"""A profile's own text fields, beside `location` and `properties`."""

LOCATION_FIELDS: Final = frozenset(
    "address1 address2 city country latitude longitude region timezone zip ip".split()
)
