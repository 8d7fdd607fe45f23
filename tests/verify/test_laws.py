"""Is each law red where the core is broken, and green where it is not?

A table of planted bugs, one or more a stage, each with the law that must catch it; and every law
stands in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve, frozen
from tests.verify.tries import tries

from walkeros_klaviyo import (
    STAGES,
    Identity,
    Mapped,
    Plan,
    Revenue,
    Stages,
    Transform,
    parse_config,
)
from walkeros_klaviyo.core import compose, explain, pipeline, scan, settle
from walkeros_klaviyo.core.canonical import digest
from walkeros_klaviyo.core.diagnostics import Diagnostic
from walkeros_klaviyo.core.klaviyo import calls, identity, subscribe
from walkeros_klaviyo.core.origin import origins_of
from walkeros_klaviyo.core.walkeros.rule import Rule
from walkeros_klaviyo.verify.check import check
from walkeros_klaviyo.verify.laws import LAWS, Tracking, Violation, check_law, check_laws
from walkeros_klaviyo.verify.laws.identity import identifiers_come_from_their_mappings
from walkeros_klaviyo.verify.laws.search import reduced
from walkeros_klaviyo.verify.questions.rules.lint import lint_rules

SHOP: dict[str, Any] = {
    "consent": {"marketing": True},
    "settings": {
        "externalId": "user.id",
        "email": "user.email",
        "phoneNumber": "user.phone",
        "anonymousId": "user.device",
        "currency": "EUR",
        "identify": {"map": {"firstName": "user.first", "title": "data.title"}},
    },
    "policy": {"data.city": "user.city"},
    "data": {"map": {"Shop": {"value": "Firnlicht"}, "Id": {"value": "none"}}},
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "data": {"map": {"Id": "data.id", "City": "data.city", "Tags": "data.tags"}},
                "include": ["globals"],
                "remove": ["Shop", "globals_secret"],
                "settings": {
                    "value": "data.total",
                    "currency": "data.currency",
                    "uniqueId": "data.id",
                    "backfill": "custom.old",
                },
            },
            "refund": {
                "name": "Refunded Order",
                "settings": {"value": "data.total", "uniqueId": ["data.refundId", "data.id"]},
            },
        },
        "product": {
            "view": [
                {"name": "Viewed Gift", "condition": lambda value, event: event["data"]["gift"]},
                {"name": "Viewed Product", "consent": {"ads": True}},
            ],
        },
        "user": {"login": {"silent": True}},
        "debug": {"*": {"ignore": True}},
    },
}
"""A configuration that uses every stage."""
VIEWED: dict[str, Any] = {
    "name": "product view",
    "timestamp": 1_795_518_160_712,
    "id": "e1",
    "user": {"id": "u1"},
    "consent": {"marketing": True, "ads": True},
}
BASE: list[dict[str, Any]] = [{**VIEWED, "data": {"gift": gift}} for gift in (True, False)]
"""What its condition looks for."""

PRICED: dict[str, Any] = {
    "settings": {"currency": "EUR"},
    "mapping": {
        "*": {"*": {"settings": {"value": "data.total", "currency": "data.currency"}}},
    },
}
OLD: dict[str, Any] = {"settings": {"backfill": "custom.old"}}
CLEARING: dict[str, Any] = {
    "settings": {
        "clear": True,
        "identify": {
            "map": {
                "title": "user.title",
                "phone": "user.phone",
                "location": {"map": {"city": "user.city", "moon": "user.moon"}},
            }
        },
    }
}
SUBSCRIBING: dict[str, Any] = {
    "settings": {
        "phoneNumber": "user.phone",
        "patch": {"append": {"sizes": "data.size"}},
        "lists": ["Y6nRLr"],
    },
    "mapping": {
        "news": {
            "signup": {
                "consent": {"marketing": True},
                "settings": {
                    "subscribe": {
                        "channels": {"email": "data.email", "sms": "data.sms"},
                        "list": ["data.list", {"value": "ABC123"}],
                        "source": "Footer",
                    },
                    "backfill": "data.old",
                },
            },
            "leave": {"silent": True, "settings": {"unsubscribe": True}},
        },
        "account": {
            "prefer": {
                "consent": {"marketing": True},
                "settings": {
                    "subscribe": {"channels": {"email": "data.news"}},
                    "unsubscribe": {"channels": {"email": "data.noNews"}},
                },
            },
        },
    },
}
"""People are subscribed, put on lists, and patched."""
KNOWN: dict[str, Any] = {"settings": {"identify": {"map": {"title": "user.title"}}}}

Plant = Callable[[pytest.MonkeyPatch], Stages]


@frozen
class Bug:
    """What is broken, how it is planted, and the law that catches it."""

    name: str
    law: str
    plant: Plant
    config: dict[str, Any] = SHOP

    def __str__(self) -> str:
        return self.name


def stage(name: str, broken: Callable[..., Any]) -> Plant:
    """A broken stage in place of the usual one."""
    return lambda patch: evolve(STAGES, **{name: broken})


def patched(module: Any, name: str, broken: Any) -> Plant:
    """A broken function in the core."""

    def plant(patch: pytest.MonkeyPatch) -> Stages:
        patch.setattr(module, name, broken)
        return STAGES

    return plant


def admitting(broken: Callable[..., Any]) -> Plant:
    """Another judge of events, who is always asked."""

    def plant(patch: pytest.MonkeyPatch) -> Stages:
        patch.setattr(calls, "admit_event", broken)
        patch.setattr(calls, "is_admissible", lambda *parts: False)
        return STAGES

    return plant


def swallowing(name: str) -> Plant:
    """A stage that says nothing of what it leaves out."""
    usual = getattr(STAGES, name)
    return stage(name, lambda rule, event: (usual(rule, event)[0], ()))


def making(*makers: Callable[..., Any]) -> Plant:
    """Broken calls in place of the usual ones."""
    return lambda patch: evolve(STAGES, calls=makers)


def noted(name: str, change: Callable[[Any, Any, Any], Any]) -> Plant:
    """A stage whose result is changed: `change(result, rule, event)`."""
    usual = getattr(STAGES, name)

    def broken(rule: Any, event: Any, *more: Any) -> Any:
        result, notes = usual(rule, event, *more)
        return change(result, rule, event), notes

    return stage(name, broken)


# The broken parts


def truthy_consent(asking: Any, event: Any) -> Any:
    states = event.get("consent")
    required = asking.consent
    truthy = isinstance(states, dict) and any(states.get(name) for name in required or ())
    granted = required is None or truthy
    return granted, () if granted else (Diagnostic("consent.denied", "consent", "no"),)


def no_rule_consent(asking: Any, event: Any) -> Any:
    return (True, ()) if isinstance(asking, Rule) else STAGES.consent(asking, event)


def any_action(config: Any, event: Any) -> Any:
    rule, notes = STAGES.rule(config, event)
    entity = event["name"].split(" ")[0]
    if rule is config.default and entity in config.mapping:
        return next(iter(config.mapping[entity].values()))[0], ()
    return rule, notes


def no_condition(config: Any, event: Any) -> Any:
    rule, notes = STAGES.rule(config, event)
    options = config.mapping.get("product", {}).get("view", ())
    return (options[0], ()) if rule in options else (rule, notes)


def raised_falls_through(config: Any, event: Any) -> Any:
    rule, notes = STAGES.rule(config, event)
    return (config.default, ()) if rule is None else (rule, notes)


def forgets_the_name(rule: Rule, mapped: Mapped) -> Any:
    event = {**mapped.event, "name": "as it came"}
    return calls.create_event(evolve(rule, name=None), evolve(mapped, event=event))


def alone(rule: Rule, event: Any) -> Any:
    return STAGES.properties(evolve(rule, base=None), event)


def without(field: str) -> Callable[..., Any]:
    """The properties stage that does not know of one of a rule's fields."""
    return lambda rule, event: STAGES.properties(evolve(rule, **{field: ()}), event)


def gives_up(rule: Any, event: Any) -> Any:
    found, notes = STAGES.identity(rule, event)
    bad = any(note.code.endswith(".invalid") for note in notes)
    return (None, (*notes, Diagnostic("identity.none", "user", "no"))) if bad else (found, notes)


def anonymous_as_external(who: Any, rule: Any, event: Any) -> Any:
    if who is None or "anonymous_id" not in who.identifiers:
        return who
    return Identity({"external_id": who.identifiers["anonymous_id"], **who.identifiers})


KEYS = identity._keys


def strongest_key(known: Mapping[str, str], kinds: tuple[str, ...]) -> tuple[str, ...]:
    return KEYS(known, kinds)[:1]


def capital_keys(known: Mapping[str, str], kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{field}:{known[field]}" for field in kinds if field in known)


def keyed(broken: Callable[[Mapping[str, str], tuple[str, ...]], tuple[str, ...]]) -> Plant:
    """Other keys, and nobody remembered who has the right ones."""

    def plant(patch: pytest.MonkeyPatch) -> Stages:
        patch.setattr(identity, "_keys", broken)
        patch.setattr(identity, "_known", identity._known.__wrapped__)
        return STAGES

    return plant


def dearer(found: Any, rule: Any, event: Any) -> Any:
    raw = None if rule.settings.value is None else rule.settings.value(event)
    if found is None and isinstance(raw, str) and raw.replace(",", "").replace(".", "").isdigit():
        return Revenue(float(raw.replace(",", "")), "EUR")
    return found


def with_default(found: Any, rule: Any, event: Any) -> Any:
    return None if found is None else evolve(found, currency="EUR")


def anothers(rule: Rule, mapped: Mapped) -> Any:
    return calls.upsert_profile(rule, evolve(mapped, identity=Identity({"email": "x@y.io"})))


def one_state(transform: Any, events: Any, states: Any = None, now: Any = None) -> Any:
    """What was told of anybody holds for all."""
    told = None
    for event in events:
        plan = transform.plan(event)
        known = told and dict.fromkeys(plan.keys, evolve(told, certain=plan.keys))
        plan, changes = settle.settle(plan, known or {}, now)
        told = next(iter(changes.values()), told)
        yield plan, changes


def keyless(choose: Any, accounts: Any) -> Transform:
    def plan(event: Any) -> Plan:
        return evolve(accounts[choose(event)].plan(event), account=choose(event))

    return Transform(plan)


def mutating(rule: Any, event: Any) -> Any:
    event.setdefault("seen", 0)
    event["seen"] += 1
    return STAGES.properties(rule, event)


def every_channel(rule: Rule, mapped: Mapped) -> Any:
    """Whoever is subscribed gets messages too, with a number or without."""
    made, notes = subscribe.change_subscriptions(rule, mapped)
    for call in made:
        said = call.profile["subscriptions"]
        said |= {one: {"marketing": {"consent": "SUBSCRIBED"}} for one in ("email", "sms")}
    return made, notes


def whole_user(found: Any, rule: Any, event: Any) -> Any:
    user = event.get("user")
    return {**found, **user} if isinstance(user, dict) else found


def loud(rule: Any, event: Any) -> Any:
    found, notes = STAGES.identity(rule, event)
    said = tuple(evolve(note, message=f"bad: {event.get('user')}") for note in notes)
    return found, said


def silent_drop(rule: Any, event: Any) -> Any:
    found, notes = STAGES.identity(rule, event)
    return found, () if found is None else notes


def never_silent(config: Any, event: Any) -> Any:
    rule, notes = STAGES.rule(config, event)
    return (rule if rule is None else evolve(rule, silent=False)), notes


def raising_parse(raw: Any) -> Any:
    raw["name"]
    return STAGES.parse(raw)


NUMBERS = count()


def as_it_is(patch: pytest.MonkeyPatch) -> Stages:
    """The core is sound: the fault is the configuration's."""
    return STAGES


def numbered(value: Any, event: Any) -> int:
    return next(NUMBERS)


BUGS = (
    Bug("consent gate: lets all through", "nothing-denied-is-sent",
        stage("consent", lambda asking, event: (True, ()))),
    Bug("consent gate: takes a string for a yes", "nothing-denied-is-sent",
        stage("consent", truthy_consent)),
    Bug("consent gate: does not ask for the rule", "nothing-denied-to-a-rule-is-sent",
        stage("consent", no_rule_consent)),
    Bug("subscription: the rule's consent is not asked for",
        "nobody-is-subscribed-without-the-rules-consent",
        stage("consent", no_rule_consent), SUBSCRIBING),
    Bug("subscription: told at every event", "a-repeated-event-subscribes-nobody-twice",
        patched(settle, "is_known", lambda *given: False), SUBSCRIBING),
    Bug("subscription: a channel that nobody asked for", "a-channel-is-meant-and-has-its-address",
        making(every_channel, calls.create_event), SUBSCRIBING),
    Bug("consent gate: denies what is granted", "a-denial-has-a-reason",
        stage("consent", lambda asking, event: (False, (Diagnostic("consent.denied", "", ""),)))),
    Bug("consent: mappings see what is denied", "a-denied-state-is-an-absent-one",
        stage("granted", lambda config, event: (event, ())),
        {"data": {"map": {"Consent": "consent"}}}),
    Bug("parse: raises for what is no object", "a-transform-never-raises",
        stage("parse", raising_parse)),
    Bug("policy: ignored", "a-policy-replaces-what-came",
        stage("policy", lambda changing, event: (event, ()))),
    Bug("policy: a broken name is let through", "a-broken-event-is-kept-back",
        stage("policy", lambda changing, event: (STAGES.policy(changing, event)[0] or event, ())),
        {"policy": {"name": "data.title"}}),
    Bug("rule match: an unknown action gets another's rule", "an-event-meets-its-own-rule",
        stage("rule", any_action)),
    Bug("rule match: none is ever found", "an-event-meets-its-own-rule",
        stage("rule", lambda config, event: (config.default, ()))),
    Bug("condition: not asked", "an-event-meets-its-own-rule", stage("rule", no_condition)),
    Bug("condition: one that raises falls through", "an-event-meets-its-own-rule",
        stage("rule", raised_falls_through)),
    Bug("ignore: sent all the same", "an-ignored-or-silent-event-is-not-recorded",
        stage("rule", never_silent)),
    Bug("name override: forgotten", "the-metric-is-the-rules-name-or-the-events",
        making(calls.upsert_profile, forgets_the_name),
        {"mapping": {"order": {"*": {"name": "Ordered"}}}}),
    Bug("data merge: the destination's data is lost", "properties-hold-what-data-yields",
        stage("properties", alone)),
    Bug("include: forgotten", "included-sections-arrive", stage("properties", without("include")),
        {"include": ["globals"]}),
    Bug("remove: forgotten", "removed-properties-are-gone",
        stage("properties", without("remove"))),
    Bug("properties: hold something of our own", "every-property-comes-from-somewhere",
        noted("properties", lambda found, rule, event: {**found, "$version": 1})),
    Bug("properties: fall through to the whole user", "no-personal-data-in-properties",
        noted("properties", whole_user)),
    Bug("properties: fall through to the whole user (2)", "nothing-leaves-that-no-mapping-names",
        noted("properties", whole_user)),
    Bug("function: counts", "functions-are-pure", as_it_is, {"data": {"fn": numbered}}),
    Bug("properties: change the event", "nothing-is-mutated", stage("properties", mutating), {}),
    Bug("identity: nobody is somebody", "nothing-is-sent-without-an-identifier",
        noted("identity", lambda who, rule, event: who or Identity({}))),
    Bug("identity: an anonymous id is sent as external_id", "identifiers-come-from-their-mappings",
        noted("identity", anonymous_as_external)),
    Bug("identity: a bad phone costs the event", "identifiers-come-from-their-mappings",
        stage("identity", gives_up)),
    Bug("identity: kept by the strongest only", "the-keys-are-the-identifiers",
        keyed(strongest_key)),
    Bug("identity: capitals make another address", "the-keys-are-the-identifiers",
        keyed(capital_keys)),
    Bug("identity: an unidentified event vanishes", "a-drop-says-why",
        stage("identity", silent_drop)),
    Bug("identity: diagnostics show who it is", "diagnostics-repeat-no-value",
        stage("identity", loud)),
    Bug("email check: any text will do", "identifiers-are-well-formed",
        patched(identity, "IDENTIFIERS", {
            **identity.IDENTIFIERS,
            "email": evolve(identity.IDENTIFIERS["email"], read=lambda raw: (str(raw), "")),
        })),
    Bug("phone check: any text will do", "identifiers-are-well-formed",
        patched(identity, "read_phone", lambda raw, region: (str(raw), ""))),
    Bug("identify body: a field that is none", "an-upsert-holds-only-klaviyos-fields",
        noted("profile", lambda found, rule, event: found and {**found, "firstName": "x"})),
    Bug("identify body: null for what is absent", "nothing-absent-travels-as-null",
        noted("profile", lambda found, rule, event: {"title": None, **(found or {})})),
    Bug("clear: a trait that is missing is cleared", "nothing-absent-travels-as-null",
        noted("profile", lambda found, rule, event: found and {"title": None, **found}),
        CLEARING),
    Bug("identify body: empty traits make no upsert", "an-upsert-says-what-identify-yields",
        noted("profile", lambda found, rule, event: found or None)),
    Bug("upsert: names another profile", "all-calls-name-the-same-profile",
        making(anothers, calls.create_event)),
    Bug("upsert: goes after the event", "all-calls-name-the-same-profile",
        making(calls.create_event, calls.upsert_profile)),
    Bug("fingerprint: new every time", "a-repeated-event-upserts-once",
        patched(calls, "fingerprint", lambda traits, content: str(next(NUMBERS)))),
    Bug("fingerprint: blind to the traits", "what-is-left-out-would-change-no-profile",
        patched(calls, "fingerprint", lambda traits, content: "f"), KNOWN),
    Bug("revenue: guesses at commas", "revenue-in-is-revenue-out",
        noted("revenue", dearer), PRICED),
    Bug("revenue: whole money only", "revenue-in-is-revenue-out",
        noted("revenue", lambda found, *_: found and evolve(found, value=int(found.value))),
        PRICED),
    Bug("currency: the default wins", "revenue-has-a-currency",
        noted("revenue", with_default), PRICED),
    Bug("currency: lost", "revenue-has-a-currency",
        noted("revenue", lambda found, rule, event: found and evolve(found, currency=None)),
        PRICED),
    Bug("unique_id: a counter", "a-retry-never-doubles",
        noted("unique_id", lambda found, rule, event: f"n{next(NUMBERS)}")),
    Bug("unique_id: the mapping is not asked", "the-unique-id-is-the-mappings-or-the-events",
        stage("unique_id", lambda rule, event: (str(event.get("id")), ()))),
    Bug("unique_id: one a person", "distinct-events-have-distinct-unique-ids",
        stage("unique_id", lambda rule, event: (digest(event.get("user")), ()))),
    Bug("unique_id: a refund's own", "a-reversal-carries-the-orders-unique-id",
        noted("unique_id", lambda found, rule, event: f"{rule.label}-{found}")),
    Bug("identity: a bad one is dropped in silence", "what-is-left-out-is-told",
        swallowing("identity")),
    Bug("profile: a trait is dropped in silence", "what-is-left-out-is-told",
        swallowing("profile")),
    Bug("revenue: an amount is dropped in silence", "what-is-left-out-is-told",
        swallowing("revenue"), PRICED),
    Bug("unique_id: a bad one is dropped in silence", "what-is-left-out-is-told",
        swallowing("unique_id")),
    Bug("backfill: no boolean, and not a word of it", "what-is-left-out-is-told",
        swallowing("backfill"), OLD),
    Bug("properties: data is lost in silence", "what-is-left-out-is-told",
        swallowing("properties"), {"data": "data.total"}),
    Bug("time: seconds only", "time-is-iso-8601-utc",
        patched(calls, "format_time", lambda timestamp: settle.format_time(timestamp)[:19] + "Z")),
    Bug("time: an hour late", "time-is-iso-8601-utc",
        patched(calls, "format_time", lambda timestamp: settle.format_time(timestamp + 3_600_000))),
    Bug("backfill: forgotten", "backfill-is-what-its-mapping-says",
        stage("backfill", lambda rule, event: (False, ())), OLD),
    Bug("limits: not checked", "what-is-sent-is-within-klaviyos-limits",
        patched(calls, "admit_event", lambda timestamp, body: ())),
    Bug("limits: every event is too early", "what-is-sent-is-within-klaviyos-limits",
        admitting(lambda timestamp, body: (Diagnostic("time.too-early", "timestamp", ""),))),
    Bug("future: not judged", "the-future-is-refused-from-a-year-ahead-on",
        patched(settle, "_judge_future", lambda plan, now: plan)),
    Bug("body: holds what JSON cannot", "a-plan-is-plain-json",
        noted("properties", lambda found, rule, event: {**found, "Ratio": float("nan")})),
    Bug("outcome: a word of its own", "calls-go-only-under-send-and-refused",
        patched(pipeline, "outcome_of", lambda calls: "sent")),
    Bug("outcome: refused calls go as send", "calls-go-only-under-send-and-refused",
        patched(pipeline, "outcome_of", lambda calls: "send")),
    Bug("scan: one state for all people", "scanning-is-folding",
        patched(scan, "scan", one_state), KNOWN),
    Bug("scan: one state for all people (2)", "what-one-person-gets-does-not-depend-on-strangers",
        patched(scan, "scan", one_state), KNOWN),
    Bug("route: the keys do not name the account", "two-accounts-never-meet",
        patched(compose, "route", keyless)),
    Bug("explain: forgets what was known", "an-explanation-agrees-with-the-plan",
        patched(explain, "settle", lambda plan, prior, now: settle.settle(plan, {}, now))),
    Bug("explain: a field without an origin", "every-field-has-an-origin",
        patched(explain, "origins_of", lambda *given: origins_of(*given)[1:])),
    Bug("explain: stages say nothing", "every-diagnostic-is-told-by-a-stage",
        patched(explain, "Seen",
                lambda name, given, gave, notes: explain_seen(name, given, gave))),
)  # fmt: skip
explain_seen = explain.Seen
BY_NAME = {one.name: one for one in LAWS}


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_breaks_its_law(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    config = parse_config(bug.config)
    stages = bug.plant(monkeypatch)
    law, found = BY_NAME[bug.law], None
    base = BASE if bug.config is SHOP else []
    for seed in range(1, 16):  # hypothesis draws on what is imported, so one seed may miss it
        found = found or check_law(law, config, 100, seed, stages, shrink=False, base=base)
    assert isinstance(found, Violation), f"{bug} breaks no {bug.law}"
    assert found.law.name == bug.law and found.seen


def test_every_law_was_seen_to_fail() -> None:
    assert {bug.law for bug in BUGS} == set(BY_NAME)


def test_the_sound_core_breaks_no_law() -> None:
    for config in (parse_config(SHOP), parse_config(SUBSCRIBING), {}):
        assert check_laws(LAWS, config, examples=tries(60), seed=3) == ()


class Memory:
    """Has this been seen before?"""

    def __init__(self) -> None:
        self.known: set[str] = set()

    def __call__(self, value: Any, event: Any) -> bool:
        is_new = event.get("id") not in self.known
        self.known.add(str(event.get("id")))
        return is_new


def moving_on() -> Callable[..., Any]:
    """A coarse clock: it says the same for a while."""
    asked = count()
    return lambda value, event: next(asked) // 300


LUCK = Random(3)
IMPURE: dict[str, Callable[[], Callable[..., Any]]] = {
    "uuid4": lambda: lambda value, event: str(uuid4()),
    "now": lambda: lambda value, event: datetime.now(UTC).isoformat(),
    "counter": lambda: numbered,
    "memory": Memory,
    "random": lambda: lambda value, event: LUCK.random() < 0.1,
    "coarse clock": moving_on,
}
PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "policy.data.x.fn": lambda fn: {"policy": {"data.x": {"fn": fn}}},
    "data.map.A.fn": lambda fn: {"data": {"map": {"A": {"fn": fn}}}},
    "data.map.A.loop[1].condition": lambda fn: {
        "data": {"map": {"A": {"loop": ["nested", {"key": "data.sku", "condition": fn}]}}}
    },
    "settings.uniqueId.fn": lambda fn: {"settings": {"uniqueId": {"fn": fn}}},
    "settings.identify.map.title.validate": lambda fn: {
        "settings": {"identify": {"map": {"title": {"key": "user.first", "validate": fn}}}}
    },
    "mapping.*.*.condition": lambda fn: {"mapping": {"*": {"*": {"condition": fn}}}},
}


@pytest.mark.parametrize(
    ("kind", "place"),
    dict.fromkeys(
        [*((one, "data.map.A.fn") for one in IMPURE), *(("counter", one) for one in PLACES)]
    ),
)
def test_an_impure_function_is_named_and_nothing_else(kind: str, place: str) -> None:
    """Whatever laws it breaks on the way; and hypothesis does not stumble over it."""
    config = PLACES[place](IMPURE[kind]())
    (found,) = check_laws(LAWS, config, examples=tries(60), seed=1, shrink=kind == "uuid4")
    assert (found.law.name, found.path) == ("functions-are-pure", place)
    assert "is impure" in found.seen


def test_a_law_that_breaks_by_an_impure_function_says_so() -> None:
    config = PLACES["settings.uniqueId.fn"](IMPURE["uuid4"]())
    found = check_law(BY_NAME["a-retry-never-doubles"], config, 100, seed=1)
    assert found is not None and found.path == "settings.uniqueId.fn"
    assert check_law(BY_NAME["nothing-denied-is-sent"], config, 50, seed=1) is None


def test_events_of_a_sample_lead_to_what_only_they_have() -> None:
    """No generated event meets the condition; the sample's do."""
    rule = {
        "condition": lambda value, event: event["shop"]["kind"] == "b2b",
        "data": {"map": {"A": {"fn": numbered}}},
    }
    config = parse_config({"mapping": {"order": {"complete": [rule, {}]}}})
    event = {**VIEWED, "name": "order complete", "shop": {"kind": "b2b"}}
    broken = [one for one in check(config, [(1, event)], examples=60).findings if one.example]
    (found,) = [one for one in broken if one.code == "law.broken"]
    assert found.path == "mapping.order.complete[0].data.map.A.fn"
    assert "law.broken" not in [one.code for one in check(config, examples=60).findings]


def test_a_failing_test_shows_the_event_and_the_place() -> None:
    """In pytest's own words, which it cuts short."""
    law = BY_NAME["distinct-events-have-distinct-unique-ids"]
    config = {"mapping": {"order": {"complete": {"settings": {"uniqueId": {"value": "order"}}}}}}
    with pytest.raises(AssertionError) as failed:
        assert check_law(law, config, examples=60, seed=1) is None
    event = "{'name': 'order complete', 'timestamp': 1600000000000, 'user': {'id': 'u1'}}"
    assert f"<{law} at mapping.order.complete is broken by {event}: another" in str(failed.value)


def writing(value: Any, event: Any) -> bool:
    """Grows at every call, and so does what is shrunk, if they share it."""
    event.setdefault("user", {})
    if isinstance(event["user"], dict):
        event["user"][f"seen{len(event['user'])}"] = len(event)
    return True


@pytest.mark.parametrize("place", PLACES)
def test_a_function_that_writes_into_the_event_is_named(place: str) -> None:
    (found,) = check_laws(LAWS, PLACES[place](writing), examples=tries(30), seed=1)
    assert (found.law.name, found.path) == ("functions-are-pure", place)
    assert "the function writing writes into the event" in found.seen


@pytest.mark.parametrize("name", ["properties", "identity", "unique_id", "granted", "rule"])
def test_a_stage_that_writes_into_the_event_is_named(name: str) -> None:
    usual = getattr(STAGES, name)

    def broken(rule: Any, event: Any) -> Any:
        writing(None, event)
        return usual(rule, event)

    stages = evolve(STAGES, **{name: broken})
    (found,) = check_laws(LAWS, {}, examples=tries(30), seed=1, stages=stages)
    assert found.law.name == "nothing-is-mutated"
    assert found.seen.startswith(f"the stage {name} writes into the event")


def test_shrinking_ends_whatever_the_judge_does_to_its_event() -> None:
    def shows(event: Any) -> bool:
        event.setdefault("more", []).append([0])
        return True

    given = {"name": "a b", "timestamp": 0, "data": {"a": [1, {"b": 2}]}, "more": []}
    assert reduced(given, shows) == {"name": "a b", "timestamp": 0}
    assert given["more"] == []


def test_only_klaviyos_own_fields_are_cleared() -> None:
    """A null under another name would have the whole upsert refused."""
    user = {"id": "u1", "title": None, "phone": None, "city": None, "moon": None}
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "id": "e1", "user": user}
    tracking = Tracking(parse_config(CLEARING))
    (upsert,) = tracking.plan(event).upserts
    assert BY_NAME["an-upsert-holds-only-klaviyos-fields"](tracking, event) is None
    assert upsert.attributes == {"external_id": "u1", "title": None, "location": {"city": None}}


def second_event(rule: Rule, mapped: Mapped) -> Any:
    """A user's own stage, which records that somebody was seen."""
    own = None if mapped.unique_id is None else f"{mapped.unique_id}-seen"
    seen = {**mapped.event, "name": "Seen"}
    return calls.create_event(rule, evolve(mapped, event=seen, properties={}, unique_id=own))


@pytest.mark.parametrize("config", [SHOP, PRICED, OLD, KNOWN, {}], ids=range(5))
def test_plans_of_two_events_break_no_law(config: dict[str, Any]) -> None:
    """Of the first of them those laws speak that speak of one."""
    stages = evolve(STAGES, calls=(*STAGES.calls, second_event))
    assert check_laws(LAWS, parse_config(config), examples=tries(60), seed=5, stages=stages) == ()


def test_a_unique_id_that_only_looks_like_a_function_is_judged() -> None:
    """A law that searched the text for "fn" passed this one by."""
    law = next(one for one in LAWS if one.name == "distinct-events-have-distinct-unique-ids")
    config = {"settings": {"uniqueId": {"value": "fn-1"}}}
    assert check_law(law, config, examples=40, seed=1) is not None


@pytest.mark.parametrize(
    ("others", "told"), [({}, "no rule"), ({"*": {"*": {"name": "Any"}}}, "the rule * *")]
)
def test_an_empty_list_says_by_which_rule_its_events_go(others: dict[str, Any], told: str) -> None:
    config = parse_config({"mapping": {"order": {"complete": []}, **others}})
    (found,) = [one for one in lint_rules(config) if "empty list" in one.message]
    assert found.message.endswith(f"go by {told}")


def test_a_number_that_another_option_replaced_is_judged() -> None:
    """Its text is no number, which is no reason to stop."""
    config = parse_config({"settings": {"externalId": ["data.number", "user.id"]}})
    event = {"name": "dish add", "timestamp": 1_795_518_160_712, "data": {"number": 10**120}}
    tracking = Tracking(config)
    seen = {**event, "user": {"id": "u1"}}
    assert tracking.plan(seen).keys == ("external_id:u1",)
    assert identifiers_come_from_their_mappings(tracking, seen) is None
