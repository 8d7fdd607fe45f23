"""Which steps does the pipeline have, and which of them does a rule need?

All but `parse` return (result, diagnostics). `Stages` holds them so that each can be replaced:
`explain` passes steps that record what they saw, a user passes `evolve(STAGES, revenue=mine)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.backfill import resolve_backfill
from walkeros_klaviyo.core.klaviyo.calls import Calls, Mapped, create_event, upsert_profile
from walkeros_klaviyo.core.klaviyo.identity import Identity, resolve_identity
from walkeros_klaviyo.core.klaviyo.items import record_lines
from walkeros_klaviyo.core.klaviyo.lists import put_on_lists
from walkeros_klaviyo.core.klaviyo.profile import describe_profile
from walkeros_klaviyo.core.klaviyo.revenue import Revenue, resolve_revenue
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.subscribe import change_subscriptions
from walkeros_klaviyo.core.klaviyo.unique_id import resolve_unique_id
from walkeros_klaviyo.core.walkeros.consent import grant_consent, only_granted
from walkeros_klaviyo.core.walkeros.event import Event, EventError, parse_event
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.properties import read_base, select_properties
from walkeros_klaviyo.core.walkeros.rule import match_rule, rename_event

from .config import Config
from .diagnostics import Diagnostics


@frozen
class Stages:
    """The steps of the pipeline, each replaceable; `STAGES` holds the standard ones.

    >>> from attrs import evolve
    >>> evolve(STAGES, backfill=lambda rule, event: (True, ())).parse is STAGES.parse
    True
    """

    parse: Callable[[object], Event | EventError]
    consent: Callable[[Config | KlaviyoRule, Event], tuple[bool, Diagnostics]]
    granted: Callable[[Config, Event], tuple[Event, Diagnostics]]
    """Returns the event with only the consent states that are granted."""
    policy: Callable[[Config | KlaviyoRule, Event], tuple[Event | None, Diagnostics]]
    rule: Callable[[Config, Event], tuple[KlaviyoRule | None, Diagnostics]]
    base: Callable[[KlaviyoRule, Event], tuple[KlaviyoRule, Diagnostics]]
    """Reads the destination's `data` while the event still has its own name."""
    name: Callable[[KlaviyoRule, Event], tuple[Event, Diagnostics]]
    properties: Callable[[KlaviyoRule, Event], tuple[dict[str, Any], Diagnostics]]
    identity: Callable[[KlaviyoRule, Event], tuple[Identity | None, Diagnostics]]
    profile: Callable[[KlaviyoRule, Event], tuple[dict[str, Any] | None, Diagnostics]]
    revenue: Callable[[KlaviyoRule, Event], tuple[Revenue | None, Diagnostics]]
    unique_id: Callable[[KlaviyoRule, Event], tuple[str | None, Diagnostics]]
    backfill: Callable[[KlaviyoRule, Event], tuple[bool, Diagnostics]]
    calls: tuple[Callable[[KlaviyoRule, Mapped], tuple[Calls, Diagnostics]], ...]
    """Each makes any number of calls from the mapped event; they are sent in this order."""


STAGES: Final = Stages(
    parse=parse_event,
    consent=grant_consent,
    granted=only_granted,
    policy=apply_policy,
    rule=match_rule,
    base=read_base,
    name=rename_event,
    properties=select_properties,
    identity=resolve_identity,
    profile=describe_profile,
    revenue=resolve_revenue,
    unique_id=resolve_unique_id,
    backfill=resolve_backfill,
    calls=(upsert_profile, put_on_lists, change_subscriptions, create_event, record_lines),
)
"""The standard steps."""

Way = tuple[Any, Any, Any, Any, tuple[Any, ...]]
"""What a rule's events go through: the stages for properties, profile, revenue and backfill (None
for one with nothing to do), and the makers of calls that have something to do."""


def ways(rules: Iterable[KlaviyoRule], stages: Stages) -> Callable[[KlaviyoRule], Way]:
    """A function from a rule to its `Way`, precomputed for the given rules.

    >>> from walkeros_klaviyo import parse_config
    >>> rule = parse_config({}).default
    >>> ways([rule], STAGES)(rule) == way_of(rule, STAGES)
    True
    """
    known = {id(rule): (rule, way_of(rule, stages)) for rule in rules}

    def known_way(rule: KlaviyoRule) -> Way:
        found = known.get(id(rule))  # by id: hashing a rule would walk all of it
        return way_of(rule, stages) if found is None else found[1]

    return known_way


def way_of(rule: KlaviyoRule, stages: Stages) -> Way:
    """What a rule's events go through.

    >>> from walkeros_klaviyo import parse_config
    >>> *others, makers = way_of(parse_config({}).default, STAGES)
    >>> others, [make.__name__ for make in makers]
    ([None, None, None, None], ['create_event'])
    """

    def busy(stage: Any) -> Any:
        is_idle = _IDLE.get(id(stage))
        return None if is_idle is not None and is_idle(rule) else stage

    asks_for_age = not rule.silent or rule.settings.subscribe is not None
    return (
        busy(stages.properties),
        busy(stages.profile),
        busy(stages.revenue),
        busy(stages.backfill) if asks_for_age else None,
        tuple(filter(None, map(busy, stages.calls))),
    )


_IDLE: Final[Mapping[int, Callable[[KlaviyoRule], bool]]] = MappingProxyType(
    {
        id(select_properties): lambda rule: rule.base is rule.data is None and not rule.include,
        id(describe_profile): lambda rule: rule.settings.identify is None,
        id(resolve_revenue): lambda rule: rule.settings.value is None,
        id(resolve_backfill): lambda rule: rule.settings.backfill is None,
        id(upsert_profile): lambda rule: (
            rule.settings.identify is rule.settings.patch is None and not rule.silent
        ),
        id(put_on_lists): lambda rule: rule.settings.lists is None,
        id(change_subscriptions): lambda rule: (
            rule.settings.subscribe is rule.settings.unsubscribe is None
        ),
        id(record_lines): lambda rule: rule.settings.lines is None,
    }
)
"""When a standard stage has nothing to do for a rule; a custom one always runs."""
