"""Where do lines go that were not sent as they should?

`--rejects FILE` keeps them whole, a JSON line each, so that they can be mended and sent again.
The file holds personal data: it is made readable for its owner only.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .intake import Line
from .jsonl import to_line
from .letter import Letter
from .problem import UsageError

Reject = Callable[[Line, str, Letter], None]


def no_rejects(line: Line, outcome: str, letter: Letter) -> None:
    """Nobody wants to keep them."""


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"--rejects {name}: {error.strerror or error}") from None


def _ends_a_line(name: str) -> bool:
    with Path(name).open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def keep_apart(name: str | None, events: str, config: str, store: str) -> None:
    """Raise UsageError where the file is one that the run works with."""
    if name is None:
        return
    kept = os.path.realpath(Path(store).expanduser())
    others = {kept + end: "--store" for end in ("", "-wal", "-shm", "-journal", ".lock", ".new")}
    others |= {os.path.realpath(config): "--config"}
    others |= {} if events == "-" else {os.path.realpath(events): "the events"}
    used = others.get(os.path.realpath(name))
    if used is not None:
        raise UsageError(f"--rejects {name}: is in use as {used}; name a file of its own")


@contextmanager
def rejects(name: str | None) -> Iterator[tuple[Reject, Callable[[], None]]]:
    """A function (line, outcome, letter) that appends to the file, and one that writes it out.

    Without a name both do nothing.
    """
    if name is None:
        yield no_rejects, lambda: None
        return
    try:
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"--rejects {name}: {error.strerror}") from None
    file = os.fdopen(handle, "ab")
    try:
        with _named(name):
            _prepare(name, file)

        def reject(line: Line, outcome: str, letter: Letter) -> None:
            row = {
                "line": line.number,
                "id": line.id,
                "outcome": outcome,
                "call": letter.call,
                "metric": letter.metric,
                "status": letter.status,
                "code": letter.code,
                "message": letter.detail,
                "pointer": letter.pointer,
                "raw": line.raw.decode(errors="replace"),
            }
            with _named(name):
                file.write(to_line(row))

        def write_out() -> None:
            with _named(name):
                file.flush()

        yield reject, write_out
    finally:
        with suppress(OSError):  # what could not be written was said when it was
            file.close()


def _prepare(name: str, file: IO[bytes]) -> None:
    """Readable for its owner only; at the start of a line, for a full disk may have cut one."""
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        return
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        os.fchmod(file.fileno(), 0o600)
    if found.st_size and not _ends_a_line(name):
        file.write(b"\n")
