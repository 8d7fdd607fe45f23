"""What do slow and hostile senders get, and who notices?

`python -m tests.serve.hostile` sends what nobody should to `serve`, a kind at a time, while five
well-behaved senders go on: each kind is refused or cut off, they wait for less than 100 ms (p99),
and memory grows by less than 50 MB.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import multiprocessing
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

from tests.serve.sending import (
    CUT,
    Connection,
    Seen,
    endpoint,
    megabytes,
    order,
    posted,
    request,
    send,
)

GOOD: Final = 5
EVERY: Final = 0.05
"""Seconds between the requests of each well-behaved sender."""
MOST_MS, MOST_MB = 100.0, 50.0
Hostile = Callable[[int], Awaitable[Counter[int]]]
"""Given the port; answers by status."""
MB: Final = 1_000_000
DEEP: Final = 10_000
GIF: Final = {200}
"""A pixel is always a pixel."""


async def slow(port: int) -> Counter[int]:
    """A thousand connections, a byte a second each: half in the headers, half in the body."""
    head = b"POST /collect HTTP/1.1\r\nhost: localhost\r\n"
    started = head + b"content-length: 1000\r\n\r\n"

    async def one(number: int) -> int:
        begun, rest = (started, b"x" * 100) if number % 2 else (b"", head * 9)
        with suppress(OSError, EOFError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            answer = asyncio.ensure_future(reader.readuntil(b"\r\n"))
            for at in range(40):
                if answer.done():
                    break
                writer.write(rest[at : at + 1])
                await asyncio.sleep(1.0)
            answer.cancel() if not answer.done() else None
            with suppress(asyncio.CancelledError):
                line = await answer
                writer.close()
                return int(line.split(b" ")[1])
            return 999  # it was let go on
        return CUT

    return Counter(await asyncio.gather(*map(one, range(1_000))))


async def half_bodies(port: int) -> Counter[int]:
    """Announced, begun, and gone."""

    async def one(number: int) -> int:
        with suppress(OSError, EOFError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            whole = posted(order(number))
            writer.write(whole[: -10 - number % 200])
            writer.write_eof()
            answer = await reader.read(100)
            writer.close()
            return int(answer.split(b" ")[1]) if answer else CUT
        return CUT

    found: Counter[int] = Counter()
    for start in range(0, 1_000, 10):
        found.update(await asyncio.gather(*map(one, range(start, start + 10))))
    return found


def repeated(raws: list[bytes], times: int, at_once: int = 8) -> Hostile:
    """Requests that are sent so often, from a few connections."""

    async def act(port: int) -> Counter[int]:
        found: Counter[int] = Counter()

        async def one(sender: int) -> None:
            connection = Connection(port)
            for number in range(sender, times, at_once):
                found[(await connection.ask(raws[number % len(raws)]))[0]] += 1
            connection.close()

        await asyncio.gather(*map(one, range(at_once)))
        return found

    return act


async def huge(port: int) -> Counter[int]:
    """100 MB, announced and chunked."""
    chunk = b"%x\r\n%s\r\n" % (MB, b" " * MB)
    announced = b"POST /collect HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000000\r\n\r\n"
    chunked = b"POST /collect HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"

    async def one(number: int) -> int:
        with suppress(OSError, EOFError, TimeoutError):
            async with asyncio.timeout(60):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(announced if number % 2 else chunked)
                answer = asyncio.ensure_future(reader.readuntil(b"\r\n"))
                with suppress(OSError):
                    for _ in range(100):
                        if answer.done():
                            break
                        writer.write(b" " * MB if number % 2 else chunk)
                        await writer.drain()
                line = await answer
                writer.close()
                return int(line.split(b" ")[1])
        return CUT

    return Counter(await asyncio.gather(*map(one, range(20))))


def bodies() -> dict[str, tuple[Hostile, set[int]]]:
    """Each kind, and how it may be answered."""
    bomb = request(gzip.compress(b" " * 1_000 * MB, mtime=0), b"content-encoding: gzip")
    nearly = json.dumps([{"a": ["x" * 50] * 90_000}]).encode()  # just under the limit, and no event
    packed = request(gzip.compress(nearly, mtime=0))
    deep = [request(one * DEEP + end * DEEP) for one, end in ((b"[", b"]"), (b'{"a":', b"}"))]
    deep.append(posted({"name": "a b", "data": json.loads("[" * 400 + "]" * 400)}))
    wide = request(b"[" + b",".join([b"[]"] * 1_600_000) + b"]")
    many = posted([0] * 9_999)
    digits = request(b'{"name": "a b", "data": {"n": ' + b"9" * 4_900_000 + b"}}")
    pixels = [
        b"name=" + b"%41" * 20_000,
        b"&".join(b"data[a%d]=1" % n for n in range(3_000)),
        b"name=a%20b&data" + b"[a]" * 5_000 + b"=1",
        b"name=a%20b&data[999999999999]=1&data[0]=%ff%fe&data[-1]=" + b"9" * 10_000,
        b"data[a]" * 5_000,
    ]
    shown = [request(b"", line=b"GET /collect?%s HTTP/1.1" % one) for one in pixels]
    many_headers = request(b"{}", *(b"x-%d: y" % n for n in range(20_000)))
    long_header = request(b"{}", b"x: " + b"y" * MB)
    names = [
        posted([{**order(n * 20 + at), "name": f"e{n} a{at}-{n}"} for at in range(20)])
        for n in range(1_500)
    ]
    bad = {400, 413, CUT}
    return {
        "slow connections": (slow, {408, CUT}),
        "half bodies": (half_bodies, {400, CUT}),
        "100 MB": (huge, {413, CUT}),
        "gzip bombs": (repeated([bomb], 60), bad),
        "large and packed": (repeated([packed], 24), bad),
        "10,000 deep": (repeated(deep, 900), {400, 200}),
        "wide lists": (repeated([wide, many], 30, 3), bad),
        "endless numbers": (repeated([digits], 30, 3), {200, 400}),
        "pixels": (repeated(shown, 2_000), GIF | {400, 414, 431, CUT}),
        "header floods": (repeated([many_headers, long_header], 300), {400, 431, CUT}),
        "30,000 names": (repeated(names, 1_500, 4), {200}),
    }


def behave(port: int, end: Any, pipe: Any) -> None:
    """In a process of its own, so that it is not the hostile ones' work that is measured."""
    seen, numbers = Seen(), count(1_000_000)

    def raws() -> Iterator[bytes]:
        while not end.is_set():
            yield posted(order(next(numbers)))

    async def watch() -> None:
        """How late this process is by itself, on a machine that others use as well."""
        while not end.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(EVERY)
            late.seconds.append(time.perf_counter() - begun - EVERY)

    async def all_of_them() -> None:
        await asyncio.gather(watch(), *(send(port, raws(), seen, EVERY) for _ in range(GOOD)))

    late = Seen()
    asyncio.run(all_of_them())
    pipe.send((seen, late))


def beside(port: int, act: Hostile) -> tuple[Counter[int], Seen, Seen]:
    """What the hostile ones get, what those who behave meet meanwhile, and how late they were."""
    spawn = multiprocessing.get_context("spawn")
    end, (mine, theirs) = spawn.Event(), spawn.Pipe()
    others = spawn.Process(target=behave, args=(port, end, theirs))
    others.start()
    time.sleep(2.0)  # it takes a moment to begin
    found: Counter[int] = asyncio.run(act(port))  # type: ignore[arg-type]
    time.sleep(1.0)
    end.set()
    seen, late = mine.recv()
    others.join()
    return found, seen, late


async def warm(port: int) -> Counter[int]:
    """Nobody hostile: as many events as the endpoint keeps at hand while Klaviyo is down."""
    long = {"title": "lorem " * 250}
    batches = [
        posted([{**order(at * 100 + n), "data": long} for n in range(100)]) for at in range(300)
    ]
    return await repeated(batches, len(batches), 2)(port)


def tried(port: int, server: subprocess.Popen[bytes], only: str | None) -> list[str]:
    """What does not hold."""
    broken: list[str] = []
    before = 0.0
    kinds = {"warm-up": (warm, {200}), **bodies()}
    for name, (act, may_be) in kinds.items():
        if only is not None and only not in name and name != "warm-up":
            continue
        begun = time.monotonic()

        found, seen, late = beside(port, act)
        memory = megabytes(server)
        before = before or memory
        line = f"{name}: {time.monotonic() - begun:.0f} s, {dict(found)}; the others: {seen}"
        own = f"late by themselves {late.share(0.99):.0f} ms"
        print(f"{line} ({own}); memory {memory:.0f} MB", flush=True)
        if not set(found) <= may_be:
            broken.append(f"{name}: answered {set(found) - may_be}")
        if set(seen.statuses) != {200}:
            broken.append(f"{name}: a well-behaved sender was answered {dict(seen.statuses)}")
        if seen.share(0.99) > MOST_MS and act is not warm:
            broken.append(f"{name}: p99 of the others {seen.share(0.99):.0f} ms")
        if memory - before > MOST_MB:
            broken.append(f"{name}: {memory - before:.0f} MB more memory")
    return broken


def main() -> None:
    """Print what each kind gets; fail where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="KIND")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "stderr"
        host = ("--host", "http://127.0.0.1:9", "--log-format", "json")
        with log.open("wb") as err, endpoint(Path(folder), *host, stderr=err) as (port, server):
            broken = tried(port, server, given.only)
            server.send_signal(signal.SIGTERM)
            server.wait(60)
        if b"Traceback" in log.read_bytes():
            broken.append("a traceback on stderr")
    if broken:
        raise SystemExit("\n".join(broken))
    print("all of it holds")


if __name__ == "__main__":
    main()
