"""Where do lines go that were not sent as they should?"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from walkeros_klaviyo.shell.input.line import Line
from walkeros_klaviyo.shell.problem import UsageError
from walkeros_klaviyo.shell.send.acceptance import Rejected
from walkeros_klaviyo.shell.send.rejects import rejects
from walkeros_klaviyo.shell.store.letter import Letter, Origin

LINE = Line(7, b'{"name": "x"', {"id": "e1"})
LETTER = Letter(Origin(7, "e1", LINE.raw), None, None, None, "event.not-json", "not JSON: …")


def test_a_line_is_kept_whole_with_its_reason(tmp_path: Path) -> None:
    """So that it can be mended and sent again."""
    file = tmp_path / "rejects.jsonl"
    with rejects(str(file)) as reject:
        reject([Rejected(LINE, "invalid", LETTER)])
    assert json.loads(file.read_bytes()) == {
        "line": 7,
        "id": "e1",
        "outcome": "invalid",
        "call": None,
        "metric": None,
        "status": None,
        "code": "event.not-json",
        "message": "not JSON: …",
        "pointer": "",
        "raw": '{"name": "x"',
    }


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds personal data, whatever the umask says."""
    file = tmp_path / "rejects.jsonl"
    with rejects(str(file)) as reject:
        reject([Rejected(LINE, "dead", LETTER)])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_older_file_becomes_its_owners_alone(tmp_path: Path) -> None:
    """Whoever made it."""
    file = tmp_path / "rejects.jsonl"
    file.touch(mode=0o644)
    with rejects(str(file)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_is_on_the_disk_once_it_is_told(tmp_path: Path) -> None:
    """Whatever ends the run afterwards."""
    file = tmp_path / "rejects.jsonl"
    with rejects(str(file)) as reject:
        reject([Rejected(LINE, "dead", LETTER)])
        assert json.loads(file.read_bytes())["outcome"] == "dead"


def test_a_pipe_that_nobody_reads_is_told_at_once(tmp_path: Path) -> None:
    """Opening it would wait for a reader for ever."""
    os.mkfifo(tmp_path / "pipe")
    with (
        pytest.raises(UsageError, match="nobody reads from this pipe"),
        rejects(str(tmp_path / "pipe")),
    ):
        pass


def test_a_reader_that_stops_or_leaves_costs_the_rest_of_the_lines_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full pipe must not hold up delivery, nor its end stop it."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with rejects(str(tmp_path / "pipe")) as reject:
        for _ in range(2_000):
            reject([Rejected(LINE, "dead", LETTER)])
        os.close(reader)
        reject([Rejected(LINE, "dead", LETTER)])
    assert "not every line is in it" in capsys.readouterr().err


def test_what_was_kept_before_stays(tmp_path: Path) -> None:
    """A second run appends."""
    file = tmp_path / "rejects.jsonl"
    for _ in range(2):
        with rejects(str(file)) as reject:
            reject([Rejected(LINE, "dead", LETTER)])
    assert len(file.read_text().splitlines()) == 2


def test_bytes_that_are_no_text_are_kept_as_far_as_they_can(tmp_path: Path) -> None:
    """JSON holds text only."""
    file = tmp_path / "rejects.jsonl"
    with rejects(str(file)) as reject:
        reject([Rejected(Line(1, b'{"a": "\xff"}', None), "invalid", LETTER)])
    assert json.loads(file.read_text())["raw"] == '{"a": "\ufffd"}'


def test_no_file_is_no_trouble() -> None:
    """Without the option nothing is written."""
    with rejects(None) as reject:
        reject([Rejected(LINE, "dead", LETTER)])


def test_a_place_that_cannot_be_written_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    """With the option's name."""
    for name in (str(tmp_path), str(tmp_path / "no" / "folder")):
        with pytest.raises(UsageError, match="--rejects"), rejects(name):
            pass
