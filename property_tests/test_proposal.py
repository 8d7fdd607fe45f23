"""What is proposed for a shop's events compiles, is clean, and names only what the events have."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.proposal.draft import Proposal
from walkeros_klaviyo.proposal.propose import Answers, propose
from walkeros_klaviyo.verify.findings import split_off
from walkeros_klaviyo.verify.loss_findings import with_losses
from walkeros_klaviyo.verify.losses import losses_of
from walkeros_klaviyo.verify.questions import judge, lint
from walkeros_klaviyo.verify.sample.look import look
from walkeros_klaviyo.verify.strategies.events import any_events

Raw = dict[str, Any]
START = 1_793_350_800_000


@frozen
class Habits:
    """How one shop tracks: its names and places, the same for all of its events."""

    order: str
    done: str
    order_id: str
    total: str
    currency: str
    carrier: str
    user: str
    consent: str
    visitors: int
    has_price: bool
    has_odd: bool


HABITS = st.builds(
    Habits,
    order=st.sampled_from(["order", "sale", "purchase", "Order", "booking"]),
    done=st.sampled_from(["complete", "paid", "place", "Complete"]),
    order_id=st.sampled_from(["id", "orderId", "transaction_id", "order_number", "ref"]),
    total=st.sampled_from(["total", "revenue", "grandTotal", "amount"]),
    currency=st.sampled_from(["data", "globals", "none"]),
    carrier=st.sampled_from(["nested", "mixed", "cart", "items", "products", "none"]),
    user=st.sampled_from(["flat", "nested", "email", "odd"]),
    consent=st.sampled_from(["marketing", "ads", "functional", "none"]),
    visitors=st.integers(1, 6),
    has_price=st.booleans(),
    has_odd=st.booleans(),
)


def user_of(habits: Habits, at: int) -> Raw:
    """A visitor, as the shop knows them."""
    email = f"visitor{at}@example.com"
    return {
        "flat": {"id": f"C-{at}", "email": email, "firstName": f"Ada{'abcdefgh'[at]}"},
        "nested": {"profile": {"customerId": f"C-{at}", "mail": email}, "device": f"d{at}"},
        "email": {"email": email, "device": f"d{at}"},
        "odd": {"user.name": "x", "id": at + 1, "e-mail": email},
    }[habits.user]


def products(habits: Habits, at: int) -> list[Raw]:
    """What a visitor bought."""
    data = [{"sku": f"S-{at}-{n}", "name": f"Thing {n}", "price": 5.5 + n} for n in range(2)]
    if not habits.has_price:
        data = [{key: one[key] for key in ("sku", "name")} for one in data]
    return [{**one, "quantity": 2} for one in data]


def carried(habits: Habits, lines: list[Raw]) -> tuple[Raw, list[Raw]]:
    """The lines, where the shop has them: in the data, or nested."""
    nested = [{"entity": "product", "data": one} for one in lines]
    if habits.carrier in ("items", "products"):
        return {habits.carrier: lines}, []
    if habits.carrier == "mixed":
        return {}, [*nested, {"entity": "coupon", "data": {"code": "X"}}]
    if habits.carrier == "cart":
        return {}, [{"entity": "cart", "data": {}, "nested": nested}]
    return {}, nested if habits.carrier == "nested" else []


def sample_of(habits: Habits) -> list[tuple[int, Raw]]:
    """Some visitors, who look, put into the cart, go to the checkout, and mostly buy."""
    events: list[Raw] = []
    states = {"marketing": "marketing", "ads": "ads", "functional": "functional"}
    consent = {states[habits.consent]: True} if habits.consent in states else {}

    def add(name: str, at: int, data: Raw, nested: list[Raw]) -> None:
        number = len(events) + 1
        odd = {"a.b": 1, "": 2, "x y": "z", "*": 3} if habits.has_odd else {}
        shared: Raw = {"lang": "de"}
        if habits.currency == "globals":
            shared["currency"] = "EUR"
        if habits.currency == "data" and habits.total in data:
            data = {**data, "currency": "EUR"}
        events.append(
            {
                "name": name,
                "id": f"e{number}",
                "timestamp": START + number * 40_000,
                "data": {**odd, **data},
                "globals": shared,
                "user": user_of(habits, at),
                "nested": nested,
                "consent": consent,
            }
        )

    for at in range(habits.visitors):
        lines = products(habits, at)
        more, nested = carried(habits, lines)
        total = {habits.total: 31.0 + at}
        add("page view", at, {"title": "Home"}, [])
        add("product view", at, lines[0], [])
        add("product add", at, lines[0], [])
        add("checkout start", at, {**total, **more}, nested)
        number = {habits.order_id: f"O-{100 + at}"}
        add(f"{habits.order} {habits.done}", at, {**number, **total, **more}, nested)
        if at == 1:
            add(f"{habits.order} refund", at, {**number, habits.total: 5.5}, [])
    return list(enumerate(events, 1))


def is_open(proposal: Proposal, what: str) -> bool:
    """Is that said to be left for a person?"""
    return any(what in one for one in proposal.open)


@given(HABITS, st.sampled_from([None, "EUR"]), st.sampled_from([None, "given"]))
def test_a_proposal_passes_verify_on_its_sample(
    habits: Habits, currency: str | None, consent: str | None
) -> None:
    """Or says which question is open."""
    sample = sample_of(habits)
    answer = None if consent is None else {"none": "none"}.get(habits.consent, habits.consent)
    proposal = propose(sample, Answers(answer, currency))
    config = parse_config(proposal.config)
    shown = look(config, sample)
    every = with_losses([*lint(config), *judge(config, shown)], losses_of(config, shown))
    found, _, gone = split_off(every, config.known)
    errors = [f"{one.code} {one.path}: {one.message}" for one in found if one.severity == "error"]
    unknown = [one.path for one in found if one.code in ("path.unknown", "rule.unmet")]
    if habits.currency == "none" and currency is None:
        assert is_open(proposal, "currency")
    elif consent is None and habits.consent in ("functional", "none"):
        assert is_open(proposal, "consent: which")
    else:
        assert (errors, proposal.open) == ([], ())
        assert "Placed Order" in [rule.name for rule in config.rules]
    assert (unknown, gone) == ([], ())


@given(st.lists(any_events(), max_size=6))
def test_whatever_comes_the_proposal_compiles(events: list[Any]) -> None:
    proposal = propose(enumerate(events, 1), Answers("marketing", "EUR"))
    parse_config(proposal.config)
    assert proposal.config.get("mapping") or proposal.open
