"""What is Klaviyo told of a person, and does the person stay out of what happened?"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from tests.verify.questions.asked import Raw, event, judged, linted, look_at, shop

from walkeros_klaviyo.verify.questions.privacy.lint import lint_privacy
from walkeros_klaviyo.verify.questions.privacy.sample import judge_privacy
from walkeros_klaviyo.verify.questions.profile.lint import lint_profile
from walkeros_klaviyo.verify.questions.profile.sample import judge_profile

SENT = {"name": "Sent"}


def always(value: Any, event: Any) -> bool:
    """A function of the shop's own."""
    return True


def identified(*, rule: Raw | None = None, **traits: Any) -> Raw:
    """A configuration with these traits, of all rules or of one."""
    identify = {"settings": {"identify": {"map": traits}}}
    return shop({"form send": {**SENT, **(identify if rule is None else rule)}})


PROPERTIES = {"properties": {"map": {"size": "data.size"}}}
LINTED: dict[str, tuple[Any, str]] = {
    "sound": ({"firstName": "user.first", "location": {"map": {"city": "user.city"}},
        **PROPERTIES}, ""),
    "unknown": ({"shoeSize": "user.size"}, "trait.type "
        "mapping.form.send.settings.identify.map.shoeSize: "
        '"shoeSize": no field of a Klaviyo profile ' "=> Put what is the shop's own below "
        "properties.map."),
    "unknown by a slip": ({"fristName": "user.first"}, "trait.type "
        "mapping.form.send.settings.identify.map.fristName: "
        '"fristName": no field of a Klaviyo ' 'profile; did you mean "firstName"? => '
        'Write "firstName".'),
    "unknown place": ({"location": {"map": {"town": "user.town"}}}, "trait.type "
        "mapping.form.send.settings.identify.map.location.map.town: "
        '"town": no field of a Klaviyo location => ' "Put what is the shop's own below "
        "properties.map."),
    "unknown place by a slip": ({"location": {"map": {"citty": "user.city"}}}, "trait.type "
        "mapping.form.send.settings.identify.map.location.map.citty: "
        '"citty": no field of a Klaviyo location; ' 'did you mean "city"? => Write "city".'),
    "a number": ({"title": {"value": {"a": 3}}}, "trait.type "
        "mapping.form.send.settings.identify.map.title: " '"title": is an object; Klaviyo would '
        "refuse the profile"),
    "a latitude": ({"location": {"map": {"latitude": {"value": "far"}}}}, ""),
    "a location that is none": ({"location": {"value": "Ulm"}}, "trait.type "
        "mapping.form.send.settings.identify.map.location: "
        '"location": is a string; Klaviyo would ' "refuse the profile"),
    "a location by a path": ({"location": "user.location"}, ""),
    "properties that are none": ({"properties": {"value": "Ulm"}}, "trait.type "
        "mapping.form.send.settings.identify.map.properties: "
        '"properties": is a string; Klaviyo would ' "refuse the profile"),
    "properties by a path": ({"properties": "user.more"}, ""),
    "an object among the properties":
        ({"properties": {"map": {"size": {"map": {"eu": "data.size"}}}}}, "trait.object "
        "mapping.form.send.settings.identify.map.properties.map.size: "
        "the property size is an object"),
    "a word of an example": ({"organization": {"key": "user.org", "value": "TODO"}},
        "trait.other mapping.form.send.settings.identify.map.organization.value: "
        'every profile without one gets "TODO" as ' "its organization => Leave the constant "
        "out, and map a path that the events have."),
    "a word of an example for all": ({"organization": {"value": "Your Company!"}}, "trait.other "
        "mapping.form.send.settings.identify.map.organization: "
        'every profile gets "Your Company!" as its ' "organization => Leave the constant out, "
        "and map a path that the events have."),
    "a trait's name": ({"organization": {"value": "organization"}}, "trait.other "
        "mapping.form.send.settings.identify.map.organization: "
        'every profile gets "organization" as its ' "organization => Leave the constant out, "
        "and map a path that the events have."),
    "your trait's name": ({"title": {"value": "YOUR_TITLE"}}, "trait.other "
        "mapping.form.send.settings.identify.map.title: "
        'every profile gets "YOUR_TITLE" as its ' "title => Leave the constant out, and map "
        "a path that the events have."),
    "a word of an example in a property": ({"properties": {"map": {"plan": {"value": "test"},
        "firstName": {"value": "Ada"}}}}, "trait.other "
        "mapping.form.send.settings.identify.map.properties.map.plan: "
        'every profile gets "test" as its plan => ' "Leave the constant out, and map a path "
        "that the events have.\ntrait.other "
        "mapping.form.send.settings.identify.map.properties.map.firstName: "
        'every profile gets "Ada" as its firstName ' "=> Leave the constant out, and map a path "
        "that the events have."),
    "a word of its own": ({"organization": {"value": "ACME"}}, ""),
    "one name for all": ({"firstName": {"value": "Ada"}}, "trait.other "
        "mapping.form.send.settings.identify.map.firstName: "
        'every profile gets "Ada" as its firstName ' "=> Leave the constant out, and map a path "
        "that the events have."),
    "one name for all, by Klaviyo's word": ({"last_name": {"value": "Lovelace"}}, "trait.other "
        "mapping.form.send.settings.identify.map.last_name: "
        'every profile gets "Lovelace" as its ' "last_name => Leave the constant out, and "
        "map a path that the events have."),
    "one name for who has none": ({"firstName": {"key": "user.first", "value": "friend"}}, ""),
    "a word of an example in a location": ({"location": {"map": {"city": {"value": "City"}}}},
        "trait.other mapping.form.send.settings.identify.map.location.map.city: "
        'every profile gets "City" as its city => ' "Leave the constant out, and map a path "
        "that the events have."),
}  # fmt: skip


@pytest.mark.parametrize(("traits", "says"), LINTED.values(), ids=LINTED)
def test_traits_fit_a_profile(traits: Raw, says: str) -> None:
    """By their names, their types, and the words of examples."""
    assert linted(lint_profile, identified(**traits)) == says


def test_what_is_another_one_at_every_event() -> None:
    """Said of the destination's, once; a rule's own may come seldom."""
    identify = {"identify": {"map": {"title": "timing", "properties": {"map": {"X": "id"}}}}}
    rules = {"form send": SENT, "page view": SENT}
    assert linted(lint_profile, shop(rules, settings=identify)) == (
        'trait.restless settings.identify.map.title: "timing" is another one at every '
        "event\n"
        'trait.restless settings.identify.map.properties.map.X: "id" is another one at '
        "every event"
    )
    assert linted(lint_profile, shop({"form send": {**SENT, "settings": identify}})) == ""
    assert (
        linted(
            lint_profile,
            shop({"form send": {"ignore": True, "settings": {"identify": {"map": {"x": "id"}}}}}),
        )
        == ""
    )
    unknown = {"identify": {"map": {"shoe": "data.x"}}}
    assert linted(lint_profile, shop(rules, settings=unknown)) == (
        'trait.type settings.identify.map.shoe: "shoe": no field of a Klaviyo profile => '
        "Put what is the shop's own below properties.map."
    )
    looped = {"identify": {"map": {"properties": {"map": {"X": {"loop": ["nested", "id"]}}}}}}
    assert linted(lint_profile, shop(rules, settings=looped)) == ""


def sent(traits: Raw, *datas: Raw, gap: float = 1, **more: Any) -> str:
    """What is said of forms with these data, by one visitor or several."""
    who = more.pop("who", lambda at: 1)
    name, others = more.pop("name", "form send"), more.pop("others", [])
    events = [event(name, data, at * gap, who(at)) for at, data in enumerate(datas)]
    rules = {
        name: {**SENT, **({} if more.get("above") else {"settings": {"identify": {"map": traits}}})}
    }
    above = {"settings": {"identify": {"map": traits}}} if more.get("above") else {}
    return judged(
        judge_profile, shop({**rules, **more.get("rules", {})}, **above), [*events, *others]
    )


def rows(count: int, key: str = "x", value: str = "v{}", first: int = 0) -> list[Raw]:
    """Data with another value each."""
    return [{key: value.format(at)} for at in range(first, first + count)]


X = {"properties": {"map": {"X": "data.x"}}}
VIEWS = [event("page view", {}, 500 + at, 7) for at in range(200)]
PAGES = {"page view": {"name": "Viewed Page"}}
RESTLESS: dict[str, tuple[Raw, list[Raw], Raw, str]] = {
    "a place": ({"location": {"map": {"city": "data.x"}}}, rows(4), {}, "trait.restless "
        "mapping.form.send.settings.identify.map.location "
        "(line 2): the trait location changed at 3 of 3 events"),
    "a name": ({"firstName": "data.x"}, rows(4), {}, "trait.restless "
        "mapping.form.send.settings.identify.map.firstName "
        "(line 2): the trait first_name changed at 3 of 3 events"),
    "two objects": ({"properties": {"map": {"X": "data.x", "Y": "data.x"}}}, [{"x": {"a": 1}}],
        {}, "trait.object mapping.form.send.settings.identify.map.properties.map.X "
        "(line 1): the property X is an object => Map its fields one by one, as X_a.\n"
        "trait.object mapping.form.send.settings.identify.map.properties.map.Y "
        "(line 1): the property Y is an object => Map its fields one by one, as Y_a."),
    "at each event": (X, rows(4), {}, "trait.restless "
        "mapping.form.send.settings.identify.map.properties.map.X "
        "(line 2): the trait properties.X changed at 3 of 3 events"),
    "at three": (X, rows(3), {}, ""),
    "at four of five": (X, [*rows(5), {"x": "v4"}], {}, "trait.restless "
        "mapping.form.send.settings.identify.map.properties.map.X "
        "(line 2): the trait properties.X changed at 4 of 5 events"),
    "at three of four": (X, [*rows(4), {"x": "v3"}], {}, ""),
    "once a visit": (X, rows(4), {"gap": 60}, ""),
    "just within a visit": (X, rows(4), {"gap": 59.9}, "trait.restless "
        "mapping.form.send.settings.identify.map.properties.map.X "
        "(line 2): the trait properties.X changed at 3 of 3 events"),
    "of other people": (X, rows(4), {"who": lambda at: at}, ""),
    "a trait": ({"title": "data.x"}, rows(4), {}, "trait.restless "
        "mapping.form.send.settings.identify.map.title "
        "(line 2): the trait title changed at 3 of 3 events"),
    "of nobody": (X, rows(4), {"who": lambda at: {}}, ""),
    "seldom, of a rule's own": (X, rows(4), {"rules": PAGES, "others": VIEWS[:3]}, ""),
    "as often, of a rule's own": (X, rows(4), {"rules": PAGES, "others": VIEWS[:2]},
        "trait.restless mapping.form.send.settings.identify.map.properties.map.X "
        "(line 2): the trait properties.X changed at 3 of 3 events"),
    "seldom, of all": (X, rows(4), {"rules": PAGES, "others": VIEWS[:3], "above": True},
        "trait.restless settings.identify.map.properties.map.X "
        "(line 2): the trait properties.X changed at 3 of 3 events"),
    "rarely, of all": (X, rows(4), {"rules": PAGES, "others": VIEWS[:38], "above": True},
        "trait.restless settings.identify.map.properties.map.X "
        "(line 2): the trait properties.X changed at 3 of 3 events"),
    "more rarely, of all": (X, rows(4), {"rules": PAGES, "others": VIEWS[:39], "above": True}, ""),
    "an object": (X, [{"x": {"a": 1, "b": 2, "c": 3, "d": 4}}], {}, "trait.object "
        "mapping.form.send.settings.identify.map.properties.map.X "
        "(line 1): the property X is an object => Map its fields one by one, as X_a, X_b, "
        "X_c."),
    "a list of objects": (X, [{"x": [{"a": 1}]}], {}, "trait.object "
        "mapping.form.send.settings.identify.map.properties.map.X "
        "(line 1): the property X is an object => Map its fields one by one, as X_a."),
    "an object, twice": (X, [{"x": {"a": 1}}, {"x": {"b": 1}}], {}, "trait.object "
        "mapping.form.send.settings.identify.map.properties.map.X "
        "(line 1): the property X is an object => Map its fields one by one, as X_a."),
    "a list of words": (X, [{"x": ["a", {"b": 1}]}, {"x": []}], {}, ""),
    "languages": ({"locale": "data.x"}, rows(3, value="German{}"), {}, "trait.locale "
        "mapping.form.send.settings.identify.map.locale " '(line 1): "German0" is not a '
        "language tag (3 of 3 events)"),
    "two languages": ({"locale": "data.x"}, rows(2, value="German{}"), {}, ""),
    "half languages": ({"locale": "data.x"}, [{"x": "German"}] * 3 + [{"x": "de"}] * 3, {}, ""),
    "more than half languages": ({"locale": "data.x"},
        [{"x": "de-AT"}] * 3 + [{"x": "German"}] * 4, {}, "trait.locale "
        "mapping.form.send.settings.identify.map.locale " '(line 4): "German" is not a '
        "language tag (4 of 7 events)"),
    "a type": ({"title": "data.x"}, [{"x": {"a": 1}}], {}, "trait.type "
        "mapping.form.send.settings.identify.map.title (line 1): is an object; Klaviyo would "
        "refuse the profile (1 events)"),
    "a type at half": ({"title": "data.x"}, [{"x": {"a": 1}}, {"x": "Dr."}], {}, ""),
    "a type at more than half": ({"title": "data.x"}, [{"x": "Dr."}, {"x": {"a": 1}},
        {"x": {"a": 1}}], {}, "trait.type mapping.form.send.settings.identify.map.title "
        "(line 2): is an object; Klaviyo would refuse the profile (2 events)"),
    "an unknown field": ({"shoe": "data.x"}, [{"x": "9"}, {}, {}], {}, "trait.type "
        "mapping.form.send.settings.identify.map.shoe (line 1): no field of a Klaviyo profile "
        "(1 events)"),
    "no object at all": ({"location": "data.x"}, [{"x": "Ulm"}], {}, "trait.type "
        "mapping.form.send.settings.identify.map.location "
        "(line 1): is a string; Klaviyo would refuse the profile (1 events)"),
}  # fmt: skip


@pytest.mark.parametrize(("traits", "datas", "more", "says"), RESTLESS.values(), ids=RESTLESS)
def test_traits_are_at_rest_and_what_klaviyo_takes(
    traits: Raw, datas: list[Raw], more: Raw, says: str
) -> None:
    """As often as they change, and by what they are."""
    assert sent(traits, *datas, **more) == says


def test_what_shows_a_restless_trait_is_the_event_and_the_profiles_call() -> None:
    """Also where events of other rules come first, which tell nothing of the person."""
    rules = {**PAGES, "form send": {**SENT, "settings": {"identify": {"map": X}}}}
    forms = [event("form send", data, at, 1) for at, data in enumerate(rows(4))]
    config, shown = look_at(shop(rules), [event("page view"), *forms])
    (found,) = judge_profile(config, shown)
    assert found.example is not None
    assert found.example.event["data"] == {"x": "v1"}
    assert found.example.call[0] == "profiles.create_or_update_profile"
    assert found.example.line == 3


def test_an_identify_that_is_no_object_is_told_at_its_place() -> None:
    """Of most of the events."""
    rule = {**SENT, "settings": {"identify": "data.x"}}
    events = [event("form send", {"x": 3})]
    assert judged(judge_profile, shop({"form send": rule}), events) == (
        "trait.type mapping.form.send.settings.identify (line 1): resolved to a number (1 events)"
    )


def each(at: int) -> int:
    """Everybody sends one."""
    return at


CITY = {"location": {"map": {"city": "data.x"}}}
OTHER: dict[str, tuple[Raw, list[Raw], Raw, str]] = {
    "a zip for a city, and numbers": ({"location": {"map": {"city": "data.zip"}}}, rows(3, "zip",
        "8907{}"), {"who": each}, "trait.other "
        "mapping.form.send.settings.identify.map.location.map.city "
        '(line 1): "data.zip" is the zip, and no ' "city => Leave it out, or map what the "
        "events know of the visitor."),
    "numbers for a name": ({"firstName": "data.x"}, rows(3, value="8907{}"), {"who": each},
        "trait.other mapping.form.send.settings.identify.map.firstName "
        "(line 1): 3 of 3 values are a number, and no first name => Leave it out, or map "
        "what the events know of the visitor."),
    "several of one, within": ({"title": "data.a.x"}, [{"a": {"x": f"v{at}"}} for at in range(6)],
        {"who": lambda at: at // 2, "gap": 90}, "trait.other "
        "mapping.form.send.settings.identify.map.title "
        "(line 1): 3 of 3 people have several: it is a thing's => Leave it out, or map what "
        "the events know of the visitor."),
    "several of one, and others once": ({"title": "data.x"}, rows(9),
        {"who": lambda at: at // 2 if at < 6 else at, "gap": 90}, "trait.other "
        "mapping.form.send.settings.identify.map.title "
        "(line 1): 3 of 3 people have several: it is a thing's => Leave it out, or map what "
        "the events know of the visitor."),
    "a city": ({"location": {"map": {"city": "data.city"}}}, rows(3, "city", "Ulm"), {}, ""),
    "a zip for a city": ({"location": {"map": {"city": "data.zip"}}}, rows(3, "zip", "A{}"), {},
        "trait.other mapping.form.send.settings.identify.map.location.map.city "
        '(line 1): "data.zip" is the zip, and no ' "city => Leave it out, or map what the "
        "events know of the visitor."),
    "a zip for a city, of two": ({"location": {"map": {"city": "data.zip"}}}, rows(2, "zip",
        "A{}"), {}, ""),
    "a zip for a city, with the city beside": ({"location": {"map": {"city": "data.zip"}}},
        [{"zip": "A", "city": "Ulm"}] * 3, {}, "trait.other "
        "mapping.form.send.settings.identify.map.location.map.city "
        '(line 1): "data.zip" is the zip, and no ' "city => "
        "mapping.form.send.settings.identify.map.location.map.city " '= "data.city"'),
    "a region for a city": ({"location": {"map": {"city": "data.state"}}}, rows(3, "state",
        "A{}"), {}, ""),
    "a region for a city, with the city beside": ({"location": {"map": {"city": "data.state"}}},
        [{"state": "BW", "city": "Ulm"}] * 3, {}, "trait.other "
        "mapping.form.send.settings.identify.map.location.map.city "
        '(line 1): "data.state" is the region, and ' "no city => "
        "mapping.form.send.settings.identify.map.location.map.city " '= "data.city"'),
    "a country for a region": ({"location": {"map": {"region": "data.country"}}}, rows(3,
        "country", "Wales"), {}, ""),
    "numbers": (CITY, rows(3, value="8907{}"), {}, "trait.other "
        "mapping.form.send.settings.identify.map.location.map.city "
        "(line 1): 3 of 3 values are a number, and no city => Leave it out, or map what the "
        "events know of the visitor."),
    "numbers, of two": (CITY, rows(2, value="8907{}"), {}, ""),
    "numbers, half": (CITY, [*rows(3, value="8907{}"), *rows(3, value="Ulm{}")], {"who": each}, ""),
    "numbers, more than half": (CITY, [*rows(3, value="Ulm{}"), *rows(4, value="8907{}")],
        {"who": each}, "trait.other mapping.form.send.settings.identify.map.location.map.city "
        "(line 4): 4 of 7 values are a number, and no city => Leave it out, or map what the "
        "events know of the visitor."),
    "numbers, and the city elsewhere": (CITY, [{"x": "8907", "town": "Ulm"}] * 3, {},
        "trait.other mapping.form.send.settings.identify.map.location.map.city "
        "(line 1): 3 of 3 values are a number, and no city => "
        "mapping.form.send.settings.identify.map.location.map.city " '= "data.town"'),
    "an empty text": ({"location": {"map": {"city": "data.zip"}}}, [{"zip": ""}] * 3, {}, ""),
    "a friend's name": ({"firstName": "data.friend.firstName"}, [{"friend": {"firstName": "Bob"}}]
        * 3, {"who": lambda at: {"id": f"{at}", "firstName": "Ada"}}, "trait.other "
        "mapping.form.send.settings.identify.map.firstName "
        '(line 1): "data.friend.firstName" is ' "another person's than \"user.firstName\" => "
        "mapping.form.send.settings.identify.map.firstName " '= "user.firstName"'),
    "a friend's city": ({"location": {"map": {"city": "data.friend.city"}}},
        [{"friend": {"city": "Bonn"}}] * 3, {"who": lambda at: {"id": f"{at}", "city": "Ulm"}},
        ""),
    "several of one": ({"title": "data.x"}, rows(6), {"who": lambda at: at // 2},
        "trait.restless mapping.form.send.settings.identify.map.title "
        "(line 2): the trait title changed at 3 of 3 events\ntrait.other "
        "mapping.form.send.settings.identify.map.title "
        "(line 1): 3 of 3 people have several: it is a thing's => Leave it out, or map what "
        "the events know of the visitor."),
    "several of two": ({"title": "data.x"}, rows(4), {"who": lambda at: at // 2}, ""),
    "the same of one": ({"title": "data.x"}, rows(6, value="Dr."), {"who": lambda at: at // 2}, ""),
    "several, of the user": ({"title": "user.title"}, rows(6),
        {"who": lambda at: {"id": f"{at // 2}", "title": f"T{at}"}}, ""),
    "half of them several": ({"title": "data.x"}, [*rows(6), *rows(6, value="Dr.")],
        {"who": lambda at: at // 2}, ""),
    "pictures": ({"image": "data.image"}, rows(3, "image", "//x/{}"), {"who": each},
        "trait.other mapping.form.send.settings.identify.map.image "
        "(line 1): 3 of 3 are a thing's => Leave it out, or map what the events know of "
        "the visitor."),
    "pictures of two": ({"image": "data.image"}, rows(2, "image", "//x/{}"), {"who": each}, ""),
    "pictures of people": ({"image": "data.image"}, rows(3, "image", "//x/{}"), {"who": each,
        "name": "profile update"}, ""),
    "pictures of the user": ({"image": "user.image"}, rows(3),
        {"who": lambda at: {"id": f"{at}", "image": "//x"}}, ""),
    "by a function": ({"location": {"map": {"city": {"key": "data.x", "validate": always}}}},
        rows(3, value="8907{}"), {}, ""),
    "else": ({"location": {"map": {"city": ["data.city", "data.zip"]}}}, [{"city": "Ulm",
        "zip": "Bonn"}] * 3, {}, ""),
    "by Klaviyo's name": ({"first_name": "data.zip"}, rows(3, "zip", "A{}"), {"who": each},
        "trait.other mapping.form.send.settings.identify.map.first_name "
        '(line 1): "data.zip" is the zip, and no ' "first name => Leave it out, or map what "
        "the events know of the visitor."),
}  # fmt: skip


@pytest.mark.parametrize(("traits", "datas", "more", "says"), OTHER.values(), ids=OTHER)
def test_each_trait_is_what_its_name_says(
    traits: Raw, datas: list[Raw], more: Raw, says: str
) -> None:
    """And the person's own."""
    assert sent(traits, *datas, **more) == says


def last(properties: Raw, events: list[tuple[str, Raw]]) -> str:
    """What is said of properties of all events."""
    names = {name for name, _ in events}
    rules = {name: {"name": name.title()} for name in sorted(names)}
    made = [event(name, data, at * 100, at) for at, (name, data) in enumerate(events)]
    settings = {"identify": {"map": {"properties": {"map": properties}}}}
    return judged(judge_profile, shop(rules, settings=settings), made)


ORDER_ID = {"last order id": "data.id"}
IDS: dict[str, tuple[Raw, list[tuple[str, Raw]], str]] = {
    "of two paths, and another": ({"order id": ["data.id", "data.nr"],
        "last order id": "data.id"}, [("order place", {"id": "1"}), *[("form send", {"id": "2"})]
        * 3], "trait.other settings.identify.map.properties.map.last "
        "order id (line 2): 3 of 4 events that have it are about no order => Leave it out, "
        "and map it in settings.identify of the order's own rules."),
    "of others": (ORDER_ID, [("order place", {"id": "1"}), *[("form send", {"id": "2"})] * 3],
        "trait.other settings.identify.map.properties.map.last "
        "order id (line 2): 3 of 4 events that have it are about no order => Leave it out, "
        "and map it in settings.identify of the order's own rules."),
    "of two others": (ORDER_ID, [("order place", {"id": "1"}), *[("form send", {"id": "2"})] * 2],
        ""),
    "of half": (ORDER_ID, [*[("order place", {"id": "1"})] * 3, *[("form send", {"id": "2"})]
        * 3], ""),
    "without an id": (ORDER_ID, [("order place", {"id": "1"}), *[("form send", {})] * 3], ""),
    "only of others": ({"order id": "data.id"}, [("order place", {}), *[("form send",
        {"id": "2"})] * 3], "trait.other settings.identify.map.properties.map.order "
        "id (line 2): 3 of 3 events that have it are about no order => Leave it out, and map "
        "it in settings.identify of the order's own rules."),
    "only of others, and no id": ({"order day": "data.id"}, [("order place", {}), *[("form send",
        {"id": "2"})] * 3], ""),
    "of its own path": ({"order id": "data.orderId"}, [("order place", {}), *[("form send",
        {"orderId": "2"})] * 3], ""),
    "of two paths": ({"order id": ["data.id", "data.nr"]}, [("order place", {"id": "1"}),
        *[("form send", {"id": "2"})] * 3], ""),
    "of another part": ({"order id": "custom.id"}, [("order place", {}), *[("form send", {})]
        * 3], ""),
    "of two things": ({"order form id": "data.id"}, [("order place", {"id": "1"}), ("form send",
        {}), *[("page view", {"id": "2"})] * 3], "trait.other "
        "settings.identify.map.properties.map.order form id (line 3): 3 of 4 events that have "
        "it are about no form or order => Leave it out, and map it in settings.identify of "
        "the form or order's own rules."),
    "of nothing": ({"id": "data.id"}, [("order place", {"id": "1"}), *[("form send", {"id": "2"})]
        * 3], ""),
}  # fmt: skip


@pytest.mark.parametrize(("properties", "events", "says"), IDS.values(), ids=IDS)
def test_properties_that_are_named_for_other_events(
    properties: Raw, events: list[tuple[str, Raw]], says: str
) -> None:
    """An order's id that every form sets."""
    assert last(properties, events) == says


def mapped(**properties: Any) -> Raw:
    """A rule with these properties."""
    return {"form send": {"name": "Sent", "data": {"map": properties}}}


PRIVATE: dict[str, tuple[Raw, Raw, str]] = {
    "an address in a list that is removed":
        ({"form send": {**mapped(X=["user.email", "data.x"])["form send"], "remove": ["X"]}}, {},
        ""),
    "an address in an object that is removed":
        ({"form send": {**mapped(X={"map": {"Y": "user.email"}})["form send"], "remove": ["X"]}},
        {}, ""),
    "an address that is removed, and a number":
        ({"form send": {**mapped(A="user.email", B="user.phone")["form send"], "remove": ["A"]}},
        {}, "privacy.property mapping.form.send.data.map.B: "
        '"user.phone" is sent as a property of the ' "event"),
    "included without the address within": ({"form send": {**SENT, "include": ["user"],
        "remove": ["user_a.email"]}}, {"settings": {"email": "user.a.email"}}, ""),
    "sound": (mapped(Text="data.text", First="user.firstName"), {}, ""),
    "an address": (mapped(X="user.email"), {}, "privacy.property "
        "mapping.form.send.data.map.X: " '"user.email" is sent as a property of the ' "event"),
    "an address of an ignored rule": ({"form send": {"ignore": True,
        **mapped(X="user.email")["form send"]}}, {}, ""),
    "an address that is removed": ({"form send": {**mapped(X="user.email")["form send"],
        "remove": ["X"]}}, {}, ""),
    "an address in a list": (mapped(X=["user.email", "data.x"]), {}, "privacy.property "
        "mapping.form.send.data.map.X[0]: " '"user.email" is sent as a property of the ' "event"),
    "a number, a name": (mapped(A="user.phone", B="user.lastName", C="user.name"), {},
        "privacy.property mapping.form.send.data.map.A: "
        '"user.phone" is sent as a property of the ' "event\nprivacy.property "
        "mapping.form.send.data.map.B: " '"user.lastName" is sent as a property of '
        "the event\nprivacy.property " 'mapping.form.send.data.map.C: "user.name" '
        "is sent as a property of the event"),
    "an address of IP": (mapped(X="user.ip"), {}, "privacy.property "
        'mapping.form.send.data.map.X: "user.ip" ' "is sent as a property of the event"),
    "a consent": (mapped(X="user.optin.email"), {}, ""),
    "of others": (mapped(X="data.email"), {}, ""),
    "what is the address here": (mapped(X="data.login"), {"settings": {"email": "data.login"}},
        "privacy.property mapping.form.send.data.map.X: "
        '"data.login" is sent as a property of the ' "event"),
    "what is the number here": (mapped(X="data.login"),
        {"settings": {"phoneNumber": "data.login"}}, "privacy.property "
        "mapping.form.send.data.map.X: " '"data.login" is sent as a property of the ' "event"),
    "the user": (mapped(X="user"), {}, "privacy.property "
        "mapping.form.send.data.map.X: everything of the user is sent as a property of the "
        "event"),
    "all, as a whole": ({"form send": {"name": "Sent", "data": "user"}}, {},
        "privacy.property mapping.form.send.data: everything of the user is sent as a "
        "property of the event"),
    "in the order's address": (mapped(BillingAddress={"map": {"Phone": "user.phone"}}), {}, ""),
    "in a loop": (mapped(X={"loop": ["nested", "user.email"]}), {}, ""),
    "hashed": (mapped(X="data.emailHash"), {}, "privacy.property "
        "mapping.form.send.data.map.X: " '"data.emailHash" is sent as a property of '
        "the event"),
    "of all": ({"form send": SENT}, {"data": {"map": {"X": "user.email"}}},
        'privacy.property data.map.X: "user.email" ' "is sent as a property of the event\n"
        'privacy.property data.map.X: "user.email" ' "is sent as a property of the event"),
    "included": ({"form send": {**SENT, "include": ["user"]}}, {}, "privacy.property "
        'mapping.form.send.include: "user" copies ' "everything of the user into the event's "
        'properties => Leave "user" out and map ' "the fields that are wanted."),
    "all included": ({"form send": {**SENT, "include": ["all"]}}, {}, "privacy.property "
        'mapping.form.send.include: "all" copies ' "everything of the user into the event's "
        'properties => Leave "all" out and map the ' "fields that are wanted."),
    "included by all rules": ({"form send": SENT}, {"include": ["user"]},
        'privacy.property include: "user" copies ' "everything of the user into the event's "
        'properties => Leave "user" out and map ' "the fields that are wanted."),
    "included without the address": ({"form send": {**SENT, "include": ["user"],
        "remove": ["user_email"]}}, {}, ""),
    "included without another": ({"form send": {**SENT, "include": ["user"],
        "remove": ["user_phone"]}}, {}, "privacy.property "
        'mapping.form.send.include: "user" copies ' "everything of the user into the event's "
        'properties => Leave "user" out and map ' "the fields that are wanted."),
    "included, and the address is elsewhere": ({"form send": {**SENT, "include": ["user"]}},
        {"settings": {"email": "data.mail"}}, "privacy.property "
        'mapping.form.send.include: "user" copies ' "everything of the user into the event's "
        'properties => Leave "user" out and map ' "the fields that are wanted."),
    "a secret": (mapped(X="data.password"), {}, "privacy.secret mapping.form.send.data.map.X: "
        '"data.password" is a password'),
    "a secret of the profile": ({"form send": {**SENT,
        "settings": {"identify": {"map": {"properties": {"map": {"X": "data.iban"}}}}}}}, {},
        "privacy.secret mapping.form.send.settings.identify.map.properties.map.X: "
        "\"data.iban\" is an account's number"),
    "a secret of an ignored rule": ({"form send": {"ignore": True,
        **mapped(X="data.password")["form send"]}}, {}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "more", "says"), PRIVATE.values(), ids=PRIVATE)
def test_who_it_is_is_no_property(rules: Raw, more: Raw, says: str) -> None:
    """By the paths that are mapped or included."""
    assert linted(lint_privacy, shop(rules, **more)) == says


def said(*datas: Raw, rule: Raw | None = None, user: Raw | None = None, **more: Any) -> str:
    """What is said of forms with these data, of Ada."""
    ada = {"id": "1", "email": "ada@example.com", "phone": "+4915123456780", **(user or {})}
    events = [event("form send", data, at, ada) for at, data in enumerate(datas)]
    settings = {"phoneNumber": "user.phone", **more.pop("settings", {})}
    rules = {"form send": {**(rule or {**SENT, "data": "data"})}}
    return judged(judge_privacy, shop(rules, settings=settings, **more), events)


DIGEST = sha256(b"ada@example.com").hexdigest()
LOVELACE = {"lastName": "Lovelace", "firstName": "Ada"}
NAMED = {"identify": {"map": {"lastName": "data.last", "firstName": "data.first"}}}
GIVEN: dict[str, tuple[list[Raw], Raw, str]] = {
    "in a long name": ([{"b_c": "ada@example.com"}], {"rule": {**SENT, "include": ["data"]}},
        "privacy.property mapping.form.send.include (line 1): the "
        "visitor's email is sent as the property data_b_c of the event => "
        'mapping.form.send.remove = ["data_b_c"]'),
    "in an odd name": ([{"größe": "ada@example.com"}], {},
        "privacy.property mapping.form.send.data (line 1): the visitor's email is sent as "
        "the property größe of the event => " 'mapping.form.send.remove = ["größe"]'),
    "a number, and she has none": ([{"x": "+49 151 23456780"}], {"user": {"phone": None}}, ""),
    "a password as a trait of a rule": ([{"password": "hunter2"}], {"rule": {**SENT,
        "settings": {"identify": {"map": {"properties": {"map": {"X": "data.password"}}}}}}},
        "privacy.secret mapping.form.send.settings.identify.map.properties.map.X "
        "(line 1): a password is sent as the trait X of the profile"),
    "sound": ([{"x": "a", "n": 3}], {}, ""),
    "an address": ([{"x": "Ada@example.com"}], {}, "privacy.property mapping.form.send.data "
        "(line 1): the visitor's email is sent as the property x of the event => "
        'mapping.form.send.remove = ["x"]'),
    "an address in a URL": ([{"x": "https://x.example/?m=ada%40example.com"}], {},
        "privacy.property mapping.form.send.data (line 1): the visitor's email is sent as "
        "the property x of the event => " 'mapping.form.send.remove = ["x"]'),
    "an address at half": ([{"x": "ada@example.com"}, {"x": "b"}], {}, ""),
    "an address at more than half": ([{"x": "ada@example.com"}] * 2 + [{"x": "b"}], {},
        "privacy.property mapping.form.send.data (line 1): the visitor's email is sent as "
        "the property x of the event => " 'mapping.form.send.remove = ["x"]'),
    "an address, and others have nothing": ([{"x": "ada@example.com"}, {"x": " "}, {}], {},
        "privacy.property mapping.form.send.data (line 1): the visitor's email is sent as "
        "the property x of the event => " 'mapping.form.send.remove = ["x"]'),
    "another's": ([{"x": "bob@example.com"}], {}, ""),
    "a number": ([{"x": "+49 151 23456780"}], {}, "privacy.property mapping.form.send.data "
        "(line 1): the visitor's phone_number is sent as the property x of the event => "
        'mapping.form.send.remove = ["x"]'),
    "a number of her country": ([{"x": "0151 23456780"}], {"settings": {"phoneRegion": "DE"}},
        "privacy.property mapping.form.send.data (line 1): the visitor's phone_number is "
        "sent as the property x of the event => " 'mapping.form.send.remove = ["x"]'),
    "another number": ([{"x": "+49 151 23456781"}], {}, ""),
    "a number in words": ([{"x": "call +4915123456780"}], {}, ""),
    "a name": ([{"x": "lovelace "}], {"user": LOVELACE},
        "privacy.property mapping.form.send.data (line 1): the visitor's name is sent as "
        "the property x of the event => " 'mapping.form.send.remove = ["x"]'),
    "a whole name": ([{"x": "Ada Lovelace"}], {"user": LOVELACE},
        "privacy.property mapping.form.send.data (line 1): the visitor's name is sent as "
        "the property x of the event => " 'mapping.form.send.remove = ["x"]'),
    "a first name": ([{"x": "Ada"}], {"user": LOVELACE}, ""),
    "a name of one letter": ([{"x": "L"}], {"user": {"lastName": "L"}}, ""),
    "a name of two letters": ([{"x": "Li"}], {"user": {"lastName": "Li"}},
        "privacy.property mapping.form.send.data (line 1): the visitor's name is sent as "
        "the property x of the event => " 'mapping.form.send.remove = ["x"]'),
    "a name by another name": ([{"x": "Lovelace"}], {"user": {"last_name": "Lovelace"}},
        "privacy.property mapping.form.send.data (line 1): the visitor's name is sent as "
        "the property x of the event => " 'mapping.form.send.remove = ["x"]'),
    "a name of the profile": ([{"x": "Lovelace", "last": "Lovelace"}], {"rule": {**SENT,
        "data": {"map": {"x": "data.x"}}}, "settings": NAMED}, "privacy.property "
        "mapping.form.send.data.map.x (line 1): the visitor's name is sent as the "
        "property x of the event"),
    "a digest": ([{"x": DIGEST}], {}, "privacy.property mapping.form.send.data "
        "(line 1): the visitor's address or number, hashed, is sent as the property x "
        "of the event => mapping.form.send.remove " '= ["x"]'),
    "a digest of a number": ([{"x": sha256(b"+4915123456780").hexdigest()}], {},
        "privacy.property mapping.form.send.data (line 1): the visitor's address or "
        "number, hashed, is sent as the property x of the event => mapping.form.send.remove "
        '= ["x"]'),
    "an address of IP": ([{"ip": "203.0.113.7"}], {}, "privacy.property mapping.form.send.data "
        "(line 1): the visitor's address of IP is sent as the property ip of the event => "
        'mapping.form.send.remove = ["ip"]'),
    "within": ([{"a": {"b": [{"c": "ada@example.com"}]}}], {},
        "privacy.property mapping.form.send.data (line 1): the visitor's email is sent as "
        "the property a of the event"),
    "within an object": ([{"a": {"b": "ada@example.com", "c": "ada@example.com"}}], {},
        "privacy.property mapping.form.send.data (line 1): the visitor's email is sent as "
        "the property a of the event => " 'mapping.form.send.remove = ["a.b"]'),
    "two at one place": ([{"b": "ada@example.com", "a": "ada@example.com"}], {},
        "privacy.property mapping.form.send.data (line 1): the visitor's email is sent as "
        "the property b of the event => " 'mapping.form.send.remove = ["a", "b"]'),
    "beside what is removed": ([{"b": "ada@example.com", "a": "x"}], {"rule": {**SENT,
        "data": "data", "remove": ["a"]}}, "privacy.property mapping.form.send.data "
        "(line 1): the visitor's email is sent as the property b of the event => "
        'mapping.form.send.remove = ["a", "b"]'),
    "as mapped": ([{"b": "ada@example.com"}], {"rule": {**SENT,
        "data": {"map": {"X": "data.b"}}}}, "privacy.property "
        "mapping.form.send.data.map.X (line 1): the visitor's email is sent as the "
        "property X of the event"),
    "in the order's address": ([{"b": "ada@example.com"}], {"rule": {**SENT,
        "data": {"map": {"BillingAddress": "data.b"}}}}, ""),
    "as a trait": ([{"b": "ada@example.com"}], {"rule": SENT,
        "settings": {"identify": {"map": {"properties": {"map": {"X": "data.b"}}}}}}, ""),
    "a password as a trait": ([{"password": "hunter2"}], {"rule": SENT,
        "settings": {"identify": {"map": {"properties": {"map": {"X": "data.password"}}}}}},
        "privacy.secret settings.identify.map.properties.map.X "
        "(line 1): a password is sent as the trait X of the profile"),
    "a password": ([{"password": "hunter2"}, *[{"password": "**"}] * 9], {},
        "privacy.secret mapping.form.send.data (line 1): a password is sent as the "
        "property password of the event => " 'mapping.form.send.remove = ["password"]'),
    "a password in an object": ([{"a": {"pin": "x", "password": "hunter2"}}], {"rule": {**SENT,
        "data": "data.a"}}, "privacy.secret mapping.form.send.data "
        "(line 1): a password is sent as the property password of the event => "
        'mapping.form.send.remove = ["password"]'),
    "a password in all ways": ([{"password": "$2a$10$abcdefgh"}], {"rule": {**SENT,
        "data": {"map": {"password": "data.password"}}}}, "privacy.secret "
        "mapping.form.send.data.map.password (line 1): a password is sent as the property "
        "password of the event"),
    "a password by another name": ([{"password": "hunter2"}], {"rule": {**SENT,
        "data": {"map": {"X": "data.password"}}}}, "privacy.secret "
        "mapping.form.send.data.map.X (line 1): a password is sent as the property X of the "
        "event"),
    "a password in the order's address": ([{"password": "hunter2"}], {"rule": {**SENT,
        "data": {"map": {"BillingAddress": "data.password"}}}}, "privacy.secret "
        "mapping.form.send.data.map.BillingAddress (line 1): a password is sent as the "
        "property BillingAddress of the event"),
    "a card": ([{"x": 4242424242424242}], {}, "privacy.secret mapping.form.send.data "
        "(line 1): a card's number is sent as the property x of the event => "
        'mapping.form.send.remove = ["x"]'),
    "truths": ([{"password": True}], {}, ""),
    "included": ([{"b": "ada@example.com"}], {"rule": {**SENT, "include": ["data"]}},
        "privacy.property mapping.form.send.include (line 1): the "
        "visitor's email is sent as the property data_b of the event => "
        'mapping.form.send.remove = ["data_b"]'),
    "all is included": ([{"b": "ada@example.com"}], {"rule": {**SENT, "include": ["all"],
        "remove": ["user_email"]}}, "privacy.property mapping.form.send.include (line 1): the "
        "visitor's email is sent as the property data_b of the event => "
        'mapping.form.send.remove = ["user_email", ' '"data_b", "user_phone"]'),
    "included by all rules": ([{"b": "ada@example.com"}], {"rule": SENT, "include": ["data"]},
        "privacy.property include (line 1): the visitor's email is sent as the property "
        "data_b of the event => " 'mapping.form.send.remove = ["data_b"]'),
    "by all rules": ([{"b": "ada@example.com"}], {"rule": SENT, "data": {"map": {"X": "data.b"}}},
        "privacy.property data.map.X (line 1): the visitor's email is sent as the property X "
        "of the event"),
    "a note": ([{"note": "call 0171 2345678"}, *[{"note": "hello"}] * 18], {},
        "privacy.property mapping.form.send.data (line 1): a string with an address or a "
        "number in it is sent as the property note of the event => mapping.form.send.remove "
        '= ["note"]'),
    "a note of twenty": ([{"note": "call 0171 2345678"}, *[{"note": "hello"}] * 19], {}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("datas", "more", "says"), GIVEN.values(), ids=GIVEN)
def test_who_it_was_and_secrets_are_found_by_what_is_sent(
    datas: list[Raw], more: Raw, says: str
) -> None:
    """Whatever path it came by."""
    assert said(*datas, **more) == says
