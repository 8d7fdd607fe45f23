"""The loop: is every line accounted for, and does it end when it should?"""

from __future__ import annotations

import io
import json
import os
import queue
import threading
import time
from collections import Counter
from typing import Any

import pytest
from tests.shell.fake import EVENT, IDENTIFY, SAID, UPSERT, Fake, line, make_run, stream

from walkeros_klaviyo.delivery.messages import Answer, Woke
from walkeros_klaviyo.shell.input.line import read_line
from walkeros_klaviyo.shell.send.inbox import Batch, EndOfInput
from walkeros_klaviyo.shell.send.loop import Loop
from walkeros_klaviyo.shell.send.run import deliver
from walkeros_klaviyo.shell.send.uncommitted import Observers
from walkeros_klaviyo.shell.show.ending import exit_code, summarise

NO = Answer(400, body=b'{"errors":[{"code":"invalid","detail":"Bad."}]}')
FEW = 60


def books(run: Loop) -> None:
    """Accepted = delivered + pending + dead + the rest, never less than nothing."""
    counts = run.store.counts
    rest = counts.not_sent.total()
    assert counts.accepted == counts.delivered + counts.pending + counts.dead + rest
    assert min(counts.delivered, counts.pending, counts.dead, rest) >= 0
    assert run.acceptance.lines == counts.accepted + run.acceptance.tally.outcomes["invalid"]


def number_of(body: dict[str, Any]) -> str:
    """The unique id of an event's body; empty for an upsert's."""
    return str(body["data"]["attributes"].get("unique_id", ""))


def test_every_line_is_delivered_once_and_the_upserts_are_few() -> None:
    """Seven people, seven upserts."""
    fake = Fake()
    run = make_run(fake)
    deliver(run, stream(*(line(n) for n in range(FEW))))
    assert Counter(fake.ids()) == {f"e{n}": 1 for n in range(FEW)}
    assert [call for call, _ in fake.sent].count(UPSERT) == 7
    assert (run.store.counts.delivered, run.store.counts.saved) == (FEW, FEW - 7)
    assert exit_code(run) == 0
    books(run)


def test_an_empty_input_ends_at_once() -> None:
    """Nothing to do is all well."""
    run = make_run(Fake())
    deliver(run, stream())
    assert (run.acceptance.lines, exit_code(run)) == (0, 0)


def test_good_lines_beside_bad_ones_are_not_lost() -> None:
    """Each bad line is named by its number, its outcome and a code."""
    rejected: list[tuple[int, str, str]] = []
    fake = Fake(lambda call, body: NO if number_of(body) == "e4" else Answer(202))
    run = make_run(
        fake,
        {**IDENTIFY, "consent": {"marketing": True}},
        observers=Observers(
            lambda found: rejected.extend(
                (one.line.number, one.outcome, one.letter.code) for one in found
            )
        ),
    )
    granted = {"consent": {"marketing": True}}
    deliver(
        run,
        stream(
            line(1, **granted),
            b'{"name": NaN}',
            line(3),
            line(4, **granted),
            b"[]",
            line(6, **granted, timestamp=1_700_000_000),
            line(7, **granted, user={}),
            line(8, **granted),
        ),
    )
    assert sorted(set(fake.ids())) == ["e1", "e4", "e8"]
    assert sorted(rejected) == [
        (2, "invalid", "event.not-json"),
        (4, "dead", "invalid"),
        (5, "invalid", "event.not-an-object"),
        (6, "refused", "time.looks-like-seconds"),
    ]
    counts = run.store.counts
    assert (counts.accepted, counts.delivered, counts.dead) == (6, 2, 2)
    assert dict(counts.not_sent) == {"denied": 1, "unidentified": 1}
    assert exit_code(run) == 1
    books(run)


@pytest.mark.parametrize("bad", [b"{", b"[]"])
def test_one_invalid_line_is_exit_1(bad: bytes) -> None:
    """However many good ones there are."""
    run = make_run(Fake())
    deliver(run, stream(line(1), bad))
    assert (exit_code(run), run.store.counts.delivered) == (1, 1)


def test_a_dead_upsert_alone_is_exit_1_and_is_told_again() -> None:
    """Its state is taken back, so the profile's next event brings the news again."""
    tries: list[str] = []

    def answers(call: str, body: dict[str, Any]) -> Answer:
        if call == UPSERT:
            tries.append(body["data"]["attributes"]["external_id"])
        return NO if call == UPSERT and len(tries) == 1 else Answer(202)

    fake = Fake(answers)
    run = make_run(fake)
    reader, writer = os.pipe()

    def write() -> None:
        with os.fdopen(writer, "wb") as out:
            out.write(json.dumps(line(7)).encode() + b"\n")
            out.flush()
            wait_for(lambda: run.store.counts.dead_upserts == 1)
            out.write(json.dumps(line(14)).encode() + b"\n")

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reader, "rb") as source:
        deliver(run, source)
    thread.join()
    assert tries == ["u0", "u0"]
    counts = run.store.counts
    assert (counts.delivered, counts.dead, counts.dead_upserts, exit_code(run)) == (2, 0, 1, 1)
    books(run)


def wait_for(done: Any, seconds: float = 10.0) -> None:
    """Until something that another thread does is done."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "never happened"
        threading.Event().wait(0.001)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(401, body=SAID), "key"),
        (Answer(403, body=SAID), "scope"),
        (Answer(404, body=b"<html>"), "not-klaviyo"),
        (Answer(200, body=b"<html>"), "not-klaviyo"),
        (Answer(None, fault="tls"), "tls"),
    ],
    ids=["401", "403", "404 html", "200 html", "tls"],
)
def test_what_only_a_person_can_mend_stops_the_run(answer: Answer, reason: str) -> None:
    """Everything is kept, and the exit code says that Klaviyo could not be used."""
    run = make_run(Fake(lambda call, body: answer), give_up=0.3)
    deliver(run, stream(*(line(n) for n in range(FEW))))
    assert run.course.stopped is not None
    assert (run.course.stopped.reason, exit_code(run)) == (reason, 3)
    assert run.store.counts.delivered == run.store.counts.dead == 0
    books(run)


def test_a_host_that_never_answers_is_given_up() -> None:
    """After the time that was asked for."""
    run = make_run(Fake(lambda call, body: Answer(None, fault="connect")), give_up=0.3)
    start = time.monotonic()
    deliver(run, stream(line(1)))
    assert 0.3 <= time.monotonic() - start < 15.0
    assert run.course.stopped is not None
    assert (run.course.stopped.reason, exit_code(run)) == ("unreachable", 3)


class Broken(io.RawIOBase):
    """An input that ends in an error after some lines."""

    def __init__(self, error: Exception, *events: Any) -> None:
        self.error = error
        self.left = stream(*events).getvalue().splitlines(keepends=True)

    def readline(self, size: int | None = -1) -> bytes:
        if not self.left:
            raise self.error
        return self.left.pop(0)


@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error"), ValueError("I/O operation on closed file")]
)
def test_an_input_that_breaks_off_is_told_and_what_was_read_is_sent(error: Exception) -> None:
    """Exit 2: the input is at fault, not Klaviyo."""
    run = make_run(Fake())
    deliver(run, Broken(error, line(1), line(2)))  # type: ignore[arg-type]
    assert (run.store.counts.delivered, exit_code(run)) == (2, 2)
    assert run.input.error


def test_events_are_delivered_before_the_input_ends() -> None:
    """A stream may never end."""
    reader, writer = os.pipe()
    fake = Fake()
    run = make_run(fake)

    def write() -> None:
        with os.fdopen(writer, "wb") as out:
            for number in range(5):
                out.write(json.dumps(line(number)).encode() + b"\n")
                out.flush()
                wait_for(lambda number=number: f"e{number}" in fake.ids())

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reader, "rb") as source:
        deliver(run, source)
    thread.join()
    assert fake.ids() == [f"e{n}" for n in range(5)]


@pytest.mark.parametrize("before", [0, 1])
def test_waiting_for_input_costs_nothing(before: int) -> None:
    """Idle is idle, at the beginning and later: the loop turns a few times, not thousands."""
    reader, writer = os.pipe()
    turns: list[float] = []
    clock = [1_000.0]
    fake = Fake()
    run = make_run(fake, clock=lambda: clock[0])
    run.observers = Observers(watch=lambda run: turns.append(0.0))

    def write() -> None:
        with os.fdopen(writer, "wb") as out:
            for number in range(before):
                out.write(json.dumps(line(number)).encode() + b"\n")
                out.flush()
                wait_for(lambda: run.store.counts.delivered == before)
            clock[0] += 100.0  # whatever was to be done until then is long done
            run.inbox.put(Woke())
            threading.Event().wait(0.3)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reader, "rb") as source:
        deliver(run, source)
    thread.join()
    assert len(turns) < 100


class Endless(io.RawIOBase):
    """An input that says nothing until it is let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    def readline(self, size: int | None = -1) -> bytes:
        self.gate.wait(10)
        return b""


def test_a_run_whose_last_lines_send_nothing_ends_at_once() -> None:
    """They come in together with the end of the input, and nothing is left to wait for."""
    source = Endless()
    run = make_run(Fake(), {"mapping": {"order": {"complete": {"ignore": True}}}})
    for number in (1, 2):
        run.inbox.put(Batch((read_line(number, json.dumps(line(number)).encode()),)))
    run.inbox.put(EndOfInput())
    thread = threading.Thread(
        target=deliver,
        args=(
            run,
            source,
        ),
        daemon=True,
    )
    thread.start()
    thread.join(20)
    ended = not thread.is_alive()
    run.interrupt(15)
    source.gate.set()
    thread.join(10)
    assert dict(run.store.counts.not_sent) == {"ignored": 2}
    assert ended, "waits although all is done"


def test_a_signal_ends_it_with_what_is_under_way() -> None:
    """What has been asked is waited for, what has not stays unsent, and the code is the shell's."""
    gate = threading.Event()

    def answers(call: str, body: dict[str, Any]) -> Answer:
        gate.wait(10)
        return Answer(202)

    fake = Fake(answers)
    run = make_run(fake, {})
    events = stream(*(line(n) for n in range(500)))
    thread = threading.Thread(
        target=deliver,
        args=(
            run,
            events,
        ),
    )
    thread.start()
    wait_for(lambda: len(fake.sent) == 32)
    run.interrupt(15)
    wait_for(lambda: run.sender.draining)
    gate.set()
    thread.join(10)
    assert not thread.is_alive()
    assert (len(fake.sent), run.store.counts.delivered) == (32, 32)
    assert exit_code(run) == 143
    books(run)


def test_a_second_signal_does_not_wait() -> None:
    """Not even for what is under way."""
    gate = threading.Event()

    def answers(call: str, body: dict[str, Any]) -> Answer:
        gate.wait(10)
        return Answer(202)

    fake = Fake(answers)
    run = make_run(fake, {})
    thread = threading.Thread(
        target=deliver,
        args=(
            run,
            stream(line(1)),
        ),
        daemon=True,
    )
    thread.start()
    wait_for(lambda: len(fake.sent) == 1)
    run.interrupt(2)
    run.interrupt(2)
    try:
        thread.join(20)
        assert not thread.is_alive(), "still waits for a request that nobody answers"
    finally:
        gate.set()
        thread.join(10)
    assert (run.store.counts.pending, exit_code(run)) == (1, 130)


def test_the_drain_time_is_a_bound() -> None:
    """A host that holds its answers back holds nobody: the clock, not the host, decides."""
    gate = threading.Event()
    clock = [1_000.0]

    def answers(call: str, body: dict[str, Any]) -> Answer:
        gate.wait(20)
        return Answer(202)

    fake = Fake(answers)
    run = make_run(fake, {}, clock=lambda: clock[0])
    thread = threading.Thread(
        target=deliver,
        args=(
            run,
            stream(line(1)),
        ),
        daemon=True,
    )
    thread.start()
    wait_for(lambda: len(fake.sent) == 1)
    run.interrupt(15)
    wait_for(lambda: run.sender.draining)
    clock[0] += 11.0
    run.inbox.put(None)  # anything wakes it
    try:
        thread.join(20)
        assert not thread.is_alive(), "still waits after its drain time"
    finally:
        gate.set()
        thread.join(10)


def test_a_crash_inside_sending_loses_nothing_and_does_not_go_on_for_ever() -> None:
    """A fault of ours in one request: the others are delivered, the one is named in the end."""
    calls: Counter[str] = Counter()

    def answers(call: str, body: dict[str, Any]) -> Answer:
        calls[number_of(body)] += 1
        if number_of(body) == "e3":
            raise TypeError("ada@example.com is no body")
        return Answer(202)

    later = [0.0]

    def clock() -> float:
        later[0] += 100.0  # at every look, so that hours pass in a moment
        return later[0]

    run = make_run(Fake(answers), {}, clock=clock, luck=lambda: 0.01)
    thread = threading.Thread(
        target=deliver,
        args=(
            run,
            stream(*(line(n) for n in range(9))),
        ),
        daemon=True,
    )
    thread.start()
    thread.join(20)
    ended = not thread.is_alive()
    run.interrupt(15)
    thread.join(10)
    assert run.store.counts.delivered == 8
    assert "ada@" not in repr(run.letters)
    assert ended, f"tried {calls['e3']} times and still at it"


def test_bulk_and_single_deliver_the_same() -> None:
    """The mode is a matter of speed."""
    for mode in ("single", "auto", "bulk"):
        rows: Counter[str] = Counter()
        lock = threading.Lock()

        def answers(call: str, body: dict[str, Any], rows: Any = rows, lock: Any = lock) -> Answer:
            data = body["data"]["attributes"]
            groups = data.get("events-bulk-create", {}).get("data", [])
            found = [
                row["attributes"]["unique_id"]
                for group in groups
                for row in group["attributes"]["events"]["data"]
            ]
            with lock:
                rows.update(found or ([data["unique_id"]] if call == EVENT else []))
            return Answer(202)

        run = make_run(Fake(answers), mode=mode)  # type: ignore[arg-type]
        deliver(run, stream(*(line(n) for n in range(700))))
        assert rows == {f"e{n}": 1 for n in range(700)}
        assert run.store.counts.delivered == 700


def test_its_repr_shows_no_key() -> None:
    """It ends up in logs and tracebacks."""
    config = {**IDENTIFY, "settings": {**IDENTIFY["settings"], "apiKey": "pk_canary_4711"}}
    run = make_run(Fake(), config)
    deliver(run, stream(line(1)))
    assert "pk_canary" not in repr(run)


class Held(io.RawIOBase):
    """A pipe with some lines, that stays open until it is let go."""

    def __init__(self, *events: Any) -> None:
        self.left = stream(*events).getvalue().splitlines(keepends=True)
        self.gate = threading.Event()

    def readline(self, size: int | None = -1) -> bytes:
        if self.left:
            return self.left.pop(0)
        self.gate.wait(10)
        return b""


def test_what_was_read_of_a_pipe_is_kept_when_the_run_stops(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its sender could not know what was read and not accepted; the last line is told."""
    source = Held(*(line(n) for n in range(3_000)))
    run = make_run(Fake(lambda call, body: Answer(401, body=SAID)), {})
    deliver(run, source)  # type: ignore[arg-type]
    source.gate.set()
    assert not run.has_ended
    assert run.acceptance.last is not None
    assert run.acceptance.lines == run.store.counts.accepted == run.acceptance.last.number
    assert 3_000 - len(source.left) - run.acceptance.lines <= 2  # what the reader has in hand
    summarise(run, "http://127.0.0.1:1")
    said, last = capsys.readouterr().err, run.acceptance.last.number
    assert f"Line {last:,} was the last accepted, the rest was not read; of a pipe" in said


def test_a_pipe_that_was_read_to_its_end_was_not_cut_short(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Everything is kept, and nobody need send anything again."""
    ended = threading.Event()

    class Inbox(queue.SimpleQueue[Any]):
        """Says when all of the pipe was read."""

        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            super().put(item)
            if isinstance(item, EndOfInput):
                ended.set()

    def refused(call: str, body: Any) -> Answer:
        ended.wait(10)
        return Answer(401, body=SAID)

    run = make_run(Fake(refused), {})
    run.inbox = Inbox()
    deliver(run, stream(*(line(n) for n in range(1_200))))
    assert run.has_ended
    assert run.store.counts.accepted == 1_200
    summarise(run, "http://127.0.0.1:1")
    assert "was not read" not in capsys.readouterr().err
