"""No report names anyone, unless it is asked to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.shell.show.findings import as_annotations, as_json, as_text
from walkeros_klaviyo.verify import showing
from walkeros_klaviyo.verify.check import Report, check
from walkeros_klaviyo.verify.findings import Example, Finding
from walkeros_klaviyo.verify.masking import People, mask, masked, people_of
from walkeros_klaviyo.verify.sample.look import look

CONFIG: dict[str, Any] = {
    "consent": {"marketing": True},
    "include": ["context"],
    "settings": {
        "email": ["data.mail", "user.email"],
        "phoneNumber": "custom.call",
        "externalId": "data.customer",
        "identify": {
            "map": {
                "firstName": "data.who.given",
                "location": {"map": {"city": "custom.town"}},
                "properties": {"map": {"Likes": {"loop": ["nested", "data.liked"]}}},
            }
        },
    },
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed order",
                "data": {"map": {"Note": "data.note", "Total": "data.totl"}},
                "settings": {"value": "data.total", "uniqueId": "data.customer"},
            }
        }
    },
}
"""Nearly everything about it is wrong, so that every event may be an example."""

TOKENS = st.text("bcdfghjkqvwxz", min_size=4, max_size=9)


@st.composite
def events(draw: st.DrawFn) -> tuple[dict[str, Any], set[str]]:
    """An event, and what in it is a person's: where the configuration reads it, and elsewhere."""
    given, city, liked, customer, local = (draw(TOKENS) for _ in range(5))
    mail = draw(st.sampled_from([f"{local}@{city}.example", f"{local}@@{city}", local]))
    number = draw(st.sampled_from(["+4915123456712", "0151 2345 6712", "12345"]))
    own = {"given": given, "city": city, "liked": liked, "customer": customer, "mail": mail}
    spread = draw(st.sampled_from([*own.values(), number]))
    event = {
        "name": draw(st.sampled_from(["order complete", "page view"])),
        "timestamp": draw(st.sampled_from([1_793_318_400_000, 1_793_318_400])),
        "id": "e1",
        "data": {
            "mail": mail,
            "customer": customer,
            "who": {"given": given},
            "note": f"to {spread}, at once",
            "total": draw(st.sampled_from([12.5, "1,299.00", None])),
        },
        "custom": {"call": number, "town": city},
        "context": {"seen": [spread.upper(), 0]},
        "nested": [{"entity": "product", "data": {"liked": liked}}],
        "user": {"street": f"{local} 5"},
        "consent": {"marketing": draw(st.sampled_from([True, True, False]))},
    }
    return event, {*own.values(), number, f"{local} 5"}


def said(report: Report) -> str:
    """Everything that any form of the report prints."""
    given = (report, "shop.toml", lambda path: ("shop.toml", None))
    text = "\n".join([*as_text(*given), *as_annotations(*given)])
    return (text + json.dumps(as_json(*given), ensure_ascii=False)).lower()


@pytest.fixture(autouse=True, scope="module")
def few_tries() -> Iterator[None]:
    """The examples are those of the sample, or short ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(showing, "TRIES", 5)
        yield


@settings(
    max_examples=max(4, settings().max_examples // 10),
    suppress_health_check=[HealthCheck.nested_given],
)
@given(st.lists(events(), min_size=1, max_size=8))
def test_no_report_of_a_sample_holds_anything_of_a_person(
    sample: list[tuple[dict[str, Any], set[str]]],
) -> None:
    """No identifier and no trait of more than three characters, of whichever event."""
    lines = [*enumerate((event for event, _ in sample), 1)]
    report = check(parse_config(CONFIG), lines, examples=1)
    own = {text.lower() for _, texts in sample for text in texts}
    shown = said(report)
    assert {text for text in own if text in shown} == set()
    assert any(one.example is not None for one in report.findings)


def test_what_is_asked_for_is_shown_whole() -> None:
    """So that the law above is no accident."""
    event = {"name": "order complete", "timestamp": 1_793_318_400_000, "id": "e1"}
    event |= {"data": {"mail": "ada@example.com", "customer": "c-77"}, "consent": {"marketing": 1}}
    config = parse_config({**CONFIG, "consent": {}})
    assert "ada@example.com" in said(check(config, [(1, event)], examples=1, show_people=True))
    assert "a***@e***.com" in said(check(config, [(1, event)], examples=1))


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"user": {"id": 90210, "isNew": True}}, {"user": {"id": "9***", "isNew": True}}),
        ({"data": {"BillingAddress": {"Line": "Ring 1"}}},
         {"data": {"BillingAddress": {"Line": "R***"}}}),
        ({"data": {"url": "https://shop.example/?m=ada%40example.com&x=1"}},
         {"data": {"url": "https://shop.example/?m=a***%40e***.com&x=1"}}),
        ({"data": {"note": "call +49 151 2345612 now"}}, {"data": {"note": "call +49…12 now"}}),
        ({"user": {"email": "guest", "phone": ""}}, {"user": {"email": "guest", "phone": ""}}),
        ({"data": {"total": 12.5, "id": "O-1"}}, {"data": {"total": 12.5, "id": "O-1"}}),
        ([{"user": {"name": "Ada"}}], [{"user": {"name": "A***"}}]),
    ],
)  # fmt: skip
def test_what_is_a_persons_by_its_place_or_its_form(event: Any, shown: Any) -> None:
    """Also where no configuration reads it; placeholders are nobody's."""
    found = masked(Finding("metric.near", "", "", "", Example(event)), People())
    assert found.example is not None
    assert found.example.event == shown


def test_words_of_the_configuration_are_nobodys() -> None:
    """A constant trait, the metric's name: nothing is hidden that the reader wrote himself."""
    config = parse_config(
        {
            "settings": {
                "identify": {"map": {"title": "data.t", "organization": {"value": "Co."}}}
            },
            "mapping": {"order": {"complete": {"name": "Placed Order"}}},
        }
    )
    event = {"name": "order complete", "timestamp": 1_793_318_400_000, "user": {"id": "c-77"}}
    event["data"] = {"t": "Placed Order"}
    people = people_of(config, look(config, [(1, event)]))
    assert {text for texts in people.begin.values() for text in texts} == {"c-77"}


def test_a_mask_gives_nothing_away() -> None:
    """Not even the whole of a short name."""
    for text in ("Ada", "x", "ada@example.museum", "0151 2345 6712", "Ring 1\n8010 Graz"):
        assert text.lower() not in mask(text).lower()


def test_a_constant_object_in_a_rule_is_no_obstacle() -> None:
    rule = {"name": "Placed Order", "data": {"map": {"Shop": {"value": {"city": "Ulm"}}}}}
    config = parse_config({"mapping": {"order": {"complete": rule}}})
    event = {"name": "order complete", "timestamp": 1_795_518_160_712, "user": {"id": "u-12345"}}
    assert people_of(config, look(config, [(1, event)])).begin.keys() == {"u-12"}
