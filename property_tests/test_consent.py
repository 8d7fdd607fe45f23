"""Does anything leave that nobody allowed?"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, mappings, rules, settings
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw, traits

from walkeros_klaviyo import ProfileState, explain, parse_config, pipeline, scan
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.laws.sameness import text_of
from walkeros_klaviyo.verify.strategies.places import Path, covers, plant
from walkeros_klaviyo.verify.strategies.reads import reads
from walkeros_klaviyo.verify.strategies.shop_values import STATES

DENIALS = st.one_of(
    st.none(),
    st.sampled_from([True, "marketing", ["marketing"], {}]),
    st.dictionaries(
        st.sampled_from([*STATES, "marketing "]),
        st.sampled_from([False, 1, "true", None, "granted", [True], 1.0]),
        max_size=3,
    ),
    st.dictionaries(st.sampled_from(STATES[1:]), st.just(True), max_size=2),
)
"""Consent of all kinds, of which none grants marketing."""

MARKETING = st.just({"marketing": True, "other": False})


@given(aimed(configs(consent=MARKETING)), DENIALS)
def test_denied_consent_sends_nothing(pair: tuple[Raw, Event], consent: Any) -> None:
    config, event = pair
    keys = ("external_id:u1",)
    prior = {keys[0]: ProfileState("f", keys, keys)}
    plan, changes = pipeline(parse_config(config))({**event, "consent": consent}, prior)
    assert plan.calls == ()
    assert plan.outcome in ("denied", "ignored", "invalid")
    assert changes == {}


@given(aimed(configs(mapping=mappings(rules(consent=MARKETING)))), DENIALS)
def test_a_rules_denied_consent_sends_nothing(pair: tuple[Raw, Event], consent: Any) -> None:
    config, event = pair
    plan, _ = pipeline(parse_config(config))({**event, "consent": consent})
    if plan.rule is not None:
        assert plan.calls == ()
        assert plan.outcome in ("denied", "ignored")


SEEING = configs(
    settings=settings(identify=traits()),
    data=st.sampled_from(["consent", {"map": {"ads": "consent.ads", "x": "consent.functional"}}]),
)


@given(aimed(SEEING), st.sampled_from(STATES))
def test_a_mapping_never_sees_a_state_that_is_not_granted(
    pair: tuple[Raw, Event], state: str
) -> None:
    config, event = pair
    transform = pipeline(parse_config(config))
    states = {name: True for name in STATES if name != state}
    lacking = {**event, "id": "e1", "consent": states}
    denied = {**lacking, "consent": {**states, state: False}}
    plan = transform.plan(lacking)
    if "unique-id.derived" not in [one.code for one in plan.diagnostics]:
        assert transform.plan(denied) == plan


MARK = "CANARY"


LOOPED = st.builds(
    lambda source, item: {"map": {"x": {"loop": [source, item]}}},
    st.sampled_from(["user", "data", "custom", "globals", "context", "nested", "nested.0"]),
    st.sampled_from(["data.sku", "0", {"map": {"x": "data.sku"}}, {"key": "sku", "value": 1}]),
)


NOTHING = st.sampled_from([{}, {"value": 1}, {"key": "no.where"}, {"map": {}}, [], {"set": [{}]}])
DOUBTFUL = configs(
    data=st.one_of(LOOPED, NOTHING, NOTHING.map(lambda raw: {"map": {"x": raw}})),
    mapping=st.just({}),
)
"""Where a mapping might fall through to the whole event or item."""


@given(st.one_of(aimed(), aimed(DOUBTFUL)))
def test_nothing_leaves_that_no_mapping_names(pair: tuple[Raw, Event]) -> None:
    """What nobody reads is replaced by marks; none of them may turn up in a call."""
    config, event = pair
    known = [one.path for one in reads(config)]
    marked = _mark(event, (), known)
    transform = pipeline(parse_config(config))
    for plan, _ in scan(transform, [marked, marked]):
        assert MARK not in text_of([call.body for call in plan.calls])
        assert MARK not in text_of([plan.keys, plan.rule])


def _mark(value: Any, at: Path, known: list[Path]) -> Any:
    if any(covers(path, at) for path in known):
        return value
    if isinstance(value, dict):
        marked = {key: _mark(item, (*at, key), known) for key, item in value.items()}
        mark = (*at, f"{MARK}-key")
        return marked if any(covers(path, mark) for path in known) else {**marked, mark[-1]: MARK}
    if isinstance(value, list):
        return [_mark(item, (*at, str(index)), known) for index, item in enumerate(value)]
    return MARK if value is not None and at != ("consent",) else value


@given(aimed(), st.data())
def test_diagnostics_never_repeat_a_value_of_the_event(
    pair: tuple[Raw, Event], data: st.DataObject
) -> None:
    """They go to logs; what is wrong with a value may be personal."""
    config, event = pair
    places = [one.path for one in reads(config) if one.path[0] not in ("name", "timestamp", "0")]
    odd = st.sampled_from([MARK, f"{MARK}@@x", f" {MARK}", [MARK, None], {"a": MARK, "b": None}])
    for path in data.draw(st.lists(st.sampled_from(places), max_size=3, unique=True)):
        if path[0] != "*":
            event = plant(event, path, data.draw(odd))
    compiled = parse_config(config)
    plan, _ = pipeline(compiled)(event, now=0)
    told = explain(compiled)(event, now=0)
    said = [
        *plan.diagnostics,
        *(one for call in plan.calls for one in call.refusal),
        *(one for seen in told.stages for one in seen.diagnostics),
    ]
    assert MARK not in text_of([one.to_dict() for one in said])
