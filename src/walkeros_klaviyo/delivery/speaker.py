"""Did Klaviyo answer, or something in between?

Firewalls, proxies, captive portals and load balancers answer too. Klaviyo speaks JSON:API: a
document, or a list of `errors`. Any other answer is reported as what it looks like.
Source: JSON:API; Klaviyo's endpoint descriptions (success answers), API overview (errors).
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

from .messages import Answer

JOBS: Final = "profiles.get_bulk_import_profiles_job"
_MEMBERS: Final = frozenset("id links status code title detail source meta".split())
"""The members of an error in JSON:API."""
_TITLE: Final = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_URL: Final = re.compile(r"([a-zA-Z]+://)?(?:[^/?#@]*@)?([^?#\s]*)")
_LONGEST: Final = 80
_TOP_LEVEL: Final = frozenset({"data", "links", "meta", "jsonapi"})


def errors_in(body: bytes) -> list[dict[str, Any]]:
    """The JSON:API errors of an answer; empty where `errors` is missing or something else.

    >>> errors_in(b'{"errors": [{"code": "invalid", "detail": "no"}]}')[0]["code"]
    'invalid'
    >>> errors_in(b"<html>"), errors_in(b'{"errors": [{"message": "Forbidden"}]}')
    ([], [])
    """
    found = member(body, "errors")
    if not isinstance(found, list):
        return []
    errors = [error for error in found if isinstance(error, dict)]
    return errors if any(map(_is_json_api, errors)) else []


def _is_json_api(error: dict[str, Any]) -> bool:
    """Is it a JSON:API error: with a message, no unknown members, and a code that is not digits?"""
    if any(isinstance(error.get(name), str) and error[name] for name in ("title", "detail")):
        return "message" not in error
    code = error.get("code")
    return _MEMBERS.issuperset(error) and isinstance(code, str) and code.strip("0123456789") != ""


def is_receipt(call: str, answer: Answer) -> bool:
    """Does the answer confirm that Klaviyo accepted the request?

    >>> event, upsert = "events.create_event", "profiles.create_or_update_profile"
    >>> is_receipt(event, Answer(202)), is_receipt(event, Answer(200))
    (True, False)
    >>> is_receipt(upsert, Answer(200, body=b'{"data": {"id": "1"}}'))
    True
    """
    statuses = ENDPOINTS[call].success if call in ENDPOINTS else (200,)
    if answer.status not in statuses or answer.fault is not None:
        return False
    may_be_empty = answer.status == 202 and call != "profiles.bulk_import_profiles"
    if not answer.body.strip():
        return may_be_empty
    found = parsed(answer.body)
    if not isinstance(found, dict) or found.get("errors") is not None:
        return False
    data = found.get("data")
    if call == JOBS:
        return isinstance(data, dict | list)
    if may_be_empty:
        return not _TOP_LEVEL.isdisjoint(found)
    return isinstance(data, dict) and isinstance(data.get("id"), str) and data["id"] != ""


def described(answer: Answer) -> str:
    """A readable description of an answer that is not Klaviyo's.

    >>> described(Answer(403, body=b"<html><title>Access denied</title>"))
    'answered 403 with a web page, "Access denied"'
    >>> described(Answer(302, {"location": "https://login.example/?next=x"}))
    'answered 302, a redirect to https://login.example/'
    >>> described(Answer(204))
    'answered 204 with an empty body'
    """
    where = answer.headers.get("location", "")
    if answer.status is not None and 300 <= answer.status < 400 and where:
        return f"answered {answer.status}, a redirect to {_place(where)}"
    text = answer.body[:65_536].decode(errors="replace")
    titled = _TITLE.search(text)
    if is_web_page(answer):
        title = " ".join(unescape(titled[1]).split())[:_LONGEST] if titled else ""
        named = f', "{title}"' if title else ""
        return f"answered {answer.status} with a web page{named}"
    if not text.strip():
        return f"answered {answer.status} with an empty body"
    if errors_in(answer.body):
        return f"answered {answer.status} with JSON:API errors in the body"
    return f"answered {answer.status} with a body that is not Klaviyo's"


def is_web_page(answer: Answer) -> bool:
    """Is the answer a web page?

    >>> is_web_page(Answer(503, body=b"<!DOCTYPE HTML><html>")), is_web_page(Answer(503))
    (True, False)
    """
    text = answer.body[:65_536].decode(errors="replace")
    return "<html" in text[:1_000].lower() or _TITLE.search(text) is not None


def parsed(body: bytes) -> Any:
    """Parse JSON; None for anything else.

    >>> parsed(b"[1]"), parsed(b"<html>")
    ([1], None)
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def member(body: bytes, name: str) -> Any:
    """A member of a JSON object; None if missing."""
    found = parsed(body)
    return found.get(name) if isinstance(found, dict) else None


def _place(url: str) -> str:
    """Where a redirect leads, without parts that may be secret.

    >>> _place("https://user:pw@login.example/sso?token=x")
    'https://login.example/sso'
    """
    found = _URL.match(url)
    return f"{found[1] or ''}{found[2]}"[:_LONGEST] if found else "somewhere"
