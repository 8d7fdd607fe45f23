"""Which settings do the destination and a rule have? This is the only table of them.

Everything that needs the settings' names, kinds or meaning takes them from these fields: the
parser, the JSON Schema, the tables of the reference, `verify` and its strategies. Source: the
settings of the walkerOS Klaviyo destination (`apiKey`, `email`, `phoneNumber`, `externalId`,
`identify`, `currency`, `uniqueId`), and ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import Attribute, Factory, field, fields, frozen

from walkeros_klaviyo.core.walkeros.path import Path as Keys
from walkeros_klaviyo.core.walkeros.rule import Rule
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.tree import Node, Object, alternatives, bare, is_path

from .currencies import CURRENCIES
from .preset import Preset
from .traits import LOCATION_FIELDS, WIRE


@frozen
class Setting:
    """A row of the table: the JSON name, a title, its description, and how it is read.

    `text` describes it for the destination, `rule_text` for a rule; empty where it has no such
    setting. `default` is read where nothing is given; `constant` says which strings, and whether
    booleans, are constants rather than paths.
    """

    name: str
    title: str
    text: str = ""
    rule_text: str = ""
    default: str | None = None
    constant: str = ""
    codes: frozenset[str] | None = None
    """The valid constants; any other single word must be a field of the event."""
    takes_booleans: bool = False
    is_identifier: bool = False
    is_value: bool = True
    """Whether the setting is a mapping value."""


def _row(
    name: str, title: str, text: str = "", rule_text: str = "", **more: Any
) -> dict[Any, Setting]:
    return {Setting: Setting(name, title, text, rule_text, **more)}


@frozen
class Settings:
    """The compiled settings of the destination, or of a rule laid over them.

    `parse_config` makes them. The API key never appears in a repr.

    >>> from walkeros_klaviyo import parse_config
    >>> [name for name, mapping in parse_config({}).settings.identifiers][:2]
    ['email', 'external_id']
    """

    api_key: str | None = field(
        default=None,
        repr=False,
        metadata=_row(
            "apiKey",
            "Private API key",
            "Klaviyo's private key, which starts with pk_; better left out and given as the "
            "environment variable KLAVIYO_API_KEY.",
            is_value=False,
        ),
    )
    email: MappingValue | None = field(
        default=None,
        metadata=_row(
            "email",
            "Email",
            "The path of the person's email address.",
            default="user.email",
            is_identifier=True,
        ),
    )
    external_id: MappingValue | None = field(
        default=None,
        metadata=_row(
            "externalId",
            "External id",
            "The path of your own id for the person, never that of a device or session.",
            default="user.id",
            is_identifier=True,
        ),
    )
    phone_number: MappingValue | None = field(
        default=None,
        metadata=_row(
            "phoneNumber",
            "Phone number",
            "The path of the person's phone number.",
            is_identifier=True,
        ),
    )
    phone_region: MappingValue | None = field(
        default=None,
        metadata=_row(
            "phoneRegion",
            "Phone region",
            "The country of phone numbers without a country code, such as DE, or its path.",
            constant="[A-Za-z]{2}",
        ),
    )
    anonymous_id: MappingValue | None = field(
        default=None,
        metadata=_row(
            "anonymousId",
            "Anonymous id",
            "The path of Klaviyo's id for a visitor whom it does not know yet.",
            is_identifier=True,
        ),
    )
    kx: MappingValue | None = field(
        default=None,
        metadata=_row(
            "kx",
            "Exchange id",
            "The path of the _kx that Klaviyo adds to links in its emails, by which it recognises "
            "the person.",
            is_identifier=True,
        ),
    )
    identify: MappingValue | None = field(
        default=None,
        metadata=_row(
            "identify",
            "Profile",
            "What Klaviyo learns about the person, such as firstName, lastName, location and "
            "properties, unless a rule says otherwise.",
            "What Klaviyo learns about the person from this event, in place of the destination's.",
        ),
    )
    value: MappingValue | None = field(
        default=None,
        metadata=_row(
            "value", "Amount", "", "The path of the amount, which Klaviyo adds up as revenue."
        ),
    )
    currency: MappingValue | None = field(
        default=None,
        metadata=_row(
            "currency",
            "Currency",
            "The currency of amounts whose rule finds none: a code such as EUR, or its path.",
            "The amount's currency: a code such as EUR, or its path.",
            constant="[A-Za-z]{3}",
            codes=CURRENCIES,
        ),
    )
    default_currency: MappingValue | None = None
    """The destination's currency, for a rule whose own yields none."""
    unique_id: MappingValue | None = field(
        default=None,
        metadata=_row(
            "uniqueId",
            "Unique id",
            "The path of the id by which Klaviyo recognises a repeated event, keeping the first.",
            "The path of the id by which Klaviyo recognises a repeated event, keeping the first, "
            "such as an order's data.id.",
            default="id",
        ),
    )
    backfill: MappingValue | None = field(
        default=None,
        metadata=_row(
            "backfill",
            "Backfill",
            "Record events without starting Klaviyo's flows, for example for old orders.",
            "Record this metric without starting Klaviyo's flows.",
            takes_booleans=True,
        ),
    )
    lines: MappingValue | None = field(
        default=None,
        metadata=_row(
            "items",
            "Order lines",
            "How the lines of orders are read where a rule says items: true; else where shops "
            "usually have them.",
            "true, or an object with a loop: each line of the order becomes an Ordered Product "
            "event, with an amount and a unique id of its own.",
            is_value=False,
        ),
    )
    default_lines: MappingValue | None = None
    """The destination's `items`, for rules that say `items: true`."""
    subscribe: MappingValue | None = field(
        default=None,
        metadata=_row(
            "subscribe",
            "Subscribe",
            "",
            "true, or an object with channels, a list and a source: subscribes the person to "
            "marketing, in a rule that asks for consent.",
            is_value=False,
        ),
    )
    unsubscribe: MappingValue | None = field(
        default=None,
        metadata=_row(
            "unsubscribe",
            "Unsubscribe",
            "",
            "true, or an object with channels and a list: the person is unsubscribed.",
            is_value=False,
        ),
    )
    lists: MappingValue | None = field(
        default=None,
        metadata=_row(
            "lists",
            "Lists",
            "Ids of lists to which everybody is added; this says nothing about consent.",
            "Ids of lists to which the person is added; this says nothing about consent.",
            is_value=False,
        ),
    )
    patch: MappingValue | None = field(
        default=None,
        metadata=_row(
            "patch",
            "Patch",
            "An object with append, unappend and unset: how lists among a profile's own "
            "properties change, and which properties are removed.",
            "What to append to or remove from lists among the profile's own properties, and "
            "which properties to unset.",
            is_value=False,
        ),
    )
    preset: Preset | None = field(
        default=None,
        metadata=_row(
            "preset",
            "Preset",
            "ecommerce, or an object with that name and more: the rules shipped for a shop, "
            "beneath your own.",
            is_value=False,
        ),
    )
    clear: frozenset[str] | None = field(
        default=None,
        metadata=_row(
            "clear",
            "Traits to clear",
            "true, or the names of traits that are cleared at Klaviyo where the event holds a "
            "null for them; a missing or blank one never is.",
            "true, or the names of traits that an explicit null of this event clears.",
            is_value=False,
        ),
    )
    """Traits that may be cleared, in wire form (members as `location.city`); empty for all."""
    cleared: tuple[tuple[tuple[str, ...], Keys], ...] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: tuple(_cleared(self.identify, self.clear)), takes_self=True),
    )
    """The fields that may be cleared, each with its path in the event."""

    identifiers: tuple[tuple[str, MappingValue], ...] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: tuple(self._identifiers()), takes_self=True),
    )
    """Identifiers that are set, by Python name; computed once, since every event needs them."""

    who: MappingValue = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: _who(self.identifiers), takes_self=True),
    )
    """Yields the first option of each identifier, by name: for most people that is enough."""

    others: tuple[str, ...] = field(
        init=False,
        eq=False,
        repr=False,
        default=Factory(lambda self: tuple(_others(self.identifiers)), takes_self=True),
    )
    """Names of the identifiers that have further options."""

    @property
    def tells(self) -> bool:
        """Do these settings send anything about a person that must be remembered?"""
        told = (self.identify, self.patch, self.lists, self.subscribe, self.unsubscribe)
        return any(one is not None for one in told)

    def _identifiers(self) -> Iterator[tuple[str, MappingValue]]:
        return ((name, value) for name, value in self.items() if name in IDENTIFIERS)

    def items(self) -> Iterator[tuple[str, MappingValue]]:
        """Yield (Python name, mapping value) for each one that is set."""
        for name in (*TABLE, "default_currency"):
            value = getattr(self, name)
            if isinstance(value, MappingValue):
                yield name, value


def _who(identifiers: tuple[tuple[str, MappingValue], ...]) -> MappingValue:
    first = ((name, alternatives(value.tree)[0]) for name, value in identifiers)
    return MappingValue("", Object("", tuple(first)))


def _others(identifiers: tuple[tuple[str, MappingValue], ...]) -> Iterator[str]:
    return (name for name, value in identifiers if len(value.options) > 1)


def _cleared(
    identify: MappingValue | None, clear: frozenset[str] | None
) -> Iterator[tuple[tuple[str, ...], Keys]]:
    """The traits that may be cleared and are read from a plain path, with the path."""
    tree = None if identify is None else bare(identify.tree)
    if clear is None or not isinstance(tree, Object):  # with several options it may be another
        return
    for name, node in tree.members:
        field = WIRE.get(name)
        if field is None:
            continue
        is_object = field in ("location", "properties") and isinstance(node, Object)
        below = dict(node.members) if is_object and isinstance(node, Object) else {}
        if field == "location":
            below = {one: member for one, member in below.items() if one in LOCATION_FIELDS}
        inner: list[tuple[tuple[str, ...], Node]]
        inner = [((field, one), member) for one, member in below.items()]
        for path, one in inner or [((field,), node)]:
            if is_path(one) and (not clear or not clear.isdisjoint((field, ".".join(path)))):
                yield path, one.keys


def _rows() -> dict[str, Setting]:
    every: tuple[Attribute[Any], ...] = fields(Settings)
    return {one.name: one.metadata[Setting] for one in every if Setting in one.metadata}


TABLE: Final = _rows()
"""The rows by Python name."""
IDENTIFIERS: Final = tuple(name for name, row in TABLE.items() if row.is_identifier)
"""The settings that identify a person."""
KlaviyoRule = Rule[Settings]
"""A walkerOS rule with Klaviyo's settings."""
