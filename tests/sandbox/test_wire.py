"""Numbers keep their value and nothing that is not JSON gets in, whichever parser reads it."""

import json

import pytest

from walkeros_klaviyo.sandbox.wire import JsonError, dumps, loads, one_line

LONG = b'"1111111111111111111"'  # sends the text to the exact parser


@pytest.mark.parametrize(
    "number",
    [0, -1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**30, 0.1, 1.5e308, 12345678901234567890.5],
)
def test_a_number_keeps_its_value_there_and_back(number):
    text = json.dumps({"n": [number]}).encode()
    assert loads(text) == {"n": [number]}
    assert type(loads(text)["n"][0]) is type(number)
    assert json.loads(dumps(loads(text))) == {"n": [number]}


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b'"\\ud800"',
        b'{"\\udc00": 1}',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"[1,]",
        b"",
        b"01",
        b"[" * 5_000 + b"]" * 5_000,
        b"9" * 5_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_what_is_no_json_is_refused_by_both_parsers(text):
    with pytest.raises(JsonError):
        loads(text)
    with pytest.raises(JsonError):
        loads(b"[" + LONG + b", " + text + b"]")


def test_a_whole_character_beyond_the_basic_plane_is_fine():
    assert loads(b'["\\ud83d\\ude00", ' + LONG + b"]")[0] == "😀"


def test_one_line_holds_the_same_value():
    text = json.dumps({"a": ["x\ny", {"b": 1}]}, indent=2).encode()
    assert b"\n" not in one_line(text)
    assert json.loads(one_line(text)) == json.loads(text)
