"""What is a key allowed to do?

A private key has scopes, and Klaviyo answers 403 if an endpoint needs one that it lacks. Here an
endpoint can also be denied by its call's name, since bulk endpoints have no scope of their own but
a key may still be denied them.
Source: `x-klaviyo-scopes` of the endpoint descriptions.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from .issue import Issue
from .routes import ROUTES, Route

CALLS: Final = tuple(route.call for route in ROUTES)
SCOPES: Final = tuple(sorted({scope for route in ROUTES for scope in route.scopes}))


def denials(names: Collection[str]) -> frozenset[str]:
    """The scopes and calls to deny; ValueError for an unknown one.

    >>> sorted(denials(["lists:write", "events.bulk_create_events"]))
    ['events.bulk_create_events', 'lists:write']
    >>> denials(["event:write"])
    Traceback (most recent call last):
    ...
    ValueError: event:write: unknown scope or call; did you mean "events:write"?
    """
    names = (names,) if isinstance(names, str) else names
    for name in names:
        if name not in SCOPES and name not in CALLS:
            near = get_close_matches(name, (*SCOPES, *CALLS), 1)
            hint = f'did you mean "{near[0]}"?' if near else f"scopes are {', '.join(SCOPES)}"
            raise ValueError(f"{name}: unknown scope or call; {hint}")
    return frozenset(names)


def forbidden(route: Route, denied: Collection[str]) -> Issue | None:
    """Klaviyo's 403 if the route is denied, else None."""
    missing = [scope for scope in route.scopes if scope in denied]
    if missing:
        detail = f"Your API key is missing required scopes: {', '.join(missing)}"
    elif route.call in denied:
        detail = f"Your API key may not call {route.call}"
    else:
        return None
    return Issue(detail, None, "permission_denied", 403)
