"""How much does the endpoint take, and is a burst kept and drained while Klaviyo is down?

`python -m tests.serve.load` sends from 50 senders at once for a minute each to a bare starlette
endpoint that only parses and to `serve`, with Klaviyo (a sandbox) at its published limits; then
20,000 events within ten seconds to a `serve` whose Klaviyo is down, and starts Klaviyo.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from tests.end_to_end.command import environment, fetch, rows_of, sandbox_apart
from tests.serve.sending import (
    Seen,
    cpu_seconds,
    endpoint,
    free_port,
    megabytes,
    order,
    posted,
    send,
)

BARE = """
import json
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from walkeros_klaviyo import listening
from walkeros_klaviyo.shell.serve import listen

async def collect(request):
    event = json.loads(await request.body())
    return JSONResponse({"success": True, "id": event["id"]})

app = Starlette(routes=[Route("/collect", collect, methods=["POST"])])
listener, url = listening.listen(0)
listen.serve(app, listener, lambda: print(url, flush=True), lambda: True)
"""


async def for_a_while(
    port: int, seconds: float, senders: int, server: subprocess.Popen[bytes]
) -> tuple[Seen, list[float]]:
    """All of them send singles as fast as they are answered; memory is looked at each second."""
    seen, numbers, memory = Seen(), count(), []
    end = time.monotonic() + seconds

    def raws() -> Iterator[bytes]:
        while time.monotonic() < end:
            yield posted(order(next(numbers)))

    async def watch() -> None:
        while time.monotonic() < end:
            memory.append(megabytes(server))
            await asyncio.sleep(1.0)

    await asyncio.gather(watch(), *(send(port, raws(), seen) for _ in range(senders)))
    return seen, memory


def told(name: str, seen: Seen, seconds: float, cpu: float) -> None:
    """A line for one endpoint."""
    each = cpu / len(seen.seconds) * 1_000
    print(
        f"{name}: {len(seen.seconds) / seconds:,.0f}/s, {each:.2f} ms CPU each, {seen}", flush=True
    )


def bare(seconds: float, senders: int) -> None:
    """An endpoint that only parses."""
    words = [sys.executable, "-c", BARE]
    with subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().decode().strip().rpartition(":")[2])
        seen, _ = asyncio.run(for_a_while(port, seconds, senders, server))
        told("bare", seen, seconds, cpu_seconds(server))
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def load(seconds: float, senders: int) -> None:
    """Requests a second beside the bare endpoint's; a minute's memory."""
    bare(seconds, senders)
    with (
        tempfile.TemporaryDirectory() as folder,
        sandbox_apart("--limits", "published") as host,
        endpoint(Path(folder), "--host", host, stderr=subprocess.DEVNULL) as (port, server),
    ):
        seen, memory = asyncio.run(for_a_while(port, seconds, senders, server))
        told("serve", seen, seconds, cpu_seconds(server))
        server.kill()
    half = memory[len(memory) // 2]
    print(f"memory: {memory[0]:.0f} MB, {half:.0f} after half of it, {memory[-1]:.0f} at the end")
    assert set(seen.statuses) == {200}, "some were not taken"


def burst(events: int, seconds: float, senders: int, together: int) -> None:
    """Klaviyo is down; all are taken in time, and go out at its pace once it is there."""
    port = free_port()
    host = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        words = ("--host", host, "--mode", "auto")
        with endpoint(Path(folder), *words, stderr=subprocess.DEVNULL) as (own, server):
            seen, begun = Seen(), time.monotonic()
            requests = events // together

            def raws(sender: int) -> Iterator[bytes]:
                for number in range(sender, requests, senders):
                    yield posted([order(number * together + at) for at in range(together)])

            async def all_of_them() -> None:
                every = seconds * 0.9 / (requests / senders)
                await asyncio.gather(*(send(own, raws(at), seen, every) for at in range(senders)))

            asyncio.run(all_of_them())
            taken = time.monotonic() - begun
            cpu = cpu_seconds(server)
            print(f"burst: {events:,} events in {taken:.1f} s, {cpu:.1f} s CPU, {seen}", flush=True)
            assert set(seen.statuses) == {200}, "some were not taken"
            begun = time.monotonic()
            with sandbox_apart("--port", str(port), "--limits", "sliding"):
                recorded: Any = 0
                while recorded < events and time.monotonic() - begun < 600:
                    time.sleep(0.5)
                    stats = json.loads(fetch(f"{host}/sandbox/stats"))
                    recorded = stats["events"]
                took = time.monotonic() - begun
                print(f"drained: {recorded:,} events in {took:.0f} s from the moment it is there")
                print(f"it said: {stats}")
                ids = [row["unique_id"] for row in rows_of(f"{host}/sandbox/events.jsonl")]
                assert len(ids) == len(set(ids)) == events
                server.kill()
    assert taken < seconds + 1, f"the burst took {taken:.1f} s; is the machine busy?"


def main() -> None:
    """Print the figures; fail where an event was not taken, or not delivered once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--senders", type=int, default=50)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--together", type=int, default=10, help="events of a request in the burst")
    parser.add_argument("--only", choices=("load", "burst"))
    given = parser.parse_args()
    if given.only != "burst":
        load(given.seconds, given.senders)
    if given.only != "load":
        burst(given.events, 10.0, given.senders, given.together)


if __name__ == "__main__":
    main()
