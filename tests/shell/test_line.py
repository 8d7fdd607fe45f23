"""How do lines become events, and what does a broken one cost?"""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from tests.same_json import same_json

from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.shell.input.line import MAX_LINE, Line, has_long_number, read_line
from walkeros_klaviyo.shell.input.lines import read_lines
from walkeros_klaviyo.shell.jsonl import to_line

BOM = b"\xef\xbb\xbf"


def lines(raw: bytes) -> list[tuple[int, bytes]]:
    """The lines of a stream; where each ends is held against the stream itself."""
    found = list(read_lines(io.BytesIO(raw)))
    for _, text, end, is_whole in found:
        assert text[:20] in raw[:end]
        assert is_whole is (raw[end - 1 : end] == b"\n")
    return [(number, text) for number, text, _, _ in found]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", []),
        (b"\n\n  \n\t\r\n", []),
        (b"{}", [(1, b"{}")]),
        (b"{}\n", [(1, b"{}")]),
        (b"{}\r\n{}\r\n", [(1, b"{}"), (2, b"{}")]),
        (b"\n\n{}\n\n{}", [(3, b"{}"), (5, b"{}")]),
        (BOM + b"{}\n" + BOM + b"{}", [(1, b"{}"), (2, BOM + b"{}")]),
        (BOM, []),
        (b"{}\r{}", [(1, b"{}\r{}")]),
        ('"\u2028\u2029\u0085"\n{}'.encode(), [(1, '"\u2028\u2029\u0085"'.encode()), (2, b"{}")]),
        (b'{"a": 1', [(1, b'{"a": 1')]),
        (b"\0\n{}", [(1, b"\0"), (2, b"{}")]),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, bytes) else "",
)  # fmt: skip
def test_lines_are_numbered_as_an_editor_does(raw: bytes, found: list[tuple[int, bytes]]) -> None:
    """Blank ones count and are left out; only the first may begin with a BOM."""
    assert lines(raw) == found


GOOD: dict[str, Any] = {
    '{"a": 1}': {"a": 1},
    "[]": [],
    "null": None,
    '"x"': "x",
    "5": 5,
    '{"n": 123456789012345678}': {"n": 123456789012345678},
    '{"n": 123456789012345678901234567890}': {"n": 123456789012345678901234567890},
    '{"n": -123456789012345678901234567890}': {"n": -123456789012345678901234567890},
    '{"n": 18446744073709551615}': {"n": 18446744073709551615},
    '{"n": 18446744073709551616}': {"n": 18446744073709551616},
    '{"n": 9007199254740993}': {"n": 9007199254740993},
    '{"n": 0.1}': {"n": 0.1},
    '{"n": 1e-7}': {"n": 1e-7},
    '{"n": 1e308}': {"n": 1e308},
    '{"n": 1e-400}': {"n": 0.0},
    '{"n": -0.0}': {"n": -0.0},
    '{"n": 0.12345678901234568}': {"n": 0.12345678901234568},
    '{"id": "123456789012345678901234567890"}': {"id": "123456789012345678901234567890"},
    '{"t": "Größe 名前 😀"}': {"t": "Größe 名前 😀"},
    '{"t": "\\ud83d\\ude00"}': {"t": "😀"},
    '{"t": "\\u0000"}': {"t": "\0"},
    '{"a": 1, "a": 2}': {"a": 2},
}


@pytest.mark.parametrize("text", GOOD, ids=lambda text: text[:40])
def test_what_json_holds_is_read_exactly(text: str) -> None:
    """Fast or slow, whatever the number's length; nothing is noted."""
    line = read_line(1, text.encode())
    assert same_json(line.value, GOOD[text])
    assert line.notes == ()


ROUNDED = [
    "0.1234567890123456789",
    "1234567890123456789.5",
    "12345678901234567.8",
    "1234567890123.45678901",
    "-1234567890123.45678901",
    "1234567890.12345678901e5",
    "3.14159265358979323846",
    "9999999999999999.999",
]


@pytest.mark.parametrize("digits", ROUNDED)
def test_a_number_with_too_many_digits_is_rounded_and_said(digits: str) -> None:
    """Wherever its point stands; no digit goes missing silently."""
    line = read_line(1, b'{"total": ' + digits.encode() + b"}")
    assert line.value == {"total": float(digits)}
    assert [note.code for note in line.notes] == ["event.number-rounded"]


@pytest.mark.parametrize(
    "digits",
    ["0.5000000000000000000000000", "1.00000000000000000000", "0.00000000000000000001", "1e20"],
)
def test_zeros_at_the_end_are_no_digits_lost(digits: str) -> None:
    """Long, but exact."""
    line = read_line(1, b'{"total": ' + digits.encode() + b"}")
    assert (line.value, line.notes) == ({"total": float(digits)}, ())


def test_the_note_names_no_value_of_the_event() -> None:
    """Diagnostics go into logs; the message may say the length, not the number."""
    line = read_line(1, b'{"total": 0.1234567890123456789}')
    assert "0.12345678901234" not in line.notes[0].message


BROKEN = {
    b'{"a": NaN}': "column 7: NaN is not JSON",
    b'{"a": Infinity}': "column 7: Infinity is not JSON",
    b'{"a": -Infinity}': "column 7: -Infinity is not JSON",
    b'{"a": 1e400}': "too large",
    b'{"a": -1e400}': "too large",
    b'{"a": ' + b"9" * 400 + b".0}": "too large",
    b'{"a": ' + b"9" * 5_000 + b"}": "a number of 5000 digits",
    b'{"a": 01}': "not JSON",
    b'{"a": 1,}': "not JSON",
    b"{'a': 1}": "not JSON",
    b'{"a": "\x01"}': "not JSON",
    b'{"a": tru': "not JSON",
    b'{"a": "x': "not JSON: Unterminated string at column 7",
    b'{"a": "\x02"}': "not JSON: Invalid control character at column 8",
    b'{"a": 1}{"a": 2}': "not JSON: Extra data at column 9",
    b"{": "one event a line is expected",
    b"[": "one event a line is expected",
    b"}": "one event a line is expected",
    b'{"a": "\xff"}': "not UTF-8: byte 0xff at position 8",
    b'{"a": "\xc3': "not UTF-8",
    b'{"a": "\xed\xa0\x80"}': "not UTF-8",
    '{"a": 1}'.encode("utf-16"): "UTF-16",
    '{"a": 1}'.encode("utf-16-le"): "",
    BOM + BOM + b"{}": "not JSON",
    b"name,timestamp": "not JSON",
}


@pytest.mark.parametrize("raw", BROKEN, ids=lambda raw: repr(raw[:24]))
def test_a_broken_line_says_what_is_wrong(raw: bytes) -> None:
    """In a sentence, with the place, and as a value: nothing is raised."""
    line = read_line(7, raw)
    assert isinstance(line.value, EventError)
    assert line.value.code == "event.not-json"
    assert BROKEN[raw] in line.value.message
    assert (line.number, line.raw) == (7, raw)
    assert line.id is None


def test_the_named_column_is_where_it_stands() -> None:
    """Not where the same letters stand in a string before it."""
    line = read_line(1, b'{"note": "NaN", "total": NaN}')
    assert line.value.message == "column 26: NaN is not JSON"


@pytest.mark.parametrize("depth", [500, 2_000, 100_000])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_hostile_depth_is_survived(depth: int, left: str, right: str) -> None:
    """It is read, or refused as too deep; never a crash."""
    raw = (left * depth + "1" + right * depth).encode()
    line = read_line(1, raw)
    if isinstance(line.value, EventError):
        assert line.value.code == "event.too-deep"
    else:
        assert depth <= 1_000


@pytest.mark.parametrize("depth", [500, 2_000, 100_000])
def test_hostile_depth_with_a_long_number_is_survived_too(depth: int) -> None:
    """The slow way has its own stack."""
    raw = b"[" * depth + b"1" * 30 + b"]" * depth
    value = read_line(1, raw).value
    assert depth == 500 or isinstance(value, EventError)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"t": "a\\ud83d"}', {"t": "a\ufffd"}),
        ('{"t": "\\ude00b"}', {"t": "\ufffdb"}),
        ('{"\\ud83d": 1}', {"\ufffd": 1}),
        ('{"t": ["\\ude00\\ud83d"]}', {"t": ["\ufffd\ufffd"]}),
        ('{"t": "\\ud83d\\ude00 \\ud83d"}', {"t": "😀 \ufffd"}),
    ],
)
def test_half_a_character_is_replaced_and_said(text: str, read: Any) -> None:
    """A shop that cut a name within an emoji still gets its event through."""
    line = read_line(1, text.encode())
    assert line.value == read
    assert [note.code for note in line.notes] == ["event.not-unicode"]


def test_half_a_character_beside_a_long_number_keeps_the_number() -> None:
    """Both at once, each said."""
    line = read_line(1, b'{"t": "\\ud83d", "n": 1' + b"0" * 29 + b"1, "
                        b'"f": 0.10000000000000000001}')  # fmt: skip
    assert line.value["n"] == 10**30 + 1
    assert {note.code for note in line.notes} == {"event.not-unicode", "event.number-rounded"}


def test_a_line_of_17_mb_is_refused_and_the_next_one_is_read() -> None:
    """Nothing that long is an event; it must not fill the memory either."""
    huge = b'{"a":"' + b"x" * (17 * 1024 * 1024) + b'"}'
    (first, second) = lines(huge + b"\n{}\n")
    assert len(first[1]) <= MAX_LINE + 1
    line = read_line(*first)
    assert isinstance(line.value, EventError)
    assert (line.value.code, line.value.message) == ("event.not-json", "longer than 16 MB")
    assert second == (2, b"{}")


def test_an_endless_line_ends_with_the_stream() -> None:
    """No line end ever comes."""
    ((number, raw),) = lines(b"x" * (MAX_LINE * 2 + 5))
    assert (number, read_line(number, raw).value.message) == (1, "longer than 16 MB")


def test_a_long_line_of_valid_json_is_refused_all_the_same() -> None:
    """Whatever of it fits."""
    raw = b'{"a":1}' + b" " * MAX_LINE + b"\n"
    ((number, cut),) = lines(raw)
    assert isinstance(read_line(number, cut).value, EventError)


def test_a_pretty_printed_document_is_invalid_line_by_line() -> None:
    """Each line says so, and the first says what is expected."""
    text = json.dumps({"name": "page view", "timestamp": 1}, indent=2)
    found = [read_line(number, raw) for number, raw in lines(text.encode())]
    assert "one event a line is expected" in found[0].value.message
    assert all(isinstance(one.value, EventError | str | int) for one in found)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"id": "e1"}, "e1"),
        ({"id": 7}, "7"),
        ({"id": 10**30}, str(10**30)),
        ({"id": True}, None),
        ({"id": 1.5}, None),
        ({"id": None}, None),
        ({"id": {}}, None),
        ({"id": "x" * 1_000}, "x" * 200),
        ({}, None),
        ([1], None),
        (None, None),
    ],
)
def test_a_lines_id_is_a_text_or_nothing(value: Any, shown: str | None) -> None:
    """For reports; an id that is an object is none."""
    assert Line(1, b"", value).id == shown


@pytest.mark.parametrize(
    ("raw", "long"),
    [(b"1" * 17, False), (b"1" * 18, True), (b'{"a":"x1"}', False), ("٣".encode() * 30, False)],
)
def test_long_numbers_are_seen_at_a_glance(raw: bytes, long: bool) -> None:
    """Only ASCII digits make a JSON number."""
    assert has_long_number(raw) is long


# and out again


@pytest.mark.parametrize("text", GOOD, ids=lambda text: text[:40])
def test_what_was_read_is_written_with_the_same_values(text: str) -> None:
    """In and out without a loss, numbers above all."""
    value = read_line(1, text.encode()).value
    line = to_line(value)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert same_json(json.loads(line), value)


def test_half_characters_can_be_written() -> None:
    """An id from who knows where must not break the report."""
    assert json.loads(to_line({"id": "\ud83d"})) == {"id": "\ud83d"}


def test_great_depth_can_be_written() -> None:
    """Beyond the fast library's 254 levels."""
    value: Any = 1
    for _ in range(400):
        value = [value]
    assert json.loads(to_line(value)) == value


@pytest.mark.parametrize("depth", [300, 900, 985, 988, 990, 995, 1_100, 5_000])
def test_a_deep_line_that_must_be_read_slowly_never_raises(depth: int) -> None:
    """A long number sends it the slow way; at some depths reading it succeeds and writing fails."""
    text = '{"t": 123456789012345678, "x": %s}' % ("[" * depth + "]" * depth)
    value = read_line(1, text.encode()).value
    assert isinstance(value, dict) or value.code == "event.too-deep"
