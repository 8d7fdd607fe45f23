"""Who only looks on cannot hurt delivery, and whoever waits for it gets away."""

from __future__ import annotations

import atexit
import gc
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.shell.fake import SAID, Fake, line, make_run, stream
from tests.shell.test_destination import key, open_, path, soon  # noqa: F401

from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.shell.send import workers
from walkeros_klaviyo.shell.send.run import deliver
from walkeros_klaviyo.shell.send.uncommitted import Observers
from walkeros_klaviyo.shell.send.workers import NoThreadError, Workers
from walkeros_klaviyo.shell.store import Store
from walkeros_klaviyo.shell.store.letter import Letter

NO = Answer(400, body=SAID)


def threads() -> set[threading.Thread]:
    """Those of ours that run now."""
    return {one for one in threading.enumerate() if one.name.startswith("klaviyo")}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Each ends with its Destination."""
    before = threads()
    yield
    soon(lambda: threads() <= before)


def refusing(dead: str) -> Fake:
    """Klaviyo refuses one event."""

    def answers(call: str, body: dict[str, dict[str, dict[str, str]]]) -> Answer:
        return NO if body["data"]["attributes"].get("unique_id") == dead else Answer(202)

    return Fake(answers)


def test_the_log_has_no_people_in_it(caplog: pytest.LogCaptureFixture) -> None:
    """What died is logged once it is on the disk, by its line and code; Klaviyo's words are not."""
    said = b'{"errors": [{"code": "invalid", "detail": "ada@example.com is no email"}]}'

    def answers(call: str, body: Any) -> Answer:
        return Answer(400, body=said)

    run = make_run(Fake(answers))
    deliver(run, stream(line(1)))
    assert "dead: line 1 and 1 more, invalid" in caplog.messages
    assert "ada@example.com" not in caplog.text


def test_a_stop_is_logged_by_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    """So that who reads a program's log knows why nothing goes out."""
    said = b'{"errors": [{"code": "not_authenticated", "detail": "pk_secret is no key"}]}'
    run = make_run(Fake(lambda call, body: Answer(401, body=said)))
    deliver(run, stream(line(1)))
    assert "stopped: key" in caplog.messages
    assert "pk_secret" not in caplog.text


def raises(letter: Letter) -> None:
    raise ValueError(letter.origin.raw)


def ends(letter: Letter) -> None:
    sys.exit(3)


@pytest.mark.parametrize("on_dead", [raises, ends])
def test_an_on_dead_that_fails_costs_nothing(
    path: Path,  # noqa: F811
    on_dead: Callable[[Letter], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What it raised is logged, without the event; the letter is in the store, the rest arrives."""
    with open_(path, refusing("e3"), on_dead=on_dead) as destination:
        destination.push_many(line(number) for number in range(20))
        counts = destination.flush(10)
    assert (counts.delivered, counts.dead) == (19, 1)
    assert "an observer failed" in caplog.text
    assert "user" not in caplog.text


def test_on_dead_may_push_and_flush(path: Path) -> None:  # noqa: F811
    """It has a thread of its own."""
    told = threading.Event()

    def again(letter: Letter) -> None:
        destination.push(line(100))
        destination.flush(10)
        told.set()

    with open_(path, refusing("e3"), on_dead=again) as destination:
        destination.push_many(line(number) for number in range(5))
        assert told.wait(10)
        assert (destination.counts.delivered, destination.counts.dead) == (5, 1)


def test_an_on_dead_that_never_returns_holds_nobody_up(path: Path) -> None:  # noqa: F811
    """Neither delivery nor the end."""
    gate = threading.Event()
    destination = open_(path, refusing("e3"), on_dead=lambda letter: gate.wait(30) and None)
    destination.push_many(line(number) for number in range(50))
    assert destination.close(10).delivered == 49
    gate.set()


def test_a_dead_letter_is_told_once_it_is_on_the_disk(path: Path) -> None:  # noqa: F811
    """Whoever is told can look it up."""
    seen: list[int] = []
    with open_(
        path, refusing("e3"), on_dead=lambda letter: seen.append(destination.counts.dead)
    ) as destination:
        destination.push(line(3))
        soon(lambda: seen == [1])


def test_flush_and_close_end_while_nothing_can_go_out(path: Path) -> None:  # noqa: F811
    """However long they were told to wait; what waits is kept."""
    destination = open_(path, Fake(lambda call, body: Answer(401, body=SAID)))
    destination.push(line(1))
    soon(lambda: destination.trouble is not None)
    assert destination.flush(None).pending == 1
    assert destination.close(None).pending == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(403, body=b"<html><title>Blocked</title>"), "not-klaviyo"),
        (Answer(None, fault="connect"), "unreachable"),
    ],
)
def test_a_host_that_is_never_heard_is_trouble(
    path: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
    reason: str,
) -> None:
    """After a while; nothing dies of it, and `flush` and `close` end."""
    monkeypatch.setattr("walkeros_klaviyo.shell.send.destination.SILENCE", 0.0)
    destination = open_(path, Fake(lambda call, body: answer))
    destination.push(line(1))
    soon(lambda: destination.trouble is not None and destination.trouble.reason == reason)
    assert destination.flush(None).dead == 0
    assert destination.close(None).pending == 1


def test_close_in_a_signal_handler_ends(path: Path) -> None:  # noqa: F811
    """Even in the middle of a flush."""
    gate = threading.Event()
    fake = Fake(lambda call, body: (gate.wait(20), Answer(202))[1])
    destination = open_(path, fake)
    destination.push(line(1))
    kept = signal.signal(signal.SIGALRM, lambda number, frame: destination.close(0.1) and None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        destination.flush(10)
    finally:
        signal.signal(signal.SIGALRM, kept)
        gate.set()
    assert destination.counts.pending == 1


def test_forget_does_not_wait_for_room(path: Path) -> None:  # noqa: F811
    """Nor for the events that do."""
    gate = threading.Event()
    fake = Fake(lambda call, body: (gate.wait(20), Answer(202))[1])
    destination = open_(path, fake, most_waiting=1)
    destination.push(line(1))
    pusher = threading.Thread(target=lambda: destination.push(line(2)), daemon=True)
    pusher.start()
    soon(lambda: bool(destination._entrance.waiting))
    destination.forget(external_id="u5", timeout=5)
    gate.set()
    pusher.join(10)
    destination.close(10)


def test_a_forget_that_fails_fails_alone(
    path: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its caller is told, and what others pushed meanwhile is kept."""
    with open_(path, Fake()) as destination:
        destination.push(line(1))
        with monkeypatch.context() as broken, pytest.raises(TypeError):
            broken.setattr(Store, "forget", None)
            destination.forget(external_id="u1", timeout=5)
        destination.push(line(2))
        assert destination.flush(10).delivered == 2


def test_no_thread_leaks_however_many_destinations_there_were(path: Path) -> None:  # noqa: F811
    """32 each did."""
    before = len(threads())
    for number in range(10):
        with open_(path, Fake()) as destination:
            destination.push_many(line(number * 100 + n) for n in range(40))
            destination.flush(10)
    soon(lambda: len(threads()) <= before)


def test_what_is_closed_keeps_no_connection(path: Path) -> None:  # noqa: F811
    """Until the garbage collector came, each kept a socket a request that was under way."""
    fake = Fake()
    with open_(path, fake) as destination:
        destination.push(line(1))
        assert not fake.is_closed
    assert fake.is_closed


def test_what_is_closed_is_not_kept(path: Path) -> None:  # noqa: F811
    """Not even for the end of the program."""
    with open_(path, Fake()) as destination:
        gone = weakref.ref(destination)
    before = atexit._ncallbacks()
    with open_(path, Fake()) as destination:
        destination.push(line(1))
    del destination
    gc.collect()
    assert gone() is None
    assert atexit._ncallbacks() == before


class NoThread(threading.Thread):
    """The system has none left."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


def test_without_a_thread_to_be_had_a_run_ends_and_keeps_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says what is missing; nothing was accepted that is not sent or kept."""
    run = make_run(Fake())
    monkeypatch.setattr(workers.threading, "Thread", NoThread)  # type: ignore[attr-defined]
    with pytest.raises(NoThreadError, match="starts no more threads"):
        run.klaviyo = Fake()
        Workers(2).submit(lambda: None)
    monkeypatch.undo()
    deliver(run, stream(line(1)))
    assert run.store.counts.delivered == 1


def test_where_some_threads_are_there_they_do_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is reached later costs speed only."""
    pool, gate, done = Workers(8), threading.Event(), threading.Semaphore(0)
    pool.submit(gate.wait, 10)  # type: ignore[arg-type]
    monkeypatch.setattr(workers.threading, "Thread", NoThread)  # type: ignore[attr-defined]
    for _ in range(5):
        pool.submit(done.release)
    monkeypatch.undo()
    gate.set()
    assert all(done.acquire(timeout=10) for _ in range(5))
    pool.close(10)


def test_a_progress_that_raises_does_not_end_a_run() -> None:
    """A lost terminal is no reason to stop."""

    def lost(loop: object) -> None:
        raise OSError("the terminal is gone")

    run = make_run(Fake(), observers=Observers(watch=lost))
    deliver(run, stream(*map(line, range(30))))
    assert run.store.counts.delivered == 30
