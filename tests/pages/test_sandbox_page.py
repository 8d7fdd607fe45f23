"""The sandbox's page shows what came over the wire: bounded, and none of it as markup."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.pages.test_html import EVIL, Read

from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.page import render
from walkeros_klaviyo.sandbox.page_details import event_page, profile_page
from walkeros_klaviyo.sandbox.page_events import EVENTS, Chosen
from walkeros_klaviyo.sandbox.picture import DAYS, picture
from walkeros_klaviyo.sandbox.serve import running

NOW = 1_790_000_000.0
ADA = {"email": "ada@example.com", "first_name": "Ada"}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(limits="off", clock=lambda: NOW)


def text_of(sandbox: Sandbox, metric: str = "", person: str = "") -> str:
    return Read(render(sandbox, Chosen(metric, person))[0]).text


def test_an_empty_page_says_so(sandbox: Sandbox) -> None:
    main, news = render(sandbox, Chosen())
    assert Read(main).text.count("Nothing yet.") == 6
    assert news == "0 events, 0 profiles, 0 rejected"


def test_events_are_shown_with_properties_people_and_money(
    sandbox: Sandbox, post: Any, make: Any
) -> None:
    properties = {"OrderId": "O-1", "Items": ["Tent", 2], "Gift": None, "Big": 2**70}
    order = {"value": 89_900, "value_currency": "JPY", "properties": properties}
    post(sandbox, "event", make.event("Placed Order", make.profile(**ADA), **order))
    post(
        sandbox, "event", make.event("Placed Order", make.profile(**ADA), value=1.5, unique_id="2")
    )
    post(sandbox, "event", make.event(value="x"))
    text = text_of(sandbox)
    for part in ("89,900 JPY", "1.50 no currency", "OrderId O-1", 'Items ["Tent",2]', "Gift null",
                 f"Big {2**70}", "ada@example.com", "Ada", "must be a number"):  # fmt: skip
        assert part in text
    assert "89,900.00" not in text


def test_a_filter_finds_metrics_and_people_however_long_ago(
    sandbox: Sandbox, post: Any, make: Any
) -> None:
    post(sandbox, "event", make.event("Placed Order", make.profile(**ADA), unique_id="first"))
    for number in range(200):
        other = make.profile(external_id=f"u{number}")
        post(sandbox, "event", make.event("Viewed Page", other, unique_id=str(number)))
    assert f"Showing the latest {EVENTS} of 201." in text_of(sandbox)
    for chosen in ({"metric": "Placed Order"}, {"person": "ADA@ex"}, {"person": " ada "},
                   {"metric": "Placed Order", "person": "ada"}):  # fmt: skip
        assert "Showing 1." in text_of(sandbox, **chosen)
    assert "Showing 11." in text_of(sandbox, metric="Viewed Page", person="u19")
    assert "No such event." in text_of(sandbox, metric="Viewed Page", person="ada")
    assert "No such event." in text_of(sandbox, metric="unheard of")
    people = Read(render(sandbox, Chosen())[0]).text.partition("Profiles")[2]
    assert "The latest 25" in people


def test_what_two_profiles_did_is_one_timeline_once_they_are_one(
    sandbox: Sandbox, post: Any, make: Any
) -> None:
    people = ({"email": "a@example.com"}, {"phone_number": "+15005550006"})
    for at, who in enumerate(people):
        post(sandbox, "event", make.event("Viewed Page", make.profile(**who), unique_id=f"{at}"))
    both = make.profile(email="a@example.com", phone_number="+15005550006")
    post(sandbox, "event", make.event("Placed Order", both, value=3, value_currency="EUR"))
    (one,) = sandbox.record.people.profiles.values()
    assert list(one.events) == [0, 1, 2]
    shown = profile_page(sandbox, one.id)
    assert shown is not None
    assert Read(shown).text.count("Viewed Page") == 2
    assert profile_page(sandbox, one.merged[0]) == shown


def test_a_profile_has_its_subscriptions_and_lists(sandbox: Sandbox, post: Any, make: Any) -> None:
    known = {"email": "a@example.com", "phone_number": "+15005550006"}
    person = make.person("SUBSCRIBED", "email", "sms", **known)
    post(sandbox, "subscribe", make.subscription(person, chosen="Y6nRLr"))
    leaver = make.person("UNSUBSCRIBED", "sms", phone_number="+15005550006")
    post(sandbox, "unsubscribe", make.unsubscription(leaver), NOW + 86_400)
    text = text_of(sandbox)
    assert "email since 2026-09-21, no sms since 2026-09-22" in text
    assert "Y6nRLr1" in text  # the list, and how many are on it
    shown = profile_page(sandbox, next(iter(sandbox.record.people.profiles)))
    assert shown is not None
    text = Read(shown).text
    first = [text.index(part) for part in ("Unsubscribed: sms", "Subscribed: email")]
    assert first == sorted(first)


def test_an_event_is_shown_whole_beside_what_it_was_made_of(
    sandbox: Sandbox, post: Any, make: Any
) -> None:
    post(sandbox, "event", make.event("Placed Order", make.profile(**ADA), unique_id="O-1"))
    post(sandbox, "bulk", make.bulk(make.group(make.profile(**ADA), make.row(unique_id="2"))))
    shown = event_page(sandbox, 0)
    assert shown is not None
    assert "explain EVENTS --config FILE" in shown
    sandbox.note_origin("Placed Order", "O-1", b'{"name": "order complete"}')
    for number, words in ((0, '"name": "order complete"'), (1, '"email": "ada@example.com"')):
        shown = event_page(sandbox, number)
        assert shown is not None
        assert words in Read(shown).text
    assert event_page(sandbox, 2) is event_page(sandbox, -1) is profile_page(sandbox, "x") is None


def test_of_origins_the_latest_are_kept(sandbox: Sandbox) -> None:
    for number in range(2_001):
        sandbox.note_origin("m", str(number), b"{}")
    assert (sandbox.origin("m", "0"), sandbox.origin("m", "1")) == (None, b"{}")


def test_the_rate_windows_are_those_of_now(post: Any, make: Any) -> None:
    for limits in ("published", "sliding"):
        sandbox = Sandbox(limits=limits, clock=lambda: NOW)  # type: ignore[arg-type]
        for number in range(3):
            at = NOW - 20 + number * 10
            post(sandbox, "event", make.event(unique_id=str(number)), at)
        assert "events.create_event1 of 3503 of 3,500" in text_of(sandbox)
    assert "nothing is throttled" in text_of(Sandbox(limits="off"))


def test_revenue_has_a_picture_and_a_table_by_day_and_currency() -> None:
    days = {
        ("2020-01-01", "EUR"): Decimal(1), ("2026-10-29", "EUR"): Decimal("10.5"),
        ("2026-10-30", "EUR"): Decimal("2"), ("2026-10-30", "JPY"): Decimal(500),
    }  # fmt: skip
    drawn = picture(days)
    assert (drawn.count("<svg"), drawn.count("<rect")) == (2, 3)
    text = Read(drawn).text
    for part in ("13.50 EUR", "Revenue in EUR by day, 2026-10-01 to 2026-10-30",
                 "The best day had 10.50 EUR.", "2026-10-30500 JPY"):  # fmt: skip
        assert part in text
    assert "2020-01-01" not in text
    many = {(f"{year}-01-01", "EUR"): Decimal(year) for year in range(1_000, 2_000)}
    assert picture(many).count("<rect") <= DAYS


def test_what_arrived_is_never_markup(sandbox: Sandbox, post: Any, make: Any) -> None:
    for number, evil in enumerate(EVIL[:-1]):
        profile = make.profile(external_id=evil.replace("\0", ""), first_name=evil, last_name=evil)
        more = {"properties": {evil: evil}, "value": 1e300, "unique_id": f"{evil}{number}"}
        post(sandbox, "event", make.event(evil, profile, **more))
        post(sandbox, "event", make.event(**{evil: 1}))
        post(sandbox, f"/api/{evil}", {})
    assert sandbox.stats()["events"] >= 4
    pages = [render(sandbox, Chosen(evil, evil))[0] for evil in EVIL[:-1]]
    pages += [event_page(sandbox, number) for number in range(sandbox.stats()["events"])]
    pages += [profile_page(sandbox, known) for known in sandbox.record.people.profiles]
    for made in pages:
        assert made is not None
        assert not {"script", "img"} & set(Read(made).tags)
        assert "\u202e" not in Read(made).text


def test_the_page_stays_small_and_quick_with_10_000_events_and_huge_ones(
    sandbox: Sandbox, post: Any, make: Any
) -> None:
    huge = {"text": "x" * 90_000, **{f"k{n}": "y" * 50_000 for n in range(20)}}
    for number in range(10_000):
        who = make.profile(external_id=f"u{number % 500}")
        more = {"properties": huge} if number % 2_000 == 0 else {}
        post(sandbox, "event", make.event(f"m{number % 300}", who, unique_id=f"{number}", **more))
    assert len(render(sandbox, Chosen())[0]) < 200_000
    begun = time.process_time()
    for _ in range(10):
        render(sandbox, Chosen(person="u4"))
    assert (time.process_time() - begun) / 10 < 0.5
    assert "Showing" in text_of(sandbox, metric="m0")


def test_the_page_needs_nothing_from_elsewhere_and_no_inline_script(sandbox: Sandbox) -> None:
    with running(sandbox) as url:
        with urllib.request.urlopen(url) as answer:
            policy, text = answer.headers["content-security-policy"], answer.read().decode()
        for name in ("page.css", "live.js"):
            with urllib.request.urlopen(f"{url}/sandbox/page/{name}") as answer:
                assert b"http" not in answer.read()
        with pytest.raises(urllib.error.HTTPError) as missing:
            urllib.request.urlopen(f"{url}/sandbox/event?number=9")
        assert missing.value.code == 404
        missing.value.close()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in text
    assert " style=" not in text
    assert text.count("<script") == text.count("<script src=") == 1


def test_a_shops_whole_journey_survives_a_restart_on_the_page_too(
    tmp_path: Path, post: Any, make: Any
) -> None:
    shown = []
    for _ in range(2):
        kept = Sandbox(limits="off", clock=lambda: NOW, store=tmp_path / "kept")
        if not shown:
            post(kept, "event", make.event("Placed Order", value=2, value_currency="EUR"))
            post(kept, "event", make.event(value="x"))
        shown.append(render(kept, Chosen())[0])
        kept.close()
    assert shown[0] == shown[1]
    assert json.dumps(shown[0]).count("2.00 EUR") > 3
