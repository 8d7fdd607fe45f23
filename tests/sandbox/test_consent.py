"""Who is subscribed, since when, and how often it was said: by that a sender is judged."""

import pytest
from klaviyo_api import KlaviyoAPI

from walkeros_klaviyo.sandbox import Sandbox, accept
from walkeros_klaviyo.sandbox.serve import running

ADA = {"email": "ada@example.com"}
PHONE = {"phone_number": "+15005550006"}
NEWS, SALE = "Y6nRLr", "HBZrGh"
ROW = "/data/attributes/profiles/data/0/attributes"


def _at(make, days):
    return make.now + days * 86_400


def _say(sandbox, post, make, consent, *channels, chosen=None, days=0, who=ADA, **attributes):
    kind, job = {
        "SUBSCRIBED": ("subscribe", make.subscription),
        "UNSUBSCRIBED": ("unsubscribe", make.unsubscription),
    }[consent]
    body = job(make.person(consent, *channels, **who), chosen=chosen, **attributes)
    reply = post(sandbox, kind, body, _at(make, days))
    assert (reply.status, reply.body) == (202, b"")


def _marketing(sandbox, channel="email"):
    (profile,) = sandbox.profiles()
    return profile["subscriptions"][channel]["marketing"]


def test_a_subscription_is_written_to_its_profile(sandbox, post, make):
    _say(sandbox, post, make, "SUBSCRIBED", "email", chosen=NEWS, custom_source="Checkout")
    (profile,) = sandbox.profiles()
    since = "2026-09-21T14:13:20+00:00"
    known = {"consent": "SUBSCRIBED", "since": since, "told": 1, "source": "Checkout"}
    assert profile["subscriptions"] == {"email": {"marketing": known}}
    assert (profile["lists"], profile["attributes"]) == ([NEWS], ADA)
    (said,) = profile["consents"]
    assert said == {
        "channel": "email",
        "purpose": "marketing",
        "consent": "SUBSCRIBED",
        "at": since,
        "source": "Checkout",
        "list": NEWS,
    }


def test_whoever_leaves_is_unsubscribed_since_then(sandbox, post, make):
    _say(sandbox, post, make, "SUBSCRIBED", "email")
    _say(sandbox, post, make, "UNSUBSCRIBED", "email", days=1)
    known = _marketing(sandbox)
    assert known == {"consent": "UNSUBSCRIBED", "since": "2026-09-22T14:13:20+00:00", "told": 1}


def test_what_is_said_again_is_counted_and_keeps_its_time(sandbox, post, make):
    for days in range(3):
        _say(sandbox, post, make, "SUBSCRIBED", "email", days=days)
    known = _marketing(sandbox)
    assert (known["since"][:10], known["told"]) == ("2026-09-21", 3)
    assert len(sandbox.profiles()[0]["consents"]) == 3


def test_subscribing_subscribes_also_whoever_left(sandbox, post, make):
    """As Klaviyo does; that is why a sender must not say it for an old event."""
    for days, word in enumerate(("SUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED")):
        _say(sandbox, post, make, word, "email", days=days)
    known = _marketing(sandbox)
    assert (known["consent"], known["since"][:10], known["told"]) == (
        "SUBSCRIBED",
        "2026-09-23",
        1,
    )


def test_each_channel_stands_for_itself(sandbox, post, make):
    _say(sandbox, post, make, "SUBSCRIBED", "email", "sms", who=ADA | PHONE)
    _say(sandbox, post, make, "UNSUBSCRIBED", "sms", who=PHONE)
    assert _marketing(sandbox)["consent"] == "SUBSCRIBED"
    assert _marketing(sandbox, "sms")["consent"] == "UNSUBSCRIBED"


def test_a_historical_consent_holds_since_it_was_given(sandbox, post, make):
    given = {"consent": "SUBSCRIBED", "consented_at": "2020-05-06T07:08:09Z"}
    row = make.profile(subscriptions={"email": {"marketing": given}}, **ADA)
    post(sandbox, "subscribe", make.subscription(row, historical_import=True))
    assert _marketing(sandbox)["since"] == "2020-05-06T07:08:09Z"
    (said,) = sandbox.profiles()[0]["consents"]
    assert said["consented_at"] == "2020-05-06T07:08:09Z"
    assert said["at"] == "2026-09-21T14:13:20+00:00"


def test_leaving_a_list_that_one_is_on_leaves_that_list_only(sandbox, post, make):
    for name in (NEWS, SALE):
        _say(sandbox, post, make, "SUBSCRIBED", "email", chosen=name)
    _say(sandbox, post, make, "UNSUBSCRIBED", "email", chosen=NEWS)
    (profile,) = sandbox.profiles()
    assert profile["lists"] == [SALE]
    assert _marketing(sandbox)["consent"] == "SUBSCRIBED"
    assert profile["consents"][-1]["list_only"] is True


def test_leaving_a_list_that_one_is_not_on_leaves_everything(sandbox, post, make):
    """ "Profiles not in the specified list will be globally unsubscribed."""
    _say(sandbox, post, make, "SUBSCRIBED", "email", chosen=SALE)
    _say(sandbox, post, make, "UNSUBSCRIBED", "email", chosen=NEWS)
    assert _marketing(sandbox)["consent"] == "UNSUBSCRIBED"
    assert sandbox.profiles()[0]["lists"] == [SALE]


def test_leaving_a_list_twice_leaves_everything(sandbox, post, make):
    """So a sender that repeats itself, or leaves channel by channel, says more than it meant."""
    _say(sandbox, post, make, "SUBSCRIBED", "email", "sms", chosen=NEWS, who=ADA | PHONE)
    _say(sandbox, post, make, "UNSUBSCRIBED", "email", chosen=NEWS)
    _say(sandbox, post, make, "UNSUBSCRIBED", "sms", chosen=NEWS, who=PHONE)
    assert _marketing(sandbox)["consent"] == "SUBSCRIBED"
    assert _marketing(sandbox, "sms")["consent"] == "UNSUBSCRIBED"


def test_whoever_is_not_known_is_made_and_unsubscribed(sandbox, post, make):
    _say(sandbox, post, make, "UNSUBSCRIBED", "sms", who=PHONE)
    assert _marketing(sandbox, "sms")["consent"] == "UNSUBSCRIBED"
    assert sandbox.profiles()[0]["attributes"] == PHONE


@pytest.mark.parametrize(("days", "other_days"), [(1, 2), (2, 1)])
def test_of_two_profiles_that_become_one_the_last_word_counts(
    sandbox, post, make, days, other_days
):
    """Whichever of them stays."""
    other = {"email": "ada@example.org"}
    _say(sandbox, post, make, "SUBSCRIBED", "sms", who=PHONE)
    _say(sandbox, post, make, "SUBSCRIBED", "email", days=days)
    _say(sandbox, post, make, "UNSUBSCRIBED", "email", days=other_days, who=other)
    for one in (ADA, PHONE, other):
        post(sandbox, "upsert", make.upsert(make.profile(external_id="u1", **one)))
    (profile,) = sandbox.profiles()
    last = "SUBSCRIBED" if days > other_days else "UNSUBSCRIBED"
    assert profile["subscriptions"]["email"]["marketing"]["consent"] == last
    assert profile["subscriptions"]["sms"]["marketing"]["consent"] == "SUBSCRIBED"
    assert len(profile["consents"]) == 3


def test_a_push_token_alone_leads_to_nobody(sandbox, post, make):
    token = {"token": "t", "platform": "ios", "vendor": "apns"}
    push = {"push": {"marketing": {"consent": "UNSUBSCRIBED"}, "tokens": [token]}}
    body = make.unsubscription(make.profile(subscriptions=push))
    assert post(sandbox, "unsubscribe", body).status == 202
    assert sandbox.profiles() == []


@pytest.mark.parametrize(
    ("subscriptions", "where"),
    [
        ({}, ""),
        ({"email": None}, ""),
        ({"fax": {}}, "/fax"),
        ("email", ""),
        ({"email": {"marketing": {}}}, "/email/marketing/consent"),
        ({"email": {"transactional": {"consent": "UNSUBSCRIBED"}}}, "/email/transactional"),
    ],
    ids=str,
)
def test_an_unsubscription_says_what_is_withdrawn(make, subscriptions, where):
    row = make.profile(subscriptions=subscriptions, **ADA)
    found = accept.unsubscriptions(make.unsubscription(row))
    assert [issue.pointer for issue in found] == [f"{ROW}/subscriptions{where}"]
    assert accept.unsubscriptions(make.unsubscription(make.profile(**ADA)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("external_id", "u"),
        ("age_gated_date_of_birth", "1990-12-31"),
        ("email", "ada@example"),
        ("phone_number", "0170 1234567"),
    ],
)
def test_an_unsubscription_names_a_good_address_and_nothing_else(make, name, value):
    row = make.person("UNSUBSCRIBED", "email", **ADA | {name: value})
    found = accept.unsubscriptions(make.unsubscription(row))
    assert [issue.pointer for issue in found] == [f"{ROW}/{name}"]


@pytest.mark.parametrize(
    ("channel", "who", "missing"),
    [
        ("email", PHONE, "email"),
        ("sms", ADA, "phone_number"),
        ("whatsapp", ADA, "phone_number"),
    ],
)
def test_each_channel_needs_its_address(make, channel, who, missing):
    for consent, job, judge in (
        ("SUBSCRIBED", make.subscription, lambda body: accept.subscriptions(body, make.now)),
        ("UNSUBSCRIBED", make.unsubscription, accept.unsubscriptions),
    ):
        found = judge(job(make.person(consent, channel, **who)))
        assert [issue.pointer for issue in found] == [f"{ROW}/{missing}"]
        assert not judge(job(make.person(consent, channel, **ADA, **PHONE)))


def test_each_job_knows_its_own_word_and_fields(make):
    wrong = make.unsubscription(make.person("SUBSCRIBED", "email", **ADA))
    assert (
        accept.unsubscriptions(wrong)[0].pointer == f"{ROW}/subscriptions/email/marketing/consent"
    )
    person = make.person("UNSUBSCRIBED", "email", **ADA)
    assert not accept.unsubscriptions(make.unsubscription(person, chosen=NEWS))
    assert accept.unsubscriptions(make.subscription(person))[0].pointer == "/data/type"
    for name, value in (("custom_source", "Checkout"), ("historical_import", True)):
        found = accept.unsubscriptions(make.unsubscription(person, **{name: value}))
        assert [issue.pointer for issue in found] == [f"/data/attributes/{name}"]
    (issue,) = accept.unsubscriptions(make.unsubscription({**person, "id": "01A"}))
    assert issue.pointer == "/data/attributes/profiles/data/0/id"
    dated = {
        "email": {"marketing": {"consent": "UNSUBSCRIBED", "consented_at": "2020-01-01T00:00:00Z"}}
    }
    (issue,) = accept.unsubscriptions(make.unsubscription(make.profile(subscriptions=dated, **ADA)))
    assert issue.pointer == f"{ROW}/subscriptions/email/marketing/consented_at"


def test_an_unsubscription_request_takes_a_hundred_profiles(make):
    person = make.person("UNSUBSCRIBED", "email", **ADA)
    assert not accept.unsubscriptions(make.unsubscription(*[person] * 100))
    assert accept.unsubscriptions(make.unsubscription(*[person] * 101))
    assert accept.unsubscriptions(make.unsubscription())


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_historical_consent_was_given_before_now(make, seconds):
    def body(text):
        said = {"marketing": {"consent": "SUBSCRIBED", "consented_at": text}}
        row = make.profile(subscriptions={"email": said}, **ADA)
        return make.subscription(row, historical_import=True)

    (issue,) = accept.subscriptions(body(f"2026-09-21T14:13:2{seconds}Z"), make.now)
    assert issue.pointer == f"{ROW}/subscriptions/email/marketing/consented_at"
    assert issue.detail == "must be in the past."
    assert not accept.subscriptions(body("2026-09-21T16:13:19+02:00"), make.now)


def test_unsubscribing_has_its_own_rate(post, make):
    sandbox = Sandbox()
    person = make.person("UNSUBSCRIBED", "email", **ADA)
    statuses = [post(sandbox, "unsubscribe", make.unsubscription(person)).status for _ in range(76)]
    assert statuses == [202] * 75 + [429]
    other = make.subscription(make.person("SUBSCRIBED", "email", **ADA))
    assert post(sandbox, "subscribe", other).status == 202


def test_the_sdk_subscribes_as_it_was_meant(sandbox, make):
    """The SDK drops what it does not know without a word."""
    given = {"consent": "SUBSCRIBED", "consented_at": "2020-05-06T07:08:09+00:00"}
    row = make.profile(
        subscriptions={"email": {"marketing": given}, "sms": {"marketing": given}}, **ADA, **PHONE
    )
    meant = make.subscription(row, chosen=NEWS, custom_source="Checkout", historical_import=True)
    with running(sandbox) as url:
        KlaviyoAPI("pk_test", test_host=url).Profiles.bulk_subscribe_profiles(meant)
    assert [request["body"] for request in sandbox.requests()] == [meant]
    assert sandbox.profiles()[0]["lists"] == [NEWS]


def test_the_sdk_unsubscribes_as_it_was_meant(sandbox, make):
    meant = make.unsubscription(
        make.person("UNSUBSCRIBED", "email", "sms", **ADA, **PHONE),
        make.person("UNSUBSCRIBED", "email", email="eve@example.com"),
        chosen=NEWS,
    )
    with running(sandbox) as url:
        KlaviyoAPI("pk_test", test_host=url).Profiles.bulk_unsubscribe_profiles(meant)
    assert [request["body"] for request in sandbox.requests()] == [meant]
    assert [profile["subscriptions"].keys() for profile in sandbox.profiles()] == [
        {"email", "sms"},
        {"email"},
    ]
