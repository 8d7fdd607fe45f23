"""What if driver and JVM are killed in the middle of a batch, again and again?

    python -m tests.spark.kills --kills 10

A stream of files, one a batch, runs in processes of its own. Each life is killed with SIGKILL in
the middle of a batch, at one moment after the other: once it has begun, while plans are written,
once they are there and its states are not, once both are and Spark does not know. The last life
ends by itself. Then the plans must be those of one process, each once and in order.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.spark.session import OPTIONS, missing, start
from tests.spark.size import TRANSFORM, compare, events, one_process, steps_in, told

from walkeros_klaviyo.spark import plan_stream

EACH: Final = 300
"""Events of a batch."""
PEOPLE: Final = 150


def live(folder: Path) -> None:
    """One life: until all files are planned, or it is killed."""
    spark = start(folder / "spark", **OPTIONS)
    source = spark.readStream.option("maxFilesPerTrigger", 1).text(str(folder / "in"))
    writer = plan_stream(source, TRANSFORM, str(folder / "out"))
    writer.trigger(availableNow=True).start().awaitTermination()


def moments(out: Path, number: int) -> tuple[tuple[str, Callable[[], bool]], ...]:
    """Those at which a batch is killed; each is told by what stands on the disk, and what not."""
    plans, states = (out / kind / f"batch-{number:010}" for kind in ("plans", "states"))
    return (
        ("it has begun", (out / "checkpoint" / "offsets" / str(number)).exists),
        ("plans are written", plans.exists),
        ("plans are there", (plans / "_SUCCESS").exists),
        ("states are there", (states / "_SUCCESS").exists),
    )


def is_known(out: Path, number: int) -> bool:
    """Has Spark written down that the batch is done?"""
    return (out / "checkpoint" / "commits" / str(number)).exists()


def kill(folder: Path, at: int, number: int) -> bool:
    """Live, and die at a moment of a batch; was it still in the middle of it?"""
    words = [sys.executable, "-m", "tests.spark.kills", "--live", str(folder)]
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as life:
        what, has_come = moments(folder / "out", number)[at % 4]
        nap = threading.Event()
        while not has_come():
            assert life.poll() is None, f"a life ended before batch {number} was killed"
            nap.wait(0.002)
        os.killpg(life.pid, signal.SIGKILL)  # Python and its JVM
        life.wait()
    in_middle = not is_known(folder / "out", number)
    print(f"batch {number} killed once {what}{'' if in_middle else ', too late'}", flush=True)
    return in_middle


def main() -> None:
    """As the words say."""
    parser = argparse.ArgumentParser(description="Kills driver and JVM in mid-batch.")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if why := missing():
        raise SystemExit(why)
    if given.live:
        live(given.live)
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "in").mkdir()
        batches = given.kills + 1
        lines = list(events(batches * EACH, PEOPLE, random.Random(given.seed)))
        (folder / "all.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
        for number in range(batches):
            path = folder / "in" / f"{number}.jsonl"
            own = lines[number * EACH : number * EACH + EACH]
            path.write_text("".join(f"{line}\n" for line in own), "utf-8")
            os.utime(path, (number, number))
        killed = sum(kill(folder, number, number) for number in range(given.kills))
        subprocess.run(
            [sys.executable, "-m", "tests.spark.kills", "--live", name],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        one_process(folder / "all.jsonl", folder / "one")
        expected = told(steps_in(folder / "one"))
        compare(told(steps_in(folder / "out")), expected, f"{killed} kills in mid-batch")
        assert killed >= given.kills * 0.8, "too many came too late"


if __name__ == "__main__":
    main()
