"""Senders for the endpoint's trials: raw requests, their answers, how long they took."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from attrs import Factory, define
from tests.end_to_end.command import started

CUT: Final = 0
"""In place of a status, where the connection was closed without an answer."""
CONFIG: Final = {
    "settings": {
        "currency": "data.currency",
        "identify": {"map": {"firstName": "user.first", "title": "data.title"}},
    },
    "include": ["data"],
    "mapping": {
        "order": {"complete": {"name": "Placed Order", "settings": {"value": "data.total"}}},
    },
}


def order(number: int) -> dict[str, Any]:
    """An event of about 500 bytes, of one of a thousand people."""
    return {
        "name": "order complete",
        "id": f"o{number}",
        "data": {"id": f"O-{number}", "total": 12.5, "currency": "EUR", "title": "lorem " * 20},
        "user": {"id": f"u{number % 1_000}", "first": f"N{number % 1_000}"},
        "context": {"shopping": ["complete", 0]},
        "globals": {"language": "de"},
        "source": {"type": "browser", "platform": "web", "url": "https://shop.example/thanks"},
    }


def request(body: bytes, *headers: bytes, line: bytes = b"POST /collect HTTP/1.1") -> bytes:
    """A whole request."""
    head = (line, b"host: localhost", b"content-length: %d" % len(body), *headers)
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def posted(value: Any) -> bytes:
    """A request with a value as its body."""
    return request(json.dumps(value).encode(), b"content-type: application/json")


@define
class Seen:
    """What senders met: answers by status, and the seconds that each took."""

    statuses: Counter[int] = Factory(Counter)
    seconds: list[float] = Factory(list)

    def share(self, part: float) -> float:
        """The time within which this part was answered, in milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1_000 if ordered else 0.0

    def __str__(self) -> str:
        times = f"p50 {self.share(0.5):.1f} ms, p99 {self.share(0.99):.1f} ms"
        return f"{sum(self.statuses.values()):,} answers {dict(self.statuses)}, {times}"


@define
class Connection:
    """A connection that is opened anew once it was closed."""

    port: int
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, raw: bytes, patience: float = 30.0) -> tuple[int, bytes]:
        """The status and the body of the answer; CUT where there was none."""
        try:
            async with asyncio.timeout(patience):
                return await self._ask(raw)
        except (OSError, EOFError, ValueError, TimeoutError):
            self.close()
            return CUT, b""

    async def _ask(self, raw: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        reader, writer = self._streams
        writer.write(raw)
        with suppress(OSError):  # it may have answered before it had read everything
            await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].split(b"\r\n")[0]
        body = await reader.readexactly(int(length)) if length else b""
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1]), body

    def close(self) -> None:
        """Be gone."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def send(port: int, raws: Iterator[bytes], seen: Seen, every: float = 0.0) -> None:
    """One sender that sends these, one after the other; or one each `every` seconds."""
    connection = Connection(port)
    for raw in raws:
        begun = time.perf_counter()
        status, _ = await connection.ask(raw)
        took = time.perf_counter() - begun
        seen.seconds.append(took)
        seen.statuses[status] += 1
        if every > took:
            await asyncio.sleep(every - took)
    connection.close()


def megabytes(process: subprocess.Popen[bytes]) -> float:
    """What the process has in memory."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """What it has used of the processors: the figure that a busy machine does not change."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def endpoint(
    folder: Path, *options: str, **given: Any
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`serve` in a process of its own, and its port."""
    (folder / "shop.json").write_text(json.dumps(CONFIG))
    words = ("serve", "-c", "shop.json", "--port", "0", *options)
    with started(*words, cwd=folder, **given) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().decode().strip().rpartition(":")[2].split("/")[0])
        yield port, server
