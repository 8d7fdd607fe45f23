"""At size: is Spark exact, and what does it cost beside one process?

    python -m tests.spark.size      200,000 events of 20,000 people, in a batch and as a stream
    python -m tests.spark.size --events 1000000 --people 100000 --no-stream

One to three identifiers a person, of which each event names some, shuffled. One process reads
them in the order of time, scans, and writes the same lines; Spark's plans must be the same, as a
multiset and in order for whoever is named. The stream gets them in five files, is stopped after
two, and goes on from its checkpoint. Seconds of the cores and memory are those of all processes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import tee
from pathlib import Path
from typing import Any, Final

from tests.spark.plans import by_key, lines_in, step_of
from tests.spark.session import SIZED, missing, start

from walkeros_klaviyo import parse_config, pipeline, scan
from walkeros_klaviyo.shell.input.line import read_line
from walkeros_klaviyo.shell.input.plans import written
from walkeros_klaviyo.spark import plan_batch, plan_stream

NOW: Final = 1_795_518_160_712
FILES: Final = 5
TRANSFORM: Final = pipeline(
    parse_config(
        {
            "settings": {
                "anonymousId": "user.device",
                "currency": "EUR",
                "identify": {"map": {"firstName": "user.first", "locale": "globals.lang"}},
            },
            "mapping": {
                "order": {
                    "complete": {
                        "name": "Placed Order",
                        "data": {"map": {"OrderId": "data.id"}},
                        "settings": {"value": "data.total", "uniqueId": "data.id"},
                    }
                }
            },
        }
    )
)


def events(count: int, people: int, luck: random.Random) -> Iterator[str]:
    """In the order of time; an event's id tells whose it is."""
    for number in range(count):
        who = luck.randrange(people)
        known = {"id": f"u{who}", "email": f"u{who}@example.com", "device": f"d{who}"}
        kinds = list(known)[: 1 + who % 3]
        named = luck.sample(kinds, luck.randint(1, len(kinds)))
        yield json.dumps(
            {
                "name": luck.choice(("order complete", "page view", "product view")),
                "id": f"{who}-{number}-{''.join(kind[0] for kind in named)}",
                "timestamp": NOW - (count - number) * 10,
                "data": {"id": f"O-{number}", "total": luck.randrange(10**5) / 100},
                "user": {**{kind: known[kind] for kind in named}, "first": f"F{number // 9_000}"},
                "globals": {"lang": "de"},
                "source": {"type": "browser", "url": "https://shop.example/checkout/thanks"},
            }
        )


class Watched:
    """Seconds on the clock, seconds of the cores, and memory at its highest."""

    def __init__(self) -> None:
        self.began, self.seconds, self.megabytes = time.monotonic(), 0.0, 0.0
        self.cores: dict[str, float] = {}
        self.before: dict[str, float] = {}

    def look(self) -> None:
        """At this process and all that it has started."""
        memory = 0.0
        for pid in _family():
            try:
                words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                shared = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            self.cores[pid] = sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")
            memory += int(shared.partition("Pss:")[2].split()[0]) / 1_024
        self.before = self.before or dict(self.cores)
        self.megabytes = max(self.megabytes, memory)

    def __str__(self) -> str:
        cores = sum(self.cores.values()) - sum(self.before.values())
        return f"{self.seconds:7.1f} s {cores:9.1f} s {self.megabytes:9,.0f} MB"


def _family() -> list[str]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[path.parent.name] = path.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
    family = [str(os.getpid())]
    for pid in family:
        family.extend(child for child, parent in parents.items() if parent == pid)
    return family


@contextmanager
def watched() -> Iterator[Watched]:
    """What goes on meanwhile is measured."""
    seen, over = Watched(), threading.Event()
    seen.look()

    def watch() -> None:
        while not over.wait(0.5):
            seen.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        seen.seconds = time.monotonic() - seen.began
        over.set()
        thread.join()
        seen.look()


Told = list[tuple[str | None, bytes]]
"""By event, in order: its id and a digest of its plan."""


def told(steps: Iterable[Any]) -> Told:
    """Of each step."""
    return [(step[0], blake2b(repr(step).encode(), digest_size=12).digest()) for step in steps]


def one_process(given: Path, folder: Path) -> None:
    """Read, scanned and written in one process, in the order of the lines."""
    batch = folder / "plans" / "batch-0"
    batch.mkdir(parents=True)
    with given.open("rb") as lines, gzip.open(batch / "part-0.gz", "wb", 6) as file:
        read, again = tee(read_line(0, line.rstrip(b"\n")) for line in lines)
        steps = scan(TRANSFORM, (line.value for line in read), now=float(NOW))
        for line, (plan, _) in zip(again, steps, strict=True):
            file.write(written(line.raw, line.id, plan) + b"\n")
    (batch / "_SUCCESS").touch()


def compare(mine: Told, theirs: Told, what: str) -> None:
    """The same plans, and whoever is named in the same order."""
    assert Counter(mine) == Counter(theirs), f"{what}: other plans"
    assert by_key(mine, named_by) == by_key(theirs, named_by), f"{what}: in another order"
    print(
        f"{what}: {len(mine):,} plans, the same as in one process and in the same order", flush=True
    )


def named_by(event_id: Any) -> list[str]:
    """Whom an event names: its id tells the person, and by which of their identifiers."""
    who, _, kinds = str(event_id).split("-")
    return [f"{who}-{kind}" for kind in kinds]


def measure(count: int, people: int, folder: Path, stream: bool) -> None:
    """All of it."""
    lines = list(events(count, people, random.Random(1)))
    (folder / "in").mkdir()
    size = -(-count // FILES)
    for at in range(FILES):
        path = folder / "in" / f"{at}.jsonl"
        part = lines[at * size : at * size + size]
        path.write_text("".join(f"{line}\n" for line in part), "utf-8")
        os.utime(path, (at, at))
    in_time, shuffled = folder / "in-time.jsonl", folder / "shuffled.jsonl"
    in_time.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    random.Random(2).shuffle(lines)
    shuffled.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    lines.clear()

    print(f"{count:,} events of {people:,} people      clock       cores      memory", flush=True)
    with watched() as seen:
        one_process(in_time, folder / "one")
    print(f"one process                    {seen}", flush=True)
    expected = told(steps_in(folder / "one"))
    with watched() as seen:
        spark = start(folder / "spark", **SIZED)
    print(f"Spark, to start                {seen}", flush=True)
    with watched() as seen:
        plan_batch(spark.read.text(str(shuffled)), 0, TRANSFORM, str(folder / "batch"), now=NOW)
    print(f"Spark, one batch               {seen}", flush=True)
    compare(told(steps_in(folder / "batch")), expected, "batch")
    if stream:
        with watched() as seen:
            for files in (2, FILES):
                for at in range(files, FILES):
                    (folder / "in" / f"{at}.jsonl").rename(folder / f"{at}.jsonl")
                source = spark.readStream.option("maxFilesPerTrigger", 1).text(str(folder / "in"))
                writer = plan_stream(source, TRANSFORM, str(folder / "stream"))
                writer.trigger(availableNow=True).start().awaitTermination()
                for path in folder.glob("[0-9].jsonl"):
                    path.rename(folder / "in" / path.name)
        print(f"Spark, a stream of {FILES} batches   {seen}", flush=True)
        compare(told(steps_in(folder / "stream")), expected, "stream")
    spark.stop()


def steps_in(folder: Path) -> Iterator[Any]:
    """What stands in the folder, step by step."""
    return (step_of(line.id, line.plan) for line in lines_in(folder / "plans"))


def main() -> None:
    """As the words say."""
    parser = argparse.ArgumentParser(description="Spark at size, beside one process.")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--no-stream", action="store_true")
    words = parser.parse_args()
    if why := missing():
        raise SystemExit(why)
    with tempfile.TemporaryDirectory() as name:
        measure(words.events, words.people, Path(name), not words.no_stream)


if __name__ == "__main__":
    main()
