"""How long does `import walkeros_klaviyo` take in a fresh interpreter?

The median of rounds, against a bare interpreter and against attrs alone, which is a good part of
it. To reach: under 60 ms above the bare one. Run: `python tests/benchmarks/import_time.py`.

The bytecode goes to a folder of its own and is there from the second run on, as it is where a
package is installed: an environment that forbids writing it would measure the compiler.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

CASES = {
    "bare python": "pass",
    "attrs": "import attrs",
    "walkeros_klaviyo": "import walkeros_klaviyo",
}


def milliseconds(code: str, bytecode: str) -> float:
    """How long a fresh interpreter took to run some code and end."""
    usual = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment = {**usual, "PYTHONPYCACHEPREFIX": bytecode}
    start = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return (perf_counter() - start) * 1_000


def measure(rounds: int) -> dict[str, list[float]]:
    """Each case's times; the cases take turns, so that a busy machine is as slow for each."""
    with TemporaryDirectory() as bytecode:
        for code in CASES.values():
            milliseconds(code, bytecode)
        turns = [[milliseconds(code, bytecode) for code in CASES.values()] for _ in range(rounds)]
    return {name: list(took) for name, took in zip(CASES, zip(*turns, strict=True), strict=True)}


def main() -> None:
    """Print a row a case: the median, the least, and what the median adds to the bare one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    columns = measure(parser.parse_args().rounds)
    bare = median(columns["bare python"])
    print(f"{'case':<20}{'median':>10}{'least':>10}{'above bare':>14}")
    for name, took in columns.items():
        middle = median(took)
        print(f"{name:<20}{middle:>7.1f} ms{min(took):>7.1f} ms{middle - bare:>11.1f} ms")


if __name__ == "__main__":
    main()
