"""Who may open the status page, and who may change something with it?

A browser sends the token as the password of HTTP Basic (with any user name), also when another
site's page makes the request. So a change must come from the page's origin, with its CSRF token.
Source: RFC 7617 for Basic, the Fetch standard for `Origin`, Fetch Metadata for `Sec-Fetch-Site`.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from hmac import compare_digest
from typing import Final

from attrs import evolve

from .body import Refusal
from .guard import LOOPBACK, Guard, refusal
from .health import is_here

ASK: Final = {"www-authenticate": 'Basic realm="walkeros-klaviyo: the token is the password"'}


def may_open(guard: Guard, headers: Mapping[str, str], client: str) -> Refusal | None:
    """Why the page is refused; None if it is not.

    Without a token only this machine may open it, under its own names: a name of another site that
    points here (DNS rebinding) is refused, even if the endpoint answers to any name.

    >>> may_open(Guard(), {"host": "localhost:8080"}, "127.0.0.1")
    >>> may_open(Guard(), {"host": "evil.example"}, "127.0.0.1").status
    421
    >>> may_open(Guard(), {"host": "localhost:8080"}, "192.0.2.7").status
    403
    >>> given = {"host": "x", "authorization": "Basic YW55Om9wZW4="}
    >>> may_open(Guard(token="open"), given, "192.0.2.7")
    """
    names = guard.hosts if guard.hosts or guard.token else frozenset(LOOPBACK)
    given = {**headers, "authorization": _bearer(headers.get("authorization", ""))}
    found = refusal(evolve(guard, hosts=names, origins=None), given)
    if found is not None or guard.token is not None or is_here(client):
        return found
    return Refusal(403, "only for this machine, or with the token: start it with --token TOKEN")


def may_change(headers: Mapping[str, str], given: str, token: str) -> Refusal | None:
    """Why a posted change is refused; None if it is not. `given` is its CSRF token.

    >>> own = {"host": "localhost:8080", "origin": "http://localhost:8080"}
    >>> may_change(own, "t", "t")
    >>> may_change({**own, "origin": "http://evil.example"}, "t", "t").status
    403
    >>> may_change(own, "", "t").status
    403
    """
    is_own = headers.get("origin", "").partition("://")[2] == headers.get("host")
    if not is_own or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return Refusal(403, "changes are made on the page itself, and this came from elsewhere")
    if not compare_digest(given.encode(), token.encode()):
        return Refusal(403, "the page is an older one; load it again, then do it once more")
    return None


def _bearer(given: str) -> str:
    """The Authorization header as a program would send it, from a browser's."""
    kind, _, packed = given.partition(" ")
    if kind.lower() != "basic":
        return given
    try:
        return f"Bearer {b64decode(packed, validate=True).decode().partition(':')[2]}"
    except (Error, ValueError):
        return ""
