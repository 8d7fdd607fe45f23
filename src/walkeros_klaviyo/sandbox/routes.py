"""Which calls are there, and at what rates?

Calls that change something are in the limits table; GET requests have limits of their own.
Source: path, method, `x-klaviyo-ratelimit` and `x-klaviyo-scopes` of the endpoint descriptions.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS, MB


@frozen
class Route:
    """One call: its name in the SDK, and its limits."""

    call: str
    method: str
    burst: int
    steady: int
    bytes: int
    """The most bytes of a body; where Klaviyo names no limit, more than any sensible body has."""
    scopes: tuple[str, ...]
    """The scopes that a key needs."""


_WRITES: Final = {
    "events.create_event": ("events:write",),
    "events.bulk_create_events": ("events:write",),
    "profiles.create_or_update_profile": ("profiles:write",),
    "profiles.bulk_import_profiles": ("lists:write", "profiles:write"),
    "profiles.bulk_subscribe_profiles": ("lists:write", "profiles:write", "subscriptions:write"),
    "profiles.bulk_unsubscribe_profiles": ("lists:write", "profiles:write", "subscriptions:write"),
}
_POSTS: Final = {
    one.path: Route(call, "POST", one.burst, one.steady, one.bytes or 50 * MB, _WRITES[call])
    for call, one in ENDPOINTS.items()
}
_GETS: Final = {
    "/api/accounts": Route("accounts.get_accounts", "GET", 1, 15, 0, ("accounts:read",)),
    "/api/mapped-metrics": Route("metrics.get_mapped_metrics", "GET", 3, 60, 0, ("metrics:read",)),
}
_JOB: Final = Route(
    "profiles.get_bulk_import_profiles_job", "GET", 10, 150, 0, ("lists:read", "profiles:read")
)
_ERRORS: Final = Route(
    "profiles.get_errors_for_bulk_import_profiles_job", "GET", 10, 150, 0, ("profiles:read",)
)
_LIST: Final = Route("lists.get_list", "GET", 75, 750, 0, ("lists:read",))
ROUTES: Final = (*_POSTS.values(), *_GETS.values(), _JOB, _ERRORS, _LIST)
_LIST_PATH: Final = re.compile(r"/api/lists/([^/]+)")
_JOB_PATH: Final = re.compile(r"/api/profile-bulk-import-jobs/([^/]+)(/import-errors)?")


def find_route(path: str) -> tuple[Route, str] | None:
    """The call for a path, and the id in it.

    >>> found = find_route("/api/profile-bulk-import-jobs/J1/import-errors")
    >>> found and (found[0].call, found[1])
    ('profiles.get_errors_for_bulk_import_profiles_job', 'J1')
    """
    path = path.rstrip("/")
    known = _POSTS.get(path) or _GETS.get(path)
    if known is not None:
        return known, ""
    job = _JOB_PATH.fullmatch(path)
    if job is not None:
        return _ERRORS if job[2] else _JOB, job[1]
    chosen = _LIST_PATH.fullmatch(path)
    return None if chosen is None else (_LIST, chosen[1])
