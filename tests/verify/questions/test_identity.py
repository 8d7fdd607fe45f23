"""Whose event is it? What is said of the identifiers of a few events."""

from __future__ import annotations

from typing import Any

import pytest
from tests.verify.questions.asked import Raw, event, judged, linted, shop

from walkeros_klaviyo.verify.questions.identity.lint import lint_identity
from walkeros_klaviyo.verify.questions.identity.nobody import judge_unidentified
from walkeros_klaviyo.verify.questions.identity.others import judge_others
from walkeros_klaviyo.verify.questions.identity.sample import judge_identity

BOUGHT = {"order complete": {"name": "Placed Order", "settings": {"uniqueId": "data.id"}}}
WRITTEN: dict[str, tuple[Raw, Raw, str]] = {
    "a constant by a policy for what is no identifier": ({"email": "user.mail"},
        {"policy": {"data.x": {"value": "a"}}}, ""),
    "sound": ({"email": "user.email", "externalId": "user.id", "phoneNumber": "user.phone"}, {},
        ""),
    "a constant": ({"email": {"value": "a@example.com"}}, {}, "identifier.type settings.email: a "
        "constant makes one profile of all visitors => Map the path of the event "
        "that holds the visitor's own."),
    "a constant by a policy": ({"email": "user.mail"},
        {"policy": {"user.mail": {"value": "a@example.com"}}},
        "identifier.type policy.user.mail: a constant makes one profile of all "
        "visitors => Map the path of the event that holds the visitor's own."),
    "a constant by a policy for another": ({"email": "user.mail"},
        {"policy": {"user.id": {"value": "a"}}}, "identifier.type policy.user.id: a "
        "constant makes one profile of all visitors => Map the path of the event "
        "that holds the visitor's own."),
    "a constant by a rule's policy": ({"email": "user.mail"},
        {"rules": {"order complete": {"policy": {"user.mail": {"value": "a@example.com"}}}}},
        "identifier.type mapping.order.complete.policy.user.mail: "
        "a constant makes one profile of all visitors => Map the path of the event "
        "that holds the visitor's own."),
    "a constant stands in": ({"externalId": ["user.id", {"value": "guest"}]}, {},
        "identifier.type settings.externalId[1]: a constant is used where an event has "
        "none: one profile for all such people => Leave the constant out: who has no such "
        "identifier goes by the others."),
    "a constant stands in by a policy": ({"externalId": "user.nr"},
        {"policy": {"user.nr": {"key": "user.id", "value": "guest"}}},
        "identifier.type policy.user.nr.value: a constant is used where an event has "
        "none: one profile for all such people => Leave the constant out: who has no such "
        "identifier goes by the others."),
    "nothing stands in": ({"externalId": {"key": "user.id", "value": ""}}, {}, ""),
    "one event's": ({"email": "timing"}, {}, 'identifier.type settings.email: "timing" '
        "is another one at every event, which makes a profile of each => Map the path "
        "of the event that holds the visitor's own."),
    "one event's, by a policy": ({"email": "user.mail"}, {"policy": {"user.mail": "timing"}},
        "identifier.type policy.user.mail: " '"timing" is another one at every event, '
        "which makes a profile of each => Map the path of the event that holds the "
        "visitor's own."),
    "a page's": ({"externalId": "source.url"}, {}, "identifier.type settings.externalId: "
        '"source.url" is of a page, and no ' "person's: visitors are mixed up => Map "
        "the path of the event that holds the visitor's own."),
    "a page's exchange id": ({"kx": "source.url"}, {}, ""),
    "a device's": ({"externalId": "user.device"}, {}, "identifier.type settings.externalId: "
        "\"user.device\" is a browser's, and no id of a person: each becomes a profile => "
        "Leave it out, or write " 'settings.anonymousId = "user.device".'),
    "a device's anonymous id": ({"anonymousId": "user.device"}, {}, ""),
    "of a list": ({"externalId": {"loop": ["nested", "timing"]}}, {}, ""),
    "of a list, a page's": ({"externalId": {"loop": ["nested", "source.url"]}}, {}, ""),
    "an order's": ({"externalId": "data.orderId"}, {}, "identifier.type settings.externalId: "
        '"data.orderId" is the id of an order, and ' "no person's: each becomes a profile => "
        "Map the person's own, or leave externalId out."),
    "an order's by its name only": ({"externalId": "data.cart_number"}, {},
        "identifier.type settings.externalId: " '"data.cart_number" is the id of an order, '
        "and no person's: each becomes a profile => Map the person's own, or leave "
        "externalId out."),
    "an order's, as it goes by it": ({"externalId": "data.id"}, {"rules": BOUGHT},
        "identifier.type settings.externalId: " '"data.id" is the id of an order, and no '
        "person's: each becomes a profile => Map the person's own, or leave externalId out."),
    "an order's, and nobody orders": ({"externalId": "data.id"},
        {"rules": {"order complete": {"name": "Bought", "settings": {"uniqueId": "data.id"}}}},
        ""),
    "a cancellation's": ({"externalId": "data.id"},
        {"rules": {"order cancel": {"name": "Canceled Order",
        "settings": {"uniqueId": "data.id"}}}}, "identifier.type settings.externalId: "
        '"data.id" is the id of an order, and no ' "person's: each becomes a profile => Map "
        "the person's own, or leave externalId out."),
    "the user's, and orders go by it": ({"externalId": "user.nr"},
        {"rules": {"order complete": {"name": "Placed Order",
        "settings": {"uniqueId": "user.nr"}}}}, ""),
    "no country": ({"phoneNumber": "user.phone", "phoneRegion": {"value": "XX"}}, {},
        "identifier.type settings.phoneRegion: " '"XX" is not a country with phone numbers => '
        'settings.phoneRegion = "DE", or the path ' "of the visitor's country."),
    "a country": ({"phoneNumber": "user.phone", "phoneRegion": {"value": "de"}}, {}, ""),
    "a country's path": ({"phoneNumber": "user.phone", "phoneRegion": "user.country"}, {}, ""),
    "a country that is no text": ({"phoneNumber": "user.phone", "phoneRegion": {"value": 49}}, {},
        ""),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "more", "says"), WRITTEN.values(), ids=WRITTEN)
def test_what_no_event_is_needed_to_see(settings: Raw, more: Raw, says: str) -> None:
    """What visitors share, no two events, or an order's."""
    rules = {"page view": {"name": "Viewed Page"}, **more.get("rules", {})}
    above = {key: one for key, one in more.items() if key != "rules"}
    assert linted(lint_identity, shop(rules, settings=settings, **above)) == says


def person(number: Any, **more: Any) -> Raw:
    """A user, whose None is nothing."""
    given = {"id": f"c{number}", "email": f"c{number}@example.com", **more}
    return {key: one for key, one in given.items() if one is not None}


def people(count: int, **more: Any) -> list[Raw]:
    """Several of them."""
    return [person(at, **more) for at in range(count)]


def seen(*users: Raw, judge: Any = judge_identity, settings: Raw | None = None, **more: Any) -> str:
    """Views of pages by these users, five minutes apart; their data stand beside them."""
    gap, parts = more.pop("gap", 5), more.pop("parts", {})
    rules = more.pop("rules", {"page view": {"name": "Viewed Page"}})
    events = [
        event(
            "page view",
            user.get("_data"),
            at * gap,
            {k: v for k, v in user.items() if k != "_data"},
            **parts,
        )
        for at, user in enumerate(users)
    ]
    return judged(judge, shop(rules, settings=settings or {}, **more), events)


PHONE = {"phoneNumber": "user.phone"}
DE = {**PHONE, "phoneRegion": "DE"}
OF = {**PHONE, "phoneRegion": "user.land"}
UNUSABLE: dict[str, tuple[list[Raw], Raw, str]] = {
    "bad, and nobody": ([{"email": "a"}, {"email": "b"}], {},
        "identifier.type settings.email (line 1): " 'of 2 values at "user.email" 2 are unusable'),
    "nobody, and no region": ([{}], OF, ""),
    "nobody, and a region": ([{"land": "DE"}], OF, "identity.nobody settings (line 1): of 1 "
        "events none has an identifier"),
    "two national numbers of three": ([person(at, phone=f"0151 234567{at}0") for at in range(2)]
        + [person(3, phone="+4915123456800")], PHONE, ""),
    "national numbers, and no anonymous ids": ([person(at, phone=f"0151 234567{at}0", anon="null")
        for at in range(3)], {**PHONE, "anonymousId": "user.anon"},
        "identifier.type settings.phoneNumber " '(line 1): of 3 values at "user.phone" 3 '
        "are unusable: national numbers, and no region is known => settings.phoneRegion = "
        "\"DE\", or the path of the visitor's country.\nidentifier.type "
        "settings.anonymousId (line 1): of 3 " 'values at "user.anon" 3 are unusable'),
    "sound": (people(3), {}, ""),
    "bad": ([person(1, email="a"), person(2, email="b")], {},
        "identifier.type settings.email (line 1): " 'of 2 values at "user.email" 2 are unusable'),
    "half bad": ([person(1, email="a"), person(2, email="b"), *people(2)], {}, ""),
    "more than half bad": ([person(1, email="a"), person(2, email="b"), person(3, email="c"),
        *people(2)], {}, ""),
    "one word": ([person(at, email="none") for at in range(3)] + people(1), {}, ""),
    "only one word": ([person(at, email="none") for at in range(3)], {},
        "identifier.type settings.email (line 1): " 'of 3 values at "user.email" 3 are unusable'),
    "one word, and others": ([person(at, email="none") for at in range(3)] + [person(1,
        email="a"), person(2, email="b"), *people(1)], {},
        "identifier.type settings.email (line 4): " 'of 3 values at "user.email" 2 are unusable'),
    "nothing": ([person(at, email="") for at in range(3)], {}, ""),
    "the second option": (people(3, mail="x"), {"email": ["user.mail", "user.email"]}, ""),
    "both options": ([person(1, email="a", mail="b"), person(2, email="c", mail="d")],
        {"email": ["user.mail", "user.email"]}, "identifier.type settings.email (line 1): "
        'of 2 values at "settings.email" 2 are ' "unusable"),
    "an id": ([person(at, id="undefined") for at in range(2)], {},
        "identifier.type settings.externalId (line " '1): of 2 values at "user.id" 2 are '
        "unusable"),
    "an exchange id": ([person(at, kx="no") for at in range(2)], {"kx": "user.kx"}, ""),
    "an anonymous id": ([person(at, anon="null") for at in range(2)],
        {"anonymousId": "user.anon"}, "identifier.type settings.anonymousId "
        '(line 1): of 2 values at "user.anon" 2 ' "are unusable"),
    "numbers": ([person(at, phone=f"+49151234567{at}0") for at in range(3)], PHONE, ""),
    "no numbers": ([person(at, phone=f"x{at}") for at in range(2)], PHONE,
        "identifier.type settings.phoneNumber " '(line 1): of 2 values at "user.phone" 2 '
        "are unusable"),
    "national numbers": ([person(at, phone=f"0151 234567{at}0") for at in range(3)], PHONE,
        "identifier.type settings.phoneNumber " '(line 1): of 3 values at "user.phone" 3 '
        "are unusable: national numbers, and no region is known => settings.phoneRegion = "
        "\"DE\", or the path of the visitor's country."),
    "one national number": ([person(1, phone="0151 23456710")], PHONE,
        "identifier.type settings.phoneNumber " '(line 1): of 1 values at "user.phone" 1 '
        "are unusable: national numbers, and no region is known => settings.phoneRegion = "
        "\"DE\", or the path of the visitor's country."),
    "a few national numbers": ([person(at, phone=f"0151 234567{at}0") for at in range(2)]
        + [person(at, phone=f"+49151234568{at}0") for at in range(2)], PHONE, ""),
    "four national numbers, of which one may be a word":
        ([person(at, phone=f"0151 234567{at}0") for at in range(4)]
        + [person(at, phone=f"+49151234568{at}0") for at in range(7)], PHONE,
        "identifier.type settings.phoneNumber " '(line 2): of 10 values at "user.phone" 3 '
        "are unusable: national numbers, and no region is known => settings.phoneRegion = "
        "\"DE\", or the path of the visitor's country."),
    "national numbers and none": ([person(at, phone=f"0151 234567{at}0") for at in range(3)]
        + [person(at, phone=f"x{at}") for at in range(5)], PHONE,
        "identifier.type settings.phoneNumber " '(line 1): of 8 values at "user.phone" 8 '
        "are unusable: national numbers, and no region is known => settings.phoneRegion = "
        "\"DE\", or the path of the visitor's country."),
    "of a country": ([person(at, phone=f"0151 234567{at}0") for at in range(3)], DE, ""),
    "of countries": ([person(at, phone=f"0151 234567{at}0", land="de") for at in range(3)], OF, ""),
    "of no countries": ([person(at, phone=f"0151 234567{at}0", land="Germany")
        for at in range(3)], OF, "identifier.type settings.phoneRegion "
        '(line 1): what stands at "user.land" is ' "not the code of a country with phone numbers "
        '=> settings.phoneRegion = "DE", or the ' "path of the visitor's country.\n"
        "identifier.type settings.phoneRegion (line 1): 3 of 3 national numbers are "
        "none of GERMANY, but of DE => " 'settings.phoneRegion = "DE", or the path '
        "of the visitor's country."),
    "of half no countries": ([person(at, phone=f"0151 234567{at}0", land="Germany")
        for at in range(3)] + [person(at, phone=f"0151 234567{at}1", land="DE")
        for at in range(3)], OF, ""),
    "of more than half no countries": ([person(at, phone=f"0151 234567{at}0", land="Germany")
        for at in range(4)] + [person(at, phone=f"0151 234567{at}1", land="DE")
        for at in range(2)], OF, "identifier.type settings.phoneRegion "
        '(line 2): what stands at "user.land" is ' "not the code of a country with phone numbers "
        '=> settings.phoneRegion = "DE", or the ' "path of the visitor's country."),
    "of one wrong country": ([person(at, phone=f"0151 234567{at}0", land="Germany")
        for at in range(3)] + [person(3, phone="0151 23456799 99 99", land="DE")], OF,
        "identifier.type settings.phoneRegion " '(line 1): what stands at "user.land" is '
        "not the code of a country with phone numbers " '=> settings.phoneRegion = "DE", or the '
        "path of the visitor's country."),
    "of no known country": ([person(at, phone=f"0151 234567{at}0") for at in range(3)], OF, ""),
    "of numbers": ([person(at, phone=f"0151 234567{at}0", land=49) for at in range(3)], OF, ""),
    "of a country that has other ones": ([person(at, phone=f"0151 234567{at}0", land="SM")
        for at in range(3)], OF, ""),
}  # fmt: skip


@pytest.mark.parametrize(("users", "settings", "says"), UNUSABLE.values(), ids=UNUSABLE)
def test_values_that_are_no_identifiers(users: list[Raw], settings: Raw, says: str) -> None:
    """Where more than half are none, but for one word of the site's own."""
    assert seen(*users, settings=settings) == says


COMPANY = {"externalId": "user.company"}
WHOSE: dict[str, tuple[list[Raw], Raw, str]] = {
    "friends' addresses of one": ([person(1, _data={"friend": {"email": f"f{at}@example.com"}})
        for at in range(3)], {"email": "data.friend.email"},
        "identifier.type settings.email (line 1): \"data.friend.email\" is another person's "
        'than "user.email" => settings.email = ' '"user.email"'),
    "one id of addresses, and a city for an anonymous id":
        ([person(at, company="c", city="Ulm") for at in range(3)], {**COMPANY,
        "anonymousId": "user.city"}, "identifier.type settings.anonymousId "
        '(line 1): "user.city" is the city, and no ' "anonymous id => Leave it out.\n"
        "identifier.type settings.externalId (line " '1): under 1 of the ids at "user.company" '
        "there are several addresses: a company's or a household's id, and no person's => "
        'settings.externalId = "user.id"\n' "identifier.type settings.externalId (line "
        "1): 3 of 3 events get the same, of 3 people"),
    "another id at each event, and of others one":
        ([person(at // 2, nr=f"n{at}") for at in range(6)]
        + [person(at, nr=f"m{at}") for at in range(6, 9)], {"externalId": "user.nr"},
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at each '
        "event of an address => " 'settings.externalId = "user.id"'),
    "one address for all": ([person(at, email="shop@example.com") for at in range(3)], {},
        "identifier.type settings.email (line 1): 3 of 3 events get the same, of 3 people"),
    "one address for two": ([person(at, email="shop@example.com") for at in range(2)], {}, ""),
    "one address at half": ([person(at, email="shop@example.com") for at in range(3)] + people(3),
        {}, ""),
    "one address at more than half": ([person(at, email="Shop@example.com") for at in range(4)]
        + people(3), {}, "identifier.type settings.email (line 1): "
        "4 of 7 events get the same, of 4 people"),
    "one address of one": ([person(1)] * 3, {}, ""),
    "one id for all": ([person(at, id="c") for at in range(3)], {},
        "identifier.type settings.externalId (line " '1): under 1 of the ids at "user.id" there '
        "are several addresses: a company's or a household's id, and no person's => Map "
        "the path of the event that holds the visitor's own.\nidentifier.type "
        "settings.externalId (line 1): 3 of 3 events get the same, of 3 people"),
    "one id of addresses": ([person(at, mail=f"{at}", company="c", email=f"{at}@example.com")
        for at in range(3)], COMPANY, "identifier.type settings.externalId (line "
        '1): under 1 of the ids at "user.company" ' "there are several addresses: a company's "
        "or a household's id, and no person's => " 'settings.externalId = "user.id"\n'
        "identifier.type settings.externalId (line 1): 3 of 3 events get the same, of 3 "
        "people"),
    "ids of two addresses each": ([person(at, company=f"c{at // 2}") for at in range(6)], COMPANY,
        "identifier.type settings.externalId (line " '1): under 3 of the ids at "user.company" '
        "there are several addresses: a company's or a household's id, and no person's => "
        'settings.externalId = "user.id"'),
    "two ids of two addresses each": ([person(at, company=f"c{at // 2}") for at in range(4)],
        COMPANY, ""),
    "ids of two addresses, and no id of the site's": ([person(at, id=None, company=f"c{at // 2}")
        for at in range(6)], COMPANY, ""),
    "ids of two addresses, of one person": ([person(at, id=f"p{at // 2}", company=f"c{at // 2}")
        for at in range(6)], COMPANY, ""),
    "an id of three addresses, and no id of the site's":
        ([person(at, id=None, company="c") for at in range(3)], COMPANY,
        "identifier.type settings.externalId (line " '1): under 1 of the ids at "user.company" '
        "there are several addresses: a company's or a household's id, and no person's => "
        "Map the path of the event that holds the visitor's own.\nidentifier.type "
        "settings.externalId (line 1): 3 of 3 events get the same, of 3 people"),
    "the site's id of three addresses": ([person(at, id="c") for at in range(3)],
        {"externalId": ["user.id", "user.company"]}, "identifier.type settings.externalId (line "
        "1): under 1 of the ids at " '"settings.externalId" there are several '
        "addresses: a company's or a household's id, and no person's => Map the path of "
        "the event that holds the visitor's own.\nidentifier.type settings.externalId (line "
        "1): 3 of 3 events get the same, of 3 people"),
    "another id at each event": ([person(at // 2, nr=f"n{at}") for at in range(6)],
        {"externalId": "user.nr"}, "identifier.type settings.externalId (line "
        '1): "user.nr" is another one at each ' "event of an address => "
        'settings.externalId = "user.id"'),
    "another id, of two": ([person(at // 2, nr=f"n{at}") for at in range(4)],
        {"externalId": "user.nr"}, ""),
    "another id, of half": ([person(at // 2, nr=f"n{at}") for at in range(6)]
        + [person(9 + at // 2, nr=f"m{at // 2}") for at in range(6)], {"externalId": "user.nr"},
        ""),
    "another id at half the events": ([person(at // 4, nr=f"n{at // 2}") for at in range(12)],
        {"externalId": "user.nr"}, ""),
    "another id at more than half": ([person(at // 4, nr=f"n{at // 4}{max(at % 4, 1)}")
        for at in range(12)], {"externalId": "user.nr"},
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at each '
        "event of an address => " 'settings.externalId = "user.id"'),
    "another id, and no id of the site's":
        ([person(at // 2, id=None, nr=f"n{at}") for at in range(6)], {"externalId": "user.nr"},
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at each '
        "event of an address => Map the path of the event that holds the visitor's own."),
    "the site's own id is another one": ([person(at // 2, id=f"n{at}") for at in range(6)], {},
        "identifier.type settings.externalId (line " '1): "user.id" is another one at each '
        "event of an address => Map the path of the event that holds the visitor's own."),
    "no ids": ([person(at // 2, id=None) for at in range(6)], {}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("users", "settings", "says"), WHOSE.values(), ids=WHOSE)
def test_identifiers_of_several_people_or_of_none(
    users: list[Raw], settings: Raw, says: str
) -> None:
    """One at most events, under several addresses, or another one at each event of a person."""
    assert seen(*users, settings=settings) == says


VISITS: dict[str, tuple[list[Raw], float, str]] = {
    "at the next visit": ([person(at % 3, nr=f"n{at}") for at in range(6)], 31,
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at 3 '
        "people's next visit => " 'settings.externalId = "user.id"\n'
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at each '
        "event of an address => " 'settings.externalId = "user.id"'),
    "within a visit": ([person(at % 3, nr=f"n{at}") for at in range(6)], 10,
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at each '
        "event of an address => " 'settings.externalId = "user.id"'),
    "just after it": ([person(at % 3, nr=f"n{at}") for at in range(6)], 10.001,
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at 3 '
        "people's next visit => " 'settings.externalId = "user.id"\n'
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at each '
        "event of an address => " 'settings.externalId = "user.id"'),
    "the same": ([person(at % 3, nr=f"n{at % 3}") for at in range(6)], 31, ""),
    "of two people": ([person(at % 2, nr=f"n{at}") for at in range(4)], 31, ""),
    "of strangers": ([person(at % 3, id=None, nr=f"n{at}") for at in range(6)], 31,
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at each '
        "event of an address => Map the path of the event that holds the visitor's own."),
    "of other addresses": ([person(1, email=f"{at}@example.com", nr=f"n{at}") for at in range(6)],
        31, ""),
    "of one address in other cases": ([person(at % 3,
        email=f"{'aA'[at // 3]}{at % 3}@example.com", nr=f"n{at}") for at in range(6)], 31,
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at 3 '
        "people's next visit => " 'settings.externalId = "user.id"\n'
        "identifier.type settings.externalId (line " '1): "user.nr" is another one at each '
        "event of an address => " 'settings.externalId = "user.id"'),
    "of half": ([person(at % 6, nr=f"n{at if at % 6 < 3 else at % 6}") for at in range(12)], 31,
        ""),
}  # fmt: skip


@pytest.mark.parametrize(("users", "gap", "says"), VISITS.values(), ids=VISITS)
def test_an_id_that_is_another_one_at_the_next_visit(
    users: list[Raw], gap: float, says: str
) -> None:
    """Of whom the site knows by an id of its own."""
    assert seen(*users, settings={"externalId": "user.nr"}, gap=gap) == says


def nobody(count: int, **more: Any) -> list[Raw]:
    """Users of whom nothing is known where it is looked for."""
    return [{**more} for _ in range(count)]


MAIL = {"mail": "a@example.com"}
NOBODY: dict[str, tuple[list[Raw], Raw, str]] = {
    "all": (nobody(1), {}, "identity.nobody settings (line 1): of 1 "
        "events none has an identifier"),
    "none": ([], {}, ""),
    "one of two": ([*nobody(1), person(1)], {}, ""),
    "four of seven without an address": ([*nobody(4), *people(3)], {}, ""),
    "four of seven": ([*nobody(4, **MAIL), *people(3)], {},
        "identity.nobody settings.email (line 1): of 7 events 3 has an identifier; there "
        "may be one at user.mail => settings.email " '= ["user.email", "user.mail"]'),
    "four of eight": ([*nobody(4, **MAIL), *people(4)], {}, ""),
    "three of five": ([*nobody(3, **MAIL), *people(2)], {},
        "identity.nobody settings.email (line 1): of 5 events 2 has an identifier; there "
        "may be one at user.mail => settings.email " '= ["user.email", "user.mail"]'),
    "two of three": ([*nobody(2, **MAIL), *people(1)], {}, ""),
    "all with an address": (nobody(1, **MAIL), {}, "identity.nobody settings.email (line 1): "
        "of 1 events none has an identifier; there may be one at user.mail => settings.email "
        '= "user.mail"'),
    "at several places": (nobody(1, a="a@example.com", b="b@example.com", c="c@example.com",
        d="d@example.com"), {}, "identity.nobody settings.email (line 1): "
        "of 1 events none has an identifier; there may be one at user.a or user.b or user.c "
        '=> settings.email = "user.a"'),
    "the most frequent": ([{"a": "a@example.com"}, {"a": "x", "b": "b@example.com"},
        {"b": "c@example.com"}], {}, "identity.nobody settings.email (line 1): "
        "of 3 events none has an identifier; there may be one at user.b or user.a => "
        'settings.email = "user.b"'),
    "where it is read already": (nobody(1, email="a@b@example.com"), {},
        "identity.nobody settings (line 1): of 1 events none has an identifier"),
    "at other parts": ([{"_data": {"mail": "a@example.com"}}], {},
        "identity.nobody settings.email (line 1): of 1 events none has an identifier; there "
        "may be one at data.mail => settings.email " '= "data.mail"'),
    "a number": (nobody(1, phone="+4915123456780"), {}, "identity.nobody settings.phoneNumber "
        "(line 1): of 1 events none has an identifier; there may be one at "
        "user.phone => settings.phoneNumber = " '"user.phone"'),
    "a national number": (nobody(1, mobileNumber="0151 23456780"), {},
        "identity.nobody settings.phoneNumber (line 1): of 1 events none has an "
        "identifier; there may be one at user.mobileNumber => settings.phoneNumber "
        '= "user.mobileNumber"'),
    "a number that is none": (nobody(1, phone="12"), {},
        "identity.nobody settings (line 1): of 1 events none has an identifier"),
    "a number by no name": (nobody(1, nr="+4915123456780"), {},
        "identity.nobody settings (line 1): of 1 events none has an identifier"),
    "a number that is no text": (nobody(1, phone=4915123456780), {},
        "identity.nobody settings (line 1): of 1 events none has an identifier"),
    "beside others": ([*nobody(4, phone="+4915123456780"), *people(3)], PHONE
        | {"phoneNumber": "user.tel"}, "identity.nobody settings.phoneNumber "
        "(line 1): of 7 events 3 has an identifier; there may be one at "
        "user.phone => settings.phoneNumber = " '["user.tel", "user.phone"]'),
}  # fmt: skip


@pytest.mark.parametrize(("users", "settings", "says"), NOBODY.values(), ids=NOBODY)
def test_who_is_not_known_at_all(users: list[Raw], settings: Raw, says: str) -> None:
    """All of the sample, or most events where an address stands elsewhere."""
    assert seen(*users, judge=judge_unidentified, settings=settings) == says


def test_a_rule_of_which_most_are_nobodys() -> None:
    """Where of the whole sample fewer are."""
    rules = {"form send": {"name": "Sent"}, "page view": {"name": "Viewed Page"}}
    sent = [event("form send", {"mail": f"{at}@example.com"}, at, {}) for at in range(3)]
    views = [event("page view", {}, at, at) for at in range(6)]
    assert judged(judge_unidentified, shop(rules), [*views, *sent]) == (
        "identity.nobody settings.email (line 7): of 3 events 0 has an identifier; there "
        'may be one at data.mail => settings.email = ["user.email", "data.mail"]'
    )
    assert judged(judge_unidentified, shop(rules), [*views, *sent[:2]]) == ""
    assert judged(judge_identity, shop(rules), [*views, *sent]) == (
        "identity.nobody settings.email (line 7): of 3 events 0 has an identifier; there "
        'may be one at data.mail => settings.email = ["user.email", "data.mail"]'
    )


LAND = {"phoneNumber": "user.phone", "phoneRegion": "user.region"}
OTHERS: dict[str, tuple[list[Raw], Raw, str]] = {
    "the second only": ([person(at, city="Ulm") for at in range(3)], {"anonymousId": ["user.anon",
        "user.city"]}, "identifier.type settings.anonymousId "
        '(line 1): "user.city" is the city, and no ' "anonymous id => Leave it out."),
    "a name for an id": ([person(at, firstName=f"N{at}") for at in range(3)],
        {"externalId": "user.firstName"}, "identifier.type settings.externalId (line "
        '1): "user.firstName" is the first name, ' "and no external id => settings.externalId "
        '= "user.id"'),
    "a name of two": ([person(at, firstName=f"N{at}") for at in range(2)],
        {"externalId": "user.firstName"}, ""),
    "an address for an id": (people(3), {"externalId": "user.email"}, ""),
    "a name for an address": ([person(at, firstName=f"N{at}") for at in range(3)],
        {"email": "user.firstName"}, ""),
    "a city for a number": ([person(at, city="Ulm", phone="+4915123456780") for at in range(3)],
        {"phoneNumber": "user.city"}, "identifier.type settings.phoneNumber "
        '(line 1): "user.city" is the city, and no ' "phone number => settings.phoneNumber = "
        '"user.phone"'),
    "a city for a number, and no number": ([person(at, city="Ulm") for at in range(3)],
        {"phoneNumber": "user.city"}, "identifier.type settings.phoneNumber "
        '(line 1): "user.city" is the city, and no ' "phone number => Leave it out."),
    "a number called a city": ([person(at, city=f"+49151234567{at}0") for at in range(3)],
        {"phoneNumber": "user.city"}, ""),
    "a city for an anonymous id": ([person(at, city="Ulm") for at in range(3)],
        {"anonymousId": "user.city"}, "identifier.type settings.anonymousId "
        '(line 1): "user.city" is the city, and no ' "anonymous id => Leave it out."),
    "a city for an anonymous id, with a device":
        ([person(at, city="Ulm", device="d") for at in range(3)], {"anonymousId": "user.city"},
        "identifier.type settings.anonymousId " '(line 1): "user.city" is the city, and no '
        "anonymous id => settings.anonymousId = " '"user.device"'),
    "a city for an exchange id": ([person(at, city="Ulm") for at in range(3)],
        {"kx": "user.city"}, "identifier.type settings.kx (line 1): "
        '"user.city" is the city, and no exchange ' "id => Leave it out."),
    "an id for an anonymous id": (people(3), {"anonymousId": "user.id"},
        "identifier.type settings.anonymousId (line 1): 3 of 3 values are the external "
        "id too => Leave it out."),
    "an id for an anonymous id, of two": (people(2), {"anonymousId": "user.id"}, ""),
    "an id for half of them": ([person(at, anon=f"c{at}") for at in range(3)]
        + [person(at, anon=f"x{at}") for at in range(3)], {"anonymousId": "user.anon"}, ""),
    "an id for more than half": ([person(at, anon=f"c{at}") for at in range(4)]
        + [person(at, anon=f"x{at}") for at in range(3)], {"anonymousId": "user.anon"},
        "identifier.type settings.anonymousId (line 1): 4 of 7 values are the external "
        "id too => Leave it out."),
    "a device for both": ([person(at, id=f"d{at}", device=f"d{at}") for at in range(3)],
        {"anonymousId": "user.device"}, ""),
    "an id for an exchange id": ([person(at, x=f"c{at}") for at in range(3)], {"kx": "user.x"},
        "identifier.type settings.kx (line 1): 3 of 3 values are the external id too => "
        "Leave it out."),
    "another's address": ([person(at, _data={"friend": {"email": f"f{at}@example.com"}})
        for at in range(3)], {"email": "data.friend.email"},
        "identifier.type settings.email (line 1): \"data.friend.email\" is another person's "
        'than "user.email" => settings.email = ' '"user.email"'),
    "another's number": ([person(at, phone="+4915123456780",
        _data={"friendPhone": "+4915123456781"}) for at in range(3)],
        {"phoneNumber": "data.friendPhone"}, "identifier.type settings.phoneNumber "
        '(line 1): "data.friendPhone" is another ' "person's than \"user.phone\" => "
        'settings.phoneNumber = "user.phone"'),
    "in a list": ([person(at, _data={"c": [{"city": "Ulm"}]}) for at in range(3)],
        {"anonymousId": {"loop": ["data.c", "city"]}}, ""),
    "the first only": ([person(at, city="Ulm", firstName="N") for at in range(3)],
        {"anonymousId": ["user.city", "user.firstName"]}, "identifier.type settings.anonymousId "
        '(line 1): "user.city" is the city, and no ' "anonymous id => Leave it out."),
}  # fmt: skip


@pytest.mark.parametrize(("users", "settings", "says"), OTHERS.values(), ids=OTHERS)
def test_another_field_identifier_or_person(users: list[Raw], settings: Raw, says: str) -> None:
    """By what the paths are called, and by the same values elsewhere."""
    assert seen(*users, judge=judge_others, settings=settings) == says


def londoners(count: int, first: int = 0, **more: Any) -> list[Raw]:
    """Numbers of London, which are none in America."""
    return [person(at, phone=f"020 7946 0{at + 100}", **more) for at in range(first, first + count)]


def new_yorkers(count: int) -> list[Raw]:
    """Numbers of America."""
    return [person(at, phone=f"212 736 5{at + 100}") for at in range(count)]


US = {**PHONE, "phoneRegion": "US"}
ABROAD: dict[str, tuple[list[Raw], Raw, str]] = {
    "of one code with theirs": ([person(at, phone=f"416 736 5{at + 100}", country="CA")
        for at in range(3)], US, ""),
    "after what is no text": ([person(9, phone=3), *londoners(3)], US,
        "identifier.type settings.phoneRegion (line 2): 3 of 3 national numbers are "
        "none of US, but of GB => " 'settings.phoneRegion = "GB", or the path '
        "of the visitor's country."),
    "three": (londoners(3), US, "identifier.type settings.phoneRegion "
        "(line 1): 3 of 3 national numbers are none of US, but of GB => "
        'settings.phoneRegion = "GB", or the path ' "of the visitor's country."),
    "two": (londoners(2), US, ""),
    "one number": (londoners(1) * 3, US, ""),
    "with a country": ([person(at, phone=f"+4420 7946 010{at}") for at in range(3)], US, ""),
    "with zeros": ([person(at, phone=f"004420 7946 010{at}") for at in range(3)], US, ""),
    "with a space": ([person(at, phone=f" +4420 7946 010{at}") for at in range(3)], US, ""),
    "half": ([*londoners(3), *new_yorkers(3)], US, "identifier.type settings.phoneRegion "
        "(line 1): 3 of 6 national numbers are none of US, but of GB => "
        'settings.phoneRegion = "GB", or the path ' "of the visitor's country."),
    "less than half": ([*londoners(3), *new_yorkers(4)], US, ""),
    "after others": ([*new_yorkers(3), *londoners(3), person(9, phone="+4420 7946 0199"),
        *londoners(1, 3)], US, "identifier.type settings.phoneRegion "
        "(line 1): 4 of 7 national numbers are none of US, but of GB => "
        'settings.phoneRegion = "GB", or the path ' "of the visitor's country."),
    "by their country": (londoners(3, country="it"), US, "identifier.type settings.phoneRegion "
        "(line 1): 3 of 3 national numbers are none of US, but of IT => "
        'settings.phoneRegion = "IT", or the path ' "of the visitor's country."),
    "where they have none": (londoners(3, country="FR"), US, ""),
    "by a country that is none": (londoners(3, country="XX"), US,
        "identifier.type settings.phoneRegion (line 1): 3 of 3 national numbers are "
        "none of US, but of GB => " 'settings.phoneRegion = "GB", or the path '
        "of the visitor's country."),
    "as it is for some": ([*londoners(3, land="us"), *londoners(1, 3, land="GB")], OF, ""),
    "by a path": (londoners(3, land="us"), OF, ""),
    "no text": (londoners(3, land=1), OF, ""),
    "no numbers": ([person(at, phone=2079460100 + at) for at in range(3)], US, ""),
    "valid there, living elsewhere": ([{**one, "country": "IN"} for one in new_yorkers(3)], US,
        "identifier.type settings.phoneRegion (line 1): 3 of 3 national numbers are "
        "none of US, but of IN => " 'settings.phoneRegion = "IN", or the path '
        "of the visitor's country."),
    "the same anywhere": (londoners(3, country="GB"), {**PHONE, "phoneRegion": "GB"}, ""),
    "short": ([person(at, phone=f"{at}") for at in range(3)], US, ""),
    "words": ([person(at, phone="none") for at in range(3)], US, ""),
}  # fmt: skip


@pytest.mark.parametrize(("users", "settings", "says"), ABROAD.values(), ids=ABROAD)
def test_national_numbers_of_another_country(users: list[Raw], settings: Raw, says: str) -> None:
    """Nearly all of them, by where their people live or by what the country's numbers are like."""
    assert seen(*users, judge=judge_others, settings=settings) == says


def test_where_people_live_is_told_by_their_traits_too() -> None:
    """What the profile is given from another place."""
    settings = {**US, "identify": {"map": {"location": {"map": {"country": "data.land"}}}}}
    users = [{**one, "_data": {"land": "IN"}} for one in new_yorkers(3)]
    assert seen(*users, judge=judge_others, settings=settings) == (
        "identifier.type settings.phoneRegion (line 1): 3 of 3 national numbers are none "
        'of US, but of IN => settings.phoneRegion = "IN", or the path of the visitor\'s '
        "country."
    )
