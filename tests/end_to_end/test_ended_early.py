"""What ends a command before it has begun, or once it has: no traceback, and the code says why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.end_to_end.command import (
    COMMAND,
    SHOP,
    Result,
    environment,
    shop_event,
    write_config,
    write_lines,
)

SIGNALLED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
class Signals:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Signals())
sys.argv = ["walkeros-klaviyo", *{args!r}]
from walkeros_klaviyo_command import main
main()
"""
"""A command that gets a signal as a certain module of it is imported."""


def ran(*args: str, **given: object) -> Result:
    done = subprocess.run(args, capture_output=True, env=environment(), timeout=60, **given)  # type: ignore[call-overload]
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "module",
    [
        "walkeros_klaviyo",
        "walkeros_klaviyo.core.pipeline",
        "typer",
        "walkeros_klaviyo.shell.show.screen",
        "walkeros_klaviyo.core.schema",
    ],
)
def test_a_signal_during_the_imports_ends_it_silently(module: str, number: signal.Signals) -> None:
    """130 for Ctrl-C, 143 for SIGTERM, as a shell expects."""
    code = SIGNALLED.format(module=module, number=int(number), args=["schema"])
    assert ran(sys.executable, "-c", code) == Result(128 + number, "", "")


@pytest.mark.parametrize("command", ["schema", "codes"])
def test_a_reader_that_had_enough_is_no_failure(command: str) -> None:
    """`… | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = ran_into(writing, command)
    finally:
        os.close(writing)
    assert ended == Result(0, "", "")


def ran_into(out: int, *args: str) -> Result:
    done = subprocess.run(
        [*COMMAND, *args],
        stdout=out,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=60,
        check=False,
    )
    return Result(done.returncode, "", done.stderr.decode())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
@pytest.mark.parametrize("command", [["schema"], ["plan", "{events}", "-c", "{config}"]])
def test_a_full_disk_is_named(command: list[str], tmp_path: Path) -> None:
    """The file that cannot be written, not only that one cannot."""
    names = {
        "config": write_config(tmp_path / "shop.json", SHOP),
        "events": write_lines(tmp_path / "events.jsonl", [shop_event(1)]),
    }
    with Path("/dev/full").open("wb") as full:
        ended = ran_into(full.fileno(), *(word.format(**names) for word in command))
    said = "standard output (/dev/full): cannot be written: No space left on device\n"
    assert ended == Result(2, "", said)


COMMANDS = [
    ["--help"],
    ["schema"],
    ["store", "status"],
    ["plan", "{events}", "-c", "{config}"],
    ["explain", "{events}", "-c", "{config}"],
    ["verify", "{events}", "-c", "{config}", "--examples", "1"],
    ["run", "{events}", "-c", "{config}", "--sandbox"],
    ["run", "{events}", "-c", "{config}", "--dry-run"],
    ["run", "events.jsonl", "-c", "{config}", "--sandbox"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_working_folder_that_is_gone_is_no_traceback(command: list[str], tmp_path: Path) -> None:
    """What needs none goes on; what does says so."""
    names = {
        "config": write_config(tmp_path / "shop.json", SHOP),
        "events": write_lines(tmp_path / "events.jsonl", [shop_event(1)]),
    }
    gone = tmp_path / "gone"
    gone.mkdir()
    words = [word.format(**names) for word in command]
    script = 'rmdir "$1"; shift; exec "$@"'
    ended = ran("sh", "-c", script, "-", str(gone), *COMMAND, *words, cwd=gone)
    assert "Traceback" not in ended.err
    assert ended.code in (0, 2)
    assert (ended.code == 2) == bool(ended.err), ended.err


@pytest.mark.parametrize("command", COMMANDS[:-1], ids=" ".join)
def test_few_open_files_are_no_traceback(command: list[str], tmp_path: Path) -> None:
    """`ulimit -n 24`."""
    names = {
        "config": write_config(tmp_path / "shop.json", SHOP),
        "events": write_lines(tmp_path / "events.jsonl", [shop_event(1)]),
    }
    words = [word.format(**names) for word in command]
    ended = ran("sh", "-c", 'ulimit -n 24; exec "$@"', "-", *COMMAND, *words, cwd=tmp_path)
    assert "Traceback" not in ended.err
    assert ended.code in (0, 1, 2), ended.err
