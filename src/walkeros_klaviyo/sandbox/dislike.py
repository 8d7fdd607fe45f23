"""How are refusals of valid rows simulated that a client can repair?

Klaviyo may refuse a phone number that is valid E.164, or know an identifier as another profile's.
A client cannot foresee this, but can resend the row without the identifier. The chances `conflict`
and `phone`, and the row itself, decide which rows these are.
Source: `duplicate_profile` and its meta: Create or Update Profile.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

from .issue import Issue
from .profile_shape import IDENTIFIERS
from .rows import lot
from .shape import FINE, Issues
from .wire import canonical
from .work import State

PHONE: Final = "Invalid phone number format (Example of a valid format: +12345678901)"
_GROUPS: Final = "/data/attributes/events-bulk-create/data"
_ROWS: Final = "/data/attributes/profiles/data"


def event(state: State, body: Any) -> Issues:
    """Create Event: its profile's phone number."""
    resource = body["data"]["attributes"]["profile"]["data"]
    return profile(state, resource, "/data/attributes/profile/data")


def bulk_events(state: State, body: Any) -> Issues:
    """Bulk Create Events: an issue for each profile with a disliked number."""
    found: list[Issue] = []
    for place, group in enumerate(body["data"]["attributes"]["events-bulk-create"]["data"]):
        at = f"{_GROUPS}/{place}/attributes/profile/data"
        found += profile(state, group["attributes"]["profile"]["data"], at)
    return found or FINE


def profile(state: State, resource: Any, at: str) -> Issues:
    """The phone number of an event's profile, an upsert's, or an import's row.

    >>> from walkeros_klaviyo.sandbox.faults import Faults
    >>> sore = State(faults=Faults(phone=1.0))
    >>> profile(sore, {"attributes": {"phone_number": "+15005550006"}}, "/data")[0].pointer
    '/data/attributes/phone_number'
    """
    rate, number = state.faults.phone, resource["attributes"].get("phone_number")
    if not number or not rate or lot(state.seed, "phone", number) >= rate:
        return FINE
    return (Issue(PHONE, f"{at}/attributes/phone_number"),)


def subscriptions(state: State, body: Any) -> Issues:
    """Bulk Subscribe Profiles, and Bulk Unsubscribe Profiles."""
    found: list[Issue] = []
    for index, row in enumerate(body["data"]["attributes"]["profiles"]["data"]):
        found += profile(state, row, f"{_ROWS}/{index}")
    return found or FINE


def conflict(state: State, body: Any) -> Issues:
    """Create or Update Profile: one of two identifiers is another's; one alone is accepted."""
    rate, resource = state.faults.conflict, body["data"]
    attributes = resource["attributes"]
    named = [name for name in IDENTIFIERS if attributes.get(name)]
    if len(named) + bool(resource.get("id")) < 2 or not rate:
        return FINE
    if lot(state.seed, "conflict", resource) >= rate:
        return FINE
    known = state.record.people.find(resource)
    invented = blake2b(canonical(resource), digest_size=8).hexdigest().upper()
    return (
        Issue(
            "A profile already exists with one of these identifiers.",
            "/data/attributes",
            "duplicate_profile",
            409,
            (("duplicate_profile_id", f"01SANDBOX0{invented}" if known is None else known.id),),
        ),
    )
