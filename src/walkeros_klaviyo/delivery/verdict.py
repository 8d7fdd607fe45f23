"""What does an answer mean for the items of its request?

The first matching row of `VERDICTS` decides. Only Klaviyo's own words can condemn an item; after
anybody else's answer (`speaker.py`) the request is tried again.
Source: Klaviyo's API overview (status, JSON:API errors, Retry-After, RateLimit-*); RFC 9110.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

from attrs import field, frozen

from .messages import Answer
from .speaker import described, errors_in, is_receipt, is_web_page

MAX_WAIT: Final = 86_400.0
"""Seconds up to which a Retry-After is believed: a day."""
MAX_FOREIGN_WAIT: Final = 300.0
"""The same for an answer that may not be Klaviyo's: five minutes."""
MAX_PAGE_WAIT: Final = 2.0
"""The same for a web page: the breaker finds out when the trouble is over."""
NOT_KLAVIYO: Final = "not-klaviyo"
"""The code of an answer that is not Klaviyo's."""

Kind = Literal[
    "delivered", "duplicate", "conflict", "refused", "too-large", "throttled", "failed", "stop"
]
_ANY: Final = range(1_000_000)
_SECONDS: Final = re.compile(r"-?\d+(\.\d+)?")
_REFUSALS: Final = range(400, 500)

VERDICTS: Final[tuple[tuple[str, range | tuple[int, ...], str, Kind, str], ...]] = (
    # who answered, status, part of the error's code, kind of verdict, code
    ("receipt", _ANY, "", "delivered", ""),
    ("klaviyo", (401,), "", "stop", "key"),
    ("klaviyo", (403,), "", "stop", "scope"),
    ("klaviyo", (408, 425), "", "failed", ""),
    ("klaviyo", (409,), "duplicate_profile", "conflict", ""),
    ("klaviyo", (409,), "duplicate", "duplicate", ""),
    ("klaviyo", (413,), "", "too-large", ""),
    ("anyone", (429,), "", "throttled", ""),
    ("klaviyo", _REFUSALS, "", "refused", ""),
    ("anyone", range(500, 600), "", "failed", ""),
    ("anyone", (413,), "", "too-large", NOT_KLAVIYO),
    ("anyone", _ANY, "", "failed", NOT_KLAVIYO),
)
"""Verdicts on complete answers."""

FAULTS: Final[Mapping[str, tuple[Kind, str]]] = {
    "connect": ("failed", "nobody answers there"),
    "reset": ("failed", "the connection was cut off"),
    "timeout": ("failed", "no answer in time"),
    "tls": ("stop", "the host's certificate is not trusted"),
    "crash": ("failed", "a fault of this program"),
    "unsent": ("refused", "the request was not made"),
}
"""Verdicts on requests without an answer."""


@frozen
class Verdict:
    """What to do with the items, and why."""

    kind: Kind
    status: int | None = None
    code: str = ""
    detail: str = ""
    pointer: str = ""
    wait: float | None = None
    """Seconds that the answer asked to wait, if any."""
    is_klaviyos: bool = field(default=False, eq=False)
    """May Klaviyo have answered? Not if it was a web page or an unexpected status."""


def judge(answer: Answer, call: str) -> Verdict:
    """The verdict on an answer to a request to the endpoint `call`.

    >>> judge(Answer(202), "events.create_event").kind
    'delivered'
    >>> judge(Answer(429, {"retry-after": "7"}), "events.create_event").wait
    7.0
    >>> judge(Answer(400, body=b"<html>blocked"), "events.create_event").kind
    'failed'
    """
    error = first_error(answer.body)
    words = word(error, "detail") or word(error, "title")
    if answer.status is None:
        fault = answer.fault or "reset"
        kind, detail = FAULTS[fault]
        said = words or " ".join(answer.body.decode(errors="replace").split())
        detail = f"{detail}: {said}" if said else detail
        return Verdict(kind, None, word(error, "code") or fault, detail)
    if answer.fault is not None:  # the answer broke off: resend under the same id
        said = " ".join(answer.body.decode(errors="replace").split())
        cut = f"the answer was cut off: {said}" if said else "the answer was cut off"
        return Verdict("failed", answer.status, answer.fault, cut)
    who = "klaviyo" if errors_in(answer.body) else "anyone"
    who = "receipt" if is_receipt(call, answer) else who
    code = word(error, "code")
    kind, named = next(
        (kind, named)
        for speaker, statuses, part, kind, named in VERDICTS
        if speaker in (who, "anyone") and answer.status in statuses and part in code
    )
    is_page = who == "anyone" and answer.body.strip() != b""
    shown = described(answer) if named == NOT_KLAVIYO or is_page else f"answered {answer.status}"
    detail = words if who == "klaviyo" and words and named != NOT_KLAVIYO else shown
    wait = retry_after(answer.headers, answer.wall)
    is_klaviyos = named != NOT_KLAVIYO and (who != "anyone" or not is_web_page(answer))
    if wait is not None and who == "anyone":
        wait = min(wait, MAX_FOREIGN_WAIT if is_klaviyos else MAX_PAGE_WAIT)
    code = named or code or str(answer.status)
    return Verdict(kind, answer.status, code, detail, pointer_of(error), wait, is_klaviyos)


def first_error(body: bytes) -> dict[str, Any]:
    """The first JSON:API error of an answer's body; empty if there is none.

    >>> first_error(b'{"errors": [{"code": "invalid", "detail": "no"}]}')["code"]
    'invalid'
    >>> first_error(b"<html>")
    {}
    """
    errors = errors_in(body)
    return errors[0] if errors else {}


def word(error: Mapping[str, Any], name: str) -> str:
    """A string member of an error; empty if there is none.

    >>> word({"code": "invalid", "detail": None}, "detail")
    ''
    """
    return str(error.get(name) or "")


def pointer_of(error: Mapping[str, Any]) -> str:
    """Where in the request an error points."""
    source = error.get("source")
    return word(source, "pointer") if isinstance(source, dict) else ""


def retry_after(headers: Mapping[str, str], wall: float) -> float | None:
    """Seconds to wait by `Retry-After`: a number, or a date relative to the answer's own clock.

    >>> retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, wall=50.0)
    10.0
    >>> retry_after({"retry-after": "soon"}, wall=0.0) is None
    True
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        moment, here = _date(text), _date(headers.get("date", ""))
        if moment is None:
            return None
        seconds = moment - (wall if here is None else here)
    return min(max(seconds, 0.0), MAX_WAIT)


def exhausted(headers: Mapping[str, str]) -> float | None:
    """Seconds until the rate window resets, if the answer says that it is used up.

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
