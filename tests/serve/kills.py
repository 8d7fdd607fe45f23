"""Is every event that got a 2xx recorded once, whenever the endpoint is killed?

`python -m tests.serve.kills --kills 100` starts `serve` against a sandbox, posts from many
senders at once, kills it without warning, starts it again, and counts in the end.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import signal
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen
from tests.end_to_end.command import apart, rows_of, sandbox_apart, started

SENDERS = 8
CONFIG = {"settings": {"identify": {"map": {"title": "user.title"}}}}


@frozen
class Tally:
    """What was promised, and what arrived."""

    promised: int
    recorded: int
    missing: int
    doubled: int

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing doubled."""
        return not self.missing and not self.doubled and self.promised > 0


def run(kills: int, seed: int = 0, folder: Path | None = None) -> Tally:
    """Kill it so often, at moments that nobody chose."""
    luck = random.Random(seed)
    with tempfile.TemporaryDirectory() as temporary, sandbox_apart("--limits", "off") as host:
        where = folder or Path(temporary)
        config = where / "shop.json"
        config.write_text(json.dumps(CONFIG))
        promised: list[str] = []
        for life in range(kills + 1):
            command = ("serve", "-c", str(config), "--store", str(where / "shop.db"))
            with started(*command, "--port", "0", "--host", host, "--limits", "off") as server:
                assert server.stdout is not None
                url = urlsplit(server.stdout.readline().decode().strip())
                ended = threading.Event()
                senders = [
                    threading.Thread(
                        target=_send, args=(url.netloc, f"{life}.{n}", promised, ended)
                    )
                    for n in range(SENDERS)
                ]
                for one in senders:
                    one.start()
                time.sleep(luck.uniform(0.05, 0.6))
                if life < kills:
                    server.kill()
                ended.set()
                for one in senders:
                    one.join()
                if life == kills:
                    server.send_signal(signal.SIGTERM)
                    server.wait(60)
        store = ("--store", str(where / "shop.db"), "--host", host, "--limits", "off")
        rest = apart("run", "-", "-c", str(config), *store)
        assert rest.code == 0, rest.said
        found = [event["unique_id"] for event in rows_of(f"{host}/sandbox/events.jsonl")]
    return Tally(
        len(promised), len(found), len(set(promised) - set(found)), len(found) - len(set(found))
    )


def _send(address: str, name: str, promised: list[str], ended: threading.Event) -> None:
    """One sender: singles and batches, each promised once it was answered with a 2xx."""
    with closing(http.client.HTTPConnection(address, timeout=10)) as connection:
        _post(connection, name, promised, ended)


def _post(
    connection: http.client.HTTPConnection,
    name: str,
    promised: list[str],
    ended: threading.Event,
) -> None:
    number = 0
    while not ended.is_set():
        number += 1
        ids = [f"{name}.{number}.{at}" for at in range(1 if number % 3 else 5)]
        events = [
            {
                "name": "page view",
                "id": one,
                "user": {"id": f"u{hash(one) % 50}", "title": str(number)},
            }
            for one in ids
        ]
        try:
            connection.request(
                "POST", "/collect", json.dumps(events if len(events) > 1 else events[0])
            )
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return
        if answer.status == 200:
            promised.extend(ids)


def main() -> None:
    """Say what was found; fail where it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.monotonic()
    found = run(given.kills, given.seed)
    print(f"{given.kills} kills in {time.monotonic() - began:.0f} s: {found}")
    if not found.holds:
        raise SystemExit("events were lost or doubled")
    print("all of it holds")


if __name__ == "__main__":
    main()
