"""How much does Klaviyo accept?

One table, shared by `admit` (which checks bodies against it), the configuration's parser, the pace
of delivery, and the sandbox, which judges with checks of its own.

Source: Klaviyo's endpoint descriptions, API revision 2026-07-15 / 2026-10-15 (Create Event,
Bulk Create Events, Create or Update Profile, Bulk Import Profiles, Bulk Subscribe Profiles, Bulk
Unsubscribe Profiles).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from attrs import frozen

KB: Final = 1_000
MB: Final = 1_000_000


@frozen
class Endpoint:
    """One endpoint's limits: items and bytes per request, requests per second and per minute.

    >>> ENDPOINTS["events.create_event"].steady
    3500
    """

    path: str
    items: int
    bytes: int | None
    item_bytes: int | None
    burst: int
    """Requests per second."""
    steady: int
    """Requests per minute."""
    success: tuple[int, ...]
    changes_profile: bool = False
    """Whether it changes a profile rather than recording an event."""


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
        "profiles.bulk_unsubscribe_profiles": Endpoint(
            "/api/profile-subscription-bulk-delete-jobs", 100, None, None, 75, 750, (202,), True
        ),
    }
)
"""By the name of the SDK's method, as `plan` prints it."""

_SUBSCRIPTIONS: Final = ("lists:write", "profiles:write", "subscriptions:write")

SCOPES: Final = MappingProxyType(
    {
        "accounts.get_accounts": ("accounts:read",),
        "metrics.get_mapped_metrics": ("metrics:read",),
        "lists.get_list": ("lists:read",),
        "events.create_event": ("events:write",),
        "events.bulk_create_events": ("events:write",),
        "profiles.create_or_update_profile": ("profiles:write",),
        "profiles.bulk_import_profiles": ("lists:write", "profiles:write"),
        "profiles.bulk_subscribe_profiles": _SUBSCRIPTIONS,
        "profiles.bulk_unsubscribe_profiles": _SUBSCRIPTIONS,
        "profiles.get_bulk_import_profiles_job": ("lists:read", "profiles:read"),
        "profiles.get_errors_for_bulk_import_profiles_job": ("profiles:read",),
    }
)
"""The scopes that an API key needs for each call (`x-klaviyo-scopes` of the descriptions)."""
SINGLE_SCOPES: Final = ("events:write", "profiles:write")
"""The scopes without which nothing can be delivered."""
BULK_SCOPES: Final = tuple(
    sorted(
        {
            scope
            for call, scopes in SCOPES.items()
            if "bulk_import" in call or "bulk_create" in call
            for scope in scopes
        }
        - set(SINGLE_SCOPES)
    )
)
"""The further scopes without which profiles are sent one by one."""
MAX_PROPERTIES: Final = 400
"""Top-level properties of one event."""
MAX_STRING_BYTES: Final = 100 * KB
"""One string, in UTF-8."""
MAX_METRIC_LENGTH: Final = 127
"""Characters: "less than 128"."""
MIN_TIME_MS: Final = 631_152_000_000
"""1990-01-01T00:00:00Z; Klaviyo's "after the year 1990" is read as 1990 or later."""
MAX_FUTURE_MS: Final = 365 * 24 * 3_600 * 1_000
"""One year ahead of now."""
