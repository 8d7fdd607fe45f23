"""Which events and configurations are there?

Strategies for JSON, walkerOS events, mapping values, rules, whole configurations, and events
aimed at a configuration. Small vocabularies, so that rules and events meet; the plainest
alternative first, so that a failure shrinks to something readable.
"""

from __future__ import annotations

from typing import Any, TypeVar

from attrs import frozen
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from property_tests.aim import Read, consents_of, names_of, plant, reads

from walkeros_klaviyo.core.faults import is_no_path

T = TypeVar("T")
Json = Any
Event = dict[str, Any]
Raw = dict[str, Any]
"""A configuration, a rule or a mapping as it is written."""

ENTITIES = ("order", "product", "page")
ACTIONS = ("complete", "view", "add")
STATES = ("marketing", "functional", "ads")
SECTIONS = ("data", "globals", "context", "user", "source", "event", "all")
KEYS = ("id", "total", "currency", "name", "sku", "tags")
METRICS = ("Placed Order", "Viewed Product")
PATHS = (
    "data.total",
    "data.id",
    "data.currency",
    "data.name",
    "user.id",
    "user.email",
    "globals.lang",
    "context.shopping.0",
    "custom.x",
    "nested.0.data.sku",
    "nested.*.data.sku",
    "nested",
    "data",
    "data.tags",
    "data.tags.0",
    "user",
    "name",
    "id",
    "timestamp",
    "source.type",
    "data.missing",
)
"""What a shop's configuration reads: scalars first, then lists and whole objects."""


# JSON


def texts() -> SearchStrategy[str]:
    """Short texts of whole characters, those that look like something else among them."""
    return st.one_of(
        st.sampled_from(["x", "", " ", "0", "undefined", "EUR", "1,299.00", "ada@example.com"]),
        st.text(max_size=6),
    )


def scalars() -> SearchStrategy[Json]:
    """Texts, numbers and booleans that JSON holds to the digit."""
    return st.one_of(
        st.integers(-9, 9),
        texts(),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-(2**70), 2**70),
    )


def keys() -> SearchStrategy[str]:
    """Keys of objects."""
    return st.one_of(st.sampled_from(KEYS), st.text(max_size=4))


def json_values(leaves: SearchStrategy[Json] | None = None) -> SearchStrategy[Json]:
    """Any JSON value, nulls included."""
    return st.recursive(
        st.one_of(scalars(), st.none()) if leaves is None else leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys(), inner, max_size=3)
        ),
        max_leaves=5,
    )


def nested(levels: int, leaf: Json = 0, *, lists: bool = True) -> Json:
    """A value with so many levels of nesting.

    >>> nested(2), nested(2, lists=False)
    ([[0]], {'a': {'a': 0}})
    """
    for _ in range(levels):
        leaf = [leaf] if lists else {"a": leaf}
    return leaf


def hostile_scalars() -> SearchStrategy[Json]:
    """What a parser may hand over although JSON has no such thing, or hardly so."""
    return st.one_of(
        st.sampled_from([float("nan"), float("inf"), float("-inf")]),
        st.sampled_from([10**400, -(10**400), 2**53 + 1, -0.0, 5e-324, 1.7e308]),
        st.text(st.characters(exclude_categories=[]), max_size=3),
        st.sampled_from(["\ud800", "a\udfff", "\x00", "x" * 101, "[object Object]"]),
    )


def hostile_values() -> SearchStrategy[Json]:
    """Any value of JSON's types: NaN, huge numbers, half characters, empty keys, deep nesting."""
    hostile_keys = st.one_of(st.sampled_from(["", "\ud800", "a.b", "*", "0"]), keys())
    return st.one_of(
        hostile_scalars(),
        st.recursive(
            st.one_of(scalars(), st.none(), hostile_scalars()),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(hostile_keys, inner, max_size=3)
            ),
            max_leaves=5,
        ),
        st.builds(nested, st.integers(95, 110), scalars(), lists=st.booleans()),
    )


# What a shop sends


def emails() -> SearchStrategy[Json]:
    """Addresses, good ones first."""
    return st.sampled_from(
        ["ada@example.com", "Bob@Example.org", " eve@example.net ", "ada@@example", "", 7, None]
    )


def phones() -> SearchStrategy[Json]:
    """Numbers: international, national, impossible."""
    return st.sampled_from(
        ["+15551234567", "0151 23456789", "+49 30 123456", 15551234567, "1", "+999", "", None]
    )


def regions() -> SearchStrategy[Json]:
    """Country codes for national numbers."""
    return st.sampled_from(["DE", "us", "XX", 49, ""])


def identifiers() -> SearchStrategy[Json]:
    """Ids as shops have them, and as broken senders write them."""
    return st.one_of(
        st.sampled_from(["u1", "u2", "O-1"]),
        st.integers(0, 99),
        st.sampled_from([90210.0, 1e21, " u1", "undefined", "", " ", True, None, "\ud800"]),
        st.text(min_size=1, max_size=4),
    )


def decimals() -> SearchStrategy[str]:
    """Clean decimal texts, some with more digits than a float holds."""
    return st.one_of(
        st.decimals(0, 10**6, places=2).map(str),
        st.decimals(allow_nan=False, allow_infinity=False).map(str),
        st.from_regex(
            r"[ \t]?[+-]?[0-9]{0,20}\.?[0-9]{0,20}([eE][+-]?[0-9]{1,3})? ?", fullmatch=True
        ),
    )


def amounts() -> SearchStrategy[Json]:
    """Amounts: numbers, clean texts, and texts that must not be guessed at."""
    return st.one_of(
        st.integers(0, 1_000),
        st.floats(0, 10**6),
        decimals(),
        st.sampled_from(["1,299.00", "12abc", "1_000", "١٢", "", "NaN", "0x1", True, None, [1]]),
        st.integers(-(2**70), 2**70),
        hostile_scalars(),
    )


def currencies() -> SearchStrategy[Json]:
    """Codes, known and unknown."""
    return st.sampled_from(["EUR", "usd", " gbp ", "XXX", "EURO", "€", "", 978, None])


def timestamps() -> SearchStrategy[float]:
    """Milliseconds since 1970, in recent years."""
    return st.integers(1_600_000_000_000, 1_800_000_000_000)


def odd_timestamps() -> SearchStrategy[float]:
    """Any number that may pass for milliseconds: seconds, fractions, other centuries."""
    return st.one_of(
        st.integers(1_600_000_000, 1_800_000_000),
        st.floats(0, 4e12),
        st.integers(-62_135_596_800_000, 253_402_300_799_999),
        st.sampled_from([0, -1, 631_151_999_999, 631_152_000_000, 631_152_000_000.5]),
    )


def consents() -> SearchStrategy[dict[str, Json]]:
    """Consent as collectors send it (only true keys), and as they should not."""
    return st.one_of(
        st.dictionaries(st.sampled_from(STATES), st.just(True), max_size=3),
        st.dictionaries(st.sampled_from(STATES), st.sampled_from([True, False, 1, "true", None])),
    )


# Events


def names() -> SearchStrategy[str]:
    """Names of two words, seldom more."""
    two = st.builds("{} {}".format, st.sampled_from(ENTITIES), st.sampled_from(ACTIONS))
    return st.one_of(two, two, two.map(lambda name: f"{name} again"))


def lines() -> SearchStrategy[Event]:
    """Nested entities, with an entity of their own now and then."""
    data = st.fixed_dictionaries(
        {"sku": st.sampled_from(["A", "B"])}, optional={"price": st.floats(0, 99)}
    )
    return st.fixed_dictionaries({"entity": st.just("product"), "data": data})


def _sections() -> dict[str, SearchStrategy[Json]]:
    data = {"id": identifiers(), "total": amounts(), "currency": currencies(), "name": texts()}
    user = {"id": identifiers(), "email": emails(), "phone": phones(), "device": identifiers()}
    return {
        "id": st.sampled_from(["a1b2c3d4e5f60107", "bae360a54e79af93"]),
        "user": st.fixed_dictionaries({}, optional={**user, "first": texts()}),
        "data": st.fixed_dictionaries(
            {}, optional={**data, "tags": st.lists(scalars(), max_size=2), "more": json_values()}
        ),
        "globals": st.dictionaries(st.sampled_from(["lang", "market"]), texts(), max_size=2),
        "context": st.dictionaries(
            st.just("shopping"), st.tuples(texts(), st.integers(0, 3)).map(list), max_size=1
        ),
        "custom": st.fixed_dictionaries({"x": json_values()}),
        "nested": st.lists(lines(), max_size=2),
        "consent": consents(),
        "trigger": st.just("load"),
        "timing": st.floats(0, 99),
    }


def events(version: int = 4, **fixed: SearchStrategy[Json]) -> SearchStrategy[Event]:
    """Clean events of walkerOS 3 or 4; what is `fixed` is always there."""
    source: SearchStrategy[Json] = st.fixed_dictionaries(
        {"type": st.sampled_from(["browser", "server"])},
        optional={"url": st.just("https://shop.example/")} if version == 4 else {"id": texts()},
    )
    required = {"name": names(), "timestamp": timestamps(), **fixed}
    optional = {**_sections(), "source": source}
    if version == 3:
        optional["group"] = st.just("group1")
        optional["count"] = st.integers(1, 9)
        optional["version"] = st.just({"source": "3.4.0", "tagging": 1})
    return st.fixed_dictionaries(
        required, optional={key: one for key, one in optional.items() if key not in fixed}
    )


def _soil(event: Event, path: str, value: Json) -> Event:
    soiled: Event = plant(event, tuple(path.split(".")), value)
    return soiled


def dirty_events() -> SearchStrategy[Event]:
    """Events with a hostile value where a configuration may look for a good one."""
    places = st.one_of(
        st.sampled_from(PATHS),
        st.sampled_from(["consent", "context", "globals", "entity", "user.phone", "x", "nested.0"]),
    )
    return st.builds(_soil, events(), places, st.one_of(hostile_values(), json_values()))


def any_events() -> SearchStrategy[Event]:
    """Clean events of both versions, dirty ones, and those of odd times."""
    return st.one_of(
        events(), events(3), dirty_events(), events(timestamp=odd_timestamps(), id=identifiers())
    )


# What users write in Python


@frozen
class Returns:
    """A user's function that always returns the same, with a repr that reads well."""

    result: Any

    def __call__(self, value: Any, event: Event) -> Any:
        return self.result


@frozen
class Picks:
    """A user's function that returns a member of what it is given."""

    key: str

    def __call__(self, value: Any, event: Event) -> Any:
        return value[self.key]


@frozen
class Raises:
    """A user's function that raises; its message holds what must not be told."""

    error: type[Exception] = ValueError

    def __call__(self, value: Any, event: Event) -> Any:
        raise self.error("SECRET")


def raising() -> SearchStrategy[Raises]:
    """Functions that raise."""
    return st.sampled_from([ValueError, KeyError, RecursionError, StopIteration]).map(Raises)


def foreign() -> SearchStrategy[Any]:
    """What JSON cannot hold, or a mapping takes for undefined."""
    return st.sampled_from([None, (1, 2), {1}, b"x", object, float("nan"), [None], [(1,)]])


def functions() -> SearchStrategy[Any]:
    """Functions for `fn`: they pick, return, or raise."""
    return st.one_of(
        st.sampled_from(KEYS).map(Picks),
        st.one_of(scalars(), foreign()).map(Returns),
        raising(),
    )


def verdicts() -> SearchStrategy[Any]:
    """Functions for `condition` and `validate` of a mapping value."""
    return st.one_of(st.sampled_from([True, True, False, 1, "", None]).map(Returns), raising())


# Mapping values


def paths() -> SearchStrategy[str]:
    """Paths into an event, usual ones first."""
    made = st.lists(st.sampled_from(["data", "nested", "0", "*", "id", "tags"]), min_size=1)
    return st.one_of(st.sampled_from(PATHS), made.map(".".join))


def constants() -> SearchStrategy[Json]:
    """Values for `value`: sound ones, and those that count as undefined."""
    plain = scalars().filter(lambda value: not (isinstance(value, str) and is_no_path(value)))
    return st.one_of(plain, st.sampled_from([{"a": [1]}, [], {}, [None], None]))


def _objects() -> SearchStrategy[Raw]:
    return st.one_of(
        st.fixed_dictionaries({"key": paths()}, optional={"value": constants()}),
        st.fixed_dictionaries({"value": constants()}),
        st.fixed_dictionaries({"fn": functions()}, optional={"value": constants()}),
    )


def _composed(inner: SearchStrategy[Json]) -> SearchStrategy[Json]:
    made = st.one_of(
        st.dictionaries(keys(), inner, max_size=3).map(lambda raw: {"map": raw}),
        st.tuples(st.one_of(st.sampled_from(["nested", "this", "data.tags"]), inner), inner).map(
            lambda pair: {"loop": list(pair)}
        ),
        st.lists(inner, max_size=3).map(lambda raw: {"set": raw}),
    )
    guards = st.fixed_dictionaries(
        {},
        optional={
            "consent": st.dictionaries(st.sampled_from(STATES), st.booleans(), max_size=2),
            "condition": verdicts(),
            "validate": verdicts(),
            "value": constants(),
        },
    )
    guarded = st.builds(
        lambda raw, more: {**raw, **more}, st.one_of(made, _objects(), st.just({})), guards
    )
    return st.one_of(made, guarded, st.lists(inner, max_size=3))


def mapping_values() -> SearchStrategy[Json]:
    """Any mapping value: path, object with any keys, list, list in a list."""
    return st.recursive(st.one_of(paths(), _objects()), _composed, max_leaves=4)


def mostly(usual: SearchStrategy[T], seldom: SearchStrategy[T]) -> SearchStrategy[T]:
    """Three times in four the usual."""
    return st.sampled_from([usual, usual, usual, seldom]).flatmap(lambda chosen: chosen)


_VALUES = mapping_values()


def setting_values(*usual: str) -> SearchStrategy[Json]:
    """A setting: mostly the paths where a shop has it, else any mapping value."""
    return mostly(st.sampled_from(usual), _VALUES)


def traits() -> SearchStrategy[Json]:
    """Identify mappings: Klaviyo's fields by both spellings, foreign ones, and any value."""
    names = ["firstName", "first_name", "lastName", "title", "locale", "location", "properties"]
    usual: list[Json] = ["user.first", "data.name", {"value": "Ada"}]
    value = mostly(st.sampled_from(usual), _VALUES)
    location: Json = {"map": {"city": "user.first", "latitude": "data.total", "moon": "id"}}
    place = st.sampled_from([location, {"map": {"ip": "user.first"}}, {"value": {"zip": "1"}}])
    some = st.dictionaries(st.sampled_from([*names, "phone"]), st.one_of(value, place), max_size=4)
    return mostly(some.map(lambda raw: {"map": raw}), _VALUES)


def data_values() -> SearchStrategy[Json]:
    """`data` of a configuration or rule: mostly a map."""
    some = st.dictionaries(st.one_of(st.sampled_from(KEYS), keys()), _VALUES, max_size=4)
    return mostly(some.map(lambda raw: {"map": raw}), _VALUES)


def policies() -> SearchStrategy[dict[str, Json]]:
    """Policies: what is set where; names and timestamps are broken seldom."""
    places = st.sampled_from(["user.city", "data.total", "custom", "nested.0.data.sku", "data.x.y"])
    risky = st.sampled_from(["name", "timestamp", "user.id", "user", "id", "consent"])
    return st.dictionaries(mostly(places, risky), _VALUES, min_size=1, max_size=2)


# Rules and configurations


def _with(
    fixed: dict[str, SearchStrategy[Json]], optional: dict[str, SearchStrategy[Json]]
) -> SearchStrategy[Raw]:
    return st.fixed_dictionaries(
        fixed, optional={key: one for key, one in optional.items() if key not in fixed}
    )


def required_consents() -> SearchStrategy[dict[str, bool]]:
    """What a configuration or rule asks for."""
    return st.dictionaries(st.sampled_from(STATES), st.sampled_from([True, False]), min_size=1)


def _shared_settings() -> dict[str, SearchStrategy[Json]]:
    """What both the destination and a rule may set."""
    return {
        "identify": traits(),
        "currency": st.one_of(
            st.sampled_from(["EUR", "usd", "XXX"]), setting_values("data.currency")
        ),
        "uniqueId": setting_values("data.id", "id"),
        "backfill": st.one_of(st.booleans(), setting_values("custom.x")),
    }


def settings(**fixed: SearchStrategy[Json]) -> SearchStrategy[Raw]:
    """The destination's settings; what is `fixed` is always there."""
    optional = {
        **_shared_settings(),
        "apiKey": st.just("pk_test"),
        "email": setting_values("user.email"),
        "externalId": setting_values("user.id"),
        "phoneNumber": setting_values("user.phone"),
        "phoneRegion": st.one_of(st.sampled_from(["DE", "us"]), setting_values("user.country")),
        "anonymousId": setting_values("user.device"),
        "kx": setting_values("data.kx"),
    }
    return _with(fixed, optional)


def rules(**fixed: SearchStrategy[Json]) -> SearchStrategy[Raw]:
    """Rules with any keys; what is `fixed` is always there."""
    flags = st.sampled_from([False, False, False, True])
    own = {**_shared_settings(), "value": setting_values("data.total")}
    optional = {
        "name": st.sampled_from(METRICS),
        "settings": st.fixed_dictionaries({}, optional=own),
        "data": data_values(),
        "include": st.lists(st.sampled_from(SECTIONS), max_size=2),
        "remove": st.lists(paths(), max_size=2),
        "policy": mostly(st.just({}), policies()),
        "consent": mostly(st.just({"functional": True}), required_consents()),
        "condition": st.sampled_from([Returns(True), Returns(1), Returns(False), Raises()]),
        "batch": st.sampled_from([True, 100, {"size": 10}]),
        "ignore": flags,
        "silent": flags,
    }
    return _with(fixed, optional)


_RULES = rules()


def mappings(of: SearchStrategy[Raw] = _RULES) -> SearchStrategy[Raw]:
    """Rules by entity and action, wildcards and lists of rules among them."""
    actions = st.dictionaries(
        st.sampled_from([*ACTIONS, "*"]),
        st.one_of(of, of, st.lists(of, max_size=2)),
        min_size=1,
        max_size=2,
    )
    return st.dictionaries(st.sampled_from([*ENTITIES, "*"]), actions, min_size=1, max_size=2)


def configs(**fixed: SearchStrategy[Json]) -> SearchStrategy[Raw]:
    """Whole configurations, all of them valid; what is `fixed` is always there."""
    optional = {
        "settings": settings(),
        "mapping": mappings(),
        "data": data_values(),
        "include": st.lists(st.sampled_from(SECTIONS), max_size=2),
        "policy": mostly(st.just({}), policies()),
        "consent": mostly(st.just({"marketing": True}), required_consents()),
        "disabled": st.sampled_from([False] * 9 + [True]),
    }
    return _with(fixed, optional)


FAULTY_PLACES = tuple(
    """settings settings.email settings.identify settings.currency settings.apiKey mapping
    mapping.order mapping.order.complete mapping.order.complete.settings data data.map data.map.x
    data.loop data.set data.key data.consent consent include policy policy.x batch id disabled
    mapping.order.complete.name mapping.order.complete.remove mapping.order.complete.ignore
    mapping.order.complete.include x""".split()
)
"""Where a configuration may hold what it must not."""


def spoiled(config: Raw, place: str, value: Json) -> Raw:
    """A copy of a configuration with any value at a place.

    >>> spoiled({"id": "a"}, "data.map", 7)
    {'id': 'a', 'data': {'map': 7}}
    """
    return _soil(config, place, value)


def odd_mappings() -> SearchStrategy[Json]:
    """Objects that look like mapping values and need not be any."""
    names = "key value map loop set consent condition fn validate".split()
    inner = st.one_of(
        paths(), json_values(), hostile_values(), st.lists(st.one_of(paths(), scalars()))
    )
    loops = st.lists(paths(), max_size=3).map(lambda raw: {"loop": raw})
    return st.one_of(loops, st.dictionaries(st.sampled_from(names), inner, max_size=2))


# Events aimed at a configuration

_FITTING: dict[str, SearchStrategy[Json]] = {
    "always": identifiers(),
    "email": emails(),
    "phoneNumber": phones(),
    "phoneRegion": regions(),
    "externalId": identifiers(),
    "anonymousId": identifiers(),
    "kx": identifiers(),
    "uniqueId": identifiers(),
    "value": amounts(),
    "currency": currencies(),
    "backfill": st.sampled_from([True, False, 1]),
}
_OTHER = st.one_of(scalars(), json_values(), json_values(), hostile_values())
_VISITORS = events(
    user=st.fixed_dictionaries(
        {"id": st.sampled_from(["u1", "u2", 7])},
        optional={"email": emails(), "phone": phones(), "device": identifiers(), "first": texts()},
    )
)
_EVENTS = mostly(_VISITORS, any_events())


@st.composite
def aimed_events(draw: st.DrawFn, config: Raw, base: SearchStrategy[Event] = _EVENTS) -> Event:
    """Events that hit a configuration's rules, paths and consent states, mostly."""
    event = draw(base)
    hits = names_of(config)
    if hits and draw(st.sampled_from([True] * 5 + [False])):
        entity, action = draw(st.sampled_from(hits))
        entity = draw(st.sampled_from(ENTITIES)) if entity == "*" else entity
        action = draw(st.sampled_from(ACTIONS)) if action == "*" else action
        event = {**event, "name": f"{entity} {action}"}
    looked_at = [one for one in reads(config) if one.path[0] not in _SET]
    if looked_at:
        for one in draw(st.lists(st.sampled_from(looked_at), max_size=4, unique=True)):
            event = plant(event, one.path, draw(_fitting(one)))
    needed = sorted(consents_of(config))
    if needed and draw(st.sampled_from([True] * 5 + [False])):
        event = {**event, "consent": dict.fromkeys(needed, True)}
    return event


_SET = ("name", "timestamp", "consent", "*", "0")
"""Where nothing is planted: what is set above, and what no object has."""


def _fitting(one: Read) -> SearchStrategy[Json]:
    return _FITTING.get(one.kind, _OTHER)


@st.composite
def aimed(
    draw: st.DrawFn,
    configurations: SearchStrategy[Raw] | None = None,
    base: SearchStrategy[Event] = _EVENTS,
) -> tuple[Raw, Event]:
    """A configuration and an event aimed at it."""
    config = draw(_CONFIGS if configurations is None else configurations)
    return config, draw(aimed_events(config, base))


@st.composite
def streams(
    draw: st.DrawFn,
    configurations: SearchStrategy[Raw] | None = None,
    base: SearchStrategy[Event] = _EVENTS,
    max_size: int = 5,
) -> tuple[Raw, list[Event]]:
    """A configuration and some events aimed at it, of few people and with repetitions."""
    config = draw(_CONFIGS if configurations is None else configurations)
    some = draw(st.lists(aimed_events(config, base), min_size=1, max_size=3))
    return config, draw(st.lists(st.sampled_from(some), min_size=1, max_size=max_size))


_CONFIGS = configs()


@st.composite
def reordered(draw: st.DrawFn, value: Json) -> Json:
    """The same JSON value, its objects' keys in another order."""
    if isinstance(value, dict):
        order = draw(st.permutations(list(value)))
        return {key: draw(reordered(value[key])) for key in order}
    if isinstance(value, list):
        return [draw(reordered(item)) for item in value]
    return value
