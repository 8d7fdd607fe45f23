"""What are requests and replies, as plain values?

A request as the web server received it, and a reply for it to send.
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
"""The most issues in one answer; a bulk request of known events has one for each of 1,000 rows."""


@frozen
class Request:
    """One request as received; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    query: str = ""


@frozen
class Reply:
    """One answer. Without a `status`, the connection closes without an answer."""

    status: int | None
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    cut: bool = False
    """Whether the answer is cut off half-way."""


def refused(issues: Issues, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """The answer that lists issues; its status is that of the first.

    >>> refused([Issue("is required.", "/data")]).status
    400
    """
    body = dumps(problem(issues[:MOST_ISSUES]))
    return Reply(issues[0].status, body, (*headers, JSON_TYPE))


def throttled(seconds: int) -> Reply:
    """Klaviyo's 429."""
    detail = f"Request was throttled. Expected available in {seconds} seconds."
    return refused([Issue(detail, None, "throttled", 429)], (("retry-after", str(seconds)),))
