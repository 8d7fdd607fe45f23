"""Where does one event end, and the next begin?"""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo.shell.input import lines as module
from walkeros_klaviyo.shell.input.lines import read_lines

TEXTS = st.text(alphabet='ab"\\\\{}[],: \n\u00fc', max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(TEXTS, JSON, max_size=4), min_size=1, max_size=6)


class Slow(io.BytesIO):
    """Gives a few bytes at a time."""

    size = 1

    def read1(self, size: int | None = -1) -> bytes:
        return self.read(self.size)


def read(data: bytes, size: int = 1 << 16, **start: Any) -> list[tuple[int, bytes, int, bool]]:
    """What is found, by pieces of a size."""
    stream = Slow(data[start.get("offset", 0) :])
    stream.size = size
    return list(read_lines(stream, **start))


@given(
    OBJECTS, st.sampled_from([None, 2]), st.integers(1, 40), st.sampled_from(["", " \n", "\ufeff"])
)
def test_an_array_gives_its_objects_however_it_is_written(
    objects: list[Any], indent: int | None, size: int, before: str
) -> None:
    """Under their numbers, and the place behind each is where the next one is found."""
    data = (before + json.dumps(objects, indent=indent, ensure_ascii=False)).encode()
    found = read(data, size)
    assert [json.loads(raw) for _, raw, _, _ in found] == objects
    assert [number for number, *_ in found] == list(range(1, len(objects) + 1))
    assert all(is_whole for *_, is_whole in found)
    for number, _, end, _ in found:
        rest = read(data, size, number=number, offset=end, is_array=True)
        assert rest == found[number:]


@given(OBJECTS, st.integers(1, 40), st.data())
def test_what_is_passed_over_is_what_lies_before(
    objects: list[Any], size: int, data: st.DataObject
) -> None:
    """Byte by byte: it is what a position is known by."""
    text = json.dumps(objects, indent=data.draw(st.sampled_from([None, 1]))).encode()
    if data.draw(st.booleans()):
        text = b"\n".join(json.dumps(one).encode() for one in objects)
    passed: list[bytes] = []
    stream = Slow(text)
    stream.size = size
    for _, _, end, _ in read_lines(stream, seen=lambda piece, number: passed.append(piece)):
        assert b"".join(passed) == text[:end]


def test_a_cut_array_leaves_its_last_object_open() -> None:
    """It may be in the writing."""
    assert read(b'[{"a": 1}, {"b": [2') == [(1, b'{"a": 1}', 9, True), (2, b'{"b": [2', 19, False)]


def test_what_is_no_object_is_found_as_well() -> None:
    """And is said to be no event."""
    found = [raw for _, raw, _, _ in read(b'[{}, 1, "x, ]", null, [{"c": {}}]]')]
    assert found == [b"{}", b"1", b'"x, ]"', b"null", b'{"c": {}}']


def test_what_is_in_brackets_and_no_array_of_objects_is_a_line() -> None:
    """It is no event, and costs no other line."""
    text = b'[1]\n[]\n{"a": 1}\n'
    assert [raw for _, raw, _, _ in read(text)] == text.splitlines()


@pytest.mark.parametrize("text", ["[]", " [ ]\n", "\ufeff[]\n", "\n[]", "[\n]\n", ""])
def test_an_export_without_events_is_an_empty_input(text: str) -> None:
    """No event, and no fault."""
    assert read(text.encode()) == []


def test_lines_may_follow_an_empty_array() -> None:
    """They keep their numbers and places."""
    assert read(b'[]\n{"a": 1}\n') == [(2, b'{"a": 1}', 12, True)]


class Open(io.RawIOBase):
    """A pipe whose writer is late: to read more than there is would be to wait."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = [*parts]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._parts:
            raise TimeoutError("it waits for its writer")
        part = self._parts.pop(0)
        buffer[: len(part)] = part
        return len(part)


@pytest.mark.parametrize(
    "parts",
    [
        [b'[{"a": 1}, {"b": 2}'],
        [b"[", b'{"a": 1}', b', {"b"', b": 2}"],
        [b"\xef", b"\xbb\xbf [", b' {"a": 1},{"b": 2}'],
        [b"\n", b' [{"a": 1},', b'{"b": 2}, '],
        [b'{"a": 1}\n{"b"', b": 2}\n"],
    ],
)
def test_what_is_there_is_given_before_more_comes(parts: list[bytes]) -> None:
    """An array in one line, too, whose end is long in coming."""
    found = read_lines(io.BufferedReader(Open(*parts)))
    assert [json.loads(next(found)[1]) for _ in range(2)] == [{"a": 1}, {"b": 2}]
    with pytest.raises(TimeoutError):
        next(found)


def test_lines_may_follow_an_array() -> None:
    """Somebody appended to it."""
    assert [raw for _, raw, _, _ in read(b'[{"a": 1}]\n{"b": 2}\n')] == [b'{"a": 1}', b'{"b": 2}']


def test_an_endless_object_is_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is longer than any event may be."""
    monkeypatch.setattr(module, "MAX_LINE", 100)
    found = read(b'[{"a": "' + b"x" * 10_000, 50)
    assert [(number, is_whole) for number, _, _, is_whole in found] == [(1, False)]
    assert len(found[0][1]) < 500


def test_an_object_that_has_lost_its_end_costs_itself_only() -> None:
    """The next one begins a line as it does."""
    rows = [b'{"a": %d, "b": {"c": 1}}' % n for n in range(50)]
    rows[10] = rows[10][:-1]
    found = read(b"[\n  " + b",\n  ".join(rows) + b"\n]\n", 64)
    good = [raw for _, raw, _, _ in found if raw in rows and raw != rows[10]]
    assert good == [*rows[:10], *rows[11:]]
    assert [number for number, raw, _, _ in found if raw.startswith(rows[10])] == [11]
