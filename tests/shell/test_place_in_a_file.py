"""Where a file goes on: its name, its position, and what changed before and behind it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.shell.fake import Fake, line, make_run

from walkeros_klaviyo.shell.input import file as files
from walkeros_klaviyo.shell.input.file import begin, reading_of
from walkeros_klaviyo.shell.input.lines import read_lines
from walkeros_klaviyo.shell.input.source import open_events
from walkeros_klaviyo.shell.send.run import deliver
from walkeros_klaviyo.shell.store import Position

ROWS = [json.dumps(line(number)).encode() for number in range(6)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "events.jsonl"


def name(path: Path) -> str | None:
    """Under what its position is kept."""
    with path.open("rb") as stream:
        found = reading_of(stream)
    return None if found is None else found.names[-1]


def read(path: Path, known: Position | None = None) -> tuple[list[tuple[int, bytes]], Position]:
    """The lines from a position on, and the position after them."""
    with path.open("rb") as stream:
        reading = reading_of(stream)
        assert reading is not None
        reading = begin(stream, lambda name: known, reading)
        found = [(number, raw) for number, raw, _, _ in reading.lines(stream)]
        return found, reading.position


def test_a_file_is_known_by_its_first_line(path: Path) -> None:
    """Whatever comes after it, and however that line ends."""
    path.write_bytes(ROWS[0])
    first = name(path)
    for more in (b"\n", b"\r\n", b" \n", b"\n" + ROWS[1], b"\n\n\n"):
        path.write_bytes(ROWS[0] + more)
        assert name(path) == first
    path.write_bytes(ROWS[1] + b"\n")
    assert name(path) not in (first, None)


@pytest.mark.parametrize("size", [100, 1 << 14, (1 << 14) + 1, 1 << 20])
def test_a_long_first_line_is_read_to_its_end(path: Path, size: int) -> None:
    """Two that differ in their last byte only are two files."""
    path.write_bytes(b"x" * size + b"a\n")
    first = name(path)
    path.write_bytes(b"x" * size + b"b\n")
    assert name(path) not in (first, None)
    path.write_bytes(b"x" * size + b"a\nmore\n")
    assert name(path) == first


def test_what_is_no_file_or_stands_elsewhere_has_no_position(path: Path) -> None:
    """A pipe, a buffer, a folder's handle, a file that was read into."""
    assert reading_of(io.BytesIO(b"{}\n")) is None
    path.write_bytes(b"{}\n")
    with path.open("rb") as stream:
        stream.readline()
        assert reading_of(stream) is None
    assert reading_of(stream) is None, "closed"
    path.write_bytes(b"")
    assert name(path) is None


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b"  \n\n"])
def test_blank_lines_at_the_start_do_not_take_the_position_away(path: Path, blank: bytes) -> None:
    """The first line is the first that is one."""
    path.write_bytes(blank + ROWS[0] + b"\n")
    assert name(path) is not None


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("cut", range(7))
def test_reading_in_two_parts_is_reading_at_once(path: Path, cut: int, end: bytes) -> None:
    """The same lines under the same numbers, and the same position in the end."""
    lines = [ROWS[0], b"", ROWS[1], b" ", b"[]", ROWS[2], ROWS[3]]
    whole = b"".join(one + end for one in lines)
    path.write_bytes(whole)
    at_once, last = read(path)
    path.write_bytes(b"".join(one + end for one in lines[:cut]) or ROWS[0])
    first, position = read(path)
    path.write_bytes(whole)
    then, same = read(path, position)
    assert first + then == at_once
    assert same == last


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"  \n", b" \r\n"])
def test_a_line_end_that_comes_later_is_no_line(path: Path, end: bytes) -> None:
    """The numbers go on as if it had been there at once."""
    path.write_bytes(ROWS[0] + b"\n" + ROWS[1])
    first, position = read(path)
    path.write_bytes(ROWS[0] + b"\n" + ROWS[1] + end + ROWS[2] + b"\n")
    then, _ = read(path, position)
    assert [number for number, _ in first + then] == [1, 2, 3]
    assert then == [(3, ROWS[2])]


def test_any_changed_byte_before_the_position_is_noticed(path: Path) -> None:
    """Behind it, everything may change."""
    content = b"\n".join(ROWS[:3]) + b"\n"
    path.write_bytes(content)
    _, position = read(path)
    for at in (len(ROWS[0]) + 1, len(content) // 2, len(content) - 2):
        changed = bytearray(content)
        changed[at] ^= 1
        path.write_bytes(changed + ROWS[3])
        found, _ = read(path, position)
        assert found[0][0] == 1
    for less in (content[:-1], content[: len(ROWS[0]) + 1]):
        path.write_bytes(less)
        found, _ = read(path, position)
        assert found[0][0] == 1
    path.write_bytes(content + b"anything")
    assert read(path, position)[0] == [(4, b"anything")]


def test_where_it_begins_is_said(path: Path) -> None:
    """Nothing at the first time; that it goes on, or why it does not."""
    path.write_bytes(ROWS[0] + b"\n" + ROWS[1] + b"\n")
    _, position = read(path)
    with path.open("rb") as stream:
        reading = reading_of(stream)
        assert reading is not None
        assert begin(stream, lambda name: None, reading).note == ""
        assert "2 lines were accepted before" in begin(stream, lambda name: position, reading).note
        assert stream.tell() == position.offset
        other = Position(position.offset, 2, "0" * 32)
        assert "has changed since" in begin(stream, lambda name: other, reading).note
        assert stream.tell() == 0


def test_a_log_that_is_copied_and_cut_while_it_is_read_is_read_once(path: Path) -> None:
    """Rotation by copytruncate: what was read of it is known again in the copy."""
    content = b"\n".join(ROWS) + b"\n"
    path.write_bytes(content)
    with path.open("rb") as stream:
        reading = reading_of(stream)
        assert reading is not None
        lines = reading.lines(stream)
        taken = [next(lines) for _ in range(4)]
        reached = reading.position
        path.with_name("events.jsonl.1").write_bytes(content)
        path.write_bytes(b"")
    found, _ = read(path.with_name("events.jsonl.1"), reached)
    assert [one[1] for one in taken] + [raw for _, raw in found] == ROWS


def growing(path: Path, more: bytes) -> Callable[..., Iterator[tuple[int, bytes, int, bool]]]:
    """A reader of lines whose file grows at the moment when its last, cut line was read."""

    def read_on(stream: Any, *start: Any) -> Iterator[tuple[int, bytes, int, bool]]:
        left = [more]
        for found in read_lines(stream, *start):
            if not found[3] and left:
                with path.open("ab") as file:
                    file.write(left.pop())
            yield found

    return read_on


@pytest.mark.parametrize("cut", [10, len(ROWS[1]) - 1, len(ROWS[1])])
def test_the_rest_of_a_line_is_never_a_line_of_its_own(path: Path, cut: int) -> None:
    """A writer may go on while we read: what was cut is whole, or comes in the next run."""
    path.write_bytes(ROWS[0] + b"\n" + ROWS[1][:cut])
    more = ROWS[1][cut:] + b"\n" + ROWS[2] + b"\n"
    with path.open("rb") as stream:
        found = [one[:2] for one in growing(path, more)(stream) if one[3]]
    assert set(found) <= {(1, ROWS[0]), (2, ROWS[1]), (3, ROWS[2])}


def test_an_event_that_is_being_written_while_it_is_read_is_not_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrives with this run or with the next one; a log is written in blocks, not in lines."""
    path.write_bytes(ROWS[0] + b"\n" + ROWS[1][:40])
    fake = Fake()
    first, then = make_run(fake, {}), make_run(fake, {})
    then.store.close()
    then.acceptance.store = first.store
    more = ROWS[1][40:] + b"\n" + ROWS[2] + b"\n"
    for run, reader in ((first, growing(path, more)), (then, read_lines)):
        monkeypatch.setattr(files, "read_lines", reader)
        with path.open("rb") as stream:
            deliver(run, stream)
    assert sorted(fake.ids()) == ["e0", "e1", "e2"]


@pytest.mark.parametrize("form", ["lines", "array", "gzip"])
def test_a_run_that_ends_early_goes_on_whatever_the_form(path: Path, form: str) -> None:
    """Each event once, under its own number; again from the start only if it is asked for."""
    text = b"\n".join(ROWS) + b"\n"
    if form == "array":
        text = b"[" + b",\n".join(ROWS) + b"]"
    fake = Fake()
    first, then, again = (make_run(fake, {}) for _ in range(3))
    then.acceptance.store = again.acceptance.store = first.store
    taken = []
    for run, count, is_again in ((first, 3, False), (then, 6, False), (again, 6, True)):
        part = text if count == 6 else text[: text.index(ROWS[3])]
        path.write_bytes(gzip.compress(part) if form == "gzip" else part)
        before = len(fake.ids())
        with open_events(str(path)) as stream:
            deliver(run, stream, is_again=is_again)
        taken.append(sorted(fake.ids()[before:]))
        assert run.acceptance.last is not None
        assert run.acceptance.last.number == count
    ids = [f"e{number}" for number in range(6)]
    assert taken == [ids[:3], ids[3:], ids]


def test_a_compressed_file_that_is_cut_says_so(path: Path) -> None:
    """What was whole is taken."""
    path.write_bytes(gzip.compress(b"\n".join(ROWS) + b"\n")[:-12])
    run = make_run(Fake(), {})
    with open_events(str(path)) as stream:
        deliver(run, stream)
    assert run.input.error == "the compressed data is cut off"
