"""What does the command `plan` take from JSONL to JSONL, against `json.loads` of the file?

On a file of small events (purchases of some 400 bytes, of many people) and on one of larger ones
(orders of three lines, and views). One process each, in turn; processor time, the median of the
ratios, and the most memory. Run: `python tests/benchmarks/plan.py` (`--lines 1000000` at size).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from core import MAPPED, ORDER, VIEW

LOADS = (
    "import json, sys\n"
    "with open(sys.argv[1], 'rb') as file:\n"
    "    for line in file:\n"
    "        json.loads(line)\n"
)


def small(number: int) -> dict[str, Any]:
    """A purchase."""
    who = number % 5_000
    return {
        "name": "order complete",
        "timestamp": 1795518160712 + number,
        "id": f"{number:016x}",
        "user": {"id": f"u{who}", "email": f"u{who}@example.com"},
        "data": {"id": f"O-{number}", "total": 129.5, "currency": "EUR", "coupon": "SPRING"},
        "consent": {"marketing": True},
        "source": {"type": "browser", "url": "https://shop.example/thanks"},
        "entity": "order",
        "action": "complete",
    }


def large(number: int) -> dict[str, Any]:
    """An order of three lines, or a view."""
    of = VIEW if number % 2 else ORDER
    return {**of, "id": f"{number:016x}", "user": {"id": f"u{number % 5_000}"}}


def cost(*words: str) -> tuple[float, float]:
    """Seconds of processor time of one process, and its most memory in megabytes."""
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1_024


def measure(name: str, of: Callable[[int], dict[str, Any]], lines: int, rounds: int) -> None:
    """Print the row of one kind of file."""
    with TemporaryDirectory() as folder:
        events, config = Path(folder) / "events.jsonl", Path(folder) / "config.json"
        config.write_text(json.dumps(MAPPED))
        with events.open("w") as file:
            file.writelines(json.dumps(of(number)) + "\n" for number in range(lines))
        command = ("-m", "walkeros_klaviyo", "plan", str(events), "--config", str(config))
        pairs = [(cost("-c", LOADS, str(events)), cost(*command)) for _ in range(rounds)]
        size = events.stat().st_size / lines
    loads, plans = median(a for (a, _), _ in pairs), median(b for _, (b, _) in pairs)
    ratio, memory = median(b / a for (a, _), (b, _) in pairs), max(one for _, (_, one) in pairs)
    each = f"{loads / lines * 1e6:>7.1f} µs{plans / lines * 1e6:>9.1f} µs"
    print(f"{name:<8}{size:>6.0f} B{each}{ratio:>8.2f}{memory:>8.0f} MB", flush=True)


def main() -> None:
    """Print a row for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{given.lines:,} lines, processor time a line (to reach: 3.0, under 150 MB)")
    print(f"{'':<8}{'line':>8}{'json.loads':>10}{'plan':>12}{'ratio':>8}{'memory':>11}")
    for name, of in (("small", small), ("large", large)):
        measure(name, of, given.lines, given.rounds)


if __name__ == "__main__":
    main()
