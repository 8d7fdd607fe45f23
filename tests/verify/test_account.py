"""Does the configuration fit the account? By scripted answers, and by asking the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.core.klaviyo.limits import SCOPES
from walkeros_klaviyo.sandbox import Faults, Sandbox
from walkeros_klaviyo.sandbox.account import Account
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.send.account_facts import UnreachableError, ask_account
from walkeros_klaviyo.shell.send.klaviyo import Klaviyo
from walkeros_klaviyo.verify.account import (
    Facts,
    compare,
    facts_of,
    lists_asked,
    unasked,
    writes_asked,
)
from walkeros_klaviyo.verify.findings import Finding

KEY = "pk_canary_of_the_account"
FINE = {
    "accounts.get_accounts": 200,
    "metrics.get_mapped_metrics": 200,
    "events.create_event": 400,
    "profiles.create_or_update_profile": 400,
    "profiles.bulk_import_profiles": 400,
}
"""What a good key is answered: nothing is written, so the writes are refused."""


def orders(name: str | None = "Placed Order", **settings: Any) -> dict[str, Any]:
    """A shop with one rule that has revenue."""
    rule: dict[str, Any] = {"settings": {"value": "data.total"}}
    if name is not None:
        rule["name"] = name
    return {"settings": settings, "mapping": {"order": {"complete": rule}}}


def found(config: dict[str, Any], facts: Facts) -> list[Finding]:
    """What does not fit."""
    return list(compare(parse_config(config), facts))


def facts(
    currency: str | None = "EUR", revenue: str | None = "Placed Order", **statuses: int
) -> Facts:
    """An account's, with other statuses for the calls that end so."""
    changed = {
        call: next((code for end, code in statuses.items() if call.endswith(end)), status)
        for call, status in FINE.items()
    }
    return Facts(changed, currency, {"revenue": revenue})


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    """Which, and where."""
    return [(one.code, one.path) for one in findings]


# --- scripted ------------------------------------------------------------------------------------


def test_an_account_that_fits_has_no_finding_and_no_note() -> None:
    """Both writes were refused for what they said, not for who said it."""
    assert found(orders(currency="EUR"), facts()) == []
    assert unasked(facts()) == ()


@pytest.mark.parametrize("call", list(FINE))
def test_a_refused_key_is_all_that_is_said(call: str) -> None:
    """One finding, whichever call was answered so: the rest follows from it."""
    refused = Facts({**FINE, call: 401}, "USD", {"revenue": "Other"})
    (one,) = found(orders(currency="EUR"), refused)
    assert (one.code, one.path) == ("account.key", "settings.apiKey")
    assert "KLAVIYO_API_KEY" in one.advice
    assert one.severity == "error"


@pytest.mark.parametrize(
    ("call", "scope"),
    [
        ("events.create_event", "events:write"),
        ("profiles.create_or_update_profile", "profiles:write"),
    ],
)
def test_a_scope_that_delivery_needs_is_an_error(call: str, scope: str) -> None:
    """It is named, with the call that was refused and the way to mend it."""
    (one,) = found(orders(currency="EUR"), Facts({**FINE, call: 403}))
    assert (one.code, one.severity) == ("account.scope", "error")
    assert scope in one.message
    assert call in one.message
    assert scope in one.advice


def test_scopes_that_only_bulk_needs_are_a_warning() -> None:
    """Without them 700 people take 700 requests."""
    (one,) = found(orders(currency="EUR"), Facts({**FINE, "profiles.bulk_import_profiles": 403}))
    assert (one.code, one.severity) == ("account.bulk", "warning")
    assert one.advice == "Add lists:read and lists:write and profiles:read to the key."


def test_each_missing_scope_is_a_finding() -> None:
    """Both, so that the key is made anew once."""
    both = Facts({**FINE, "events.create_event": 403, "profiles.create_or_update_profile": 403})
    assert sorted(one.message.split()[5] for one in found({}, both)) == [
        "events:write",
        "profiles:write",
    ]


@pytest.mark.parametrize("call", ["accounts.get_accounts", "metrics.get_mapped_metrics"])
@pytest.mark.parametrize("status", [403, 429, 500])
def test_what_could_not_be_asked_is_a_note_and_no_finding(call: str, status: int) -> None:
    """A key for delivery only is a good key; but the report says what was not looked at."""
    asked = Facts({**FINE, call: status})
    assert found(orders(currency="EUR"), asked) == []
    (note,) = unasked(asked)
    assert call in note
    assert (SCOPES[call][0] if status == 403 else str(status)) in note


@pytest.mark.parametrize("call", ["events.create_event", "profiles.create_or_update_profile"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_write_that_was_not_judged_is_a_note_too(call: str, status: int) -> None:
    """Else the report calls a key good that nobody has looked at."""
    (note,) = unasked(Facts({**FINE, call: status}))
    assert call in note


def test_another_currency_is_told_with_both() -> None:
    """What goes, and what the account counts in."""
    (one,) = found(orders(currency="USD"), facts("EUR"))
    assert (one.code, one.path) == ("account.currency", "settings.currency")
    assert "USD" in one.message
    assert "EUR" in one.advice
    assert one.severity == "warning"


@pytest.mark.parametrize(
    "currency", ["eur", "EUR", {"value": "EUR"}, {"value": "eur"}, [{"value": "EUR"}], "data.code"]
)
def test_the_same_currency_however_it_is_written(currency: Any) -> None:
    """Small letters are the same money, and what the event says is not known here."""
    assert found(orders(currency=currency), facts("EUR")) == []


def test_a_rules_own_currency_counts() -> None:
    """The only rule with revenue goes in dollars, whatever the destination says for others."""
    config = orders(currency="EUR")
    config["mapping"]["order"]["complete"]["settings"]["currency"] = "USD"
    place = "mapping.order.complete.settings.currency"
    assert codes(found(config, facts("EUR"))) == [("account.currency", place)]


def test_no_currency_on_either_side_is_nothing_to_compare() -> None:
    """The lint says what is to be said of ours."""
    assert found(orders(), facts("EUR")) == []
    assert found(orders(currency="EUR"), facts(None)) == []


def test_revenue_under_another_name_is_told() -> None:
    """With the name that is mapped, at the rule that looks most like it."""
    config = orders("Order Placed", currency="EUR")
    config["mapping"]["cart"] = {"add": {"name": "Added to Cart", "settings": {"value": "data.v"}}}
    (one,) = found(config, facts())
    assert (one.code, one.path) == ("account.revenue", "mapping.order.complete.name")
    assert '"Placed Order"' in one.message
    assert 'name = "Placed Order"' in one.advice


def test_the_right_name_without_a_value_brings_no_revenue() -> None:
    """Another rule has the value, so the mapped metric stays empty."""
    config = orders("Order Paid", currency="EUR")
    config["mapping"]["order"]["place"] = {"name": "Placed Order"}
    assert codes(found(config, facts()))[0][0] == "account.revenue"


@pytest.mark.parametrize("name", ["order complete", None])
def test_an_events_own_name_may_be_the_one_that_is_mapped(name: str | None) -> None:
    """A rule without a name sends its events under theirs."""
    assert found(orders(name, currency="EUR"), facts(revenue="order complete")) == []


def test_what_brings_no_revenue_is_not_asked_about() -> None:
    """No value anywhere; ignored rules; a metric that the account has put together itself."""
    no_money = {"mapping": {"form": {"send": {"name": "Sent Form"}}}}
    assert found(no_money, facts()) == []
    ignored = orders("Other", currency="EUR")
    ignored["mapping"]["order"]["complete"]["ignore"] = True
    assert found(ignored, facts()) == []
    assert found(orders("Other", currency="EUR"), facts(revenue=None)) == []
    assert found(orders("Other", currency="EUR"), Facts(FINE, "EUR", None)) == []


METRICS = {
    "data": [
        {
            "type": "mapped-metric",
            "id": "revenue",
            "relationships": {"metric": {"data": {"type": "metric", "id": "M1"}}},
        },
        {"type": "mapped-metric", "id": "viewed_product", "relationships": {}},
    ],
    "included": [{"type": "metric", "id": "M1", "attributes": {"name": "Bought"}}],
}


def test_the_answers_are_read_as_klaviyo_writes_them() -> None:
    """The metric's name is in what is included."""
    read = facts_of(
        {
            "accounts.get_accounts": (
                200,
                {"data": [{"attributes": {"preferred_currency": "SEK"}}]},
            ),
            "metrics.get_mapped_metrics": (200, METRICS),
        }
    )
    assert read.currency == "SEK"
    assert read.mapped == {"revenue": "Bought", "viewed_product": None}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        7,
        {"data": None},
        {"data": [None, 1]},
        {"data": {"attributes": 1}},
        {"data": [{"attributes": {"preferred_currency": 5}}], "included": [3]},
        {"data": [{"id": "revenue", "relationships": {"metric": []}}], "included": {}},
        {"data": [{"id": None}], "included": [{"type": "metric"}]},
    ],
)
def test_an_answer_of_another_shape_says_nothing(body: Any) -> None:
    """And breaks nothing: there is then nothing to compare."""
    answers: Mapping[str, tuple[int, Any]] = {
        "accounts.get_accounts": (200, body),
        "metrics.get_mapped_metrics": (200, body),
    }
    read = facts_of(answers)
    assert read.currency is None
    assert found(orders("Other", currency="EUR"), read) == []


# --- through the SDK, to the sandbox -------------------------------------------------------------


NEWS = {
    "mapping": {
        "news": {
            "signup": {
                "consent": {"marketing": True},
                "settings": {"subscribe": {"list": "Y6nRLr"}, "lists": ["HBZrGh", "data.list"]},
            },
            "leave": {"silent": True, "settings": {"unsubscribe": True}},
        }
    }
}


def asked_of(config: dict[str, Any], sandbox: Sandbox) -> Facts:
    """What the account says of a configuration's lists and calls."""
    parsed = parse_config(config)
    with running(sandbox) as url:
        answers = ask_account(Klaviyo(KEY, url), writes_asked(parsed), lists_asked(parsed))
    assert sandbox.stats()["profiles"] == 0
    return facts_of(answers)


def test_a_list_that_the_account_lacks_is_told_at_its_place() -> None:
    """And no list that it has."""
    read = asked_of(NEWS, Sandbox(lists=["HBZrGh"]))
    (one,) = found(NEWS, read)
    place = "mapping.news.signup.settings.subscribe.list"
    assert (one.code, one.path, one.severity) == ("account.list", place, "error")
    assert "Y6nRLr" in one.message
    assert unasked(read) == ()
    assert found(NEWS, asked_of(NEWS, Sandbox(lists=["HBZrGh", "Y6nRLr"]))) == []


def test_lists_that_could_not_be_asked_are_one_note() -> None:
    """The key lacks what only the check needs."""
    read = asked_of(NEWS, Sandbox(deny=["lists:read"]))
    assert found(NEWS, read) == []
    assert unasked(read) == ("lists:read is missing, so lists.get_list could not be asked",)


def test_what_is_no_id_of_a_list_is_not_asked() -> None:
    """The lint says so; it would be another path of the address."""
    rule = {"settings": {"lists": ["Newsletter", "Y6nRLr", "Y6nRLr"]}}
    config = parse_config({"mapping": {"a": {"b": rule}}})
    assert (lists_asked(config), writes_asked(config)) == (("Y6nRLr",), ())


def test_a_key_that_may_not_subscribe() -> None:
    """Both calls need the scope; it is asked for only where a rule subscribes."""
    sandbox = Sandbox(deny=["subscriptions:write"])
    missing = found(NEWS, asked_of(NEWS, sandbox))
    assert [one.code for one in missing] == ["account.scope"] * 2
    assert {one.advice for one in missing} == {
        "Add lists:write and profiles:write and subscriptions:write to the key."
    }
    assert found(orders(currency="EUR"), asked_of(orders(currency="EUR"), sandbox)) == []


def asked(sandbox: Sandbox) -> tuple[dict[str, tuple[int, Any]], Facts]:
    """The answers of a sandbox, over HTTP; and nothing may be recorded by asking."""
    with running(sandbox) as url:
        answers = ask_account(Klaviyo(KEY, url))
    counts = sandbox.stats()
    assert (counts["events"], counts["profiles"], counts["duplicates"]) == (0, 0, 0)
    assert KEY not in repr(answers)
    return answers, facts_of(answers)


def test_a_good_key_is_known_by_what_its_writes_are_refused_for() -> None:
    """Four questions, in one account that fits, and nothing is left behind."""
    answers, read = asked(Sandbox())
    assert {call: status for call, (status, _) in answers.items()} == FINE
    assert read.currency == "EUR"
    assert read.mapped is not None
    assert read.mapped["revenue"] == "Placed Order"
    assert found(orders(currency="EUR"), read) == []
    assert unasked(read) == ()


def test_a_rejected_key_is_asked_about_once() -> None:
    """What follows would be answered the same."""
    sandbox = Sandbox(reject_keys=[KEY])
    answers, read = asked(sandbox)
    assert {status for status, _ in answers.values()} == {401}
    assert len(answers) == 1
    assert codes(found(orders(), read)) == [("account.key", "settings.apiKey")]


@pytest.mark.parametrize(
    ("denied", "scopes"),
    [
        ("events:write", ["events:write"]),
        ("events.create_event", ["events:write"]),
        ("profiles:write", ["profiles:write"]),
        ("profiles.create_or_update_profile", ["profiles:write"]),
        ("accounts:read", []),
        ("metrics:read", []),
    ],
)
def test_a_key_without_a_scope(denied: str, scopes: list[str]) -> None:
    """What delivery needs is a finding, what only the check needs is a note."""
    _, read = asked(Sandbox(deny=[denied]))
    missing = [one for one in found(orders(currency="EUR"), read) if one.code == "account.scope"]
    assert [one.advice for one in missing] == [f"Add {scope} to the key." for scope in scopes]
    assert len(unasked(read)) == (denied.endswith(":read"))


def test_the_sandboxes_currency_is_compared() -> None:
    """As an account in another country would answer."""
    _, read = asked(Sandbox(account=Account(currency="SEK")))
    assert codes(found(orders(currency="EUR"), read)) == [("account.currency", "settings.currency")]


def test_an_account_behind_trouble_is_not_called_good() -> None:
    """A host that answers every question with an error has told nothing: that much is said."""
    sandbox = Sandbox(faults=Faults({"error": 1.0}))
    try:
        _, read = asked(sandbox)
    except UnreachableError:
        return
    assert len(unasked(read)) == len(FINE)


def test_nobody_there_is_said_so() -> None:
    """No answer is no verdict."""
    with running(Sandbox()) as url:
        pass
    with pytest.raises(UnreachableError, match="no answer"):
        ask_account(Klaviyo(KEY, url))
