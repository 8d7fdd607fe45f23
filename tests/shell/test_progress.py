"""How far is it?"""

from __future__ import annotations

import sys
import time

import pytest
from tests.shell.fake import Fake, line, make_run, stream

from walkeros_klaviyo.shell.send.loop import Loop
from walkeros_klaviyo.shell.send.run import deliver
from walkeros_klaviyo.shell.show import progress as module
from walkeros_klaviyo.shell.show.progress import progress


@pytest.fixture
def done() -> Loop:
    """A run that is done."""
    run = make_run(Fake())
    deliver(run, stream(line(1)))
    return run


def test_quiet_is_quiet(done: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """Not a word."""
    with progress(quiet=True) as show:
        show(done)
    assert capsys.readouterr() == ("", "")


def test_in_a_pipe_there_is_a_plain_line_now_and_then(
    done: Loop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, every ten seconds, with what is done and what waits."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with progress() as show:
        for second in range(25):
            now[0] = float(second)
            show(done)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["sending: 2 of 2 calls, 0/s"] * 2


def test_on_a_terminal_there_is_a_bar(
    done: Loop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr; it leaves nothing on stdout."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as show:
        show(done)
        show(done)
    assert capsys.readouterr().out == ""
    assert module.EVERY == 10.0
