"""A Destination in a program of its own: what if the program is killed, stopped, or forks?"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.end_to_end.command import KEY, environment

from walkeros_klaviyo.destination import Destination
from walkeros_klaviyo.sandbox import Sandbox
from walkeros_klaviyo.sandbox.serve import running
from walkeros_klaviyo.shell.store import Store

HEAD = """
import multiprocessing, os, signal, sys, threading, time
from walkeros_klaviyo.destination import Destination, DestinationClosedError
from walkeros_klaviyo.shell.send.entrance import Entrance

URL, START = sys.argv[1], int(sys.argv[2])
CONFIG = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}


def event(number):
    who = number % 7
    user = {"id": f"u{who}", "first": f"F{number // 50}"}
    name, stamp = "order complete", 1_795_518_160_712 + number
    return {"name": name, "timestamp": stamp, "id": f"e{number}", "user": user}


def opened(store="shop.db"):
    return Destination(CONFIG, store=store, host=URL, limits=False, mode="single")


def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())


"""


@pytest.fixture(scope="module")
def stand_in() -> Iterator[tuple[Sandbox, str]]:
    """One sandbox for all tests."""
    sandbox = Sandbox(limits="off")
    with running(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def sandbox(stand_in: tuple[Sandbox, str]) -> Sandbox:
    """Nothing was recorded yet."""
    stand_in[0].reset()
    return stand_in[0]


@contextmanager
def program(body: str, url: str, start: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A program with a Destination; killed by its own number if it is still there."""
    path = Path(f"program-{start}.py")
    path.write_text(HEAD + textwrap.dedent(body))
    words = [sys.executable, str(path), url, str(start)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, env=environment(), text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def finished(body: str, url: str, start: int = 0) -> list[str]:
    """Run a program to its end; what it said."""
    with program(body, url, start) as process:
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")
        return out.split("\n")[:-1]


def times(sandbox: Sandbox) -> Counter[str]:
    """How often each event was recorded."""
    return Counter(json.loads(row)["unique_id"] for row in sandbox.event_lines())


PUSHING = """
destination = opened()

def push(first):
    for number in range(first, first + 100_000, 4):
        assert destination.push(event(number)).outcome == "send"
        say(f"e{number}")

for first in range(4):
    threading.Thread(target=push, args=(START + first,), daemon=True).start()
time.sleep(60)
"""


def resumed(url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """The next one, here, delivers what is left: how many were accepted, delivered, and wait."""
    monkeypatch.setenv("KLAVIYO_API_KEY", KEY)
    config = {"settings": {"identify": {"map": {"firstName": "user.first"}}}}
    with Destination(config, store="shop.db", host=url, limits=False, mode="single") as last:
        counts = last.flush(20)
        return counts.accepted, counts.delivered, counts.pending


def test_what_was_pushed_before_a_kill_arrives_exactly_once(
    stand_in: tuple[Sandbox, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four threads push, the program is killed, again and again; whose push returned, arrives."""
    pushed: list[str] = []
    for life in range(3):
        with program(PUSHING, stand_in[1], life * 1_000_000) as process:
            assert process.stdout is not None
            for _ in range(30 + 60 * life):
                pushed.append(process.stdout.readline().strip())
            process.kill()
            rest = process.stdout.read()
        pushed += rest.split("\n")[:-1]  # what it said before it died
    accepted, delivered, pending = resumed(stand_in[1], monkeypatch)
    arrived = times(sandbox)
    assert len(pushed) > 250
    assert set(pushed) <= set(arrived)
    assert set(arrived.values()) == {1}
    assert (accepted, pending) == (delivered, 0) == (len(arrived), 0)
    with Store.visit("shop.db") as store:
        assert store.imbalance() is None


STOPPED = """
class Stopped(Exception):
    pass

def stop(number, frame):
    raise Stopped

signal.signal(signal.SIGTERM, stop)
number = START
with opened() as destination:
    try:
        while True:
            destination.push(event(number))
            say(f"e{number}")
            number += 1
    except Stopped:
        pass
say("closed", destination.counts.pending)
"""
CLOSING = """
destination = opened()
signal.signal(signal.SIGTERM, lambda number, frame: destination.close())
number = START
try:
    while True:
        destination.push(event(number))
        say(f"e{number}")
        number += 1
except DestinationClosedError:
    say("closed", destination.counts.pending)
"""


@pytest.mark.parametrize("body", [STOPPED, CLOSING], ids=["raises", "closes"])
def test_a_program_that_is_told_to_stop_delivers_what_it_has_pushed(
    stand_in: tuple[Sandbox, str], sandbox: Sandbox, body: str
) -> None:
    """Its handler raises, or closes the destination itself, in the middle of a push."""
    with program(body, stand_in[1]) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(50)]
        process.send_signal(signal.SIGTERM)
        out = process.stdout.read()
        assert process.stderr is not None
        assert (process.wait(20), process.stderr.read()) == (0, "")
    said += out.split("\n")[:-1]
    assert said.pop() == "closed 0"
    arrived = times(sandbox)
    assert set(said) <= set(arrived)
    assert len(arrived) <= len(said) + 1, "an event whose push was broken off may have been taken"
    assert set(arrived.values()) == {1}


def test_a_handler_may_close_at_any_moment_of_a_push(
    stand_in: tuple[Sandbox, str], sandbox: Sandbox
) -> None:
    """Also while the pushing thread, which it interrupts, looks whether it is open."""
    body = """
    destination = opened()
    signal.signal(signal.SIGTERM, lambda number, frame: destination.close())
    destination.push(event(1))
    look = Entrance.check

    def interrupted(entrance):
        look(entrance)
        Entrance.check = look
        signal.raise_signal(signal.SIGTERM)

    Entrance.check = interrupted
    say("pushing")
    try:
        destination.push(event(2))
    except DestinationClosedError:
        pass
    say("closed")
    """
    with program(body, stand_in[1]) as process:
        try:
            out, _ = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
    assert out.split() == ["pushing", "closed"]
    assert times(sandbox)["e1"] == 1


FORKING = """
def child(destination, number):
    for act in (lambda: destination.push(event(number)), destination.flush):
        try:
            act()
        except DestinationClosedError as error:
            say("refused" if "forked child" in str(error) else error)
    destination.close()
    with opened(f"child-{number}.db") as own:
        own.push(event(number))

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with opened() as destination:
        destination.push(event(1))
        for number in (10, 11):
            process = context.Process(target=child, args=(destination, number))
            process.start()
            destination.push(event(number - 8))
            process.join(20)
            say("child ended", process.exitcode)
        destination.push(event(4))
        destination.flush(20)
    say("parent ended", destination.counts.delivered)
"""


def test_nothing_is_left_to_import_when_the_thread_starts(stand_in: tuple[Sandbox, str]) -> None:
    """A fork in the middle of an import would leave its lock held in the child for ever."""
    body = """
    class Told(threading.Thread):
        def start(self):
            if self.name == "klaviyo":
                say(*sorted(LATE & set(sys.modules)))
            super().start()

    LATE = {"decimal", "hashlib", "phonenumbers", "encodings.idna"}
    threading.Thread = Told
    opened().close()
    """
    assert finished(textwrap.dedent(body), stand_in[1]) == [
        "decimal encodings.idna hashlib phonenumbers"
    ]


def test_a_forked_child_is_refused_and_may_open_its_own(
    stand_in: tuple[Sandbox, str], sandbox: Sandbox
) -> None:
    """The parent does not notice: everything arrives once, and its store is whole."""
    said = finished(FORKING, stand_in[1])
    assert said == [*(["refused"] * 2 + ["child ended 0"]) * 2, "parent ended 4"]
    assert times(sandbox) == {f"e{n}": 1 for n in (1, 2, 3, 4, 10, 11)}
    with Store.visit("shop.db") as store:
        assert store.imbalance() is None


def test_a_child_that_is_forked_in_the_middle_of_a_push_is_refused_too(
    stand_in: tuple[Sandbox, str], sandbox: Sandbox
) -> None:
    """Another thread may hold whatever it holds at that moment: the child must not hang."""
    body = """
    destination = opened()
    inside, go = threading.Event(), threading.Event()
    look = Entrance.check

    def slowly(entrance):
        if threading.current_thread().name == "pusher":
            inside.set()
            go.wait(10)
        look(entrance)

    Entrance.check = slowly
    pusher = threading.Thread(target=destination.push, args=(event(1),), name="pusher")
    pusher.start()
    inside.wait(10)
    child = os.fork()
    if child == 0:
        signal.alarm(3)
        try:
            destination.push(event(2))
        except DestinationClosedError:
            os._exit(7)
        os._exit(8)
    go.set()
    _, status = os.waitpid(child, 0)
    pusher.join(10)
    destination.close()
    say(os.waitstatus_to_exitcode(status))
    """
    assert finished(body, stand_in[1]) == ["7"]
    assert times(sandbox) == {"e1": 1}


def test_two_programs_on_one_store_the_second_is_told(
    stand_in: tuple[Sandbox, str], sandbox: Sandbox
) -> None:
    """Who holds it, and the first one goes on; when it has ended, the second one may."""
    first = """
    with opened() as destination:
        destination.push(event(START))
        say(os.getpid())
        sys.stdin.readline()
        destination.push(event(START + 1))
    say("ended")
    """
    second = """
    from walkeros_klaviyo.shell.store import StoreHeldError
    try:
        with opened() as destination:
            destination.push(event(START))
            say("opened")
    except StoreHeldError as error:
        say(error)
    """
    path = Path("first.py")
    path.write_text(HEAD + textwrap.dedent(first))
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, str(path), stand_in[1], "0"],
        stdin=pipe,
        stdout=pipe,
        env=environment(),
        text=True,
    ) as process:
        assert process.stdout is not None
        pid = process.stdout.readline().strip()
        assert f"in use by process {pid} on" in finished(second, stand_in[1], 50)[0]
        out, _ = process.communicate("\n", timeout=20)
        assert (out, process.returncode) == ("ended\n", 0)
    assert finished(second, stand_in[1], 60) == ["opened"]
    assert times(sandbox) == {"e0": 1, "e1": 1, "e60": 1}


@pytest.mark.parametrize("how", ["", "sys.exit(3)", "os._exit(3)"])
def test_a_program_that_ends_without_closing_loses_nothing(
    stand_in: tuple[Sandbox, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """It ends as quickly and quietly as without a destination; the next one goes on."""
    body = f"""
    destination = opened()
    for number in range(40):
        destination.push(event(number))
    say("pushed")
    {how}
    """
    with program(body, stand_in[1]) as process:
        out, err = process.communicate(timeout=20)
    assert out == "pushed\n"
    assert (process.returncode, err) == (3 if how else 0, "")
    assert resumed(stand_in[1], monkeypatch) == (40, 40, 0)
    assert set(times(sandbox).values()) == {1}
