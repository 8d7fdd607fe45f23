"""Whose event is it? Good and bad identifiers, both sides of each; none is fatal alone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.make import codes, event_with, plan_of, raising, rule_with, with_rule

from walkeros_klaviyo import (
    Diagnostic,
    Identity,
    parse_email,
    parse_identifier,
    parse_phone,
    resolve_identity,
)
from walkeros_klaviyo.core.klaviyo.blank import PLACEHOLDERS
from walkeros_klaviyo.core.klaviyo.identifier import (
    read_email,
    read_identifier,
    read_kx,
    read_person_id,
)
from walkeros_klaviyo.core.klaviyo.phone import is_phone_region, read_phone

SHAPE = "does not look like name@domain.tld"
LONG = "is longer than 100 characters"
AROUND = " \t\r\n\u00a0\u00ad\u200b\u200e\u2060\ufeff\u3000"
"""Blanks and characters that nobody sees, as they are copied along."""


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.com",
        "Ada.Lovelace+shop@sub.example.co.uk",
        "o'brien@example.ie",
        "a@b.io",
        "1_2-3@4x.museum",
        "ada@xn--mnchen-3ya.de",
        "ada@example.xn--p1ai",
        "!#$%&'*+/=?^_`{|}~-@example.com",
        "x" * 64 + "@example.com",
        "ada@" + "x" * 63 + ".com",
    ],
)
def test_a_good_address_is_kept_as_it_is(email: str) -> None:
    """Capitals stay: Klaviyo decides what they mean."""
    assert read_email(email) == (email, "")
    assert read_email(f" \t{email}\n") == (email, "")
    assert read_email(f"{AROUND}{email}{AROUND}") == (email, "")


@pytest.mark.parametrize(
    ("raw", "email"),
    [
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("Ada@MÜNCHEN.de", "Ada@xn--mnchen-3ya.de"),
        (" ada@例え.jp ", "ada@xn--r8jz45g.jp"),
        ("ada@mail.пример.рф", "ada@mail.xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_a_domain_in_other_letters_goes_as_punycode(raw: str, email: str) -> None:
    """As mail itself is sent; a name in other letters is no address of Klaviyo's."""
    assert read_email(raw) == (email, "")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("a***@example.com", "is masked"),
        ("**@example.com", "is masked"),
        ("***@***.com", "is masked"),
        ("ada@example.com", ""),
        ("a*a@example.com", ""),
        ("ada@ü..de", "does not look like name@domain.tld"),
        ("ada@" + "ü" * 70 + ".de", "does not look like name@domain.tld"),
    ],
)
def test_an_address_that_nobody_has_is_refused(raw: str, reason: str) -> None:
    """Stars stand for letters that a privacy tool took away; one alone may be a name's."""
    assert read_email(raw) == ((None, reason) if reason else (raw, ""))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", SHAPE),
        ("   ", SHAPE),
        ("ada", SHAPE),
        ("ada@", SHAPE),
        ("@example.com", SHAPE),
        ("ada@example", SHAPE),
        ("ada@@example.com", SHAPE),
        ("ada@exa mple.com", SHAPE),
        ("ada@example..com", SHAPE),
        ("ada@.com", SHAPE),
        ("ada@example.com.", SHAPE),
        ("ada@-example.com", SHAPE),
        ("ada@example-.com", SHAPE),
        ("ada@example.c", SHAPE),
        ("ada@example.123", SHAPE),
        (".ada@example.com", SHAPE),
        ("ada.@example.com", SHAPE),
        ("a..b@example.com", SHAPE),
        ("Ada <ada@example.com>", SHAPE),
        ("ada@example.com,eve@example.com", SHAPE),
        ("ada@example.com\nbcc:eve@example.com", SHAPE),
        ("ada@ex_ample.com", SHAPE),
        ("ädä@example.com", "has a character before the @ that is not ASCII"),
        ("x" * 65 + "@example.com", SHAPE),
        ("ada@" + "x" * 64 + ".com", SHAPE),
        ("ada@" + "x." * 125 + "com", LONG),
        ("x" * 2_000, LONG),
        (" " * 990 + "ada@example.com", LONG),
        (None, "is null, not a string"),
        (7, "is a number, not a string"),
        (True, "is a boolean, not a string"),
        (["ada@example.com"], "is a list, not a string"),
        ({"email": "ada@example.com"}, "is an object, not a string"),
    ],
)
def test_a_bad_address_is_refused_with_a_reason(raw: Any, reason: str) -> None:
    """The reason never repeats the address."""
    assert read_email(raw) == (None, reason)


def test_an_address_may_have_100_characters_and_no_more() -> None:
    """Klaviyo's own bound; both sides of it, after trimming."""
    at_most = "a@" + "x." * 47 + "comm"
    assert len(at_most) == 100
    assert read_email(at_most) == (at_most, "")
    assert read_email(at_most + "m") == (None, LONG)
    assert read_email(f"  {at_most}  ") == (at_most, "")
    assert read_email("a@b.io" + " " * 994) == ("a@b.io", "")
    assert read_email("a@b.io" + " " * 995) == (None, LONG)


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        (f"{AROUND}+15551234567{AROUND}", None, "+15551234567"),
        ("+15551234567", None, "+15551234567"),
        ("+1 (555) 123-4567", None, "+15551234567"),
        (" +49 151 23456789 ", None, "+4915123456789"),
        ("+49 151 23456789", "US", "+4915123456789"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("004915123456789", "DE", "+4915123456789"),
        ("011 49 151 23456789", "US", "+4915123456789"),
        (4_155_552_671, "US", "+14155552671"),
        (15_551_234_567, "US", "+15551234567"),
        (4_155_552_671.0, "US", "+14155552671"),
        ("4155552671", "US", "+14155552671"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("0151 23456789", "de", "+4915123456789"),
        ("0151 23456789", "De", "+4915123456789"),
        ("+6834000", None, "+6834000"),
        ("+15551234567" + " " * 88, None, "+15551234567"),
        ("+49" + "1234567890123", None, "+491234567890123"),
        ("49 151 23456789", "DE", "+4915123456789"),
        ("(49) 151-23456789", "DE", "+4915123456789"),
        ("4915123456789", "DE", "+4915123456789"),
        ("4915123456789", "de", "+4915123456789"),
        (4_915_123_456_789, "DE", "+4915123456789"),
        ("1 (415) 555-2671", "US", "+14155552671"),
        ("5215512345678", "MX", "+525512345678"),
        ("+52 1 55 1234 5678", None, "+525512345678"),
        ("+52 55 1234 5678", None, "+525512345678"),
        ("491512345", "DE", "+49491512345"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("08677 / 98 11 19", "DE", "+498677981119"),
        ("+49 8677 / 981119", None, "+498677981119"),
        ("+49 (0) 33203 / 12345", None, "+493320312345"),
        ("+49 40 12 / 34 56 78", None, "+494012345678"),
    ],
)
def test_a_possible_number_becomes_e164(raw: Any, region: str | None, number: str) -> None:
    """Possible numbers count, for valid would refuse test numbers such as +15551234567."""
    assert read_phone(raw, region) == (number, "")


@pytest.mark.parametrize(
    ("raw", "region", "reason"),
    [
        ("0151 23456789", None, "has no country code, and no phoneRegion is set"),
        (15_551_234_567, None, "has no country code, and no phoneRegion is set"),
        ("+999 1234567", None, "has an unknown country code"),
        ("+15551234567 ext. 12", None, "has an extension"),
        ("+1 555 123 4567 x9", None, "has an extension"),
        ("+1555", None, "is one digit again and again"),
        ("+1556", None, "has an impossible length for its country"),
        ("+4912345678901234567", None, "has an impossible length for its country"),
        ("+49" + "12345678901234", None, "has an impossible length for its country"),
        ("+49" + "1" * 11, None, "is one digit again and again"),
        ("0000000000", "DE", "is one digit again and again"),
        ("999 999 9999", "US", "is one digit again and again"),
        ("4.91512E+12", "DE", "is in scientific notation, and has lost its digits"),
        ("4,91512e+12", "DE", "is in scientific notation, and has lost its digits"),
        ("1E11", None, "is in scientific notation, and has lost its digits"),
        ("555-1234", "US", "lacks its area code"),
        ("+1 555 1234", None, "lacks its area code"),
        ("040 1234 / 5678", "DE", "may be two numbers"),
        ("+49 40 1234 / 5678", None, "may be two numbers"),
        ("+49 (0) 40 1234 / 5678", None, "may be two numbers"),
        ("call me", None, "is not a phone number"),
        ("0151 23456789", "XX", "cannot be read: phoneRegion is not a country code such as DE"),
        ("+15551234567", "XX", "cannot be read: phoneRegion is not a country code such as DE"),
        ("123", "DE", "lacks its area code"),
        ("12", "DE", "lacks its area code"),
        ("49", "DE", "lacks its area code"),
        ("+290123", None, "has an impossible length for its country"),
        ("call me", "DE", "is not a phone number"),
        ("", "DE", "is not a phone number"),
        ("+15551234567" + " " * 89, None, "is not a phone number"),
        (1, "DE", "is not a phone number"),
        ("+", None, "is not a phone number"),
        ("x" * 101, "DE", "is not a phone number"),
        (None, "DE", "is null, not a string"),
        (True, "DE", "is a boolean, not a string"),
        (0, "DE", "is a number, not a string"),
        (-4_155_552_671, "US", "is a number, not a string"),
        (10**15, "US", "is a number, not a string"),
        (10**18, "US", "is a number, not a string"),
        (10**4_000, "US", "is a number, not a string"),
        (float("nan"), "US", "is a number, not a string"),
        (float("inf"), "US", "is a number, not a string"),
        (4_155_552_671.5, "US", "is a number, not a string"),
        (["+15551234567"], "US", "is a list, not a string"),
    ],
)
def test_an_impossible_number_is_refused_with_a_reason(
    raw: Any, region: str | None, reason: str
) -> None:
    """One invalid number must not refuse the whole event."""
    assert read_phone(raw, region) == (None, reason)


@pytest.mark.parametrize(
    ("code", "known"),
    [("DE", True), ("US", True), ("GB", True), ("de", False), ("UK", False), ("", False)],
)
def test_a_region_is_a_code_with_phone_numbers(code: str, known: bool) -> None:
    assert is_phone_region(code) == known


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("us3r", "us3r"),
        ("U-1", "U-1"),
        ("unicorn", "unicorn"),
        ("None of them", "None of them"),
        (" padded\n", "padded"),
        (f"{AROUND}u 1{AROUND}", "u 1"),
        (f" {'x' * 2_000} ", "x" * 2_000),
        ("0", "0"),
        ("Ünï", "Ünï"),
        (0, "0"),
        (-7, "-7"),
        (90_210, "90210"),
        (1.0, "1"),
        (1.5, "1.5"),
        (-0.0, "0"),
        (-2.5, "-2.5"),
        (1e16, "10000000000000000"),
        (1e21, "1e+21"),
        (1.5e99, "1.5e+99"),
        (1e-6, "0.000001"),
        (-1.25e-5, "-0.0000125"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (2**53 + 1, "9007199254740993"),
        (10**99, "1" + "0" * 99),
    ],
)
def test_an_id_becomes_a_text_as_javascript_writes_it(raw: Any, text: str) -> None:
    """A shop that sends 90210 and "90210" means one customer."""
    assert read_identifier(raw) == (text, "")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "is blank"),
        ("  \t", "is blank"),
        ("\u00a0", "is blank"),
        ("undefined", "is a placeholder, not an id"),
        ("Null", "is a placeholder, not an id"),
        (" NaN ", "is a placeholder, not an id"),
        ("None", "is a placeholder, not an id"),
        ("[object Object]", "is a placeholder, not an id"),
        (None, "is null, not a string or number"),
        (True, "is a boolean, not a string or number"),
        (False, "is a boolean, not a string or number"),
        ([7], "is a list, not a string or number"),
        ({}, "is an object, not a string or number"),
        (float("nan"), "is NaN or Infinity"),
        (float("-inf"), "is NaN or Infinity"),
        (" " * 2_000, "is blank"),
        (" " * 2_000 + "undefined", "is a placeholder, not an id"),
        (1.5e300, "is too large for an id"),
        (10**100, "is too large for an id"),
        (-(10**100), "is too large for an id"),
    ],
)
def test_what_is_no_id_is_refused_with_a_reason(raw: Any, reason: str) -> None:
    """A placeholder, taken as an id, would merge all customers into one profile."""
    assert read_identifier(raw) == (None, reason)


@pytest.mark.parametrize("word", sorted(PLACEHOLDERS))
@pytest.mark.parametrize("change", [str, str.upper, str.title, lambda text: f" {text}\n"])
def test_every_placeholder_is_met_in_every_spelling(word: str, change: Any) -> None:
    """The quick look at the first letter must not let one pass."""
    assert read_identifier(change(word))[0] is None


def test_the_placeholders_of_the_design_are_there() -> None:
    """What senders write where something is missing; as an id it would merge everybody."""
    named = "undefined,null,nan,none,n/a,-,guest,anonymous,unknown,(not set),true,false,{},[],<NA>"
    for word in (*named.split(","), "[object Object]"):
        assert read_identifier(word) == (None, "is a placeholder, not an id")


NOBODY = "stands for nobody, not an id"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (0, NOBODY),
        (0.0, NOBODY),
        (-0.0, NOBODY),
        ("0", NOBODY),
        ("000", NOBODY),
        ("0.0", NOBODY),
        ("-0", NOBODY),
        ("+0", NOBODY),
        ("0x0", NOBODY),
        (" 0X00 ", NOBODY),
        (-1, NOBODY),
        ("-1", NOBODY),
        ("-1.0", NOBODY),
        ("00000000-0000-0000-0000-000000000000", NOBODY),
        ("x" * 256, "is longer than 255 characters"),
        ("x" * 2_000, "is longer than 255 characters"),
        ("guest", "is a placeholder, not an id"),
        (" " * 2_000, "is blank"),
        ("x" * 255, ""),
        ("1", ""),
        ("-2", ""),
        ("01", ""),
        ("0-1", ""),
        ("00000000-0000-0000-0000-000000000001", ""),
        ("1-1", ""),
        ("0x1", ""),
    ],
)
def test_a_persons_id_is_none_that_all_guests_would_share(raw: Any, reason: str) -> None:
    """Zero in any spelling, -1, the nil UUID; an order's number may be a zero, a person's not."""
    assert read_person_id(raw) == ((None, reason) if reason else (str(raw), ""))
    if reason == NOBODY:
        assert read_identifier(raw)[0] is not None


@pytest.mark.parametrize(
    ("raw", "kx"),
    [
        ("Q9z8_-.AbC", "Q9z8_-.AbC"),
        (" Q9z8.AbC ", "Q9z8.AbC"),
        ("Q9z8=.AbC", "Q9z8=.AbC"),
        ("Q9z8==.AbC", "Q9z8==.AbC"),
        ("Q9z8==", "Q9z8=="),
        (7, "7"),
        ("https://shop.example/?_kx=Q9z8.AbC", "Q9z8.AbC"),
        ("https://shop.example/a?x=1&_kx=Q9z8.AbC&y=2#top", "Q9z8.AbC"),
        ("https://shop.example/?_kx=Q9z8%3D%3d.AbC", "Q9z8==.AbC"),
        ("https://shop.example/#_kx=Q9z8.AbC", "Q9z8.AbC"),
        ("?_kx=Q9z8.AbC", "Q9z8.AbC"),
        ("_kx=Q9z8.AbC", "Q9z8.AbC"),
        ("x=1&_kx=Q9z8.AbC", "Q9z8.AbC"),
    ],
)
def test_an_exchange_id_is_read_by_itself_or_out_of_an_address(raw: Any, kx: str) -> None:
    """Klaviyo appends it to the links of its emails, as `?_kx=Q9z8%3D%3D.AbC`."""
    assert read_kx(raw) == (kx, "")


@pytest.mark.parametrize(
    "raw",
    [
        "https://shop.example/",
        "https://shop.example/?x=1",
        "https://shop.example/?my_kx=Q9z8.AbC",
        "https://shop.example/?_kx=",
        "/cart",
        "?utm_source=klaviyo",
        "utm_source=klaviyo",
    ],
)
def test_a_page_without_one_has_none_and_that_is_no_fault(raw: str) -> None:
    """Most visits come by no email; a word at each would bury what matters."""
    assert read_kx(raw) == (None, "")
    rule = rule_with(kx=["page.url", "user.kx"], external_id="user.id")
    event = {"page": {"url": raw}, "user": {"id": "u1", "kx": "Q9z8.AbC"}}
    expected = {"external_id": "u1", "_kx": "Q9z8.AbC"}
    assert resolve_identity(rule, event) == (Identity(expected), ())


ALL = {
    "email": "user.email",
    "external_id": "user.id",
    "phone_number": "user.phone",
    "anonymous_id": "user.device",
    "kx": "user.kx",
}
GOOD = {"id": 7, "email": "Ada@Example.com", "phone": "+15551234567", "device": "d1", "kx": "k"}
BAD = {"id": True, "email": "a@@b", "phone": "x", "device": [], "kx": "null"}


def identity_of(user: Any, **changes: Any) -> tuple[Identity | None, list[str]]:
    """The identity of a user with every identifier mapped, and the codes said about it."""
    identity, notes = resolve_identity(rule_with(**{**ALL, **changes}), {"user": user})
    return identity, codes(notes)


def test_all_good_identifiers_are_sent_side_by_side() -> None:
    """In wire names, as texts; each but the device's names the person's state."""
    identity, said = identity_of(GOOD)
    assert identity == Identity(
        {
            "email": "Ada@Example.com",
            "external_id": "7",
            "phone_number": "+15551234567",
            "anonymous_id": "d1",
            "_kx": "k",
        }
    )
    assert said == []


KEYS = {
    "id": "external_id:7",
    "email": "email:ada@example.com",
    "phone": "phone_number:+15551234567",
    "kx": "_kx:k",
}


@pytest.mark.parametrize(
    "known",
    [
        ["id", "email", "phone", "device", "kx"],
        ["kx", "phone", "email", "id"],
        ["email", "phone", "device", "kx"],
        ["phone", "device"],
        ["device", "kx"],
        ["device"],
        ["kx"],
    ],
)
def test_state_is_kept_by_every_identifier_the_strongest_first(known: list[str]) -> None:
    """external_id, email (whatever its capitals), phone, _kx; a device names nobody."""
    identity, said = identity_of({name: GOOD[name] for name in known})
    assert identity is not None
    assert identity.keys == tuple(key for name, key in KEYS.items() if name in known)
    assert said == []


@pytest.mark.parametrize(
    ("bad", "field", "code"),
    [
        ("email", "email", "email.invalid"),
        ("id", "external_id", "external-id.invalid"),
        ("phone", "phone_number", "phone.invalid"),
        ("device", "anonymous_id", "anonymous-id.invalid"),
        ("kx", "_kx", "kx.invalid"),
    ],
)
def test_a_bad_identifier_is_dropped_alone_and_named(bad: str, field: str, code: str) -> None:
    """The others still find the profile."""
    identity, said = identity_of({**GOOD, bad: BAD[bad]})
    assert identity is not None
    assert field not in identity.identifiers
    assert len(identity.identifiers) == 4
    assert said == [code]


def test_none_left_is_unidentified_with_a_warning() -> None:
    identity, said = identity_of(BAD)
    assert identity is None
    assert said == [
        "email.invalid",
        "external-id.invalid",
        "phone.invalid",
        "anonymous-id.invalid",
        "kx.invalid",
        "identity.none",
    ]
    plan = plan_of({}, event_with(user={"email": "a@@b"}))
    assert (plan.outcome, plan.calls, plan.keys) == ("unidentified", (), ())
    assert [one.severity for one in plan.diagnostics] == ["warning", "warning"]
    assert plan.diagnostics[-1].message == "no identifier is left"


NOTHING = [None, {}, {"email": None}, {"id": "", "email": ""}, dict.fromkeys(GOOD, ""), [], 7]


@pytest.mark.parametrize("user", NOTHING)
def test_nothing_there_is_not_the_same_as_something_bad(user: Any) -> None:
    """An empty string is what forms send where nothing was entered."""
    identity, notes = resolve_identity(rule_with(**ALL), {"user": user})
    assert identity is None
    assert [(one.code, one.message) for one in notes] == [
        ("identity.none", "the event has no identifier")
    ]


def test_a_user_that_is_a_text_is_named() -> None:
    """JSON within JSON: a warehouse's column that nobody parsed."""
    identity, notes = resolve_identity(rule_with(**ALL), {"user": '{"id": "u1"}'})
    assert identity is None
    assert [(one.code, one.message) for one in notes] == [
        (
            "identity.none",
            "the event has no identifier; user is a string, not an object: was JSON written as a "
            "string?",
        )
    ]


@pytest.mark.parametrize(
    ("setting", "options", "field", "sent", "said"),
    [
        ("external_id", [None, "c7"], "external_id", "c7", []),
        ("external_id", ["", 7], "external_id", "7", []),
        ("external_id", ["guest", 0, "c7"], "external_id", "c7", ["external-id.invalid"] * 2),
        ("email", ["a@@b", "a@b.io"], "email", "a@b.io", ["email.invalid"]),
        ("email", ["a@b.io", "a@@b"], "email", "a@b.io", []),
        ("phone_number", ["12", "+15551234567"], "phone_number", "+15551234567", ["phone.invalid"]),
        ("anonymous_id", ["-", "d1"], "anonymous_id", "d1", ["anonymous-id.invalid"]),
        ("kx", ["https://shop.example/", "k"], "_kx", "k", []),
        ("email", ["a@@b", ""], "email", None, ["email.invalid", "identity.none"]),
    ],
)
def test_of_a_list_the_first_identifier_that_can_be_used_counts(
    setting: str, options: list[Any], field: str, sent: str | None, said: list[str]
) -> None:
    """A shop's guest id must not hide the customer number behind it; what is passed by is named."""
    data = {str(at): one for at, one in enumerate(options)}
    rule = rule_with(**{setting: [f"data.{at}" for at in data]})
    identity, notes = resolve_identity(rule, {"data": data})
    assert (identity and identity.identifiers) == (None if sent is None else {field: sent})
    assert codes(notes) == said


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, {"email": "ada@example.com", "external_id": "u1"}),
        ({"externalId": None}, {"email": "ada@example.com"}),
        ({"email": None}, {"external_id": "u1"}),
    ],
)
def test_null_switches_a_default_identifier_off(settings: Any, sent: dict[str, str]) -> None:
    """A shop whose `user.id` is a session's wants none."""
    assert plan_of({"settings": settings}).calls[0].identifiers == sent


def test_without_any_identifier_nobody_is_known() -> None:
    plan = plan_of({"settings": {"email": None, "externalId": None}})
    assert (plan.outcome, codes(plan.diagnostics)) == ("unidentified", ["identity.none"])


def test_a_diagnostic_names_the_place_and_not_the_person() -> None:
    """Messages never repeat a value of the event."""
    _, notes = resolve_identity(rule_with(**ALL), {"user": {"email": "ada@@secret", "id": "u"}})
    assert [one.path for one in notes] == ["user.email"]
    assert "secret" not in str(notes)


def test_each_bad_identifier_is_told_with_its_place_and_reason() -> None:
    """The reasons are the judges' own."""
    _, notes = resolve_identity(rule_with(**ALL), {"user": BAD})
    assert [(one.path, one.message) for one in notes] == [
        ("user.email", read_email(BAD["email"])[1]),
        ("user.id", read_identifier(BAD["id"])[1]),
        ("user.phone", read_phone(BAD["phone"])[1]),
        ("user.device", read_identifier(BAD["device"])[1]),
        ("user.kx", read_identifier(BAD["kx"])[1]),
        ("user", "no identifier is left"),
    ]


@pytest.mark.parametrize("setting", [*ALL, "phone_region"])
def test_a_function_sees_the_event_as_its_value_and_beside_it(setting: str) -> None:
    """Every identifier alike; one that raises is said, and costs no other."""
    seen: list[Any] = []
    event = {"user": GOOD}

    def look(value: Any, whole: Any) -> None:
        seen.extend([value, whole])

    resolve_identity(rule_with(**{**ALL, setting: {"fn": look}}), event)
    assert seen == [event, event]
    _, notes = resolve_identity(rule_with(**{**ALL, setting: {"fn": raising(ValueError())}}), event)
    assert codes(notes) == ["value.raised"]


@pytest.mark.parametrize(
    ("region", "user", "number", "said"),
    [
        ({"value": "DE"}, {}, "+4915123456789", []),
        ("user.country", {"country": "de"}, "+4915123456789", []),
        ("user.country", {}, None, ["phone.invalid", "identity.none"]),
        (
            "user.country",
            {"country": "XX"},
            None,
            ["phone-region.invalid", "phone.invalid", "identity.none"],
        ),
        (
            "user.country",
            {"country": 49},
            None,
            ["phone-region.invalid", "phone.invalid", "identity.none"],
        ),
    ],
)
def test_a_national_number_needs_a_region(
    region: Any, user: dict[str, Any], number: str | None, said: list[str]
) -> None:
    """Mapped or constant; an unknown one is named, and international numbers do without."""
    rule = rule_with(phone_number="user.phone", phone_region=region)
    identity, notes = resolve_identity(rule, {"user": {"phone": "0151 23456789", **user}})
    assert (None if identity is None else identity.identifiers["phone_number"]) == number
    assert codes(notes) == said
    assert [(one.path, one.message) for one in notes if one.code == "phone-region.invalid"] == [
        ("user.country", "no country code with phone numbers, such as DE")
    ] * ("phone-region.invalid" in said)
    international = {"user": {"phone": "+15551234567", **user}}
    found = resolve_identity(rule, international)[0]
    assert found is not None and found.keys == ("phone_number:+15551234567",)


def test_no_phone_needs_no_region() -> None:
    """A bad region is not worth a word where there is no number."""
    rule = rule_with(phone_number="user.phone", phone_region="user.country", external_id="user.id")
    for phone in (None, ""):
        found = resolve_identity(rule, {"user": {"phone": phone, "country": "XX", "id": "u"}})
        assert found == (Identity({"external_id": "u"}), ())


def test_a_function_that_raises_costs_one_identifier() -> None:
    identity, said = identity_of(GOOD, email={"fn": raising(ValueError())})
    assert identity is not None
    assert (identity.keys[0], said) == ("external_id:7", ["value.raised"])


VISITOR = {
    "kx": "user.kx",
    "anonymousId": "user.device",
    "identify": {"map": {"firstName": "user.first"}},
}


def test_who_came_by_a_link_alone_is_upserted_by_it() -> None:
    """Klaviyo knows whose `_kx` it is."""
    plan = plan_of({"settings": VISITOR}, event_with(user={"kx": "k", "first": "Ada"}))
    assert (plan.outcome, plan.keys, plan.diagnostics) == ("send", ("_kx:k",), ())
    upsert, event = plan.calls
    assert upsert.attributes == {"_kx": "k", "first_name": "Ada"}
    assert event.profile == {"_kx": "k"}


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"first": "Ada"}, {"first_name": "Ada"}),
        ({"city": "Ulm", "size": 7}, {"location": {"city": "Ulm"}, "properties": {"size": 7}}),
        ({"first": None}, {"first_name": None}),
        ({}, {}),
    ],
    ids=["name", "objects", "cleared", "nothing"],
)
def test_a_device_alone_tells_its_traits_in_the_events_own_profile(known: Any, told: Any) -> None:
    """It names nobody, so it has no state and makes no upsert."""
    traits = {
        "firstName": "user.first",
        "location": {"map": {"city": "user.city"}},
        "properties": {"map": {"size": "user.size"}},
    }
    settings = {**VISITOR, "identify": {"map": traits}, "clear": True}
    plan = plan_of({"settings": settings}, event_with(user={"device": "d", **known}))
    assert (plan.outcome, plan.keys) == ("send", ())
    (event,) = plan.calls
    assert event.profile == {"anonymous_id": "d", **told}
    assert "profile.needs-identifier" not in codes(plan.diagnostics)  # nothing is lost


def test_a_device_alone_under_a_silent_rule_is_unidentified() -> None:
    """What is known of it could go nowhere; where nothing is known, nothing is lost."""
    silent = with_rule({"silent": True})
    event = event_with(user={"device": "d", "first": "Ada"})
    plan = plan_of({**silent, "settings": VISITOR}, event)
    assert (plan.outcome, plan.calls) == ("unidentified", ())
    assert codes(plan.diagnostics) == ["profile.needs-identifier"]
    plan = plan_of({**silent, "settings": {**VISITOR, "identify": None}}, event)
    assert (plan.outcome, codes(plan.diagnostics)) == ("unchanged", ["profile.nothing-told"])


@pytest.mark.parametrize(
    ("judge", "good", "sent", "bad", "code"),
    [
        (parse_email, " ada@example.com", "ada@example.com", "ada@@example", "email.invalid"),
        (parse_phone, "+15551234567", "+15551234567", "12", "phone.invalid"),
        (parse_identifier, 90210, "90210", "undefined", "external-id.invalid"),
    ],
)
def test_a_public_judge_returns_what_to_send_and_diagnostics(
    judge: Any, good: Any, sent: str, bad: Any, code: str
) -> None:
    """One shape for all of them, so that they map and pipe alike."""
    assert judge(good) == (sent, ())
    found, (one,) = judge(bad)
    assert found is None
    assert isinstance(one, Diagnostic)
    reason = {parse_email: read_email, parse_phone: read_phone, parse_identifier: read_identifier}
    assert (one.code, one.path, one.message) == (code, "", reason[judge](bad)[1])


def test_the_public_judge_of_phones_reads_national_numbers_by_region() -> None:
    assert parse_phone("0151 23456789", "DE") == ("+4915123456789", ())
