"""Is any request, whatever its bytes, answered or cut off: never 500, no traceback, no key?

`python -m tests.serve.fuzz --requests 20000` sends requests that luck made, over all that can be
chosen (method, path, query, headers, body, its coding), and some whose bytes were changed after.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tests.end_to_end.command import KEY, sandbox_apart
from tests.serve.sending import CUT, Connection, endpoint, order, posted, request

SENDERS: Final = 8
TOKEN: Final = "s3cret-of-the-fuzz"
SECRETS: Final = (KEY.encode(), TOKEN.encode())
METHODS: Final = (b"POST",) * 12 + (b"GET",) * 6 + tuple(b"OPTIONS HEAD PUT PATCH get \xff".split())
PATHS: Final = (b"/collect",) * 12 + tuple(
    b"/collect/ /metrics /readyz /healthz / /collect/%00 /../x //collect /collect;x * x".split()
)
KEYS: Final = (
    "name id timestamp data user consent context globals nested custom source event batch entity "
    "action version timing trigger group count".split()
)
WORDS: Final = ("order complete", "page view", "a b", "", " ", "é 🙂", "\ud83d x", "\0", "x" * 300)
HEADERS: Final = (
    b"origin: https://shop.example",
    b"origin: null",
    b"content-type: text/plain;charset=UTF-8",
    b"content-type: multipart/form-data; boundary=x",
    b"content-encoding: gzip",
    b"content-encoding: br",
    b"expect: 100-continue",
    b"upgrade: websocket",
    b"upgrade: h2c",
    b"transfer-encoding: chunked",
    b"content-length: 5",
    b"content-length: -1",
    b"connection: close",
    b"host: evil.example",
    b"authorization: Bearer \xff\xfe",
    b"authorization: Basic eDp5",
    b"traceparent: 00-%s",
    b"x-forwarded-for: 8.8.8.8, ::1",
    b"access-control-request-headers: x\t,y",
    b"access-control-request-headers: \xff",
    b"range: bytes=0-1",
    b"bad header",
)
AUTHORIZED: Final = b"authorization: Bearer " + TOKEN.encode()


def value(luck: random.Random, depth: int = 0) -> Any:
    """Any JSON, with the words that mean something more often."""
    kind = luck.randrange(10 if depth < 6 else 6)
    if kind == 0:
        return luck.choice(WORDS)
    if kind == 1:
        return luck.choice((None, True, False, 0, -1, 1e308, 5e-324, 2**63, 10**40, -0.0))
    if kind == 2:
        return luck.randrange(-(10**15), 10**15)
    if kind == 3:
        return luck.random() * 10 ** luck.randrange(-300, 300)
    if kind in (4, 5):
        return "".join(chr(luck.randrange(1, 0x3000)) for _ in range(luck.randrange(20)))
    if kind in (6, 7):
        return [value(luck, depth + 1) for _ in range(luck.randrange(5))]
    keys = (luck.choice(KEYS) if luck.random() < 0.7 else str(value(luck, 9)) for _ in range(5))
    return {key: value(luck, depth + 1) for key in keys}


def event(luck: random.Random) -> Any:
    """An order of which something is something else."""
    found: dict[str, Any] = {**order(luck.randrange(10**9)), "consent": {"marketing": True}}
    for _ in range(luck.randrange(4)):
        found[luck.choice(KEYS)] = value(luck)
    if luck.random() < 0.3:
        found["user"] = {luck.choice(("id", "email", "device", "phone")): value(luck)}
    return found


def body(luck: random.Random) -> bytes:
    """What is posted: one, several, any JSON, any bytes; packed now and then."""
    kind = luck.randrange(8)
    if kind < 3:
        raw = json.dumps(event(luck)).encode()
    elif kind == 3:
        several = [event(luck) for _ in range(luck.randrange(6))]
        raw = json.dumps(luck.choice((several, {"batch": several}, {"event": several}))).encode()
    elif kind == 4:
        raw = json.dumps(value(luck)).encode()
    elif kind == 5:
        raw = luck.randbytes(luck.randrange(200))
    elif kind == 6:
        raw = luck.choice((b"[", b'{"a":', b'{"name": NaN}', b"")) * luck.randrange(2_000)
    else:
        raw = json.dumps(event(luck), ensure_ascii=False).encode(errors="surrogatepass")
    if luck.random() < 0.15:
        raw = gzip.compress(raw, mtime=0)
    return changed(luck, raw) if luck.random() < 0.3 else raw


def query(luck: random.Random) -> bytes:
    """A pixel's."""
    parts = []
    for _ in range(luck.randrange(8)):
        path = "".join(f"[{luck.choice((*KEYS, '0', '1', '', '%5D', '%00'))}]" for _ in range(3))
        parts.append(f"{luck.choice(KEYS)}{path[: luck.randrange(20)]}={luck.randrange(99)}")
    found = "name=page%20view&" * luck.randrange(2) + "&".join(parts)
    return found.encode() + bytes(luck.randrange(33, 256) for _ in range(luck.randrange(4)))


def changed(luck: random.Random, raw: bytes) -> bytes:
    """Some bytes changed, left out or doubled."""
    some = bytearray(raw)
    for _ in range(luck.randrange(1, 6)):
        at = luck.randrange(len(some) + 1)
        some[at : at + luck.randrange(3)] = luck.randbytes(luck.randrange(3))
    return bytes(some)


def made(luck: random.Random) -> bytes:
    """A request."""
    asked = b"?" + query(luck) if luck.random() < 0.4 else b""
    line = b"%s %s%s HTTP/1.1" % (luck.choice(METHODS), luck.choice(PATHS), asked)
    headers = [luck.choice(HEADERS) for _ in range(luck.choice((0, 0, 0, 1, 2)))]
    if luck.random() < 0.9:
        headers.append(AUTHORIZED)
    found = request(body(luck), *headers, line=line)
    return changed(luck, found) if luck.random() < 0.15 else found


async def fuzz(port: int, requests: int, seed: int) -> tuple[Counter[int], list[str]]:
    """Answers by status, and what must not be."""
    found: Counter[int] = Counter()
    wrong: list[str] = []

    async def one(sender: int) -> None:
        luck = random.Random(f"{seed}.{sender}")
        connection = Connection(port)
        for _ in range(sender, requests, SENDERS):
            raw = made(luck)
            status, answer = await connection.ask(raw, patience=0.5)
            found[status] += 1
            bad = b"Traceback" in answer or any(one in answer for one in SECRETS)
            if bad or status >= 500:
                wrong.append(f"{status} {answer[:200]!r} to {raw[:2_000]!r}")
            connection.close() if luck.random() < 0.3 or len(raw) < 30 else None
        connection.close()

    await asyncio.gather(*map(one, range(SENDERS)))
    status, _ = await Connection(port).ask(
        posted(order(1)).replace(b"\r\n", b"\r\n%s\r\n" % AUTHORIZED, 1)
    )
    if status != 200:
        wrong.append(f"afterwards an event was answered with {status or 'nothing'}")
    return found, wrong


def main() -> None:
    """Print the answers by status; fail where one must not be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, sandbox_apart("--limits", "off") as host:
        log = Path(folder) / "stderr"
        words = ("--host", host, "--limits", "off", "--token", TOKEN, "--log-format", "json")
        with log.open("wb") as err, endpoint(Path(folder), *words, stderr=err) as (port, server):
            found, wrong = asyncio.run(fuzz(port, given.requests, given.seed))
            server.send_signal(signal.SIGTERM)
            code = server.wait(60)
        said = log.read_bytes()
    took = time.monotonic() - begun
    print(f"{found.total():,} requests in {took:.0f} s: {dict(sorted(found.items()))} ({CUT}: cut)")
    if code != 0 or b"Traceback" in said or any(one in said for one in SECRETS):
        wrong.append(f"exit {code}; on stderr: {said[max(said.find(b'Traceback'), 0) :][:6_000]!r}")
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))
    print("all of it holds")


if __name__ == "__main__":
    main()
