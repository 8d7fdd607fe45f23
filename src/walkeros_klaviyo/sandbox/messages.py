"""What goes in, what comes out?

A request as the web server hands it over, a reply as it is to be sent: plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from .issue import Issue, problem
from .shape import Issues
from .wire import dumps

JSON_TYPE: Final = ("content-type", "application/vnd.api+json")
MOST_ISSUES: Final = 10_000
"""One answer names no more; a bulk request of known events has one for each of 1,000 rows."""


@frozen
class Request:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    query: str = ""


@frozen
class Reply:
    """One answer. No `status`: the connection closes without one."""

    status: int | None
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    cut: bool = False
    """The answer stops half-way."""


def refused(issues: Issues, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """The answer that says what is wrong; its status is the first issue's.

    >>> refused([Issue("is required.", "/data")]).status
    400
    """
    body = dumps(problem(issues[:MOST_ISSUES]))
    return Reply(issues[0].status, body, (*headers, JSON_TYPE))


def throttled(seconds: int) -> Reply:
    """Klaviyo's 429."""
    detail = f"Request was throttled. Expected available in {seconds} seconds."
    return refused([Issue(detail, None, "throttled", 429)], (("retry-after", str(seconds)),))
