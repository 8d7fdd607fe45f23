"""A program that keeps running: is what it pushed safe, and is it bounded?"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.shell.fake import IDENTIFY, Fake, line

from walkeros_klaviyo.core.faults import ConfigError
from walkeros_klaviyo.delivery import course
from walkeros_klaviyo.delivery.messages import Answer
from walkeros_klaviyo.destination import Destination, DestinationClosedError, DestinationFullError
from walkeros_klaviyo.shell.problem import UsageError
from walkeros_klaviyo.shell.send import destination as program
from walkeros_klaviyo.shell.send import loop as looping
from walkeros_klaviyo.shell.store import Store, StoreHeldError

KEY = "pk_test"
HOST = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its key comes from the environment."""
    monkeypatch.setenv("KLAVIYO_API_KEY", KEY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store that is not there yet."""
    return tmp_path / "shop.db"


def open_(path: Path, fake: Fake, **changes: Any) -> Destination:
    """A destination without a pace."""
    given = {"store": path, "host": HOST, "klaviyo": fake, "limits": False, "mode": "single"}
    return Destination(IDENTIFY, **{**given, **changes})


def soon(done: Callable[[], bool], seconds: float = 10.0) -> None:
    """Until another thread has done it."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "never happened"
        threading.Event().wait(0.002)


def test_what_is_pushed_arrives_once(path: Path) -> None:
    """In the order of a profile, and the counts say so."""
    fake = Fake()
    with open_(path, fake) as destination:
        for number in range(50):
            assert destination.push(line(number)).outcome == "send"
        counts = destination.flush(10)
    assert Counter(fake.ids()) == {f"e{n}": 1 for n in range(50)}
    assert (counts.accepted, counts.delivered, counts.pending) == (50, 50, 0)
    for who in range(7):
        assert [one for one in fake.ids() if int(one[1:]) % 7 == who] == [
            f"e{n}" for n in range(50) if n % 7 == who
        ]


def test_push_says_what_becomes_of_an_event(path: Path) -> None:
    """Whatever it is; nothing raises, for a program must go on."""
    config = {**IDENTIFY, "consent": {"marketing": True}}
    with open_(path, Fake()) as destination:
        assert destination.push({"name": "x"}).outcome == "invalid"
        assert destination.push(object()).diagnostics[-1].code == "event.not-json"
        assert destination.push({**line(1), "data": {"x": float("nan")}}).outcome == "invalid"
        assert destination.push(line(1, user={})).outcome == "unidentified"
    Path(path).unlink()
    with Destination(config, store=path, host=HOST, klaviyo=Fake()) as destination:
        assert destination.push(line(1)).outcome == "denied"
        assert destination.counts.not_sent["denied"] == 1


def test_a_pushed_event_cannot_be_changed_afterwards(path: Path) -> None:
    """It is on the disk as it was."""
    gate, fake = threading.Event(), Fake()
    fake.answers = lambda call, body: (gate.wait(10), Answer(202))[1]
    with open_(path, fake) as destination:
        event = line(1)
        destination.push(event)
        event["name"] = "order cancel"
        gate.set()
        destination.flush(10)
    assert fake.sent[-1][1]["data"]["attributes"]["metric"]["data"]["attributes"]["name"] == (
        "order complete"
    )


def test_many_threads_push_at_once(path: Path) -> None:
    """Nothing is lost or doubled between them."""
    fake = Fake()
    with open_(path, fake) as destination:

        def push(start: int) -> None:
            for number in range(start, start + 50):
                destination.push(line(number))

        threads = [threading.Thread(target=push, args=(n * 50,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert destination.flush(20).delivered == 400
    assert Counter(fake.ids()) == {f"e{n}": 1 for n in range(400)}


def test_what_was_pushed_is_on_the_disk(path: Path) -> None:
    """The program dies without a word: the next one delivers."""
    silent = Fake(lambda call, body: Answer(None, fault="connect"))
    first = open_(path, silent)
    first.push_many(line(n) for n in range(30))
    first.close(0)
    fake = Fake()
    with open_(path, fake) as destination:
        assert destination.flush(10).pending == 0
    assert Counter(fake.ids()) == {f"e{n}": 1 for n in range(30)}


def test_a_full_destination_makes_its_pusher_wait(path: Path) -> None:
    """Back-pressure instead of growth; and an event that was given up is not taken later."""
    gate, fake = threading.Event(), Fake()
    fake.answers = lambda call, body: (gate.wait(20), Answer(202))[1]
    with open_(path, fake, most_waiting=10) as destination:
        taken = []
        with pytest.raises(DestinationFullError, match="no room"):
            for number in range(2_000):
                destination.push(line(number), timeout=0.2)
                taken.append(f"e{number}")
        assert len(taken) < 1_000
        gate.set()
        destination.push(line(5_000), timeout=10)
        destination.flush(20)
    assert Counter(fake.ids()) == Counter([*taken, "e5000"])


def test_flush_says_what_is_left_in_time(path: Path) -> None:
    """A host that is down is no reason to hang."""
    with open_(path, Fake(lambda call, body: Answer(None, fault="connect"))) as destination:
        destination.push(line(1))
        start = time.monotonic()
        assert destination.flush(0.2).pending == 1
        assert time.monotonic() - start < 15
        destination.close(0.1)


def test_a_refused_key_is_told_and_events_are_taken_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tries again in a while, and goes on where it stood."""
    monkeypatch.setattr(course, "AGAIN", 0.2)
    answers = {"now": Answer(401, body=b'{"errors":[{"detail":"bad key"}]}')}
    fake = Fake(lambda call, body: answers["now"])
    with open_(path, fake) as destination:
        destination.push(line(1))
        soon(lambda: destination.trouble is not None)
        assert destination.trouble is not None
        assert destination.trouble.reason == "key"
        assert destination.flush(5).pending == 1
        destination.push(line(2))
        answers["now"] = Answer(202)
        soon(lambda: destination.counts.delivered == 2)
        assert destination.trouble is None
    assert {"e1", "e2"} <= set(fake.ids())


def test_close_may_be_called_again_and_ends_pushing(path: Path) -> None:
    """The counts stay readable."""
    destination = open_(path, Fake())
    destination.push(line(1))
    assert destination.close().delivered == destination.close().delivered == 1
    assert destination.counts.delivered == 1
    with pytest.raises(DestinationClosedError, match="closed"):
        destination.push(line(2))


def test_close_is_bounded_though_nobody_answers(path: Path) -> None:
    """What is under way then is sent again by the next one, under the same id."""
    gate = threading.Event()
    fake = Fake(lambda call, body: (gate.wait(20), Answer(202))[1])
    destination = open_(path, fake)
    destination.push(line(1))
    start = time.monotonic()
    assert destination.close(0.2).pending == 1
    assert time.monotonic() - start < 15
    gate.set()


def test_a_second_one_on_the_same_store_is_told_who_holds_it(path: Path) -> None:
    """And does not disturb the first."""
    with open_(path, Fake()) as destination:
        with pytest.raises(StoreHeldError, match=str(os.getpid())):
            open_(path, Fake())
        assert destination.push(line(1)).outcome == "send"


def test_a_store_that_fails_fails_its_pushers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, and the event was not taken: the caller still has it."""
    destination = open_(path, Fake())
    destination.push(line(1))
    destination.flush(10)

    def full(self: Store) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "commit", full)
    with pytest.raises(DestinationClosedError):
        destination.push(line(2))
    with pytest.raises(DestinationClosedError, match="No space"):
        destination.push(line(3))
    assert destination.trouble is not None
    assert (destination.trouble.reason, destination.trouble.detail) == (
        "ended",
        "[Errno 28] No space left on device",
    )
    monkeypatch.undo()
    destination.close()
    with Store.visit(path) as store:
        assert store.counts.accepted == 1


def test_a_forked_child_may_not_use_it(path: Path) -> None:
    """Nor harm it."""
    with open_(path, Fake()) as destination:
        destination.push(line(1))
        with warnings.catch_warnings():  # a fork beside threads is just what is shown here
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            code = 1
            try:
                destination.push(line(2))
            except DestinationClosedError:
                destination.close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        destination.push(line(3))
        assert destination.flush(10).delivered == 2


def test_it_needs_a_key_and_a_sound_configuration(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are said before anything is made."""
    with pytest.raises(ConfigError):
        Destination({"mapping": 7}, store=path)
    monkeypatch.delenv("KLAVIYO_API_KEY")
    with pytest.raises(UsageError, match="KLAVIYO_API_KEY"):
        Destination({}, store=path)
    assert not path.exists()


def test_its_repr_shows_no_key(path: Path) -> None:
    """It ends up in logs."""
    with open_(path, Fake()) as destination:
        assert repr(destination) == f"<Destination of {HOST}, store shop.db>"
        assert KEY not in repr(destination._loop)


def test_idle_is_idle(path: Path) -> None:
    """A destination with nothing to do costs no processor time."""
    with open_(path, Fake()) as destination:
        destination.push(line(1))
        destination.flush(10)
        begun = time.process_time()
        threading.Event().wait(0.5)
        assert time.process_time() - begun < 0.1


def test_once_idle_nothing_of_what_was_delivered_is_left(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the -wal either, while the program goes on."""
    monkeypatch.setattr(looping, "REST", 0.05)
    with open_(path, Fake()) as destination:
        destination.push(line(1, user={"id": "u1", "email": "canary@example.com"}))
        destination.flush(10)
        files = (path, path.with_name(path.name + "-wal"))
        soon(lambda: not any(b"canary@" in one.read_bytes() for one in files if one.exists()))


def test_a_person_is_forgotten_while_it_runs(path: Path) -> None:
    """What waits of them goes; the others' is delivered."""
    answers = {"now": Answer(None, fault="connect")}
    fake = Fake(lambda call, body: answers["now"])
    with open_(path, fake) as destination:
        for number in range(14):
            destination.push(line(number))
        gone = destination.forget(external_id="u3", timeout=10)
        assert (gone.states, gone.waiting) == (1, 3)
        fake.sent.clear()
        answers["now"] = Answer(202)
        soon(lambda: destination.counts.pending == 0)
        assert not {"e3", "e10"} & set(fake.ids())


def test_the_dead_are_told_to_the_program(path: Path) -> None:
    """With Klaviyo's own words."""
    told: list[str] = []
    no = Answer(400, body=b'{"errors":[{"code":"invalid","detail":"Bad."}]}')
    with open_(
        path, Fake(lambda call, body: no), on_dead=lambda one: told.append(one.detail)
    ) as it:
        it.push(line(1))
        it.flush(10)
    assert told == ["Bad.", "Bad."]


def test_a_silent_host_is_trouble(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried on and on, and a person can see why nothing goes out."""
    monkeypatch.setattr(program, "SILENCE", 0.2)
    with open_(path, Fake(lambda call, body: Answer(None, fault="connect"))) as destination:
        destination.push(line(1))
        soon(lambda: destination.trouble is not None)
        assert destination.trouble is not None
        assert destination.trouble.reason == "unreachable"
        destination.close(0.1)
