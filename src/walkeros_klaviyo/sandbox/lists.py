"""Which lists does the account have?

Those it was given or, if none were, every list whose id looks like Klaviyo's. A request that names
another list is refused as a whole.
Source: Get List. The refusal of an unknown list is not described; a missing resource is 404.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from .issue import Issue
from .shape import FINE, Issues

_ID: Final = re.compile(r"[A-Za-z0-9]{6}")
_SINCE: Final = "2026-01-01T00:00:00+00:00"


def ids(given: Collection[str] | None) -> frozenset[str] | None:
    """The ids given for an account's lists.

    >>> ids("Y6nRLr")
    frozenset({'Y6nRLr'})
    """
    if given is None:
        return None
    return frozenset((given,) if isinstance(given, str) else given)


def exists(known: Collection[str] | None, list_id: str) -> bool:
    """Does the account have this list?

    >>> exists(None, "Y6nRLr"), exists(None, "Newsletter"), exists(["HBZrGh"], "Y6nRLr")
    (True, False, False)
    """
    return _ID.fullmatch(list_id) is not None if known is None else list_id in known


def missing(known: Collection[str] | None, body: Any) -> Issues:
    """Issues for the lists that an accepted body names but that do not exist."""
    return [
        absent(list_id, at) for at, list_id in _named(body) if not exists(known, list_id)
    ] or FINE


def absent(list_id: str, at: str | None = None) -> Issue:
    """Klaviyo's 404 for a list."""
    return Issue(f"A list with id {list_id[:80]} does not exist.", at, "not_found", 404)


def document(list_id: str, host: str) -> dict[str, Any]:
    """The answer of Get List."""
    path = f"{host}/api/lists/{list_id}"
    return {
        "data": {
            "type": "list",
            "id": list_id,
            "attributes": {
                "name": f"List {list_id}",
                "created": _SINCE,
                "updated": _SINCE,
                "opt_in_process": "single_opt_in",
            },
            "relationships": {
                name: {
                    "links": {"self": f"{path}/relationships/{name}", "related": f"{path}/{name}"}
                }
                for name in ("profiles", "tags", "flow-triggers")
            },
            "links": {"self": path},
        },
        "links": {"self": path},
    }


def _named(body: Any) -> Iterator[tuple[str, str]]:
    """The ids of the lists in a body, each with the pointer to it."""
    related, at = body["data"].get("relationships") or {}, "/data/relationships"
    if related.get("list"):
        yield f"{at}/list/data/id", related["list"]["data"]["id"]
    for index, each in enumerate((related.get("lists") or {"data": []})["data"]):
        yield f"{at}/lists/data/{index}/id", each["id"]
