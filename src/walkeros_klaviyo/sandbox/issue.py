"""How does Klaviyo report what is wrong?

As JSON:API `errors`, each with `id`, `status`, `code`, `title`, `detail` and `source.pointer`.
Source: the `ClientError` response of Klaviyo's endpoint descriptions.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from attrs import frozen

TITLES = {
    400: "Invalid input.",
    401: "Not authenticated.",
    403: "You do not have permission to perform this action.",
    404: "Not found.",
    405: "Method not allowed.",
    409: "Conflict.",
    413: "Payload too large.",
    415: "Unsupported media type.",
    429: "Rate limited.",
    500: "Internal server error.",
    502: "Bad gateway.",
    503: "Service unavailable.",
    504: "Gateway timeout.",
}


@frozen
class Issue:
    """One fault of a request, and its place in the body.

    >>> Issue("is not a valid field.", "/data/attributes/valeu").to_dict()["source"]
    {'pointer': '/data/attributes/valeu'}
    """

    detail: str
    pointer: str | None = None
    code: str = "invalid"
    status: int = 400
    meta: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON:API error object."""
        return {
            "id": str(uuid.uuid4()),
            "status": self.status,
            "code": self.code,
            "title": TITLES.get(self.status, "Error."),
            "detail": self.detail,
            "source": {} if self.pointer is None else {"pointer": self.pointer},
            "links": {},
            "meta": dict(self.meta),
        }


def problem(issues: Iterable[Issue]) -> dict[str, Any]:
    """The body of a refusal."""
    return {"errors": [issue.to_dict() for issue in issues]}


def token(name: str) -> str:
    """A name inside a JSON pointer (RFC 6901).

    >>> token("a/b~c")
    'a~1b~0c'
    """
    return name.replace("~", "~0").replace("/", "~1")
