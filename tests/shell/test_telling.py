"""How is a person told how far it is? Without waiting for them."""

from __future__ import annotations

import io
import os
import pty
import select
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from tests.shell.fake import Fake, line, make_run, stream

from walkeros_klaviyo.shell.send.loop import Loop
from walkeros_klaviyo.shell.send.run import deliver
from walkeros_klaviyo.shell.show import progress as module
from walkeros_klaviyo.shell.show import telling
from walkeros_klaviyo.shell.show.progress import progress, watching
from walkeros_klaviyo.shell.show.telling import LONGEST, tell


@pytest.fixture
def done() -> Loop:
    """A run that is done."""
    run = make_run(Fake())
    deliver(run, stream(line(1)))
    return run


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is told at once, again and again."""
    monkeypatch.setattr(module, "EVERY", 0.0)
    monkeypatch.setattr(telling, "FRAME", 0.0)
    monkeypatch.setenv("TERM", "xterm")


def in_time(act: Callable[[], Any]) -> None:
    """It comes to its end."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it waits"


def show_all(done: Loop, times: int = 2_000) -> None:
    """What a run and a check tell, many times."""
    with progress() as show:
        for _ in range(times):
            show(done)
    with watching() as look:
        for number in range(times):
            look("reading the sample", number, 0)
    tell("what a note says")


@pytest.fixture
def full_pipe() -> Iterator[Any]:
    """Somebody has it open and reads nothing."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writes, b"x" * 4_096)
    os.set_blocking(writes, True)
    with os.fdopen(writes, "w", closefd=False) as file:
        yield file
        os.close(reads)  # nothing may wait for it at the end either
        with suppress(OSError):
            file.flush()
    os.close(writes)


@pytest.fixture
def stuck_terminal() -> Iterator[Any]:
    """As after a lost connection that nobody has noticed."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", closefd=False) as file:
        yield file
        os.close(ours)
        with suppress(OSError):
            file.flush()
    os.close(theirs)


@pytest.mark.parametrize("kind", ["full_pipe", "stuck_terminal"])
def test_nobody_waits_for_a_reader_that_reads_nothing(
    kind: str, done: Loop, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Delivery goes on; what nobody hears is not said."""
    monkeypatch.setattr(sys, "stderr", request.getfixturevalue(kind))
    in_time(lambda: show_all(done))


class Broken(io.StringIO):
    """An output that fails as a disk or a terminal does; or is closed, as `sys.stderr` may be."""

    def __init__(self, error: Exception, is_terminal: bool) -> None:
        super().__init__()
        self.error, self.is_terminal = error, is_terminal

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        BrokenPipeError(32, "Broken pipe"),
        OSError(5, "I/O error"),
        OSError(28, "full"),
        ValueError(),
    ],
    ids=["EPIPE", "EIO", "ENOSPC", "closed"],
)
def test_nothing_ends_because_it_cannot_be_told(
    error: Exception, is_terminal: bool, done: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed window is no reason to stop delivering."""
    monkeypatch.setattr(sys, "stderr", Broken(error, is_terminal))
    show_all(done, 20)


def test_a_note_that_cannot_be_told_ends_no_run(tmp_path: Any) -> None:
    """Where a known file is gone on with."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(stream(line(1)).getvalue())
    run = make_run(Fake())
    for _ in range(2):
        with file.open("rb") as opened:
            deliver(run, opened, lambda text: print(text, file=Broken(OSError(5), False)))
    assert run.acceptance.lines == 1


def read_until(terminal: int, words: bytes) -> bytes:
    """What a terminal was given, up to these words at least."""
    text = b""
    while words not in text:
        assert select.select([terminal], [], [], 30)[0], text
        text += os.read(terminal, 65_536)
    return text


def test_a_terminal_is_drawn_on(done: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its reader reads; and left as it was, also for others who have it open."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as file:
        monkeypatch.setattr(sys, "stderr", file)
        with progress() as show:
            show(done)
        assert os.get_blocking(theirs)
        text = read_until(ours, b"\x1b[?25h")  # the cursor is back
    os.close(ours)
    assert b"2/2 calls" in text


def test_what_is_told_is_one_short_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Its controls are visible, and a pipe takes it as a whole."""
    tell("two\nlines\x1b[2J" + "ü" * 2_000)
    err = capsys.readouterr().err
    assert err.startswith(r"two\nlines\x1b[2Jüü") and err.count("\n") == 1
    assert len(err) == LONGEST + 1


def test_a_reason_with_brackets_is_no_markup(done: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A web page's title, say; markup that ends nowhere would end the run."""
    monkeypatch.setattr(module, "why_it_waits", lambda waits: "; last: [/b] \x1b[2J")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as file:
        monkeypatch.setattr(sys, "stderr", file)
        with progress() as show:
            show(done)
            read_until(ours, rb"last: [/b] \x1b[2J")
        read_until(ours, b"\x1b[?25h")
        with watching() as look:
            look("[/b] \x1b[2J", 1, 2)
            read_until(ours, rb"[/b] \x1b[2J")
    os.close(ours)
