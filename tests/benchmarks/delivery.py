"""What does delivery cost: events a second, processor time an event, and memory as it goes on?

`run` reads a file of events (half of them mapped orders with three lines, half page views, of
some thousand profiles that are upserted), plans them, keeps them in its store and sends them to a
sandbox without limits, which is a process of its own on the same machine. Beside it, in the same
run, urllib3 alone posts the very bodies to the same sandbox: what cannot be saved.

    python tests/benchmarks/delivery.py                    a million events: some minutes
    python tests/benchmarks/delivery.py --events 20000     a quick look

Lines of the table: `run` as a whole; `plan`, the command that only plans; urllib3 with the bulk
bodies put together from their rows, as delivery does; and with bodies that are ready.
Processor time is that of the one process (`wait4`), without what a run of one event takes. The
sandbox shares the machine, so events a second are a lower bound; `--folder` says where the store
lies (a disk that syncs slowly shows).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import urllib3
from attrs import frozen
from core import MAPPED, ORDER

from walkeros_klaviyo import parse_config, pipeline, settle
from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS
from walkeros_klaviyo.core.klaviyo.state import ProfileState, merged
from walkeros_klaviyo.delivery.batch import BULK
from walkeros_klaviyo.shell.send.request import request_body

KEY = "pk_benchmark"
NAMES = {"map": {"firstName": "user.firstName", "lastName": "user.lastName"}}
CONFIG = {**MAPPED, "settings": {"currency": "EUR", "identify": NAMES}}
BARE_THREADS = 16
MOST_BARE = 100_000
"""Events whose bodies are posted bare, at most: a larger file says nothing new."""
MARKS = (0.1, 0.5, 1.0)
_OPENER = build_opener(ProxyHandler({}))


Rows = tuple[str, list[bytes]]
"""A request: its endpoint, and the bodies of its calls."""


@frozen
class Cost:
    """What a process took."""

    wall: float
    cpu: float
    peaks: tuple[float | None, ...] = ()
    """Megabytes at each mark; None where the system does not say."""

    def beyond(self, start: Cost) -> Cost:
        """Without what starting takes."""
        return Cost(self.wall - start.wall, self.cpu - start.cpu)


def event(number: int, profiles: int) -> dict[str, Any]:
    """The n-th event."""
    who = number // 2 % profiles
    user = {**ORDER["user"], "id": f"u{who}", "email": f"u{who}@example.com"}
    data = {**ORDER["data"], "id": f"O-{number}"}
    found = {**ORDER, "id": f"{number:016x}", "user": user, "data": data}
    if number % 2:
        return {**found, "name": "page view", "entity": "page", "action": "view", "nested": []}
    return found


def write_events(path: Path, count: int, profiles: int) -> Path:
    """A file of so many events."""
    with path.open("w") as file:
        file.writelines(json.dumps(event(number, profiles)) + "\n" for number in range(count))
    return path


def requests_of(count: int, profiles: int, mode: str) -> list[Rows]:
    """The requests that the same events come to: the endpoint, and its calls' bodies."""
    transform = pipeline(parse_config(CONFIG))
    known: dict[str, ProfileState] = {}
    waiting: dict[str, list[bytes]] = {}
    full: list[Rows] = []
    for number in range(count):
        plan = transform.plan(event(number, profiles))
        plan, changes = settle(plan, known)
        known |= merged(known, changes)
        for call in plan.calls:
            name = BULK[call.name] if mode == "bulk" else call.name
            rows = waiting.setdefault(name, [])
            rows.append(json.dumps(call.body).encode())
            if len(rows) == ENDPOINTS[name].items:
                full.append((name, waiting.pop(name)))
    return full + list(waiting.items())


def post(url: str, requests: list[Rows], joins: bool) -> Cost:
    """Post them with urllib3 alone, by a few threads; the time of this process.

    `joins`: putting a bulk body together from its rows is part of it.
    """
    pool = urllib3.PoolManager(maxsize=BARE_THREADS, retries=False)
    headers = {
        "authorization": f"Klaviyo-API-Key {KEY}",
        "revision": "2026-10-15",
        "content-type": "application/json",
        "accept": "application/json",
    }
    ready = [(name, rows if joins else request_body(name, rows)) for name, rows in requests]
    left = iter(ready)
    statuses = set()

    def work() -> None:
        for name, found in left:  # next() of a list's iterator is one step under the lock
            body = request_body(name, found) if isinstance(found, list) else found
            address = url + ENDPOINTS[name].path
            answer = pool.request("POST", address, body=body, headers=headers)
            statuses.add(answer.status)

    threads = [threading.Thread(target=work) for _ in range(BARE_THREADS)]
    wall, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cost = Cost(time.perf_counter() - wall, time.process_time() - cpu)
    assert statuses <= {200, 201, 202}, statuses
    return cost


@contextmanager
def sandbox() -> Iterator[str]:
    """A sandbox without limits in a process of its own; its URL."""
    words = ("sandbox", "--port", "0", "--limits", "off")
    with started(*words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().decode().strip()
        finally:
            process.terminate()


def started(*words: str, **given: Any) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    environment = {**os.environ, "KLAVIYO_API_KEY": KEY}
    command = (sys.executable, "-m", "walkeros_klaviyo", *words)
    return subprocess.Popen(command, env=environment, **given)


def stats(url: str) -> dict[str, int]:
    """The sandbox's counts."""
    with _OPENER.open(f"{url}/sandbox/stats", timeout=60) as answer:
        counts: dict[str, int] = json.loads(answer.read())
        return counts


def forget(url: str) -> None:
    """Let the sandbox forget everything."""
    _OPENER.open(Request(f"{url}/sandbox/reset", method="POST"), timeout=60).close()


def peak_of(process: int) -> float | None:
    """The most memory that a process had so far, in megabytes."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(one.split()[1]) / 1024 for one in lines if one.startswith("VmHWM")), None)


def run(url: str, events: Path, count: int, mode: str, folder: Path) -> Cost:
    """The command on a new store; its memory when the sandbox has that share of the events."""
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
    with tempfile.TemporaryDirectory(dir=folder) as place, (folder / "said.txt").open("wb") as said:
        words = (
            *("run", str(events), "--config", str(config), "--store", f"{place}/store.db"),
            *("--host", url, "--mode", mode, "--limits", "off", "--quiet"),
        )
        begin = time.perf_counter()
        process = started(*words, stdout=said, stderr=said)
        peaks = watch(process.pid, lambda: stats(url)["events"] / count)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (folder / "said.txt").read_text()
    assert stats(url)["events"] == count, stats(url)
    return Cost(wall, used.ru_utime + used.ru_stime, peaks)


def watch(process: int, share: Callable[[], float]) -> tuple[float | None, ...]:
    """The peaks of memory at all marks; returns when the process has ended."""
    peaks: list[float | None] = []
    last: float | None = None
    while not os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        done, last = share(), peak_of(process) or last
        while len(peaks) < len(MARKS) - 1 and done >= MARKS[len(peaks)]:
            peaks.append(last)
        time.sleep(0.1)
    return (*peaks, *[last] * (len(MARKS) - len(peaks)))


def plan(events: Path, folder: Path) -> Cost:
    """The command that only plans."""
    words = ("plan", str(events), "--config", str(folder / "config.json"))
    begin = time.perf_counter()
    process = started(*words, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Cost(time.perf_counter() - begin, used.ru_utime + used.ru_stime)


def measure(url: str, folder: Path, mode: str, count: int, profiles: int) -> None:
    """Print the part of the table that is of one mode."""
    one = write_events(folder / "one.jsonl", 1, profiles)
    forget(url)
    start = run(url, one, 1, mode, folder)
    events = write_events(folder / "events.jsonl", count, profiles)
    forget(url)
    whole = run(url, events, count, mode, folder)
    show(mode, "run", whole.beyond(start), count)
    show(mode, "plan alone", plan(events, folder).beyond(plan(one, folder)), count)
    events.unlink()
    some = min(count, MOST_BARE)
    requests = requests_of(some, profiles, mode)
    for name, joins in (("bare, bodies joined", True), ("bare", False)):
        if mode == "single" and joins:
            continue
        forget(url)
        show(mode, name, post(url, requests, joins), some)
        assert stats(url)["events"] == some
    said = [f"{mark:.0%} {megabytes(peak)}" for mark, peak in zip(MARKS, whole.peaks, strict=True)]
    print(f"{'':<8}peak memory of the run at a share of the input: {', '.join(said)}")
    print(f"{'':<8}a run of one event: {start.cpu:.2f} s of CPU, {megabytes(start.peaks[-1])}")


def megabytes(peak: float | None) -> str:
    """Memory, for people."""
    return "unknown" if peak is None else f"{peak:,.0f} MB"


def show(mode: str, name: str, cost: Cost, count: int) -> None:
    """A line of the table."""
    rate = f"{count / cost.wall:,.0f}" if cost.wall > 0.05 else "too short"
    print(f"{mode:<8}{name:<22}{rate:>10}{cost.cpu / count * 1e6:>14,.1f}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="in bulk mode")
    parser.add_argument(
        "--single", type=int, help="in single mode; else half as many, 10,000 at most"
    )
    parser.add_argument("--profiles", type=int, default=2_000)
    parser.add_argument("--folder", help="where the store lies")
    given = parser.parse_args()
    single = given.single or min(10_000, max(given.events // 2, 1))
    print(f"{given.events:,} events in bulk mode, {single:,} in single mode, ", end="")
    print(f"{given.profiles:,} profiles; {os.cpu_count()} cores, the sandbox beside it\n")
    print(f"{'mode':<8}{'':<22}{'events/s':>10}{'CPU µs/event':>14}")
    with tempfile.TemporaryDirectory(dir=given.folder) as name, sandbox() as url:
        for mode, count in (("bulk", given.events), ("single", single)):
            measure(url, Path(name), mode, count, given.profiles)


if __name__ == "__main__":
    main()
