"""Which events put a configuration to the test?

Events that hit its rules, paths and consents, or narrowly miss; and streams of a few visitors. What
a configuration reads is known (`reads`), but not what functions read: so users' events are varied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from walkeros_klaviyo.core.klaviyo.settings import IDENTIFIERS
from walkeros_klaviyo.core.walkeros.event import Event

from .aim import Aim, Target, aim_at
from .events import any_events, events
from .fitting import PLAIN, SET, changed, changes
from .json_values import Json, T, mostly, texts
from .places import Path, found, plant, without
from .reads import Configured
from .shop_values import emails, identifiers, phones

_VISITORS: Final = events(
    user=st.fixed_dictionaries(
        {"id": st.sampled_from(["u1", "u2", 7])},
        optional={"email": emails(), "phone": phones(), "device": identifiers(), "first": texts()},
    )
)
USUAL: Final = mostly(_VISITORS, any_events())
_MOSTLY: Final = (True, True, True, True, True, False)
_EVENLY: Final = (True, False)
Base = SearchStrategy[Event] | Iterable[Event]
"""Events to start from: a strategy, or some events of yours to vary."""


def events_for(config: Configured, base: Base = ()) -> SearchStrategy[Event]:
    """Events aimed at a configuration, parsed or raw.

    They meet its rules (every one in a list, every `*`), have fitting values, wrong types, nulls or
    nothing at its paths, and grant or deny the consent that it requires; others narrowly miss.
    `base` supplies what functions need: some of your events, one for each branch of a condition.

    >>> from hypothesis import find, settings
    >>> shop = {"mapping": {"order": {"complete": {"settings": {"value": "shop.cart.sum"}}}}}
    >>> paid = lambda event: event.get("shop", {}).get("cart", {}).get("sum") == 7
    >>> find(events_for(shop), lambda event: event["name"] == "order complete",
    ...      settings=settings(database=None))["timestamp"]
    1600000000000
    """
    return _aimed(*_aim_and_base(config, base))


def _aim_and_base(config: Configured, base: Base) -> tuple[Aim, SearchStrategy[Event]]:
    if isinstance(base, SearchStrategy):
        return aim_at(config), base
    return aim_at(config, base), USUAL


@st.composite
def _aimed(draw: st.DrawFn, aim: Aim, base: SearchStrategy[Event]) -> Event:
    """Draw what matters first, since hypothesis simplifies what comes late."""
    target: Target | None = None
    name = None
    if aim.targets:
        chosen = draw(st.integers(0, len(aim.targets) * 6 // 5))
        target = aim.targets[chosen] if chosen < len(aim.targets) else None
        # The target's name; without a target, a near miss.
        name = draw(st.sampled_from(aim.misses if target is None else target.names))
    granted = draw(_consent(aim.consents)) if aim.consents else None
    near = aim.bases if target is None else target.bases
    is_based = bool(aim.bases) and draw(st.sampled_from(_MOSTLY if near else _EVENLY))
    looked_at = (*aim.common, *(target.reads if target is not None else aim.others))
    planned = draw(changes(looked_at)) if not is_based or draw(st.booleans()) else []
    event = _varied(draw, near or aim.bases, aim.values) if is_based else draw(base)
    if name is not None and not (is_based and near and target is not None):
        event = {**event, "name": name}
    if granted is not None:
        event = {**event, "consent": granted}
    return changed(event, planned)


def _varied(
    draw: st.DrawFn, bases: tuple[Event, ...], values: Mapping[Path, tuple[Json, ...]]
) -> Event:
    """One of the events, often with another value at one or two places."""
    event = _one_of(draw, bases)
    places = tuple(values)
    count = draw(st.integers(0, 2)) if places else 0
    for path in [_one_of(draw, places) for _ in range(count)]:
        other = draw(st.sampled_from(("there", "plain", "gone")))
        if other == "gone":
            event = without(event, path)
        else:
            value = _one_of(draw, values[path]) if other == "there" else draw(PLAIN)
            event = plant(event, path, value)
    return event


def _one_of(draw: st.DrawFn, some: Sequence[T]) -> T:
    """Draw one of several values without making a strategy, which would take longer."""
    return some[draw(st.integers(0, len(some) - 1))]


@st.composite
def _consent(draw: st.DrawFn, states: tuple[str, ...]) -> dict[str, Json] | None:
    """Mostly all required consent; sometimes part of it, odd values, or the event's own."""
    way = draw(st.integers(0, 9))
    if way == 9:
        return None
    if way < 8:
        return dict.fromkeys(states, True)
    some = [state for state in states if draw(st.booleans())]
    return {state: draw(st.sampled_from((True, False, None, 1, "true"))) for state in some}


def streams_for(
    config: Configured, base: Base = (), max_size: int = 5
) -> SearchStrategy[list[Event]]:
    """Short lists of aimed events of a few visitors, interleaved and with repetitions.

    >>> from hypothesis import Phase, find, settings
    >>> quick = settings(database=None, phases=[Phase.generate])
    >>> len(find(streams_for({}, max_size=2), lambda events: len(events) > 1, settings=quick))
    2
    """
    aim, usual = _aim_and_base(config, base)
    return _streams(aim, st.lists(_aimed(aim, usual), min_size=1, max_size=3), max_size)


@st.composite
def _streams(
    draw: st.DrawFn, aim: Aim, events: SearchStrategy[list[Event]], max_size: int
) -> list[Event]:
    some = draw(events)
    places = [one.path for one in aim.common if one.kind in IDENTIFIERS and one.path[0] not in SET]
    for at in range(1, len(some)):
        again = draw(st.sampled_from(("another", "visitor", "event")))
        if again == "visitor":
            for path in places:
                there = found(some[0], path)
                event = without(some[at], path)
                some[at] = plant(event, path, there[0]) if there else event
        elif again == "event":  # with different traits
            some[at] = changed(some[0], draw(changes(aim.traits)))
    if aim.consents and draw(st.sampled_from(_MOSTLY)):
        some = [{**event, "consent": dict.fromkeys(aim.consents, True)} for event in some]
    turns = draw(st.lists(st.integers(0, len(some) - 1), min_size=1, max_size=max_size))
    if draw(st.booleans()):  # the whole list twice
        turns = [*range(len(some))] * 2
    return [some[at] for at in turns[:max_size]]
