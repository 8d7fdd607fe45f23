"""Which traits does a Klaviyo profile have?

Another trait is another name here; `settings.identify` may use Klaviyo's name or walkerOS's.
Source: Klaviyo Create or Update Profile (`ProfileUpsertQuery`).
"""

from __future__ import annotations

from typing import Final

PROFILE_FIELDS: Final = (
    "first_name",
    "last_name",
    "organization",
    "title",
    "image",
    "locale",
)
"""Traits that are text, beside the objects `location` and `properties`."""

LOCATION_FIELDS: Final = frozenset(
    "address1 address2 city country latitude longitude region timezone zip ip".split()
)
"""Members of `location`."""

WIRE: Final = {
    **{field: field for field in (*PROFILE_FIELDS, "location", "properties")},
    "firstName": "first_name",
    "lastName": "last_name",
}
"""walkerOS's names of traits, and Klaviyo's own, to Klaviyo's."""
CAMEL: Final = {field: name for name, field in WIRE.items() if name != field}
