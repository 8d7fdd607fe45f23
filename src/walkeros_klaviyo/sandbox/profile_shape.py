"""Which fields does a profile have, and of what types?

Four descriptions differ slightly, and the differences matter: the upsert has no `anonymous_id`;
an event's profile carries `meta` inside its attributes (Create Event) or beside them (Bulk Create
Events, and the SDK's model in both), an upsert beside them.
Source: EventProfileCreateQueryResourceObject, OnsiteProfileCreateQueryResourceObject,
ProfileUpsertQueryResourceObject, ProfileLocation, ProfileMeta of the endpoint descriptions.
"""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo.core.klaviyo.traits import LOCATION_FIELDS, TEXT_TRAITS

from . import scalar
from .issue import Issue
from .patch import PATCH
from .shape import FINE, Issues, Judge, also, fields, leaf, resource

IDENTIFIERS = ("email", "phone_number", "external_id", "anonymous_id", "_kx")
"""The identifiers besides the resource's own `id`."""

TEXT = leaf(scalar.string)
OBJECT = leaf(scalar.mapping)
COORDINATE = leaf(scalar.number_or_string)


def identified(value: Any, at: str) -> Issues:
    """At least one identifier must be present and not empty."""
    attributes = value["attributes"]
    if value.get("id") or any(attributes.get(name) for name in IDENTIFIERS):
        return FINE
    return (
        Issue(
            "At least one profile identifier is needed: "
            "id, email, phone_number, external_id, anonymous_id or _kx.",
            f"{at}/attributes",
            "required",
        ),
    )


_LOCATION = fields(
    {},
    {
        name: COORDINATE if name in ("latitude", "longitude") else TEXT
        for name in sorted(LOCATION_FIELDS)
    },
)

_META = fields(
    {},
    {
        "patch_properties": PATCH,
        "patch_identifiers": fields({}, {"append": OBJECT, "unappend": OBJECT}),
    },
)

_UPSERT_FIELDS: dict[str, Judge] = {
    "email": leaf(scalar.email),
    "phone_number": leaf(scalar.phone_number),
    "external_id": TEXT,
    "_kx": TEXT,
    **dict.fromkeys(TEXT_TRAITS, TEXT),
    "location": _LOCATION,
    "properties": OBJECT,
}
_EVENT_FIELDS: dict[str, Judge] = {**_UPSERT_FIELDS, "anonymous_id": TEXT}

_BESIDE: dict[str, Judge] = {"id": TEXT, "meta": _META}

UPSERT = also(resource("profile", fields({}, _UPSERT_FIELDS), _BESIDE), identified)
EVENT_PROFILE = also(
    resource("profile", fields({}, {**_EVENT_FIELDS, "meta": _META}), _BESIDE), identified
)
BULK_EVENT_PROFILE = also(resource("profile", fields({}, _EVENT_FIELDS), _BESIDE), identified)
