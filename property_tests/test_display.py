"""Is what is displayed inert, and what is logged nobody's?"""

from __future__ import annotations

import io
from html.parser import HTMLParser
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from property_tests.generated.configurations import configs, settings
from property_tests.generated.pairs import aimed
from property_tests.generated.values import Raw, traits
from rich.console import Console

from walkeros_klaviyo import explain, parse_config
from walkeros_klaviyo.core.display import View
from walkeros_klaviyo.core.display.html import CSS, to_html
from walkeros_klaviyo.core.display.lines import to_lines
from walkeros_klaviyo.core.display.view import LONGEST, line
from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.core.walkeros.event import Event

IDENTIFYING = configs(settings=settings(identify=traits()))
OURS = {"div", "span", "table", "tr", "td", "details", "summary"}
MOST = 500
"""Characters of a repr."""


class Page(HTMLParser):
    """What a browser makes of HTML: elements, attributes, text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text, self.depth = "", 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.add("a comment")

    def handle_decl(self, decl: str) -> None:
        self.tags.add("a declaration")


def pages(view: View) -> Page:
    """The page, of ours alone and closed."""
    page = Page(to_html(view))
    assert page.tags <= OURS
    assert page.attributes <= {"style"}
    assert page.depth == 0
    return page


@given(st.text(), st.sampled_from(["", *CSS]))
@example("<img src=x onerror=alert(1)>", "")
@example("</td></table><script>", "red")
@example("<!-- --><![CDATA[&lt;", "")
@example("'\" style='x", "bold")
def test_a_text_of_a_users_is_text_on_the_page(text: str, style: Any) -> None:
    """Wherever it stands: alone, in a table, and above what is folded."""
    one = (((text, style),),)
    for view in (
        View(one),
        View(one, (line("below"),)),
        View(one, (line("below"),), is_folded=True),
        View((), (View((*one, *one)),)),
    ):
        assert visible(text) in pages(view).text


@given(st.text(), st.integers(5, 60))
@example("[bold red]x[/] :smile: [link=https://example.com]", 40)
@example("\x1b[2J\r\n", 40)
def test_a_text_of_a_users_is_text_in_the_terminal(text: str, width: int) -> None:
    """Neither markup nor a control, and all of it is there."""
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None)
    view = View((), (line(text), line("end")))
    for one in to_lines(view, console, console.options):
        console.print(one)
    said = out.getvalue()
    assert "\x1b" not in said and "\r" not in said
    drawn = "".join(said.split())
    assert "".join(visible(text).split()) in drawn.replace("│", "")


@given(aimed(IDENTIFYING))
def test_an_explanation_is_inert_in_html_and_short_in_a_repr(pair: tuple[Raw, Event]) -> None:
    """And so are its plan, its stages and the states that it changes."""
    config, event = pair
    told = explain(parse_config(config))(event)
    shown: list[Any] = [told, told.plan, *told.plan.calls, *told.plan.diagnostics]
    shown += told.changes.values()
    for one in shown:
        page = Page(one._repr_html_())
        assert page.tags <= OURS and page.attributes <= {"style"} and page.depth == 0
        assert len(repr(one)) <= MOST
    assert all(len(repr(seen)) <= MOST for seen in told.stages)


@given(aimed(IDENTIFYING), st.integers(0, 9))
def test_a_repr_names_nobody(pair: tuple[Raw, Event], number: int) -> None:
    """An address that comes in is in no repr that comes out, though displaying it shows it."""
    config, event = pair
    address = f"zz{number}.{'q' * 9}@example.com"
    settings = {**config.get("settings", {}), "email": "user.mail"}
    whose = {**event, "user": {"mail": address, "id": address, "first": address}}
    told = explain(parse_config({**config, "settings": settings}))(whose)
    states = list(told.changes.values())
    for one in (told, told.plan, told.stages, told.origins, told.plan.calls, states):
        assert address not in repr(one)
    if told.plan.keys and len(told.plan.keys[0]) < LONGEST:
        assert told.plan.keys[0].partition(":")[2][:20] in Page(told._repr_html_()).text


@given(st.text(min_size=1_000, max_size=1_200))
def test_a_long_name_makes_no_long_repr(text: str) -> None:
    config = parse_config({"settings": {"externalId": "user.id"}})
    event = {"name": f"{text} {text}", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}}
    told = explain(config)(event)
    assert len(repr(told)) <= MOST
