"""What does this answer mean?

A pure reading of status, headers and body. Source: Klaviyo's API overview (status codes, JSON:API
errors, Retry-After, RateLimit-*); RFC 9110 for dates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

from attrs import frozen

from .messages import Answer

MAX_WAIT: Final = 86_400.0
"""No Retry-After is believed beyond a day."""
TOO_SLOW_OR_EARLY: Final = (408, 425)
"""Refusals that only ask for another try."""


@frozen
class Verdict:
    """What becomes of the items: delivered, dead, tried again, or a reason to stop."""

    kind: Literal["delivered", "duplicate", "dead", "throttled", "failed", "stop"]
    status: int | None = None
    code: str = ""
    detail: str = ""
    pointer: str = ""
    wait: float | None = None
    """Seconds that Klaviyo asked to wait, where it did."""


def judge(answer: Answer) -> Verdict:
    """Read one answer.

    >>> judge(Answer(202)).kind, judge(Answer(429, {"retry-after": "7"})).wait
    ('delivered', 7.0)
    >>> judge(Answer(None, fault="reset")).kind
    'failed'
    """
    status = answer.status
    if status is None:
        if answer.fault == "tls":
            return Verdict("stop", None, "tls", "the host's certificate is not trusted")
        if answer.fault == "crash":  # it would crash again: a dead letter can be looked at
            return Verdict("dead", None, "crash", answer.body.decode(errors="replace"))
        return Verdict("failed", None, answer.fault or "reset", _NETWORK[answer.fault or "reset"])
    if answer.fault is not None:  # the status came, the rest did not: the same id is sent again
        return Verdict("failed", status, answer.fault, "the answer was cut off")
    if 200 <= status < 300:
        if not answer.body.strip() or _is_json_api(answer.body):
            return Verdict("delivered", status)
        return Verdict("stop", status, "not-klaviyo", f"answered {status} with something else")
    error = first_error(answer.body)
    code, detail = (
        str(error.get("code") or ""),
        str(error.get("detail") or error.get("title") or ""),
    )
    source = error.get("source")
    pointer = str(source.get("pointer") or "") if isinstance(source, dict) else ""
    wait = retry_after(answer.headers, answer.wall)
    if status == 429:
        return Verdict("throttled", status, code, detail, pointer, wait)
    if status >= 500 or status in TOO_SLOW_OR_EARLY:
        return Verdict("failed", status, code, detail or f"answered {status}", pointer, wait)
    if status in (401, 403):
        named = "key" if status == 401 else "scope"
        return Verdict("stop", status, named, detail or f"answered {status}")
    if status == 409 and "duplicate" in code and "profile" not in code:  # of many, the rows say
        return Verdict("duplicate", status, code, detail)
    if status < 400 or (status in (404, 405, 410) and not error):
        return Verdict("stop", status, "not-klaviyo", f"answered {status}, as Klaviyo would not")
    return Verdict("dead", status, code or str(status), detail or f"answered {status}", pointer)


_NETWORK: Final = {
    "connect": "nobody answers there",
    "reset": "the connection was cut off",
    "timeout": "no answer in time",
}


def first_error(body: bytes) -> dict[str, Any]:
    """The first JSON:API error of an answer's body, empty where there is none.

    >>> first_error(b'{"errors": [{"code": "invalid", "detail": "no"}]}')["code"]
    'invalid'
    >>> first_error(b"<html>")
    {}
    """
    try:
        errors = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    first = errors[0] if isinstance(errors, list) and errors else {}
    return first if isinstance(first, dict) else {}


_TOP_LEVEL: Final = frozenset({"data", "errors", "links", "meta", "jsonapi", "included"})


def _is_json_api(body: bytes) -> bool:
    """Is it a JSON:API document? Klaviyo answers with one, or with nothing; others say "ok"."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and (not document or not _TOP_LEVEL.isdisjoint(document))


def retry_after(headers: Mapping[str, str], wall: float) -> float | None:
    """Seconds to wait by `Retry-After`: a number, or a date against the answer's own clock.

    >>> retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, wall=50.0)
    10.0
    >>> retry_after({"retry-after": "soon"}, wall=0.0) is None
    True
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        moment, here = _date(text), _date(headers.get("date", ""))
        if moment is None:
            return None
        seconds = moment - (wall if here is None else here)
    if seconds != seconds:
        return None
    return min(max(seconds, 0.0), MAX_WAIT)


def exhausted(headers: Mapping[str, str]) -> float | None:
    """Seconds until the rate window opens again, where an answer says that it is used up.

    >>> exhausted({"ratelimit-remaining": "0", "ratelimit-reset": "12"})
    12.0
    >>> exhausted({"ratelimit-remaining": "3", "ratelimit-reset": "12"}) is None
    True
    """
    try:
        remaining = float(headers.get("ratelimit-remaining", ""))
        reset = float(headers.get("ratelimit-reset", ""))
    except ValueError:
        return None
    return min(reset, 60.0) if remaining <= 0 and reset > 0 else None


def _date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
