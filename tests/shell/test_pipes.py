"""How is what may keep us waiting read and written?"""

from __future__ import annotations

import io
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from walkeros_klaviyo.shell.input.pipes import Outlet, Pipe
from walkeros_klaviyo.shell.input.source import open_events
from walkeros_klaviyo.shell.show.screen import Screen, Unfailing, for_styles, open_streams


def test_a_pipe_that_does_not_block_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing yet is not the end; and it is left as it is."""
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    with os.fdopen(reads) as stdin, os.fdopen(writes, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", stdin)
        found: list[bytes] = []

        def read() -> None:
            with open_events("-") as stream:
                found.extend(stream)

        thread = threading.Thread(target=read)
        thread.start()
        for part in (b"one\ntw", b"o\n"):
            writer.write(part)
        writer.close()
        thread.join(10)
        assert not os.get_blocking(reads)
    assert found == [b"one\n", b"two\n"]


def test_an_input_is_closed_while_somebody_waits_for_it(tmp_path: Path) -> None:
    """Nobody writes to it, and nobody ever may."""
    path = tmp_path / "events"
    os.mkfifo(path)
    keeper = os.open(path, os.O_RDWR)

    def read() -> None:
        with suppress(ValueError):  # it is closed
            stream.read()

    with open_events(str(path)) as stream:
        waits = threading.Thread(target=read, daemon=True)
        waits.start()
    assert stream.closed
    os.write(keeper, b"\n")
    waits.join(10)
    os.close(keeper)  # it may open the input only now, which without a writer takes for ever
    assert not waits.is_alive()
    unopened = Pipe(str(path))
    unopened.close()
    assert unopened.closed


def test_an_output_that_does_not_block_takes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reader is slower than we are."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    text = "x" * 1_000_000
    with os.fdopen(reads, "rb") as reader, os.fdopen(writes, "w", closefd=False) as out:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", io.StringIO())
        open_streams()
        found: list[bytes] = []
        thread = threading.Thread(target=lambda: found.append(reader.read()))
        thread.start()
        print(text, flush=True)
        assert sys.stdout.fileno() == writes
        assert not sys.stdout.isatty()
        assert sys.stdout.errors == "backslashreplace"
        os.close(writes)
        thread.join(10)
    assert found == [text.encode() + b"\n"]


def test_an_outlet_is_written_to(tmp_path: Path) -> None:
    """And its number stays open."""
    with (tmp_path / "out").open("wb") as file:
        with Outlet(file.fileno()) as outlet:
            assert outlet.writable() and not outlet.readable()
            assert outlet.write(b"all") == 3
        file.write(b" of it")
    assert (tmp_path / "out").read_bytes() == b"all of it"


def test_styles_go_beneath_what_makes_controls_visible() -> None:
    """A screen shows text of others; what we style is made visible word by word."""
    plain = io.StringIO()
    screen = Screen(plain)
    assert for_styles(screen) is plain
    assert for_styles(plain) is plain
    assert screen.write("\x1b") == 1
    unfailing = Unfailing(plain)
    assert unfailing.write("two") == 3
    unfailing.flush()
    assert plain.getvalue() == r"\x1btwo"
