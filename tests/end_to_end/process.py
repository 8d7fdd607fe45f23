"""A command in a process of its own, and what a sandbox recorded."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import frozen

KEY = "pk_canary_7f3a9c51"


@frozen
class Done:
    """A finished command: its exit code, and all that it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Both outputs together."""
        return self.out + self.err


def outside(
    *words: str,
    stdin: bytes = b"",
    key: str | None = None,
    seconds: float = 60.0,
    **options: Any,
) -> Done:
    """The command in a process of its own, with this API key in the environment, or none."""
    done = subprocess.run(
        [sys.executable, "-m", "walkeros_klaviyo", *words],
        input=stdin,
        capture_output=True,
        env=environment(key),
        timeout=seconds,
        **options,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def environment(key: str | None) -> dict[str, str]:
    """This process's environment, with that API key or none."""
    kept = {name: value for name, value in os.environ.items() if name != "KLAVIYO_API_KEY"}
    return kept if key is None else {**kept, "KLAVIYO_API_KEY": key}


def lines_of(out: str, what: str) -> int:
    """How many lines the summary of `run` counts as accepted, delivered, pending, …

    >>> lines_of("  delivered   1,250  ", "delivered")
    1250
    """
    found = re.findall(rf"^ *{what} +([\d,]+) *$", out, re.MULTILINE)
    return int(found[0].replace(",", "")) if found else 0


def recorded(url: str, what: str) -> list[dict[str, Any]]:
    """What the sandbox recorded: `events` or `profiles`, in order."""
    with urllib.request.urlopen(f"{url}/sandbox/{what}.jsonl") as answer:
        return [json.loads(line) for line in answer.read().splitlines()]


def stats(url: str) -> dict[str, int]:
    """The sandbox's counts."""
    with urllib.request.urlopen(f"{url}/sandbox/stats") as answer:
        counts: dict[str, int] = json.loads(answer.read())
        return counts


def wait_for(url: str, what: str, count: int, process: subprocess.Popen[Any]) -> None:
    """Until the sandbox counts so many, and the command still runs."""
    while stats(url)[what] < count:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            raise AssertionError(f"it ended before there were {count} {what}")


def write_rows(path: Path, *rows: Any) -> Path:
    """A file of JSON lines; a row of bytes goes in as it is."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def order(number: int, **changes: Any) -> dict[str, Any]:
    """An order of one of seven customers, worth its number and some cents."""
    return {
        "name": "order complete",
        "id": f"{number:016x}",
        "timestamp": 1_793_350_800_000 + number * 1_000,
        "data": {"id": f"O-{number}", "total": round(number + 0.37, 2), "currency": "EUR"},
        "user": {
            "id": f"u{number % 7}",
            "email": f"u{number % 7}@example.com",
            "tier": number // 40,
        },
        "consent": {"marketing": True},
        **changes,
    }


SHOP = {
    "consent": {"marketing": True},
    "settings": {"identify": {"map": {"properties": {"map": {"tier": "user.tier"}}}}},
    "mapping": {
        "order": {
            "complete": {
                "name": "Placed Order",
                "data": {"map": {"OrderId": "data.id"}},
                "settings": {
                    "value": "data.total",
                    "currency": "data.currency",
                    "uniqueId": "data.id",
                },
            }
        }
    },
}
"""A configuration for those orders; a customer's tier changes now and then, and so upserts."""
