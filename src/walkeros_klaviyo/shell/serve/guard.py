"""Who may send events?

Not pages of other sites, programs without the token, or anybody who reaches a loopback address
under another name (DNS rebinding). Decided from a request's headers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from typing import Final

from attrs import frozen

from .body import Refusal

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")


@frozen
class Guard:
    """What a request must have: `token` as bearer, one of the `origins`, one of the `hosts`.

    None means no requirement.
    """

    token: str | None = None
    origins: frozenset[str] | None = None
    hosts: frozenset[str] | None = None


def refusal(guard: Guard, headers: Mapping[str, str], is_preflight: bool = False) -> Refusal | None:
    """Why a request is refused; None if it is not. Header names are in lower case.

    >>> guard = Guard(token="s3cret", hosts=frozenset({"localhost"}))
    >>> refusal(guard, {"host": "localhost:8080", "authorization": "Bearer s3cret"})
    >>> refusal(guard, {"host": "localhost:8080"}).status
    401
    >>> refusal(guard, {"host": "shop.example"}).status
    421
    """
    if guard.hosts is not None and _name(headers.get("host", "")) not in guard.hosts:
        return Refusal(421, "not a host of this endpoint; start it with --allow-host NAME")
    origin = headers.get("origin")
    if guard.origins is not None and origin is not None and origin not in guard.origins:
        return Refusal(403, "not an allowed origin; start the endpoint with --allow-origin ORIGIN")
    if guard.token is not None and not is_preflight:
        given = headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {guard.token}".encode()):
            return Refusal(401, "needs the token, as: Authorization: Bearer TOKEN")
    return None


def cors(guard: Guard, headers: Mapping[str, str]) -> dict[str, str]:
    """CORS headers for a page's request: any origin, or the asking one if allowed."""
    origin = headers.get("origin")
    if origin is None:
        return {}
    is_any = guard.origins is None
    return (
        {"access-control-allow-origin": "*"}
        if is_any
        else {
            "access-control-allow-origin": origin,
            "vary": "Origin",
        }
    )


def preflight(guard: Guard, headers: Mapping[str, str]) -> dict[str, str]:
    """CORS headers for a preflight: any header that it names is allowed, `traceparent` too."""
    asked = headers.get("access-control-request-headers")
    named = {} if asked is None else {"access-control-allow-headers": asked}
    vary = ", ".join(["Origin", "Access-Control-Request-Headers"])
    return {
        **cors(guard, headers),
        "access-control-allow-methods": "GET, POST, OPTIONS",
        **named,
        "access-control-max-age": "7200",
        "vary": vary,
    }


def _name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()
