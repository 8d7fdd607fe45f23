"""What may this key do?

A private key has scopes, and Klaviyo answers 403 where an endpoint needs one that it lacks. An
endpoint can be denied by its call's name, too: the bulk ones need no scope of their own, or only
one for lists, and still a key may be kept from them.
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
    """Scopes and calls to deny; an unknown one raises ValueError.

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
    """Klaviyo's 403, or None."""
    missing = [scope for scope in route.scopes if scope in denied]
    if missing:
        detail = f"Your API key is missing required scopes: {', '.join(missing)}"
    elif route.call in denied:
        detail = f"Your API key may not call {route.call}"
    else:
        return None
    return Issue(detail, None, "permission_denied", 403)
