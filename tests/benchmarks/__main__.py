"""What does everything cost? `python tests/benchmarks` runs them all, small: some minutes.

Each is a command of its own, with options for more: `core.py`, `plan.py`, `delivery.py`,
`import_time.py`; `growth.py` and `pace.py` take longer and are not run by this one.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RUNS = (
    ("core.py",),
    ("plan.py", "--lines", "50000"),
    ("delivery.py", "--events", "50000", "--single", "3000"),
    ("import_time.py",),
)


def main() -> None:
    """Print each one's table, below the commit and the machine."""
    words = ("git", "-C", str(HERE), "describe", "--always", "--dirty")
    commit = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    python = f"Python {platform.python_version()}"
    print(f"commit {commit or 'unknown'}, {python}, {platform.machine()}", flush=True)
    for name, *options in RUNS:
        print(f"\n{name} {' '.join(options)}".rstrip(), flush=True)
        subprocess.run((sys.executable, str(HERE / name), *options), check=True)


if __name__ == "__main__":
    main()
