"""What do we learn from the account? Queries through the SDK, none of which records anything."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol

from walkeros_klaviyo.delivery.messages import Answer

NOTHING = b'{"data": {}}'
"""A body that Klaviyo refuses only after checking the key: 400 means that the key may write."""


class Connection(Protocol):
    """A connection to Klaviyo, such as `send.klaviyo.Klaviyo`."""

    def send(self, call: str, body: bytes) -> Answer:
        """Make one call."""

    def question(self, call: str, *given: str) -> Answer:
        """Query a read-only endpoint."""


class UnreachableError(Exception):
    """There was no answer, or not one of Klaviyo's."""


def ask_account(
    klaviyo: Connection, writes: Iterable[str] = (), lists: Iterable[str] = ()
) -> dict[str, tuple[int, Any]]:
    """The answers (status, JSON body) by call; a list's id is appended to `lists.get_list`.

    `writes` are further calls that delivery makes. Raises UnreachableError if there is no answer.
    """
    found = {}
    for call in ("accounts.get_accounts", "metrics.get_mapped_metrics"):
        found[call] = _read(klaviyo.question(call))
        if found[call][0] == 401:
            return found
    for call in (
        "events.create_event",
        "profiles.create_or_update_profile",
        "profiles.bulk_import_profiles",
        *writes,
    ):
        found[call] = _read(klaviyo.send(call, NOTHING))
    for one in lists:
        found[f"lists.get_list {one}"] = _read(klaviyo.question("lists.get_list", one))
    return found


def _read(answer: Answer) -> tuple[int, Any]:
    if answer.status is None or answer.fault is not None:
        words = answer.body.decode(errors="replace")
        raise UnreachableError(f"no answer ({words or answer.fault or 'cut off'})")
    try:
        return answer.status, json.loads(answer.body) if answer.body else None
    except (ValueError, RecursionError):
        raise UnreachableError(f"answered {answer.status}, and not as Klaviyo would") from None
