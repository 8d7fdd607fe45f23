"""A lost terminal, a closed or full stderr: nothing ends for it, and nothing waits."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.command import (
    SHOP,
    environment,
    shop_event,
    started,
    write_config,
    write_lines,
)
from tests.end_to_end.process import lines_of


@contextmanager
def closed_pipe() -> Iterator[int]:
    """Whoever read it is gone."""
    reads, writes = os.pipe()
    os.close(reads)
    yield writes
    os.close(writes)


@contextmanager
def full_disk() -> Iterator[int]:
    """Stderr goes to a file on it."""
    number = os.open("/dev/full", os.O_WRONLY)
    yield number
    os.close(number)


@contextmanager
def lost_terminal() -> Iterator[int]:
    """Its window was closed."""
    ours, theirs = pty.openpty()
    os.close(ours)
    yield theirs
    os.close(theirs)


@pytest.mark.parametrize("stderr", [closed_pipe, full_disk, lost_terminal])
@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("explain",),
        ("run", "--sandbox", "--limits", "off"),
        ("run", "--sandbox", "--dry-run"),
        ("verify", "--strict", "--examples", "2", "--events"),
    ],
    ids=" ".join,
)
def test_a_command_ends_as_if_it_had_been_heard(
    words: tuple[str, ...], stderr: Any, tmp_path: Path
) -> None:
    """With its results, and its exit code; there is something to be told on stderr."""
    config = write_config(tmp_path / "shop.json", {**SHOP, "include": ["x"]})
    events = write_lines(tmp_path / "events.jsonl", [shop_event(number) for number in range(3)])
    with (
        stderr() as number,
        started(*words, events, "--config", config, stderr=number) as process,
    ):
        out, _ = process.communicate(timeout=60)
    assert process.returncode == (1 if words[0] == "verify" else 0), out.decode()
    assert out


def test_a_mistake_that_nobody_hears_of_is_still_2(tmp_path: Path) -> None:
    """Scripts ask for the exit code."""
    with closed_pipe() as number, started("plan", "-c", "nowhere", stderr=number) as process:
        assert process.wait(30) == 2


def test_a_run_outlives_its_terminal(tmp_path: Path) -> None:
    """Its bar was being drawn when the window was closed."""
    config = write_config(tmp_path / "shop.json", SHOP)
    lines = [json.dumps(shop_event(number)).encode() + b"\n" for number in range(50)]
    ours, theirs = pty.openpty()
    words = ("run", "-", "-c", config, "--sandbox", "--limits", "off")
    with started(*words, stderr=theirs) as process:
        os.close(theirs)
        assert process.stdin is not None
        process.stdin.write(lines[0])
        process.stdin.flush()
        drawn = b""
        while b"sending" not in drawn:
            drawn += os.read(ours, 4_096)
        os.close(ours)
        out, _ = process.communicate(b"".join(lines[1:]), timeout=60)
    assert process.returncode == 0
    assert lines_of(out.decode(), "delivered") == 50


def test_a_full_pipe_on_stderr_holds_nothing_up(tmp_path: Path) -> None:
    """Its reader has it open and reads nothing; what was told before it was full is all."""
    config = write_config(tmp_path / "shop.json", SHOP)
    events = write_lines(tmp_path / "events.jsonl", [shop_event(number) for number in range(50)])
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writes, b"x" * 4_096)
    os.set_blocking(writes, True)
    code = (
        "from walkeros_klaviyo.shell import cli; "
        "from walkeros_klaviyo.shell.show import progress; progress.EVERY = 0.0; "
        f"import sys; sys.argv[1:] = ['run', {events!r}, '-c', {config!r}, "
        "'--sandbox', '--limits', 'off']; cli.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=writes, env=environment()
    ) as process:
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    os.close(reads)
    os.close(writes)
    assert process.returncode == 0
    assert lines_of(out.decode(), "delivered") == 50
