"""Killed at any moment, and at chosen ones: nothing lost, nothing doubled, and it goes on."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from tests.end_to_end.command import (
    KEY,
    inside,
    sandbox,
    shop_event,
    started,
    write_config,
    write_lines,
)
from tests.end_to_end.kills import (
    LEAST_IN_FLIGHT,
    NOTHING,
    REFUSED,
    Soak,
    check_end,
    ended_within,
    look,
    recorded,
    refuse_seconds,
    requests_at,
    rows,
    soak_once,
    stats,
    wait_until_sending,
)
from tests.end_to_end.server import Handler, Host, hosting, http

from walkeros_klaviyo.shell.store import Store

MODES = ("single", "bulk")
ORDERS = 300


def few(some: int, many: int) -> pytest.MarkDecorator:
    """So many turns, and how many at size."""
    return pytest.mark.parametrize("turns", [some, pytest.param(many, marks=pytest.mark.whole)])


@pytest.fixture(scope="module", params=[(5, 400), pytest.param((25, 0), marks=pytest.mark.whole)])
def soaks(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Soak]]]:
    """A soak a mode, side by side, for much of their time is waiting.

    So many kills, and so many events that wait at the start of each life (0: the mode's own).
    """
    kills, waiting = request.param
    with ThreadPoolExecutor() as pool:
        yield {
            mode: pool.submit(soak_once, tmp_path_factory.mktemp(mode), mode, kills, seed, waiting)
            for seed, mode in enumerate(MODES)
        }


@pytest.mark.parametrize("mode", MODES)
def test_kills_at_any_moment_lose_and_double_nothing(
    soaks: dict[str, Future[Soak]], mode: str
) -> None:
    """All that must hold is asserted by the soak; here, that it was one."""
    figures = soaks[mode].result(timeout=300).figures
    assert figures.kills >= 5
    assert figures.in_flight >= LEAST_IN_FLIGHT * figures.kills


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    """A shop with 400 events that wait, and a sandbox that behaves."""
    with sandbox("--limits", "off", "--refuse", REFUSED) as url:
        yield Soak(tmp_path, url, "single", random.Random(20_261_124), 400)


def wait_until_opening(soak: Soak, process: subprocess.Popen[bytes]) -> None:
    """Until the process has taken hold of the store."""
    lock = soak.store.with_name(soak.store.name + ".lock")
    mine = f'"pid": {process.pid},'.encode()
    while not (lock.exists() and mine in lock.read_bytes()):
        assert not ended_within(process, 0.001)


def finished(soak: Soak) -> None:
    """The last runs do what is left, and what was dead till it was mended; all is as it must be."""
    soak.finish()
    soak.mend(0)
    soak.finish()
    check_end(soak)
    left = {path.name for path in soak.store.parent.glob(f"{soak.store.name}*")}
    assert left == {soak.store.name}, "a file was left behind"


@few(2, 10)
def test_a_kill_within_fifty_milliseconds_of_the_start(soak: Soak, turns: int) -> None:
    """Nothing is there yet, or not touched yet."""
    for _ in range(turns):
        with started(*soak.words(soak.next_source())) as process:
            ended_within(process, soak.luck.uniform(0.0, 0.05))
            process.kill()
        look(soak.store)
    finished(soak)


@few(2, 8)
def test_a_kill_while_the_store_is_opened(soak: Soak, turns: int) -> None:
    """While it is made, examined, mended, or just taken hold of."""
    last = NOTHING
    for turn in range(turns):
        with started(*soak.words(soak.next_source())) as process:
            wait_until_opening(soak, process)
            ended_within(process, soak.luck.uniform(0.0, 0.03) if turn else 0.0)
            process.kill()
        last = look(soak.store, last)
    finished(soak)


@few(2, 8)
def test_a_kill_while_a_stopped_run_closes(soak: Soak, turns: int) -> None:
    """SIGTERM, and before it has drained and closed, SIGKILL."""
    last = NOTHING
    for _ in range(turns):
        requests = requests_at(soak.url)
        with started(*soak.words(soak.next_source())) as process:
            wait_until_sending(soak.url, process, requests)
            process.send_signal(signal.SIGTERM)
            ended_within(process, soak.luck.uniform(0.0, 0.08))
            process.kill()
        soak.last = last = look(soak.store, last)
    finished(soak)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.whole)],
)
def test_a_signal_drains_and_the_next_run_goes_on(
    soak: Soak, number: signal.Signals, code: int
) -> None:
    """What was under way is finished and known to be; nothing of it is sent again."""
    with started(*soak.words(soak.next_source())) as process:
        wait_until_sending(soak.url, process, 60)
        process.send_signal(number)
        assert process.stderr is not None
        said = process.stderr.read().decode()
        assert process.wait(15) == code, said
    with Store.visit(soak.store) as store:
        metrics = dict(store.metrics)
        assert store.open_calls > 0, "it was not stopped in the middle"
    delivered = sum(by["delivered"] for name, by in metrics.items() if not name.startswith("("))
    known = sum(row["metric"] != "Ordered Product" for row in recorded(soak.url, "events"))
    again = stats(soak.url)["duplicates"]  # of events, and of lines of an order that came twice
    assert known <= delivered <= known + again
    finished(soak)
    assert stats(soak.url)["duplicates"] == soak.ledger.repeats


@few(3, 20)
def test_a_second_run_is_told_who_holds_the_store(soak: Soak, turns: int) -> None:
    """Exit 2 with the holder's number, and the first one does not notice."""
    refuse_seconds(soak, turns)


def refusing_after(count: int, is_shut: Event, taken: list[bytes]) -> Callable[[Host], Handler]:
    """A host that takes so many requests, and then refuses the key while that is set."""

    def answer(connection: socket.socket, request: bytes) -> None:
        if len(taken) >= count and is_shut.is_set():
            reply = http("401 Unauthorized", b'{"errors":[{"code":"not_authenticated"}]}')
        elif b"profile-import" in request.partition(b"\r\n")[0]:
            reply = http("201 Created", b'{"data":{"type":"profile","id":"01"}}')
        else:
            reply = http("202 Accepted")
            taken.append(request)
        connection.sendall(reply)

    return lambda host: answer


def events_of(requests: list[bytes]) -> list[str]:
    """The unique ids of the events that these requests carry, in order."""
    found = []
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        if b" /api/events" in head.partition(b"\r\n")[0]:
            for _, attributes in rows("events.create_event", json.loads(body)):
                found.append(attributes["unique_id"])
    return found


def test_a_key_that_is_refused_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """Exit 3; once the key is accepted again, the same words do the rest."""
    is_shut, taken = Event(), list[bytes]()
    is_shut.set()
    events = write_lines(tmp_path / "events.jsonl", [shop_event(n) for n in range(ORDERS)])
    config = write_config(tmp_path / "shop.json", {})
    with hosting(refusing_after(100, is_shut, taken)) as host:
        words = (
            *("run", events, "-c", config, "--host", host.url, "--mode", "single"),
            *("--store", str(tmp_path / "s.db"), "--limits", "off", "--quiet"),
        )
        stopped = inside(*words)
        assert stopped.code == 3, stopped.said
        assert "401" in stopped.err and KEY not in stopped.said
        look(tmp_path / "s.db")
        assert 100 <= len(taken) < ORDERS
        is_shut.clear()
        done = inside(*words)
        assert done.code == 0, done.said
    assert sorted(events_of(taken)) == sorted(f"e{n}" for n in range(ORDERS))


def test_a_wrong_key_at_the_first_start_binds_nobody(tmp_path: Path) -> None:
    """What a new store accepted under a refused key goes out under the right one."""
    events = write_lines(tmp_path / "events.jsonl", [shop_event(n) for n in range(50)])
    config = write_config(tmp_path / "shop.json", {})
    with sandbox("--limits", "off", "--reject-key", "pk_mistyped") as url:
        words = (
            *("run", events, "-c", config, "--store", str(tmp_path / "s.db")),
            *("--host", url, "--limits", "off", "--quiet"),
        )
        refused = inside(*words, key="pk_mistyped")
        assert refused.code == 3, refused.said
        done = inside(*words)
        assert done.code == 0, done.said
        assert stats(url)["events"] == 50
