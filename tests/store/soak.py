"""The same harm a thousand times: `python tests/store/soak.py [TIMES] [SEED]`."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.store import harm
from tests.store.make import fast_folder


def soak(name: str, times: int, once: Callable[[int], str]) -> None:
    """Do it so often, and say what came of it."""
    start, fates = time.monotonic(), Counter[str]()
    for number in range(times):
        fates[once(number)] += 1
    seconds = time.monotonic() - start
    said = ", ".join(f"{count:,} {fate}" for fate, count in fates.most_common())
    print(f"{name}: {times:,} times in {seconds:.0f} s: {said}")


def main(times: int = 1_000, seed: int = 20_261_124) -> None:
    """Harm closed stores, -wals, and cut the power."""
    luck = random.Random(seed)
    with fast_folder() as folder:
        target = folder / "harmed.db"
        data, held = harm.closed_store(folder)
        soak(
            "closed store",
            times,
            lambda number: harm.after_harm(target, harm.harm(data, luck), held),
        )
        main_file, wal, states = harm.unclosed_store(folder)
        soak(
            "-wal of an unclosed store",
            times,
            lambda number: harm.after_wal_harm(target, main_file, harm.harm(wal, luck), states),
        )
        soak(
            "unclosed store with a whole -wal",
            times,
            lambda number: harm.after_harm(target, harm.harm(main_file, luck), states[-1], wal),
        )
        disk, committed = harm.recorded_run(folder)
        (folder / "cut").mkdir()
        soak(
            f"power cut in {len(disk.log):,} steps",
            times,
            lambda number: harm.after_power_cut(
                folder / "cut", disk, committed, luck, finish=number % 10 == 0
            ),
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
