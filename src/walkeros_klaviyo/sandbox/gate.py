"""Is a request let in at all?

Checks the key, revision and content type before the body. The key itself is compared and
forgotten; only a fingerprint that distinguishes keys is kept.
Source: the security scheme and the `revision` parameter of every endpoint description.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from hashlib import blake2b

from .issue import Issue
from .routes import Route

_SCHEME = "Klaviyo-API-Key "
_REVISION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[A-Za-z0-9]+)?")
_TYPES = ("application/json", "application/vnd.api+json")


def fingerprint(key: str) -> str:
    """A digest that distinguishes keys but cannot be turned back into one."""
    return blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()


def who(headers: Mapping[str, str]) -> str | None:
    """The fingerprint of a request's private key, if it has one.

    >>> who({"authorization": "Bearer x"}) is None
    True
    """
    scheme, given = _SCHEME, headers.get("authorization", "")
    key = given[len(scheme) :].strip()
    if not given.startswith(scheme) or not key.startswith("pk_") or len(key) <= 3:
        return None
    return fingerprint(key)


def stop(
    route: Route,
    method: str,
    headers: Mapping[str, str],
    key: str | None,
    rejected: Collection[str],
    length: int,
) -> Issue | None:
    """Why the request is refused, or None. Header names are in lower case."""
    if method != route.method:
        return Issue(f"This endpoint takes {route.method} only.", None, "method_not_allowed", 405)
    if "authorization" not in headers:
        return Issue(
            "Authentication credentials were not provided.", None, "not_authenticated", 401
        )
    if key is None or key in rejected:
        return Issue(
            "Incorrect authentication credentials: a private API key is expected, sent as "
            "'Klaviyo-API-Key pk_…'.",
            None,
            "authentication_failed",
            401,
        )
    if not _REVISION.fullmatch(headers.get("revision", "")):
        return Issue("A revision header is required, in the form YYYY-MM-DD[.suffix].")
    if method != "POST":
        return None
    media = headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if media not in _TYPES:
        return Issue(
            f"The content type must be one of {' or '.join(_TYPES)}.",
            None,
            "unsupported_media_type",
            415,
        )
    if length > route.bytes:
        return Issue(
            f"The payload must not exceed {route.bytes:,} bytes.", None, "payload_too_large", 413
        )
    return None
