"""Which traits does a Klaviyo profile have?

To add a trait that is a string, add its name here; any other also needs a reader in `profile.py`.
`settings.identify` may use Klaviyo's names (`first_name`) or walkerOS's (`firstName`).
Source: Klaviyo Create or Update Profile (`ProfileUpsertQuery`).
"""

from __future__ import annotations

from typing import Final

TEXT_TRAITS: Final = (
    "first_name",
    "last_name",
    "organization",
    "title",
    "image",
    "locale",
)
"""Traits that are strings; the others are the objects `location` and `properties`."""

LOCATION_FIELDS: Final = frozenset(
    "address1 address2 city country latitude longitude region timezone zip ip".split()
)
"""Members of `location`."""


def _camel(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(map(str.capitalize, rest))


WIRE: Final = {
    **{field: field for field in (*TEXT_TRAITS, "location", "properties")},
    **{_camel(field): field for field in TEXT_TRAITS},
}
"""From walkerOS's names of traits, and Klaviyo's own, to Klaviyo's."""
CAMEL: Final = {field: name for name, field in WIRE.items() if name != field}
