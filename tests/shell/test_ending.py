"""How did it end? The summary, and the exit code."""

from __future__ import annotations

from collections import Counter

import pytest
from attrs import evolve
from tests.shell.fake import SAID, Fake, line, make_run, stream

from walkeros_klaviyo.delivery.course import Course
from walkeros_klaviyo.delivery.messages import Answer, Stop, Warn
from walkeros_klaviyo.shell.send.loop import Loop
from walkeros_klaviyo.shell.send.run import deliver
from walkeros_klaviyo.shell.show.ending import exit_code, summarise

HOST = "http://127.0.0.1:1"


@pytest.fixture
def done() -> Loop:
    """A run that delivered two events."""
    run = make_run(Fake())
    deliver(run, stream(line(1), line(2)))
    return run


def test_all_well_is_a_table_on_stdout_and_silence_on_stderr(
    done: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts read the one, people both."""
    summarise(done, HOST)
    out, err = capsys.readouterr()
    assert "delivered" in out and "2 profile upserts sent" in out
    assert err == ""


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("key", "KLAVIYO_API_KEY"),
        ("scope", "events:write"),
        ("unreachable", "--host and the network"),
        ("not-klaviyo", "Check --host"),
        ("tls", "SSL_CERT_FILE"),
    ],
)
def test_a_stop_says_what_to_check(
    done: Loop,
    reason: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the host, on stderr."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    done.course = Course(stopped=Stop(reason, "the detail"))  # type: ignore[arg-type]
    summarise(done, HOST)
    err = capsys.readouterr().err
    assert words in err and "the detail" in err and err.startswith(HOST)
    assert exit_code(done) == 3


def test_the_variable_that_counts_is_named(
    done: Loop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """REQUESTS_CA_BUNDLE stands for the system's certificates, and for SSL_CERT_FILE too."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "ours.pem")
    done.course = Course(stopped=Stop("tls", "the detail"))
    summarise(done, HOST)
    err = capsys.readouterr().err
    assert "let REQUESTS_CA_BUNDLE name" in err and "SSL_CERT_FILE" not in err


def test_a_signal_says_how_many_were_not_sent(capsys: pytest.CaptureFixture[str]) -> None:
    """Counted in events."""
    run = make_run(Fake(lambda call, body: Answer(401, body=SAID)), {})
    deliver(run, stream(*(line(n) for n in range(1_500))))
    run.course = Course(interrupted=15)
    summarise(run, HOST)
    assert f"{run.store.counts.pending:,} events wait" in capsys.readouterr().err
    assert exit_code(run) == 143


def test_an_input_that_broke_off_is_said(done: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """What was read is delivered; the rest is the person's to find."""
    done.input.error = "Input/output error"
    summarise(done, HOST)
    assert "Input/output error" in capsys.readouterr().err
    assert exit_code(done) == 2


def test_warnings_are_told_and_not_a_thousand_times(
    done: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """They lose nothing."""
    done.warnings = Counter({Warn("bulk.denied", "going single"): 100})
    summarise(done, HOST)
    assert capsys.readouterr().err.splitlines() == [
        "warning: bulk.denied: going single (100 times)"
    ]
    assert exit_code(done) == 0


def test_of_two_reasons_the_graver_one_is_the_code(done: Loop) -> None:
    """Klaviyo's refusal before the signal, the signal before the input, the input before a line."""
    done.store.refuse()
    assert exit_code(done) == 1
    done.input.error = "x"
    assert exit_code(done) == 2
    done.course = evolve(done.course, interrupted=2)
    assert exit_code(done) == 130
    done.course = evolve(done.course, stopped=Stop("key", "x"))
    assert exit_code(done) == 3


def test_every_part_of_the_summary_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Drops, dead letters and remarks, each where there is some."""
    no = Answer(400, body=b'{"errors":[{"code":"invalid","detail":"Bad ada@example.com."}]}')
    run = make_run(Fake(lambda call, body: no), {"settings": {"currency": "data.currency"}})
    deliver(run, stream(line(1), line(2, user={"email": "x"}), b"{", b"[]"))
    summarise(run, HOST)
    out = capsys.readouterr().out
    for title in (
        "What became of the lines",
        "What did not go out",
        "Dead letters",
        "Worth a look",
    ):
        assert title in out
    assert "ada@example.com" not in out
