"""An input that is slow, not there yet, or never ends: all of it is read, and a signal ends it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import SHOP, here, shop_event, started, write_config, write_lines
from tests.end_to_end.server import hosting, http

LINES = [json.dumps(shop_event(number)).encode() + b"\n" for number in range(200)]
NOISE = ("Traceback", "Fatal Python error", "Exception ignored", "Aborted")


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The shop's configuration."""
    return write_config(tmp_path / "shop.json", SHOP)


def until(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a condition, or fail."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)


def is_drained(reads: int, process: subprocess.Popen[bytes]) -> bool:
    """Is all read that was written, or nobody left to read it?"""
    unread = struct.unpack("i", fcntl.ioctl(reads, termios.FIONREAD, b"\0" * 4))[0]
    return unread == 0 or process.poll() is not None


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("run", "-", "--sandbox", "--limits", "off"), "accepted         200"),
        (("run", "-", "--sandbox", "--dry-run"), "255 calls"),
        (("plan",), '"line":200,'),
        (("explain",), "line 200 "),
        (("verify", "--events", "-", "--examples", "1"), "200 events of the sample"),
    ],
    ids=["run", "rehearsal", "plan", "explain", "verify"],
)
def test_a_pipe_that_does_not_block_is_read_to_its_end(
    words: tuple[str, ...], shown: str, config: str, tmp_path: Path
) -> None:
    """Its owner may have made it so, as event loops do; nothing yet is not the end."""
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    with (
        (tmp_path / "out").open("wb") as out,
        os.fdopen(reads, "rb", buffering=0) as stdin,
        os.fdopen(writes, "wb", buffering=0) as writer,
        started(*words, "--config", config, stdin=stdin, stdout=out) as process,
    ):
        for part in (*LINES[:2], b"".join(LINES[2:74]), LINES[74][:30], LINES[74][30:]):
            writer.write(part)
            until(lambda: is_drained(reads, process))
        writer.write(b"".join(LINES[75:]))
        writer.close()
        process.wait(60)
        assert not os.get_blocking(reads)  # others may share it, and count on that
    assert shown in (tmp_path / "out").read_text()


@pytest.mark.parametrize("command", ["plan", "explain"])
def test_an_output_that_does_not_block_gets_it_all(
    command: str, config: str, tmp_path: Path
) -> None:
    """As a terminal that another program left so; its reader is slower than we are."""
    events = write_lines(tmp_path / "events.jsonl", [shop_event(number) for number in range(400)])
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with (
        os.fdopen(reads, "rb", buffering=0) as out,
        started(command, events, "-c", config, stdout=writes) as process,
    ):
        assert process.stderr is not None
        until(lambda: not select.select([], [writes], [], 0)[1] or process.poll() is not None)
        os.close(writes)
        said = b"".join(iter(lambda: out.read(4_096), b""))
        err = process.stderr.read()
        assert process.wait(30) == 0, err
    assert len(re.findall(rb'^\{"line":|^line \d', said, re.MULTILINE)) == 400


def reads(process: subprocess.Popen[bytes]) -> bool:
    """Has a run begun to read? Then a thread of it leaves SIGTERM to the others."""
    for status in Path(f"/proc/{process.pid}/task").glob("*/status"):
        blocked = int(status.read_text().partition("SigBlk:")[2].split()[0], 16)
        if blocked >> (signal.SIGTERM - 1) & 1:
            return True
    return False


@contextmanager
def fifo_without_writer(folder: Path) -> Iterator[tuple[str, Any, Callable[[bytes], Any]]]:
    """Somebody will come, some day."""
    os.mkfifo(folder / "events")
    yield str(folder / "events"), None, lambda text: None


@contextmanager
def fifo(folder: Path) -> Iterator[tuple[str, Any, Callable[[bytes], Any]]]:
    """Whoever writes to it stays."""
    os.mkfifo(folder / "events")
    number = os.open(folder / "events", os.O_RDWR)
    yield str(folder / "events"), None, lambda text: os.write(number, text)
    os.close(number)


@contextmanager
def terminal(folder: Path) -> Iterator[tuple[str, Any, Callable[[bytes], Any]]]:
    """A person, who types."""
    ours, theirs = pty.openpty()
    yield "-", theirs, lambda text: os.write(ours, text)
    os.close(ours)
    os.close(theirs)


@contextmanager
def named_terminal(folder: Path) -> Iterator[tuple[str, Any, Callable[[bytes], Any]]]:
    """The same by its name."""
    ours, theirs = pty.openpty()
    yield os.ttyname(theirs), None, lambda text: os.write(ours, text)
    os.close(ours)
    os.close(theirs)


@contextmanager
def connection(folder: Path) -> Iterator[tuple[str, Any, Callable[[bytes], Any]]]:
    """As inetd and some languages start their children."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield "-", theirs, ours.sendall


CASES = [
    (fifo_without_writer, False, signal.SIGTERM, 143),
    (fifo_without_writer, False, signal.SIGINT, 130),
    (fifo, False, signal.SIGTERM, 143),
    (fifo, True, signal.SIGTERM, 143),
    (fifo, True, signal.SIGINT, 130),
    (terminal, False, signal.SIGTERM, 143),
    (terminal, True, signal.SIGINT, 130),
    (named_terminal, True, signal.SIGTERM, 143),
    (connection, True, signal.SIGTERM, 143),
    (connection, False, signal.SIGINT, 130),
]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux what it waits for")
@pytest.mark.parametrize(
    ("opened", "is_written", "number", "code"),
    CASES,
    ids=[f"{one.__name__}-{written}-{code}" for one, written, _, code in CASES],
)
def test_a_signal_ends_a_run_whose_input_stays_open(
    opened: Any,
    is_written: bool,
    number: signal.Signals,
    code: int,
    config: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As it ends any other, before the first line or after it; the store is closed in order."""
    with (
        hosting(http("202 Accepted")) as host,
        opened(tmp_path) as (name, stdin, write),
        started(
            "run", name, "-c", config, "--host", host.url, stdin=stdin or subprocess.DEVNULL
        ) as process,
    ):
        assert process.stderr is not None
        if is_written:
            write(LINES[0])
            assert host.heard.wait(30)
        until(lambda: reads(process))
        process.send_signal(number)
        got = process.wait(15)
        err = process.stderr.read().decode()
    assert got == code, err
    assert not [word for word in NOISE if word in err]
    assert "events wait" in err
    status = here(monkeypatch, "store", "status", "--json").rows[0]
    assert status["events"]["accepted"] == is_written
    assert status["last_run"] == f"stopped by signal {number.value}"


def test_a_fifo_whose_writer_is_late_is_read(config: str, tmp_path: Path) -> None:
    """Both were started at once, and the run was first."""
    os.mkfifo(tmp_path / "events")
    name = str(tmp_path / "events")
    with started("run", name, "-c", config, "--sandbox", "--limits", "off") as process:
        until(lambda: reads(process))
        (tmp_path / "events").write_bytes(b"".join(LINES))
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert "accepted         200" in out.decode()
