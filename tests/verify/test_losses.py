"""What a sample loses is counted by rule and code, and told as gravely as it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.verify.shops import NAMES, shop

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.core.explain import explain
from walkeros_klaviyo.verify import showing
from walkeros_klaviyo.verify.check import Report, check
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.losses import Loss, losses_of
from walkeros_klaviyo.verify.sample.look import look

DONE = "mapping.order.complete"
SHOP: dict[str, Any] = {
    "consent": {"marketing": True},
    "settings": {
        "phoneNumber": "user.phone",
        "identify": {"map": {"firstName": "user.first", "title": "user.title"}},
    },
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "data": {"map": {"Lines": {"loop": ["nested", "data.name"]}}},
                "settings": {
                    "value": "data.total",
                    "currency": "data.currency",
                    "uniqueId": "data.id",
                },
            }
        },
        "gift": {"give": {"name": "Gave", "settings": {"value": "data.total", "currency": "EUR"}}},
        "debug": {"*": {"ignore": True}},
    },
}


def order(at: int, **changes: Any) -> dict[str, Any]:
    """An order of one of many people, with nothing wrong with it."""
    event = {
        "name": "order complete",
        "timestamp": 1_793_318_400_000 + at,
        "id": f"e{at}",
        "data": {"id": f"O-{at}", "total": 10.0 + at, "currency": "EUR"},
        "user": {
            "id": f"c{at}",
            "phone": f"+49151234567{at:02}",
            "first": f"N{at}",
            "title": "Dr.",
        },
        "nested": [{"entity": "product", "data": {"name": "Tent"}}],
        "consent": {"marketing": True},
    }
    return {**event, **changes}


def _looked(bad: Callable[[dict[str, Any]], Any], count: int, of: int) -> Report:
    events = [order(at) for at in range(of)]
    for event in events[of - count :]:
        bad(event)
    return check(parse_config(SHOP), [*enumerate(events, 1)], examples=1)


@pytest.fixture(autouse=True)
def few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples are those of the sample."""
    monkeypatch.setattr(showing, "TRIES", 5)


def row(report: Report, code: str) -> Loss:
    """The only row of a code."""
    (found,) = [one for one in report.losses if one.code == code]
    return found


def lost(report: Report) -> list[tuple[str, str]]:
    """The findings of what is lost, with their places."""
    return [(one.code, one.path) for one in report.findings if one.code.startswith("loss.")]


LOSSES = [
    ("refused", "time.looks-like-seconds", "timestamp", "loss.refused",
     lambda event: event.update(timestamp=1_793_318_400)),
    ("refused", "limit.string", DONE, "loss.refused",
     lambda event: event["nested"][0]["data"].update(name="x" * 110_000)),
    ("unidentified", "identity.none", "settings", "loss.some",
     lambda event: event.update(user={})),
    ("unidentified", "external-id.invalid", "settings", "loss.some",
     lambda event: event.update(user={"id": "undefined"})),
    ("revenue", "revenue.missing", f"{DONE}.settings.value", "loss.order",
     lambda event: event["data"].pop("total")),
    ("revenue", "revenue.not-a-number", f"{DONE}.settings.value", "loss.order",
     lambda event: event["data"].update(total="1,299.00")),
    ("currency", "currency.missing", f"{DONE}.settings.currency", "loss.some",
     lambda event: event["data"].pop("currency")),
    ("currency", "currency.unknown", f"{DONE}.settings.currency", "loss.some",
     lambda event: event["data"].update(currency="Euro")),
    ("unique_id", "unique-id.missing", f"{DONE}.settings.uniqueId", "loss.order",
     lambda event: event["data"].pop("id")),
    ("identifier", "phone.invalid", "settings.phoneNumber", "loss.some",
     lambda event: event["user"].update(phone="12")),
    ("trait", "profile.wrong-type", "settings.identify.map.title", "loss.some",
     lambda event: event["user"].update(title={"code": 1})),
    ("value", "value.not-a-list", f"{DONE}.data.map.Lines", "loss.some",
     lambda event: event.update(nested="Tent")),
]  # fmt: skip
BY_CODE = [code for _, code, *_ in LOSSES]


@pytest.mark.parametrize(("what", "code", "path", "kind", "bad"), LOSSES, ids=BY_CODE)
def test_each_loss_is_a_row_and_a_finding(
    what: str, code: str, path: str, kind: str, bad: Callable[[dict[str, Any]], Any]
) -> None:
    """With its count, of how many, the first line, and a finding at its place."""
    report = _looked(bad, 2, of=20)
    found = row(report, code)
    assert (found.rule, found.events, found.count, found.line) == ("order complete", 20, 2, 19)
    assert (found.what, found.kind) == (what, kind)
    assert found.path.startswith(path)
    ((told, place),) = lost(report)
    assert (told, place) == (kind, found.path)
    (finding,) = [one for one in report.findings if one.code == kind]
    assert finding.message.startswith('2 of 20 events that meet "order complete"')
    assert f"{code} (2, line 19)" in finding.message
    assert finding.example is not None and finding.example.line == 19
    assert report.errors == (kind != "loss.some")


@pytest.mark.parametrize(
    ("what", "code", "path", "kind", "bad"),
    [one for one in LOSSES if one[3] == "loss.some"],
    ids=[one[1] for one in LOSSES if one[3] == "loss.some"],
)
def test_above_half_of_a_rules_events_it_is_an_error(
    what: str, code: str, path: str, kind: str, bad: Callable[[dict[str, Any]], Any]
) -> None:
    """By itself, or by another finding of the same place that is as grave."""
    half = row(_looked(bad, 10, of=20), code)
    assert half.severity == "warning"
    report = _looked(bad, 11, of=20)
    if what == "identifier":  # others are there
        assert row(report, code).severity == "warning"
        return
    assert row(report, code).severity == "error"
    assert report.errors > 0


def test_of_few_events_none_is_most() -> None:
    """Two of three events say nothing of a rule."""
    report = _looked(lambda event: event.update(user={}), 2, of=3)
    assert row(report, "identity.none").severity == "warning"


def test_the_amounts_of_a_metric_of_ones_own_are_a_warning() -> None:
    """Klaviyo's reports count them only where somebody says so."""
    gifts = [order(at, name="gift give") for at in range(10)]
    del gifts[3]["data"]["total"]
    report = check(parse_config(SHOP), [*enumerate(gifts, 1)], examples=1)
    assert (row(report, "revenue.missing").kind, report.errors) == ("loss.some", 0)


def test_what_visitors_and_rules_want_is_counted_and_no_finding() -> None:
    """Refusals of consent are normal, and `ignore` is written on purpose."""
    events = [order(at) for at in range(5)]
    events += [order(at, consent={"marketing": False}) for at in range(5, 20)]
    events += [order(at, name="debug ping") for at in range(20, 24)]
    report = check(parse_config(SHOP), [*enumerate(events, 1)], examples=1)
    denied, ignored = row(report, "consent.denied"), row(report, "rule.ignored")
    assert (denied.rule, denied.count, denied.events, denied.line) == ("order complete", 15, 20, 6)
    assert (ignored.rule, ignored.count, ignored.line) == ("debug *", 4, 21)
    assert (denied.severity, ignored.severity) == (None, None)
    assert lost(report) == []


def test_a_consent_in_words_is_a_finding() -> None:
    """The sender writes what grants nothing."""
    report = _looked(lambda event: event.update(consent={"marketing": "yes"}), 2, of=20)
    assert row(report, "consent.not-boolean").count == 2
    assert lost(report) == [("loss.some", f"{DONE}.consent")]


def test_a_condition_that_raises_is_counted_for_its_rule() -> None:
    """Of the events that it was asked about."""

    def raises(value: Any, event: Any) -> bool:
        return len(event["data"]["gift"]) > 0

    rules = [{**SHOP["mapping"]["order"]["complete"], "condition": raises}]
    config = parse_config({**SHOP, "mapping": {"order": {"complete": rules}}})
    events = [order(at, data={"id": f"O-{at}", "total": 1, "gift": "no"}) for at in range(8)]
    report = check(config, [*enumerate([*events, order(9)], 1)], examples=1)
    found = row(report, "condition.raised")
    assert (found.rule, found.events, found.count, found.line) == ("order complete[0]", 9, 1, 9)
    assert lost(report) == [("loss.refused", f"{DONE}[0].condition")]


@pytest.mark.parametrize(
    ("code", "path", "bad"),
    [
        ("revenue.type", f"{DONE}.settings.value", lambda event: event["data"].update(total="x")),
        ("revenue.currency", f"{DONE}.settings.currency",
         lambda event: event["data"].update(currency="Euro")),
        ("path.unknown", f"{DONE}.settings.value", lambda event: event["data"].pop("total")),
        ("klaviyo.refuses", "timestamp", lambda event: event.update(timestamp=1_793_318_400)),
        ("identity.nobody", "settings", lambda event: event.update(user={})),
        ("trait.type", "settings.identify.map.title",
         lambda event: event["user"].update(title={"code": 1})),
        ("identifier.type", "settings.phoneNumber", lambda event: event["user"].update(phone="12")),
    ],
)  # fmt: skip
def test_what_another_finding_says_of_the_place_is_not_said_twice(
    code: str, path: str, bad: Callable[[dict[str, Any]], Any]
) -> None:
    """But it is an error then, if the loss is one; and the table has it."""
    report = _looked(bad, 20, of=20)
    assert any(one.count == 20 for one in report.losses)
    (said,) = [one for one in report.findings if (one.code, one.path) == (code, path)]
    assert said.severity == "error"
    assert [place for _, place in lost(report) if place == path] == []


def test_the_rules_of_a_shared_setting_are_one_finding() -> None:
    """The place to mend is one."""
    events = [order(at) for at in range(10)] + [order(at, name="gift give") for at in range(10, 20)]
    for event in (events[4], events[14]):
        event["user"]["phone"] = "12"
    report = check(parse_config(SHOP), [*enumerate(events, 1)], examples=1)
    assert len([one for one in report.losses if one.code == "phone.invalid"]) == 2
    (finding,) = [one for one in report.findings if one.path == "settings.phoneNumber"]
    assert finding.message.startswith("2 of 20 events of 2 rules lose an identifier")
    assert finding.example is not None and finding.example.line == 5


def test_walkeros_own_fields_are_notes() -> None:
    """One flow.json serves both."""
    report = check(parse_config({**SHOP, "loadScript": True, "queue": {}}), examples=1)
    assert [one for one in report.findings if "does nothing" in one.message] == []
    assert {"loadScript: does nothing here", "queue: does nothing here"} <= set(report.notes)


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_of_a_rule_add_up_to_its_events(name: str) -> None:
    """Every event of a clean shop is sent, or stands in exactly one row of those that are not."""
    one = shop(name)
    config = parse_config(one.config)
    sample = look(config, one.sample)
    told = [explain(config)(event).plan for event in one.events]
    rows = losses_of(config, sample)
    whole = ("denied", "ignored", "unidentified", "refused")
    left = sum(row.count for row in rows if row.what in whole)
    gone = [plan for plan in told if plan.outcome in whole]
    assert left == len(gone) > 0
    assert sum({row.where: row.events for row in rows}.values()) <= len(told)
    assert all(row.count <= row.events for row in rows)
    assert {row.kind for row in rows} <= {None, "loss.some"}


def test_a_finding_may_be_graver_than_its_kind() -> None:
    """A path that is not there is a warning, where it costs revenue an error."""
    assert Finding("path.unknown", "a", "…").severity == "warning"
    assert Finding("path.unknown", "a", "…", is_grave=True).severity == "error"
