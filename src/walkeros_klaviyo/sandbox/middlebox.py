"""What do firewalls, proxies, captive portals and load balancers answer?

Anything between a sender and Klaviyo may answer in words of its own, which say nothing about the
request and are not JSON:API.
Source: RFC 9110 for the statuses; the pages are after those of common products.
"""

from __future__ import annotations

from html import escape
from typing import Final

from .faults import Faults
from .messages import Reply
from .rows import rows
from .wire import JsonError, loads

_HTML: Final = (("content-type", "text/html; charset=utf-8"),)


def _page(status: int, title: str, text: str) -> Reply:
    head = f"<!doctype html><html><head><title>{escape(title)}</title></head>"
    body = f"{head}<body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>\n"
    return Reply(status, body.encode(), _HTML)


PAGES: Final = (
    _page(200, "Sign in to the network", "Accept the terms of use to go online."),
    _page(400, "400 Bad Request", "Your browser sent a request that this server rejects."),
    _page(403, "Access denied", "This request was blocked by the security rules."),
    _page(404, "404 Not Found", "No such host is configured here."),
    _page(406, "Not Acceptable!", "An appropriate representation could not be found."),
    _page(451, "Unavailable for legal reasons", "This site is blocked in your network."),
)
STRAYS: Final = (
    # A name that certainly leads nowhere (RFC 6761), in case somebody follows it.
    Reply(302, b"", (("location", "https://portal.invalid/login"),)),
    Reply(204),
    Reply(206),
    Reply(200),
    Reply(
        202,
        b'{"errors":[{"message":"upstream unavailable"}]}',
        (("content-type", "application/json"),),
    ),
    Reply(401),
    Reply(403),
)
_TOO_LARGE: Final = _page(
    413, "413 Request Entity Too Large", "The request is larger than this proxy lets through."
)


def page(pick: float) -> Reply:
    """One of the web pages, picked by a number from 0 to 1.

    >>> page(0.0).status, page(0.99).status
    (200, 451)
    """
    return PAGES[min(int(pick * len(PAGES)), len(PAGES) - 1)]


def stray(pick: float) -> Reply:
    """One of the answers that are not Klaviyo's."""
    return STRAYS[min(int(pick * len(STRAYS)), len(STRAYS) - 1)]


def held_up(faults: Faults, call: str, body: bytes) -> tuple[str, Reply] | None:
    """The bound that a request exceeds, if any, and the answer that it gets instead of Klaviyo's.

    >>> held_up(Faults(bytes=2), "events.create_event", b"{ }")[1].status
    413
    """
    if faults.bytes is not None and len(body) > faults.bytes:
        return "bytes", _TOO_LARGE
    if faults.rows is not None and _count(call, body) > faults.rows:
        return "rows", Reply(None)
    return None


def _count(call: str, body: bytes) -> int:
    try:
        return sum(1 for _ in rows(call, loads(body)))
    except JsonError:
        return 0
