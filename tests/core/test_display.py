"""How does a value show itself in a notebook and in a terminal?"""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.console import Console
from tests.core.make import NOW, event_with

from walkeros_klaviyo import Diagnostic, Plan, ProfileState, explain, parse_config, pipeline
from walkeros_klaviyo.core.display import Displayed, View
from walkeros_klaviyo.core.display.html import CSS, to_html
from walkeros_klaviyo.core.display.view import cell, line, listed, pruned, short

CONFIG = parse_config(
    {
        "data": "data",
        "settings": {"identify": {"map": {"firstName": "user.first"}}},
        "mapping": {
            "order": {"complete": {"name": "Placed Order", "settings": {"value": "data.total"}}}
        },
    }
)
ORDER = event_with(data={"total": "1,299.00"}, user={"id": "u1", "first": "Ada"})
PLAN = pipeline(CONFIG).plan(ORDER)
TOLD = explain(CONFIG)(ORDER)


def in_terminal(value: Displayed, width: int = 100, encoding: str = "utf-8") -> list[str]:
    """What rich prints of a value."""
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding) as file:
        console = Console(file=file, width=width, force_terminal=False, color_system=None)
        console.print(value)
        file.flush()
        return raw.getvalue().decode(encoding).splitlines()


class Texts(HTMLParser):
    """The texts of a page's elements, those of a cell as one."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts = [""]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "span":
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def in_notebook(value: Displayed) -> list[str]:
    """What a browser shows of a value."""
    return [one for one in Texts(value._repr_html_()).texts if one]


def test_a_plan_shows_its_calls_and_what_was_said() -> None:
    """A tree in a terminal."""
    assert in_terminal(PLAN) == [
        "send   rule order complete",
        "├── profiles.create_or_update_profile",
        "│   ├── external_id = 'u1'",
        "│   └── first_name = 'Ada'",
        "├── events.create_event",
        "│   ├── external_id = 'u1'",
        "│   ├── metric = 'Placed Order'",
        "│   ├── properties.total = '1,299.00'",
        "│   ├── time = '2026-11-24T11:02:40.712Z'",
        "│   └── unique_id = 'e1'",
        "└── warning: revenue.not-a-number  data.total: is not a plain number such as 1299.00",
        '    └── Send 1299.00 or "1299.00": no thousands separator, unit or currency sign.',
    ]


def test_a_notebook_shows_the_same_lines() -> None:
    drawn = [re.sub("^[│├└─ ]*", "", one) for one in in_terminal(PLAN)]
    drawn[0] = "send rule order complete"
    assert in_notebook(PLAN) == drawn


def test_an_explanation_shows_where_fields_came_from_and_folds_its_stages() -> None:
    said = in_terminal(TOLD)
    assert said[0] == "order complete  → send"
    assert (
        "│   └── first_name = 'Ada'   from user.first   by settings.identify.map.firstName" in said
    )
    shown = TOLD._repr_html_()
    assert shown.count("<details><summary><span style='opacity:.7'>stages</span></summary>") == 1
    assert "from user.first" in in_notebook(TOLD)


def test_a_state_shows_its_keys_and_its_repr_their_kinds() -> None:
    keys = ("external_id:u1", "email:ada@example.com")
    state = ProfileState("0123456789abcdef", keys[:1], keys, float(NOW))
    assert in_terminal(state) == [
        "0123456789ab   2026-11-24T11:02:40.712Z",
        "├── certain   external_id:u1",
        "└── linked   email:ada@example.com",
    ]
    assert repr(state) == (
        "<ProfileState 0123456789ab; certain: external_id; linked: external_id, email; "
        f"time: {float(NOW)}>"
    )
    assert in_terminal(ProfileState())[0].startswith("tangled")


def test_a_diagnostic_shows_its_remedy() -> None:
    shown = in_notebook(Diagnostic("currency.unknown", "data.currency", "is no code"))
    assert shown[0] == "warning: currency.unknown  data.currency: is no code"
    assert shown[1] == "Send a three-letter code such as EUR."


def test_a_call_of_another_kind_shows_what_it_says() -> None:
    """The lists that it names stand beside its attributes on the wire."""
    config = parse_config(
        {"consent": {"marketing": True}, "settings": {"lists": {"value": "Xyz123"}}}
    )
    plan = pipeline(config).plan(event_with(consent={"marketing": True}))
    said = in_terminal(plan)
    assert "├── profiles.bulk_import_profiles" in said
    assert any("relationships = {'lists'" in one for one in said)


def test_reprs_are_short_and_name_nobody() -> None:
    """They end up in logs and in tracebacks."""
    assert repr(PLAN) == (
        "<Plan send by 'order complete': <profiles.create_or_update_profile (profile)>, "
        "<events.create_event 'Placed Order'>; revenue.not-a-number>"
    )
    assert repr(TOLD) == f"<Explanation of {len(TOLD.stages)} stages: {PLAN!r}>"
    assert repr(TOLD.stages[0]) == "<Seen parse: none>"
    assert "Ada" not in repr(TOLD.origins) + repr(TOLD.stages)
    assert repr(Plan("denied", account="eu")) == "<Plan denied to 'eu': none>"


def test_a_long_list_is_counted_and_not_shown() -> None:
    many = View((cell("many"),), tuple(line(str(at)) for at in range(41)))
    assert pruned(View((), many.below[:40])).below == many.below[:40]
    assert len(pruned(many).below) == 40
    assert pruned(many).below[-1] == line(cell("… and 2 more", "dim"))
    assert listed("abcdef") == "a, b, c, d, 2 more"
    assert len(short("x" * 1_000_000)) == 100


def test_a_plan_of_a_thousand_properties_stays_small() -> None:
    plan = pipeline(CONFIG).plan(event_with(data={f"p{at}": "x" * 500 for at in range(300)}))
    assert len(plan._repr_html_()) < 30_000
    assert len(in_terminal(plan, width=200)) < 60


def test_lines_that_are_too_long_go_on_below_their_beginning() -> None:
    view = View((cell("head"),), (View((cell("word " * 8),), (line("x"),)), line("y" * 30)))
    assert in_terminal(_Shown(view), width=28) == [
        "head",
        "├── word word word word",
        "│   │   word word word word",
        "│   └── x",
        "└── " + "y" * 24,
        "    " + "y" * 6,
    ]


def test_a_terminal_that_knows_ascii_only_gets_ascii() -> None:
    assert in_terminal(_Shown(View((cell("a"),), (line("b"), line("c")))), encoding="ascii") == [
        "a",
        "+-- b",
        "`-- c",
    ]


class _Shown(Displayed):
    def __init__(self, view: View) -> None:
        self._view = view

    def view(self) -> View:
        return self._view


@pytest.mark.parametrize("style", [style for style, css in CSS.items() if "color" in css])
@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_colours_can_be_read_on_light_and_on_dark_pages(style: Any, page: str) -> None:
    """A contrast of 4; WCAG's 4.5 is more than one colour can have on both."""
    colour = CSS[style].removeprefix("color:")
    light, dark = sorted((_luminance(colour), _luminance(page)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4
    assert f"style='{CSS[style]}'" in to_html(line(cell("x", style)))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
