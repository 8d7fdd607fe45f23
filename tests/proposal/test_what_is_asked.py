"""What is not sure is asked: what merges people, or counts money that is none, is no guess."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import here, write_lines

from walkeros_klaviyo.proposal.draft import Proposal
from walkeros_klaviyo.proposal.flow import events_of_flow
from walkeros_klaviyo.proposal.propose import Answers, propose

Raw = dict[str, Any]
START = 1_793_350_800_000


def proposed(*events: Raw) -> Proposal:
    """With all that a person could answer."""
    lines = [(at, {"timestamp": START + at, **one}) for at, one in enumerate(events, 1)]
    return propose(lines, Answers("none", "EUR"))


def ordered(user: Any = lambda at: {"id": f"u{at}"}, **data: Any) -> list[Raw]:
    """Six orders of six people."""
    return [
        {
            "name": "order complete",
            "user": user(at),
            "data": {
                "id": f"O-{at}",
                "total": 20 + at,
                **{key: one(at) if callable(one) else one for key, one in data.items()},
            },
        }
        for at in range(6)
    ]


@pytest.mark.parametrize(
    ("user", "wanted"),
    [
        (lambda at: {"clientId": f"{at}77", "id": f"u{at}"}, "user.id"),
        (lambda at: {"customer_id": at, "account_no": at, "user_id": at}, "user.user_id"),
        (lambda at: {"customerId": at, "userId": at, "crm_id": at}, "user.userId"),
        (lambda at: {"buyerId": at, "customer_id": at}, "user.customer_id"),
        (lambda at: {"client_id": f"c{at}"}, None),
        (lambda at: {"id": f"GA1.2.10{at}0000.1793350800"}, None),
        (lambda at: {"id": f"{at}23456789.1793350800"}, None),
        (lambda at: {"id": f"s{at}", "session": f"s{at}"}, None),
        (lambda at: {"id": f"d{at}", "device": {"id": f"d{at}"}}, None),
        (lambda at: {"id": f"O-{at}"}, None),
        (lambda at: {"number": at}, None),
        (lambda at: {"account_id": f"a{at}"}, None),
        (lambda at: {"company": {"id": f"a{at}"}}, None),
        (lambda at: {"id": f"a{at // 3}", "email": f"v{at}@example.com"}, None),
        (lambda at: {"id": f"a{at // 3}", "customer_id": f"v{at}"}, "user.customer_id"),
    ],
)
def test_only_what_names_a_person_for_good_is_an_id(user: Any, wanted: str | None) -> None:
    found = proposed(*ordered(user))
    assert found.config.get("settings", {}).get("externalId") == wanted
    assert bool(found.open) == (wanted is None)


@pytest.mark.parametrize("key", ["shop_email", "contact_email", "email"])
@pytest.mark.parametrize("user", [lambda at: {"id": f"u{at}"}, lambda at: {}])
def test_an_address_of_several_people_is_nobodys(key: str, user: Any) -> None:
    found = proposed(*ordered(user, **{key: "info@example.com"}))
    assert "email" not in found.config.get("settings", {})
    assert any("is nobody's address" in one for one in found.said)
    assert bool(found.open) == (not user(1))


def test_a_salesmans_address_is_not_the_customers() -> None:
    found = proposed(*ordered(salesrep=lambda at: {"email": f"rep{at % 2}@example.com"}))
    assert found.config["settings"] == {"externalId": "user.id", "currency": "EUR"}


def test_the_orders_of_one_person_have_that_persons_address() -> None:
    found = proposed(*ordered(lambda at: {"id": "u1", "email": "ada@example.com"}))
    assert found.config["settings"]["email"] == "user.email"


def rule(found: Proposal, entity: str = "order", action: str = "complete") -> Raw:
    """The proposed rule of an event."""
    said: Raw = found.config["mapping"][entity][action]
    return said


@pytest.mark.parametrize("end", ["refund", "failed", "web"])
def test_names_that_share_a_rule_are_asked_about(end: str) -> None:
    more = [{**one, "name": f"order complete {end}"} for one in ordered()]
    found = proposed(*ordered(), *more)
    assert rule(found) == {"ignore": True}
    assert f'"order complete", "order complete {end}" share a rule' in found.open[0]
    assert found.remarks["mapping", "order", "complete"].startswith("12 events")


@pytest.mark.parametrize("end", ["refund", "failed"])
def test_what_a_further_word_turns_is_no_order(end: str) -> None:
    found = proposed(*({**one, "name": f"order complete {end}"} for one in ordered()))
    assert rule(found) == {"ignore": True}
    assert "an order whose amount is revenue?" in found.open[0]


ODD = ("quote", "wishlist", "survey", "donation", "invoice", "subscription", "purchase", "ticket")


@pytest.mark.parametrize("entity", ODD)
def test_beside_orders_nothing_else_is_one(entity: str) -> None:
    odd = [{**one, "name": f"{entity} complete"} for one in ordered()]
    found = proposed(*odd, *ordered())
    assert rule(found)["name"] == "Placed Order"
    assert rule(found, entity)["name"] != "Placed Order"
    asked = [one for one in found.open if f'is "{entity} complete" an order' in one]
    assert [*found.open] == asked
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("entity", "is_order"),
    [
        *((one, False) for one in ("quote", "donation", "invoice")),
        *((one, True) for one in ("purchase", "sale", "transaction", "checkout", "ticket")),
    ],
)
def test_alone_it_is_an_order_where_its_name_allows_it(entity: str, is_order: bool) -> None:
    found = proposed(*({**one, "name": f"{entity} complete"} for one in ordered()))
    assert (rule(found, entity)["name"] == "Placed Order") == is_order
    assert bool(found.open) != is_order
    assert ("CHECK" in found.remarks["mapping", entity, "complete"]) == (entity == "ticket")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"total": 100, "gross": 119, "vat": 19}, "data.gross"),
        ({"total": None, "amount": 100, "net": 100, "gross": 119}, "data.gross"),
        ({"total": None, "value": {"net": 100, "gross": 119}}, "data.value.gross"),
        ({"total": 119, "net": 100}, "data.total"),
        ({"total": 124, "subtotalGross": 119}, "data.total"),
        ({"total": None, "value": 1_793_350_800, "amount": 5}, "data.amount"),
        ({"total": 1_793_350_800_123, "revenue": 5}, "data.revenue"),
        ({"total": None, "value": 1_793_350_800}, None),
    ],
)
def test_the_value_is_what_was_paid_and_no_time(data: Raw, wanted: str | None) -> None:
    assert rule(proposed(*ordered(**data))).get("settings", {}).get("value") == wanted


def test_parts_of_an_order_are_refunded_each_under_an_id_of_its_own() -> None:
    refunds = [
        {"name": "order refund", "user": {"id": f"u{at}"}, "data": {"id": f"R-{at}", **part}}
        for at, part in enumerate([{"order_id": "O-1", "amount": 5}] * 2)
    ]
    settings = rule(proposed(*ordered(), *refunds), "order", "refund")["settings"]
    both = {"set": ["data.order_id", "data.id"], "fn": ["$fn:complete", "$fn:join(/)"]}
    assert settings["uniqueId"] == [both, "data.order_id", "data.id"]


def test_parts_of_an_order_that_have_only_its_id_are_asked_about() -> None:
    refunds = [{"name": "order refund", "data": {"id": "O-1", "amount": at}} for at in (5, 6)]
    assert "give each refund an id" in proposed(*ordered(), *refunds).open[0]
    assert proposed(*ordered(), refunds[0], refunds[0]).open == ()


def test_two_spellings_are_both_read() -> None:
    other = [
        {**one, "data": {"orderId": f"P-{at}", "grandTotal": 5}} for at, one in enumerate(ordered())
    ]
    settings = rule(proposed(*ordered(), *other))["settings"]
    assert settings["uniqueId"] == ["data.id", "data.orderId"]
    assert settings["value"] == ["data.total", "data.grandTotal"]


@pytest.mark.parametrize("name", ["order *", "* complete", "order com\nplete", "or\tder complete"])
def test_a_name_that_no_rule_can_have_is_left_out_and_told(name: str) -> None:
    odd = [{**one, "name": name} for one in ordered()]
    found = proposed(*odd, *ordered())
    assert [*found.config["mapping"]] == ["order"]
    assert [*found.config["mapping"]["order"]] == ["complete"]
    assert any("no rule can have that name" in one for one in found.said)
    assert "no rule can have that name" in proposed(*odd).open[0]


def test_lines_that_are_no_events_are_counted_and_told() -> None:
    found = proposed({"name": "order"}, *ordered(), {"name": 5})
    assert "2 lines cannot be read, the first is line 1: " in found.said[0]
    assert "1 line cannot be read, the first is line 1: " in proposed({"name": "x"}).open[0]


def test_a_contract_alone_keeps_what_it_says_of_the_data() -> None:
    money = {"id": {"type": "string"}, "total": {"type": "number"}}
    data = {"type": "object", "properties": {**money, "items": {"type": "object"}}}
    events = {"order": {"complete": {"type": "object", "properties": {"data": data}}}}
    found = events_of_flow({"contract": {"default": {"events": events}}, "flows": {"web": {}}})
    assert found.lines[0][1]["data"] == {"id": "id-1", "total": 10, "items": {}}
    proposal = propose(found.lines, Answers("none"), found.assumed)
    settings = {"value": "data.total", "uniqueId": "data.id"}
    assert rule(proposal)["settings"] == settings
    assert "currency" not in proposal.config["settings"]
    assert "the flow's amounts name no currency" in proposal.open[0]
    assert "CHECK" in proposal.remarks["settings", "externalId"]
    assert "CHECK" in proposal.remarks["settings", "email"]


def test_a_currency_of_the_flows_own_events_is_no_answer_for_the_others() -> None:
    mapping = {
        "order": {"complete": {"data": {"map": {"a": "data.id", "b": "data.total"}}}},
        "plan": {"renew": {"data": {"map": {"c": "data.currency", "u": "user.id"}}}},
    }
    found = events_of_flow({"destinations": {"ads": {"config": {"mapping": mapping}}}})
    proposal = propose(found.lines, Answers("none"), found.assumed)
    assert "currency" not in proposal.config["settings"]
    assert "--currency" in proposal.open[0]
    assert ("settings", "externalId") not in proposal.remarks


def test_a_flow_that_breaks_off_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = tmp_path / "flow.json"
    flow.write_text('{"flows": {\n  "a": {"destinations":')
    done = here(monkeypatch, "init", str(flow))
    assert done.code == 2
    assert "line 2" in done.err
    flow.write_text("".join(json.dumps({"timestamp": START, **one}) + "\n" for one in ordered()))
    assert "Placed Order" in here(monkeypatch, "init", str(flow)).out


def test_the_source_is_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = write_lines(tmp_path / "events.jsonl", ordered())
    before = Path(events).read_bytes()
    other = tmp_path / "same.toml"
    other.symlink_to(events)
    for output in (events, str(other)):
        done = here(monkeypatch, "init", events, "-o", output, "--force")
        assert (done.code, "name another file" in done.err) == (2, True)
    assert Path(events).read_bytes() == before
