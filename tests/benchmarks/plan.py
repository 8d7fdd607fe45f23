"""How long does the command `plan` take from JSONL to JSONL, against `json.loads` of the file?

One process each, in turn, on the same file of orders and views of many profiles; the median of
the ratios. Run: `python tests/benchmarks/plan.py` (`--lines 200000` for a longer file).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from core import MAPPED, ORDER

LOADS = (
    "import json, sys\n"
    "with open(sys.argv[1], 'rb') as file:\n"
    "    for line in file:\n"
    "        json.loads(line)\n"
)


def write(folder: Path, lines: int, profiles: int) -> tuple[Path, Path]:
    """A file of events, half of them mapped orders, and the configuration."""
    events, config = folder / "events.jsonl", folder / "config.json"
    config.write_text(json.dumps(MAPPED))
    with events.open("w") as file:
        for number in range(lines):
            event = {**ORDER, "id": f"{number:016x}", "user": {"id": f"u{number % profiles}"}}
            if number % 2:
                event = {**event, "name": "page view", "entity": "page", "action": "view"}
            file.write(json.dumps(event) + "\n")
    return events, config


def seconds(*words: str) -> float:
    """Wall seconds of one process."""
    start = perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start


def main() -> None:
    """Print the times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        events, config = write(Path(folder), given.lines, profiles=5_000)
        command = ("-m", "walkeros_klaviyo", "plan", str(events), "--config", str(config))
        pairs = [
            (seconds("-c", LOADS, str(events)), seconds(*command)) for _ in range(given.rounds)
        ]
    loads, plans = median(a for a, _ in pairs), median(b for _, b in pairs)
    ratio = median(b / a for a, b in pairs)
    print(f"{given.lines:,} lines: json.loads {loads:.2f} s, plan {plans:.2f} s, ", end="")
    print(f"{given.lines / plans:,.0f} lines/s, ratio {ratio:.2f} (to reach: at most 3)")


if __name__ == "__main__":
    main()
