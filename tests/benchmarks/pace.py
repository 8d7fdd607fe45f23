"""How near does `run` come to Klaviyo's published rate, in real time?

    python tests/benchmarks/pace.py [EVENTS] [--limits sliding]

Single calls at the published limits, to a sandbox that answers 429 beyond them: events a second
beside the ideal, and how many answers were 429. 5,000 events take some 66 seconds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.end_to_end.command import sandbox_apart
from tests.end_to_end.process import KEY, outside, stats, write_rows

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS


def main(count: int = 5_000, *more: str) -> None:
    """Measure once, and print."""
    steady = ENDPOINTS["events.create_event"].steady / 60
    with tempfile.TemporaryDirectory() as name, sandbox_apart(*more) as url:
        folder = Path(name)
        rows = (
            {
                "name": "page view",
                "id": f"{number:016x}",
                "timestamp": 1_793_350_800_000 + number,
                "user": {"id": f"u{number}"},
            }
            for number in range(count)
        )
        write_rows(folder / "events.jsonl", *rows)
        (folder / "shop.json").write_text(json.dumps({}))
        words = ("run", "events.jsonl", "-c", "shop.json", "--host", url, "--mode", "single", "-q")
        start = time.monotonic()
        done = outside(*words, cwd=folder, key=KEY, seconds=600.0)
        took = time.monotonic() - start
        counts = stats(url)
    assert done.code == 0, done.said
    assert counts["events"] == count
    rate, answers = count / took, counts["requests"]
    print(f"{count:,} events in {took:.1f} s: {rate:.1f}/s, {rate / steady:.1%} of {steady:.1f}/s")
    print(
        f"answers 429: {counts['throttled']:,} of {answers:,} ({counts['throttled'] / answers:.2%})"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
