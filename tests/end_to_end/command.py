"""The real command, in this process or in one of its own, and whom it talks to."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest
import typer.main
from attrs import frozen

KEY = "pk_test_of_the_tests"
COMMAND = (sys.executable, "-m", "walkeros_klaviyo")
NOW = 1_795_518_160_712
COMMANDS = cache(typer.main.get_command)
"""Read from their signatures, which takes longer than a short command."""
_OPENER = build_opener(ProxyHandler({}))


@frozen
class Result:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """Its stdout as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def said(self) -> str:
        """All of it."""
        return self.out + self.err


def environment(**more: str) -> dict[str, str]:
    """This one without keys and proxies, with a key of the tests."""
    foreign = ("KLAVIYO_API_KEY", "PYTHONPATH")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in foreign and not name.lower().endswith("_proxy")
    }
    return {**kept, "KLAVIYO_API_KEY": KEY, "PYTHONUNBUFFERED": "1", **more}


def here(monkeypatch: pytest.MonkeyPatch, *args: str, stdin: bytes = b"", key: str = KEY) -> Result:
    """Run the command in this process, through its own entry point."""
    from walkeros_klaviyo.shell.cli import main

    out, err = io.BytesIO(), io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setenv("KLAVIYO_API_KEY", key)
        patch.setattr(typer.main, "get_command", COMMANDS)
        patch.setattr(os, "_exit", sys.exit)  # a command ends its process, threads and all
        patch.setattr(sys, "argv", ["walkeros-klaviyo", *args])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        patch.setattr(sys, "stdout", io.TextIOWrapper(out, "utf-8", write_through=True))
        patch.setattr(sys, "stderr", io.TextIOWrapper(err, "utf-8", write_through=True))
        try:
            main()
            code: Any = 0
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
        sys.stderr.flush()
        return Result(int(code or 0), out.getvalue().decode(), err.getvalue().decode())


def inside(*args: str, cwd: Path = Path(), columns: int | None = None, **given: Any) -> Result:
    """Run it in this process, but in that folder, and for a terminal so wide."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        if columns is not None:
            patch.setenv("COLUMNS", str(columns))
        return here(patch, *args, **given)


def apart(
    *args: str,
    stdin: bytes = b"",
    seconds: float = 60.0,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> Result:
    """Run the command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *args],
        input=stdin,
        capture_output=True,
        timeout=seconds,
        env=environment() if env is None else env,
        cwd=cwd,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def started(*args: str, first: str = "", **given: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs while the block does; killed by its own id if it is still there.

    `first` is what its process does before, such as to shorten a pause.
    """
    code = f"{first}\nfrom walkeros_klaviyo.shell.cli import main\nmain()"
    command = (sys.executable, "-c", code) if first else COMMAND
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([*command, *args], env=environment(), **{**pipes, **given}) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """What the command `sandbox` serves with these options, from a thread of this process."""
    from walkeros_klaviyo.sandbox import serve
    from walkeros_klaviyo.shell.cli import app

    served: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serve, "serve", lambda chosen, *more, **given: served.append(chosen))
        COMMANDS(app).main(["sandbox", *options], standalone_mode=False)
    with serve.running(*served) as url:
        yield url


@contextmanager
def sandbox_apart(*options: str) -> Iterator[str]:
    """The command `sandbox` in a process of its own; its address is the first thing it says."""
    with started("sandbox", "--port", "0", *options, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert url.startswith("http://127.0.0.1:")
        yield url
        process.terminate()
        process.wait(10)


def fetch(url: str) -> bytes:
    """What stands there."""
    with _OPENER.open(url, timeout=10) as response:
        return bytes(response.read())


def rows_of(url: str) -> list[Any]:
    """The JSON lines that stand there."""
    return [json.loads(line) for line in fetch(url).splitlines()]


def write_lines(path: Path, events: Iterable[Any]) -> str:
    """A file of events, a line each; bytes go as they are."""
    parts = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in events)
    path.write_bytes(b"".join(part + b"\n" for part in parts))
    return str(path)


def write_config(path: Path, config: Any) -> str:
    """A configuration's file."""
    path.write_text(json.dumps(config), "utf-8")
    return str(path)


def shop_event(number: int, **changes: Any) -> dict[str, Any]:
    """An order of one of eleven people, whose name changes from time to time."""
    who = number % 11
    return {
        "name": "order complete",
        "timestamp": NOW + number,
        "id": f"e{number}",
        "data": {"total": round(number * 1.1 + 0.01, 2), "currency": ("EUR", "USD")[number % 2]},
        "user": {
            "id": f"u{who}",
            "email": f"u{who}@example.com",
            "first": f"N{who}-{number // 40}",
        },
        **changes,
    }


SHOP = {
    "settings": {
        "currency": "data.currency",
        "identify": {"map": {"firstName": "user.first"}},
    },
    "mapping": {
        "order": {"complete": {"name": "Placed Order", "settings": {"value": "data.total"}}},
    },
}

Check = Callable[[Result], None]
