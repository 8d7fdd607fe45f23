"""Which values fit a place that a configuration reads, and which do not?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.value.tree import fresh

from .json_values import Json, hostile_values, json_values, keys, scalars, texts
from .places import Path, found, plant, without
from .reads import Read
from .shop_values import amounts, currencies, emails, identifiers, phones, regions

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
"""By kind of read: three valid values, and a strategy for what shops send."""
PLAIN: Final = st.one_of(
    st.sampled_from(["x", 1, 12.5, True]), scalars(), st.lists(texts(), max_size=2)
)
_ANYTHING: Final = (("x", 12.5, ["y"]), PLAIN)
_OTHER: Final = st.one_of(json_values(), hostile_values())
_MOST: Final = 40
"""The most places changed in one event."""
_MANY: Final = ("leave", *["fits"] * 10, "other", "gone")
_FEW: Final = (*["leave"] * 12, "fits", "fits", "fits", "other", "null", "gone")
SET: Final = ("name", "timestamp", "consent", "*", "0")
"""Keys that are not planted: those set separately, and those that objects do not have."""

Change = tuple[Path, str, list[Json]]
"""(place, what to do there, values): for the items of a list one value each."""


@st.composite
def changes(draw: st.DrawFn, looked_at: Iterable[Read]) -> list[Change]:
    """Changes at some of the places: mostly fitting values, else unfitting ones, null or nothing.

    A run of places takes only two draws, so that complete events are common and shrink well.
    """
    places = [one for one in looked_at if one.path[0] not in SET]
    start = draw(st.integers(0, len(places) - _MOST)) if len(places) > _MOST else 0
    places = places[start : start + _MOST]
    many = len(places)
    size = min(draw(st.integers(0, 2 * many)), many)
    first = draw(st.integers(0, many - size)) if size < many else 0
    variant = draw(st.integers(0, 2)) if size else 0
    changes: list[Change] = [
        (one.path, "fits", [_KINDS.get(one.kind, _ANYTHING)[0][variant]] * 3)
        for one in places[first : first + size]
    ]
    # One strategy for all places: to make and check another for each would take longer.
    ways = st.sampled_from(draw(st.sampled_from((_FEW, _FEW, _MANY))))
    for one in places:
        way = draw(ways)
        if way == "leave":  # what it shrinks to
            continue
        values: list[Json] = [None]
        if way in ("fits", "other"):
            strategy = _KINDS.get(one.kind, _ANYTHING)[1] if way == "fits" else _OTHER
            values = [draw(strategy) for _ in range(2 if "*" in one.path[:-1] else 1)]
        changes.append((one.path, way, values))
    cut = draw(st.integers(0, 10 * many - 1)) - 9 * many if many else -1
    return changes if cut < 0 else [*changes, (places[cut].path, "cut", [None])]


def changed(event: Event, changes: list[Change]) -> Event:
    """A copy of the event with the changes made."""
    for path, way, values in changes:
        if way == "gone":
            event = without(event, path)
        elif way == "cut":
            event = plant(event, path[:-1], "x") if len(path) > 1 else event
        else:
            for place, value in zip(_spread(event, path), values, strict=False):
                event = plant(event, place, value)
    return fresh(event)  # type: ignore[no-any-return]


def _spread(event: Event, path: Path) -> list[Path]:
    """A path with `*` as one path per existing item, or one for a first item."""
    if "*" not in path[:-1]:
        return [path]
    star = path.index("*")
    lists = found(event, path[:star])
    size = len(lists[0]) if lists and isinstance(lists[0], list) else 0
    return [(*path[:star], str(at), *path[star + 1 :]) for at in range(max(size, 1))]
