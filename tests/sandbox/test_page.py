"""The page shows what came over the wire to a browser, so nothing of it may become markup."""

import urllib.request
from html.parser import HTMLParser

from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.page import render
from walkeros_klaviyo.sandbox.serve import running

EVIL = "<script>alert(1)</script>\"'&"


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text.append(data)


def _read(sandbox):
    reader = _Tags()
    reader.feed(render(sandbox))
    return reader.tags, " ".join(reader.text)


def test_an_empty_page_says_so():
    assert "nothing yet" in _read(Sandbox())[1]


def test_counts_money_people_and_refusals_are_shown(sandbox, post, make):
    profile = make.profile(email="ada@example.com", first_name="Ada")
    for n, value in enumerate((10, 2.5)):
        body = make.event(
            "Placed Order", profile, value=value, value_currency="EUR", unique_id=str(n)
        )
        post(sandbox, "event", body)
    post(sandbox, "event", make.event(value="x"))
    text = _read(sandbox)[1]
    for part in ("revenue EUR", "12.50", "Placed Order", "ada@example.com", "must be a number"):
        assert part in text


def test_who_is_subscribed_is_shown(sandbox, post, make):
    body = make.subscription(
        make.person(
            "SUBSCRIBED", "email", "sms", email="a@example.com", phone_number="+15005550006"
        ),
        chosen="Y6nRLr",
    )
    post(sandbox, "subscribe", body)
    leaver = make.person("UNSUBSCRIBED", "sms", phone_number="+15005550006")
    post(sandbox, "unsubscribe", make.unsubscription(leaver), make.now + 86_400)
    text = _read(sandbox)[1]
    assert "email since 2026-09-21, no sms since 2026-09-22" in text
    assert "Y6nRLr" in text


def test_what_arrived_is_never_markup(sandbox, post, make):
    profile = make.profile(external_id=EVIL, first_name=EVIL, last_name=EVIL)
    post(sandbox, "event", make.event(EVIL, profile, value=1e300, unique_id=EVIL))
    post(sandbox, "event", make.event(**{EVIL: 1}))
    post(sandbox, f"/api/{EVIL}", {})
    tags, text = _read(sandbox)
    assert "script" not in tags
    assert EVIL in text


def test_the_page_needs_nothing_from_elsewhere(sandbox):
    with running(sandbox) as url, urllib.request.urlopen(url) as answer:
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        text = answer.read().decode()
    assert "http:" not in text
    assert "https:" not in text
    assert "src=" not in text
