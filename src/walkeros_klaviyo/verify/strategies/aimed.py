"""Which events meet a configuration?

Events that hit its rules, paths and consents, and near misses of them; streams of a few visitors.
What a configuration looks at is read off it (`reads`); what its functions look at is not to be
read off them, so events of the user's own are varied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from walkeros_klaviyo.core.klaviyo.settings import IDENTIFIERS
from walkeros_klaviyo.core.walkeros.event import Event

from .aim import SET, Aim, Target, aim_at
from .configurations import configs
from .events import any_events, events
from .json_values import Json, hostile_values, json_values, keys, mostly, scalars, texts
from .places import Path, found, plant, without
from .reads import Configured, Read
from .shop_values import amounts, currencies, emails, identifiers, phones, regions
from .values import Raw

_KINDS: Final[dict[str, tuple[tuple[Json, Json, Json], SearchStrategy[Json]]]] = {
    "always": (("a1b2c3d4e5f60107", "e2", 7), identifiers()),
    "email": (("ada@example.com", "bob@example.org", "eve@example.net"), emails()),
    "phone_number": (("+15551234567", "+4915123456789", 15551234567), phones()),
    "phone_region": (("DE", "US", "FR"), regions()),
    "external_id": (("u1", "u2", 7), identifiers()),
    "anonymous_id": (("d1", "d2", 8), identifiers()),
    "kx": (("k1", "k2", "k3"), identifiers()),
    "unique_id": (("O-1", "O-2", 90210), identifiers()),
    "value": ((99.95, "12.50", 7), amounts()),
    "currency": (("EUR", "GBP", "usd"), currencies()),
    "backfill": ((True, False, True), st.sampled_from([True, False, 1])),
    "section": (
        ({"a": 1}, {"b": "x"}, {"a": ["x", 1]}),
        st.dictionaries(keys(), scalars(), min_size=1, max_size=2),
    ),
    "source": (([{}], [{}, {}], [{}]), st.lists(st.just({}), max_size=2)),
}
"""What fits where, by the kind of read: three values that are good, and what shops send."""
_PLAIN: Final = st.one_of(
    st.sampled_from(["x", 1, 12.5, True]), scalars(), st.lists(texts(), max_size=2)
)
_ANYTHING: Final = (("x", 12.5, ["y"]), _PLAIN)
_OTHER: Final = st.one_of(json_values(), hostile_values())
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
"""Events to start from: a strategy, or some events of yours, which are varied."""


def events_for(config: Configured, base: Base = ()) -> SearchStrategy[Event]:
    """Events aimed at a configuration, parsed or as it is written.

    They meet its rules (every place in a list, every `*`), hold fitting values, wrong types,
    nulls and nothing at its paths, grant and deny what it asks for; and narrowly miss all that.
    `base` gives what the configuration does not look at, and what its functions do: some events of
    your shop, one for each way that a condition may go.

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
    """What matters is drawn first: hypothesis makes what comes late as plain as it can."""
    target: Target | None = None
    name = None
    if aim.targets:
        chosen = draw(st.sampled_from(range(len(aim.targets) * 6 // 5 + 1)))
        target = aim.targets[chosen] if chosen < len(aim.targets) else None
        name = draw(_name(aim, target))
    granted = draw(_consent(aim.consents)) if aim.consents else None
    near = aim.bases if target is None else target.bases
    is_based = bool(aim.bases) and draw(st.sampled_from(_MOSTLY if near else _EVENLY))
    looked_at = (*aim.common, *(target.reads if target is not None else aim.others))
    changes = draw(_changes(looked_at)) if not is_based or draw(st.booleans()) else []
    event = draw(_varied(near or aim.bases, aim.values)) if is_based else draw(base)
    if name is not None and not (is_based and near and target is not None):
        event = {**event, "name": name}
    if granted is not None:
        event = {**event, "consent": granted}
    return _changed(event, changes)


@st.composite
def _varied(
    draw: st.DrawFn, bases: tuple[Event, ...], values: Mapping[Path, tuple[Json, ...]]
) -> Event:
    """One of the events, often with something else at one or two of its places."""
    event = draw(st.sampled_from(bases))
    for path in draw(st.lists(st.sampled_from(sorted(values)), max_size=2)) if values else ():
        other = draw(st.sampled_from(["there", "plain", "gone"]))
        if other == "gone":
            event = without(event, path)
        else:
            value = draw(st.sampled_from(values[path]) if other == "there" else _PLAIN)
            event = plant(event, path, value)
    return event


def _name(aim: Aim, target: Target | None) -> SearchStrategy[str]:
    """The target's name; without one, a near miss of those there are."""
    if target is not None:
        return st.sampled_from([target.name, target.name, f"{target.name} again"])
    return st.sampled_from(aim.misses)


def _consent(states: tuple[str, ...]) -> SearchStrategy[dict[str, Json] | None]:
    """All that is asked for, mostly; some of it, oddly; what the event has anyway."""
    all_of_it: SearchStrategy[Any] = st.just(dict.fromkeys(states, True))
    flags = st.sampled_from([True, False, None, 1, "true"])
    some = st.dictionaries(st.sampled_from(states), flags, max_size=len(states))
    return st.sampled_from([*[all_of_it] * 8, some, st.none()]).flatmap(lambda one: one)


Change = tuple[Path, str, list[Json]]
"""A place, what happens there, and the values for it: for the items of a list one each."""


@st.composite
def _changes(draw: st.DrawFn, looked_at: Iterable[Read]) -> list[Change]:
    """Something at some of the places: what fits, mostly; else what does not, null or nothing.

    A run of places is filled by two draws only, so that whole events are common, and shrink.
    """
    places = [one for one in looked_at if one.path[0] not in SET]
    start = draw(st.integers(0, len(places) - _MOST)) if len(places) > _MOST else 0
    places = places[start : start + _MOST]
    many = len(places)
    size = draw(st.sampled_from([*range(many + 1), *[many] * many]))
    first = draw(st.integers(0, many - size)) if size < many else 0
    variant = draw(st.integers(0, 2)) if size else 0
    changes: list[Change] = [
        (one.path, "fits", [_KINDS.get(one.kind, _ANYTHING)[0][variant]] * 3)
        for one in places[first : first + size]
    ]
    ways = draw(st.sampled_from([_FEW, _FEW, _MANY]))
    for one in places:
        way = draw(st.sampled_from(ways))
        if way == "leave":  # also what it shrinks to
            continue
        values: list[Json] = [None]
        if way in ("fits", "other"):
            strategy = _KINDS.get(one.kind, _ANYTHING)[1] if way == "fits" else _OTHER
            values = [draw(strategy) for _ in range(2 if "*" in one.path[:-1] else 1)]
        changes.append((one.path, way, values))
    cut = draw(st.sampled_from([*[None] * 9 * many, *places])) if many else None
    return changes if cut is None else [*changes, (cut.path, "cut", [None])]


def _changed(event: Event, changes: list[Change]) -> Event:
    for path, way, values in changes:
        if way == "gone":
            event = without(event, path)
        elif way == "cut":
            event = plant(event, path[:-1], "x") if len(path) > 1 else event
        else:
            for place, value in zip(_spread(event, path), values, strict=False):
                event = plant(event, place, value)
    return event


_MOST: Final = 40
"""Places that one event is given something at."""
_MANY: Final = ("leave", *["fits"] * 10, "other", "gone")
_FEW: Final = (*["leave"] * 12, "fits", "fits", "fits", "other", "null", "gone")


def _spread(event: Event, path: Path) -> list[Path]:
    """A path with `*` as one path an item that is there, or one for a first item."""
    if "*" not in path[:-1]:
        return [path]
    star = path.index("*")
    lists = found(event, path[:star])
    size = len(lists[0]) if lists and isinstance(lists[0], list) else 0
    return [(*path[:star], str(at), *path[star + 1 :]) for at in range(max(size, 1))]


def streams_for(
    config: Configured, base: Base = (), max_size: int = 5
) -> SearchStrategy[list[Event]]:
    """Short lists of aimed events, of few visitors, interleaved and with repetitions.

    >>> from hypothesis import find, settings
    >>> [event["name"] for event in find(streams_for({}), lambda events: len(events) > 1,
    ...                                  settings=settings(database=None, max_examples=20))]
    ['order complete', 'order complete']
    """
    return _streams(*_aim_and_base(config, base), max_size)


@st.composite
def _streams(draw: st.DrawFn, aim: Aim, base: SearchStrategy[Event], max_size: int) -> list[Event]:
    some = draw(st.lists(_aimed(aim, base), min_size=1, max_size=3))
    places = [one.path for one in aim.common if one.kind in IDENTIFIERS and one.path[0] not in SET]
    for at in range(1, len(some)):
        again = draw(st.sampled_from(["another", "visitor", "event"]))
        if again == "visitor":
            for path in places:
                there = found(some[0], path)
                event = without(some[at], path)
                some[at] = plant(event, path, there[0]) if there else event
        elif again == "event":  # with something else to say of the visitor
            some[at] = _changed(some[0], draw(_changes(aim.traits)))
    if aim.consents and draw(st.sampled_from(_MOSTLY)):
        some = [{**event, "consent": dict.fromkeys(aim.consents, True)} for event in some]
    turns = draw(st.lists(st.sampled_from(range(len(some))), min_size=1, max_size=max_size))
    if draw(st.booleans()):  # all of them, and all again
        turns = [*range(len(some))] * 2
    return [some[at] for at in turns[:max_size]]


_CONFIGS: Final = configs()


@st.composite
def aimed(
    draw: st.DrawFn,
    configurations: SearchStrategy[Raw] | None = None,
    base: Base = (),
) -> tuple[Raw, Event]:
    """A configuration as it is written, and an event aimed at it."""
    config = draw(_CONFIGS if configurations is None else configurations)
    return config, draw(events_for(config, base))


@st.composite
def streams(
    draw: st.DrawFn,
    configurations: SearchStrategy[Raw] | None = None,
    base: Base = (),
    max_size: int = 5,
) -> tuple[Raw, list[Any]]:
    """A configuration as it is written, and a stream aimed at it."""
    config = draw(_CONFIGS if configurations is None else configurations)
    return config, draw(streams_for(config, base, max_size))
