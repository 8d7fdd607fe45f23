"""What others wrote is text, whatever they wrote."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from starlette.requests import Request

from walkeros_klaviyo.pages.html import CELL, WHOLE, body, said, table, tag
from walkeros_klaviyo.pages.web import page

EVIL = [
    "<script>alert(1)</script>",
    "\"'&><img src=x onerror=alert(1)>",
    "\u202emoc.elgoog",
    "\u2066\u2069\u2028\x00\x1b[2J",
    "שלום עולם",
    "$title ${main} $$",
    "\ud83d",
]


class Read(HTMLParser):
    """The tags, and the text between them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", EVIL)
def test_what_others_wrote_is_never_markup(text: str) -> None:
    for made in (said(text), tag("i", text), body({text: [text]}), tag("i", title=text)):
        assert set(Read(made).tags) <= {"bdi", "i", "pre", "code"}
        assert "<script" not in made
    assert not set(said(text)) & set("\u202e\u2066\u2069\u2028\x00\x1b")


def test_a_text_of_the_right_to_left_stays_as_it_is_and_stands_alone() -> None:
    assert said("שלום") == "<bdi>שלום</bdi>"


def test_what_is_huge_is_cut_and_says_so() -> None:
    assert len(said("x" * 10**6)) < CELL + 20
    shown = body({"text": "y" * 10**6})
    assert len(shown) < WHOLE + 200
    assert "characters more" in shown


@pytest.mark.parametrize("raw", [b"\xff{", b"[" * 100_000, b"{", b""])
def test_a_body_that_is_no_json_is_shown_all_the_same(raw: bytes) -> None:
    assert Read(body(raw)).tags == ["pre", "code"]


def test_a_table_names_itself_its_columns_and_can_be_scrolled_by_keyboard() -> None:
    made = table("Amounts", ("what", "much"), [("<a>", 1)], right="much")
    assert Read(made).text == "Amountswhatmuch<a>1"
    for part in ('tabindex="0"', 'role="region"', 'scope="col"', '<td class="n">1'):
        assert part in made


def test_a_pages_name_is_its_contents_digest() -> None:
    def ask(main: str, **headers: str) -> tuple[int, str, bytes]:
        raw = [(name.replace("_", "-").encode(), one.encode()) for name, one in headers.items()]
        request = Request({"type": "http", "method": "GET", "headers": raw})
        made = page(request, "/a", "T", "about", tag("p", main), news='"<3"')
        return made.status_code, made.headers["etag"], bytes(made.body)

    status, mark, text = ask("one")
    assert status == 200
    assert b'data-news="&quot;&lt;3&quot;"' in text
    assert ask("one", if_none_match=mark) == (304, mark, b"")
    assert ask("two", if_none_match=mark)[0] == 200
