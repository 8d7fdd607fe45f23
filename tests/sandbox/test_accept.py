"""Would Klaviyo take it? Both sides of every bound that the endpoint descriptions name.

A stand-in that takes too much hides our faults, one that takes too little invents some.
"""

import pytest

from walkeros_klaviyo.sandbox import accept

A = "/data/attributes"
P = f"{A}/profile/data/attributes"
YEAR = 365 * 24 * 3600


def _where(issues):
    return [issue.pointer for issue in issues]


@pytest.mark.parametrize(
    "attributes",
    [
        {"value": 0},
        {"value": -12.5},
        {"value": 10**30},
        {"value": None},
        {"value_currency": "EUR"},
        {"value_currency": None},
        {"unique_id": "O-1"},
        {"unique_id": ""},
        {"unique_id": None},
        {"backfill": True},
        {"backfill": None},
        {"time": None},
        {"time": "1990-01-01T00:00:00Z"},
        {"time": "2022-11-08T00:00:00+00:00"},
        {"time": "2022-11-08t00:00:00.123456789z"},
        {"time": "1989-12-31T23:00:00-01:00"},
        {"properties": {str(n): n for n in range(400)}},
        {"properties": {"a": [{"b": [None, True]}], "$extra": "x"}},
        {"properties": {"a": "é" * 50_000}},
    ],
    ids=lambda attributes: str(attributes)[:40],
)
def test_a_good_event_is_taken(make, attributes):
    assert not accept.event(make.event(**attributes), make.now)


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"value": True}, f"{A}/value"),
        ({"value": "12.50"}, f"{A}/value"),
        ({"value": float("nan")}, f"{A}/value"),
        ({"value": float("inf")}, f"{A}/value"),
        ({"value_currency": "eur"}, f"{A}/value_currency"),
        ({"value_currency": "EURO"}, f"{A}/value_currency"),
        ({"value_currency": 978}, f"{A}/value_currency"),
        ({"unique_id": 1}, f"{A}/unique_id"),
        ({"backfill": 1}, f"{A}/backfill"),
        ({"backfill": "true"}, f"{A}/backfill"),
        ({"time": 1_700_000_000}, f"{A}/time"),
        ({"time": "2022-11-08"}, f"{A}/time"),
        ({"time": "2022-11-08T00:00:00"}, f"{A}/time"),
        ({"time": "2022-02-30T00:00:00Z"}, f"{A}/time"),
        ({"time": "٢٠٢٢-11-08T00:00:00Z"}, f"{A}/time"),
        ({"time": "1989-12-31T23:59:59.999Z"}, f"{A}/time"),
        ({"properties": None}, f"{A}/properties"),
        ({"properties": []}, f"{A}/properties"),
        ({"properties": {str(n): n for n in range(401)}}, f"{A}/properties"),
        ({"properties": {"a": {"b/c": ["é" * 50_001]}}}, f"{A}/properties/a/b~1c/0"),
        ({"properties": {"k" * 100_001: 1}}, f"{A}/properties"),
        ({"valueCurrency": "EUR"}, f"{A}/valueCurrency"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_event_is_refused_where_it_is_bad(make, attributes, pointer):
    assert _where(accept.event(make.event(**attributes), make.now)) == [pointer]


@pytest.mark.parametrize("length", [1, 127])
def test_a_metric_name_within_its_bounds_is_taken(make, length):
    assert not accept.event(make.event("é" * length), make.now)


@pytest.mark.parametrize("name", ["", "é" * 128, None, 7])
def test_a_metric_name_outside_is_refused(make, name):
    body = make.event(name)
    assert _where(accept.event(body, make.now)) == [f"{A}/metric/data/attributes/name"]


def test_a_year_ahead_is_the_last_second_that_is_taken(make):
    body = make.event(time="2026-01-01T00:00:00.999Z")
    last = 1_767_225_600.0 - YEAR
    assert not accept.event(body, last)
    assert _where(accept.event(body, last - 0.001)) == [f"{A}/time"]


def test_what_is_missing_is_named(make):
    body = {"data": {"type": "event", "attributes": {}}}
    assert _where(accept.event(body, make.now)) == [
        f"{A}/properties",
        f"{A}/metric",
        f"{A}/profile",
    ]


@pytest.mark.parametrize("body", [None, [], "x", 1, {}, {"data": None}, {"data": []}])
def test_what_is_no_event_at_all_is_refused(make, body):
    assert accept.event(body, make.now)


@pytest.mark.parametrize("name", ["metric", "profile"])
def test_what_is_required_may_not_be_null(make, name):
    body = make.event()
    body["data"]["attributes"][name] = None
    assert _where(accept.event(body, make.now)) == [f"{A}/{name}"]


def test_a_wrong_type_is_refused(make):
    body = make.event()
    body["data"]["type"] = "events"
    assert _where(accept.event(body, make.now)) == ["/data/type"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"email": "ada@example.com"},
        {"email": "a.b+c@sub.example.co"},
        {"email": None, "external_id": "u1"},
        {"phone_number": "+15005550006"},
        {"anonymous_id": "a1"},
        {"_kx": "k1"},
        {"external_id": "u1", "first_name": "Ada", "locale": "en-US", "title": None},
        {"external_id": "u1", "location": {"latitude": 52.5, "longitude": "13.4", "ip": None}},
        {"external_id": "u1", "location": None, "properties": None},
        {"external_id": "u1", "properties": {"a": [1]}},
        {"external_id": "u1", "meta": {"patch_properties": {"unset": ["a"], "append": {"b": 1}}}},
    ],
    ids=str,
)
def test_a_good_profile_of_an_event_is_taken(make, attributes):
    assert not accept.event(make.event(profile=make.profile(**attributes)), make.now)


@pytest.mark.parametrize(
    ("attributes", "pointer"),
    [
        ({"email": "ada@example"}, f"{P}/email"),
        ({"email": "ada example.com"}, f"{P}/email"),
        ({"email": "a@b@example.com"}, f"{P}/email"),
        ({"email": "a..b@example.com"}, f"{P}/email"),
        ({"email": "ada@example.com "}, f"{P}/email"),
        ({"email": ""}, f"{P}/email"),
        ({"email": 1}, f"{P}/email"),
        ({"phone_number": "0170 1234567"}, f"{P}/phone_number"),
        ({"phone_number": "+0123456789"}, f"{P}/phone_number"),
        ({"phone_number": "+1234567890123456"}, f"{P}/phone_number"),
        ({"phone_number": "+٤٩١٧٠١٢٣٤٥٦٧"}, f"{P}/phone_number"),
        ({"external_id": 7}, f"{P}/external_id"),
        ({"phone_number": 491701234567}, f"{P}/phone_number"),
        ({"external_id": ""}, P),
        ({"email": None}, P),
        ({"first_name": "Ada"}, P),
        ({"external_id": "u", "first_name": 1}, f"{P}/first_name"),
        ({"external_id": "u", "externalId": "u"}, f"{P}/externalId"),
        ({"external_id": "u", "subscriptions": {}}, f"{P}/subscriptions"),
        ({"external_id": "u", "location": {"latitude": True}}, f"{P}/location/latitude"),
        ({"external_id": "u", "location": {"town": "X"}}, f"{P}/location/town"),
        ({"external_id": "u", "location": "X"}, f"{P}/location"),
        ({"external_id": "u", "properties": []}, f"{P}/properties"),
        ({"external_id": "u", "meta": {"patch_properties": {"unset": 1}}}, None),
    ],
    ids=str,
)
def test_a_bad_profile_of_an_event_is_refused(make, attributes, pointer):
    found = accept.event(make.event(profile=make.profile(**attributes)), make.now)
    assert len(found) == 1
    assert pointer in (None, found[0].pointer)


def test_an_id_alone_says_who_it_is(make):
    profile = {"type": "profile", "id": "01ABC", "attributes": {}}
    assert not accept.event(make.event(profile=profile), make.now)


def test_an_upsert_knows_no_anonymous_id(make):
    body = make.upsert(make.profile(external_id="u1", anonymous_id="a1"))
    assert _where(accept.upsert(body)) == [f"{A}/anonymous_id"]


def test_an_upsert_may_clear_what_it_names(make):
    body = make.upsert(make.profile(external_id="u1", email=None, first_name=None, location=None))
    assert not accept.upsert(body)


def test_a_bulk_request_takes_a_thousand_events_and_no_more(make):
    def body(count):
        half = [make.row(unique_id=str(n)) for n in range(count)]
        return make.bulk(
            make.group(make.profile(), *half[:500]),
            make.group(make.profile(external_id="u1"), *half[500:]),
        )

    assert not accept.bulk_events(body(1_000), make.now)
    assert _where(accept.bulk_events(body(1_001), make.now)) == [f"{A}/events-bulk-create/data"]


@pytest.mark.parametrize("nothing", ["groups", "rows"])
def test_an_empty_bulk_request_is_refused(make, nothing):
    body = make.bulk() if nothing == "groups" else make.bulk(make.group(make.profile()))
    assert accept.bulk_events(body, make.now)


def test_a_bulk_row_carries_no_profile_of_its_own(make):
    row = make.row(profile={"data": make.profile()})
    found = accept.bulk_events(make.bulk(make.group(make.profile(), row)), make.now)
    assert _where(found) == [
        f"{A}/events-bulk-create/data/0/attributes/events/data/0/attributes/profile"
    ]


def test_a_late_or_long_bulk_row_is_found(make):
    rows = [make.row(), make.row(time="1980-01-01T00:00:00Z")]
    found = accept.bulk_events(make.bulk(make.group(make.profile(), *rows)), make.now)
    at = f"{A}/events-bulk-create/data/0/attributes/events/data"
    assert _where(found) == [f"{at}/1/attributes/time"]
    long = make.row(properties={"a": "x" * 100_001})
    found = accept.bulk_events(make.bulk(make.group(make.profile(), make.row(), long)), make.now)
    assert _where(found) == [f"{at}/1/attributes/properties/a"]


@pytest.mark.parametrize(
    ("first", "second", "twice"),
    [
        ({"email": "a@example.com"}, {"email": "a@example.com"}, True),
        ({"email": "a@example.com"}, {"email": "a@example.com", "external_id": "u"}, True),
        ({"email": "a@example.com"}, {"email": "b@example.com"}, False),
    ],
    ids=["same", "linked", "other"],
)
def test_a_repeated_unique_id_of_one_profile_and_metric_is_refused(make, first, second, twice):
    groups = [make.group(make.profile(**who), make.row(unique_id="1")) for who in (first, second)]
    found = accept.bulk_events(make.bulk(*groups), make.now)
    at = f"{A}/events-bulk-create/data/1/attributes/events/data/0/attributes/unique_id"
    assert _where(found) == ([at] if twice else [])


def test_one_unique_id_may_serve_two_metrics(make):
    names = [("A", {"unique_id": "1"}), ("B", {"unique_id": "1"}), ("A", {}), ("A", {})]
    rows = [make.row(name, **more) for name, more in names]
    assert not accept.bulk_events(make.bulk(make.group(make.profile(), *rows)), make.now)


def test_an_import_takes_ten_thousand_rows_and_no_more(make):
    row = make.profile(external_id="u")
    assert not accept.import_job(make.job(*[row] * 10_000))
    assert accept.import_job(make.job(*[row] * 10_001))
    assert accept.import_job(make.job())


def test_a_row_of_an_import_takes_100_kb_and_no_more(make):
    empty = len(b'{"type":"profile","attributes":{"external_id":"u","properties":{"a":"","b":""}}}')

    def row(size):
        left = size - empty
        texts = {"a": "x" * (left // 2), "b": "x" * (left - left // 2)}
        return make.profile(external_id="u", properties=texts)

    assert not accept.import_row(row(100_000), 3)
    assert _where(accept.import_row(row(100_001), 3)) == [f"{A}/profiles/data/3"]


_EMAIL = {"email": {"marketing": {"consent": "SUBSCRIBED"}}}
_SMS = {"sms": {"marketing": {"consent": "SUBSCRIBED"}}}
_OLD = {"email": {"marketing": {"consent": "SUBSCRIBED", "consented_at": "2020-01-01T00:00:00Z"}}}


def test_a_subscription_with_its_address_is_taken(make):
    body = make.subscription(
        make.profile(email="a@example.com", subscriptions=_EMAIL),
        make.profile(phone_number="+15005550006", subscriptions=_SMS),
        {"type": "profile", "id": "01A", "attributes": {"subscriptions": _EMAIL}},
        custom_source="Checkout",
    )
    body["data"]["relationships"] = {"list": {"data": {"type": "list", "id": "Y6nRLr"}}}
    assert not accept.subscriptions(body, make.now)


@pytest.mark.parametrize(
    "attributes",
    [
        {"email": "a@example.com"},
        {"email": "a@example.com", "subscriptions": {}},
        {"email": "a@example.com", "subscriptions": _SMS},
        {"phone_number": "+15005550006", "subscriptions": _EMAIL},
        {"email": "a@example.com", "subscriptions": _OLD},
        {
            "email": "a@example.com",
            "subscriptions": {"email": {"marketing": {"consent": "UNSUBSCRIBED"}}},
        },
        {"email": "a@example.com", "external_id": "u", "subscriptions": _EMAIL},
        {"email": "a@example.com", "subscriptions": {"fax": {}}},
    ],
    ids=str,
)
def test_a_doubtful_subscription_is_refused(make, attributes):
    assert accept.subscriptions(make.subscription(make.profile(**attributes)), make.now)


@pytest.mark.parametrize(
    ("day", "good"),
    [("1990-12-31", True), ("1990-02-30", False), ("31.12.1990", False), (1, False)],
)
def test_a_date_of_birth_is_a_date(make, day, good):
    row = make.profile(email="a@example.com", subscriptions=_EMAIL, age_gated_date_of_birth=day)
    assert bool(accept.subscriptions(make.subscription(row), make.now)) is not good


def test_a_push_subscription_needs_someone(make):
    push = {"push": {"marketing": {"consent": "SUBSCRIBED"}}}
    row = {"type": "profile", "attributes": {"subscriptions": push}}
    assert accept.subscriptions(make.subscription(row), make.now)


def test_an_old_consent_needs_its_date_and_only_an_old_one_has_it(make):
    old = make.profile(email="a@example.com", subscriptions=_OLD)
    new = make.profile(email="a@example.com", subscriptions=_EMAIL)
    assert not accept.subscriptions(make.subscription(old, historical_import=True), make.now)
    assert accept.subscriptions(make.subscription(new, historical_import=True), make.now)


def test_a_subscription_request_takes_a_thousand_profiles(make):
    row = make.profile(email="a@example.com", subscriptions=_EMAIL)
    assert not accept.subscriptions(make.subscription(*[row] * 1_000), make.now)
    assert accept.subscriptions(make.subscription(*[row] * 1_001), make.now)


def test_judging_changes_nothing(make):
    body = make.bulk(make.group(make.profile(), make.row(unique_id="1"), make.row(unique_id="1")))
    assert accept.bulk_events(body, make.now) == accept.bulk_events(body, make.now)
