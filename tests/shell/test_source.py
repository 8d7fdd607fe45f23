"""Where do the events come from?"""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from pathlib import Path

import pytest
from tests.end_to_end.command import apart, here

from walkeros_klaviyo.shell.input.source import SourceError, open_events
from walkeros_klaviyo.shell.show.telling import tell


def reason(name: str) -> str:
    """Why it cannot be opened."""
    with pytest.raises(SourceError) as caught, open_events(name):
        pass
    return str(caught.value)


def test_a_file_is_read_as_bytes_and_closed(tmp_path: Path) -> None:
    """Its encoding is judged line by line."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\xff\n")
    with open_events(str(file)) as stream:
        assert stream.read() == b"\xff\n"
    assert stream.closed


def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path) -> None:
    """A slip of the finger is the usual reason."""
    (tmp_path / "events.jsonl").touch()
    name = str(tmp_path / "event.jsonl")
    assert reason(name) == f'{name}: no such file; did you mean "events.jsonl"?'


@pytest.mark.parametrize("name", ["nothing.like.it", "shop.jsonl", "nosuch.jsonl"])
def test_without_a_neighbour_it_says_what_would_do(name: str, tmp_path: Path) -> None:
    """A file, or stdin; what is of another kind, or shares its suffix alone, is no neighbour."""
    (tmp_path / "shop.toml").touch()
    (tmp_path / "one.jsonl").touch()
    full = str(tmp_path / name)
    assert reason(full) == f"{full}: no such file; name a file of JSON lines, or - for stdin"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It is what was mistyped."""
    full = str(tmp_path / "none" / "events.jsonl")
    assert reason(full) == f"{full}: no such file, for there is no folder {tmp_path / 'none'}"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Not everything that is there can be read."""
    assert reason(str(tmp_path)) == f"{tmp_path}: is a folder; name a file of JSON lines"


def test_a_name_that_cannot_be_one_is_told() -> None:
    """A sentence, not a traceback."""
    assert reason("x" * 5_000).endswith(": File name too long")


def test_a_file_below_a_file_is_told(tmp_path: Path) -> None:
    """The path goes through something that is no folder."""
    (tmp_path / "a").touch()
    assert reason(str(tmp_path / "a" / "b"))


class Stdin(io.TextIOWrapper):
    """Standard input that may be a terminal."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize("terminal", [True, False])
def test_a_dash_is_stdin_and_a_terminal_is_told_so(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who forgot the file would wait for ever; who pipes wants no noise."""
    stdin = Stdin(io.BytesIO(b"{}\n"))
    stdin.terminal = terminal
    monkeypatch.setattr(sys, "stdin", stdin)
    with open_events("-", tell) as stream:
        assert stream.read() == b"{}\n"
    assert not stream.closed
    assert ("Ctrl-D" in capsys.readouterr().err) is terminal


@pytest.mark.parametrize("members", [1, 3])
def test_what_is_compressed_is_unpacked(tmp_path: Path, members: int) -> None:
    """By its first bytes, whatever its name; several that were put together are one."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(gzip.compress(b'{"n": %d}\n' % n) for n in range(members)))
    with open_events(str(file)) as stream:
        assert stream.read() == b"".join(b'{"n": %d}\n' % n for n in range(members))


@pytest.mark.parametrize("is_file", [True, False])
def test_standard_input_may_be_compressed(tmp_path: Path, is_file: bool) -> None:
    """A file, or a pipe."""
    packed = gzip.compress(b'{"name": "page view", "timestamp": 1795518160712}\n' * 3)
    config = tmp_path / "config.json"
    config.write_text("{}")
    command = [sys.executable, "-m", "walkeros_klaviyo", "plan", "-", "--config", str(config)]
    (tmp_path / "in.gz").write_bytes(packed)
    with (tmp_path / "in.gz").open("rb") as file:
        given = {"stdin": file} if is_file else {"input": packed}
        done = subprocess.run(command, capture_output=True, **given)  # type: ignore[call-overload]
    assert done.stdout.count(b"unidentified") == 3


@pytest.mark.parametrize("harm", ["cut", "checksum", "garbage"])
@pytest.mark.parametrize("is_pipe", [True, False])
def test_harmed_gzip_is_said_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str, is_pipe: bool
) -> None:
    """By plan as by run: a message, and exit 2."""
    packed = bytearray(gzip.compress(b'{"name": "page view", "timestamp": 1795518160712}\n' * 3))
    if harm == "cut":
        packed = packed[:-12]
    elif harm == "checksum":
        packed[-6] ^= 1
    else:
        packed += b"garbage"
    file, config = tmp_path / "x.gz", tmp_path / "config.json"
    file.write_bytes(packed)
    config.write_text("{}")
    for words in (("plan",), ("run", "--sandbox")):
        words = (*words, "-" if is_pipe else str(file), "--config", str(config))
        done = apart(*words, stdin=bytes(packed)) if is_pipe else here(monkeypatch, *words)
        assert done.code == 2, done.err
        assert "compressed data is" in done.err
        assert "Traceback" not in done.err
