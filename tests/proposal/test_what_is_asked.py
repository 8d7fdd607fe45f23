"""What is not sure is asked: nothing that merges people, or counts money that is none, is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from walkeros_klaviyo.proposal.propose import Answers, Proposal, propose

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
