"""Signals, full disks, closed pipes, open inputs: every end is a quick and quiet one."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from tests.end_to_end.command import (
    KEY,
    SHOP,
    apart,
    shop_event,
    started,
    write_config,
    write_lines,
)
from tests.end_to_end.server import Handler, Host, hosting, http

LINE = json.dumps(shop_event(1)).encode() + b"\n"
NOISE = ("Traceback", "Fatal Python error", "Exception ignored", "Aborted")


def hanging(host: Host) -> Handler:
    """Takes every request and answers none."""
    return lambda connection, request: host.gate.wait(60) and None


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The shop's configuration."""
    return write_config(tmp_path / "shop.json", SHOP)


def ended(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, str]:
    """How it ended, within this time, with its stdin still open; and what it said on stderr."""
    assert process.stderr is not None
    code = process.wait(seconds)
    return code, process.stderr.read().decode()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_that_waits_for_input(
    config: str, number: signal.Signals, code: int
) -> None:
    """The usual state of a service fed by a pipe: no crash at the end, no core file."""
    with (
        hosting(http("202 Accepted")) as host,
        started("run", "-", "-c", config, "--host", host.url) as process,
    ):
        assert process.stdin is not None
        process.stdin.write(LINE)
        process.stdin.flush()
        assert host.heard.wait(20)
        process.send_signal(number)
        got, err = ended(process, 10)
        process.stdin.close()
    assert got == code, err
    assert not [word for word in NOISE if word in err]
    assert "events wait" in err


def test_a_refused_key_ends_a_run_that_waits_for_input(config: str) -> None:
    """Exit 3 although the pipe is still open."""
    with (
        hosting(http("401 Unauthorized", b'{"errors":[{"detail":"No such key."}]}')) as host,
        started("run", "-", "-c", config, "--host", host.url) as process,
    ):
        assert process.stdin is not None
        process.stdin.write(LINE)
        process.stdin.flush()
        got, err = ended(process, 15)
        process.stdin.close()
    assert got == 3, err
    assert not [word for word in NOISE if word in err]
    assert "401" in err and KEY not in err


def test_two_signals_end_it_at_once_although_nobody_answers(config: str, tmp_path: Path) -> None:
    """Who asks twice means it."""
    events = write_lines(tmp_path / "events.jsonl", [shop_event(n) for n in range(50)])
    with (
        hosting(hanging) as host,
        started("run", events, "-c", config, "--host", host.url) as process,
    ):
        assert host.heard.wait(20)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        got, err = ended(process, 40)
        took = time.monotonic() - start
    assert got in (143, 130), err
    assert took < 8.0, f"took {took:.1f} s"
    assert "events wait" in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_is_ended_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Its store is removed, whoever ends it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with started("demo", "--open") as process:
        assert process.stdout is not None
        while b"The sandbox's page" not in process.stdout.readline():
            assert process.poll() is None
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        _, err = ended(process, 20)
    assert not any(noise in err for noise in NOISE), err
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_stopped_says_what_it_did_not_even_read(config: str, tmp_path: Path) -> None:
    """The number of events that were not sent is of the whole file, or says that there is more."""
    events = write_lines(tmp_path / "events.jsonl", [shop_event(n) for n in range(40_000)])
    with (
        hosting(hanging) as host,
        started("run", events, "-c", config, "--host", host.url, "--mode", "single") as process,
    ):
        assert host.heard.wait(20)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        _, err = ended(process, 40)
    assert "40,000 events" in err or "not read" in err or "more lines" in err, err


def test_a_closed_pipe_ends_quietly(config: str, tmp_path: Path) -> None:
    """`plan … | head -1`: the reader had enough, and nothing failed."""
    events = write_lines(tmp_path / "events.jsonl", [shop_event(n) for n in range(5_000)])
    for words in (("plan", events, "-c", config), ("explain", events, "-c", config), ("demo",)):
        with started(*words) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            got, err = ended(process, 20)
        assert err == ""
        assert got in (0, 141)


def test_a_full_disk_is_a_sentence(config: str, tmp_path: Path) -> None:
    """Not a traceback."""
    events = write_lines(tmp_path / "events.jsonl", [shop_event(n) for n in range(5)])
    with (
        Path("/dev/full").open("wb") as full,
        started("plan", events, "-c", config, stdout=full) as process,
    ):
        got, err = ended(process, 20)
    assert "No space left on device" in err
    assert "Traceback" not in err
    assert got not in (0, 1)


def test_ctrl_c_ends_a_plan_that_waits_for_input(tmp_path: Path) -> None:
    """With the shell's code and no noise."""
    doubtful = write_config(tmp_path / "shop.json", {**SHOP, "loadScript": True})
    with started("plan", "-c", doubtful) as process:
        assert process.stdin is not None and process.stderr is not None
        assert b"loadScript" in process.stderr.readline()  # the configuration is read
        process.send_signal(signal.SIGINT)
        got, err = ended(process, 10)
        process.stdin.close()
    assert got == 130, err
    assert "Traceback" not in err


def test_a_host_that_starts_later_than_the_run_is_found(config: str, tmp_path: Path) -> None:
    """As in a compose file: both are started at once, and the host takes a moment longer."""
    events = write_lines(tmp_path / "events.jsonl", [shop_event(n) for n in range(100)])
    with socket.create_server(("127.0.0.1", 0)) as early:
        port = early.getsockname()[1]
        words = ("--host", f"http://127.0.0.1:{port}", "--limits", "off", "--give-up", "20")
        with started("run", events, "-c", config, *words) as process:
            early.settimeout(20)
            early.accept()[0].close()  # it has tried, and nobody has answered
            early.close()
            late = ("sandbox", "--port", str(port), "--limits", "off")
            with started(*late, stderr=subprocess.DEVNULL) as host:
                got, err = ended(process, 30)
                host.terminate()
                host.wait(10)
    assert got == 0, err


def test_words_that_look_like_markup_do_not_break_the_summary(config: str, tmp_path: Path) -> None:
    """A dead letter of a metric with brackets, at the end of a long run."""
    events = write_lines(tmp_path / "events.jsonl", [shop_event(1, name="sale [/b] [red]")])
    plain = write_config(tmp_path / "plain.json", {})
    with hosting(http("400 Bad Request", b'{"errors":[{"code":"[/x]"}]}')) as host:
        result = apart("run", events, "-c", plain, "--host", host.url, "--mode", "single")
    assert result.code == 1
    assert "Traceback" not in result.err
    assert "sale [/b] [red]" in result.out
