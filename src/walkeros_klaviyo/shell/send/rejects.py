"""Where do invalid, refused and dead lines go?

`--rejects FILE` keeps them whole, a JSON line each, so that they can be fixed and sent again.
The file holds personal data, so it is made readable only by its owner.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.shell.jsonl import to_line
from walkeros_klaviyo.shell.problem import UsageError

from .acceptance import Rejected

Reject = Callable[[Sequence[Rejected]], None]


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
    """Raise UsageError if the file is one that the run reads or writes otherwise."""
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
def rejects(name: str | None) -> Iterator[Reject]:
    """A function that appends rejected lines to the file, if one is named.

    If the file can no longer be written, delivery goes on and the failure is reported at the end.
    """
    if name is None:
        yield lambda rejected: None
        return
    missed: list[str] = []
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
        handle = os.open(name, flags, 0o600)  # a pipe without a reader must not block us
    except OSError as error:
        why = "nobody reads from this pipe" if error.errno == errno.ENXIO else error.strerror
        raise UsageError(f"--rejects {name}: {why}") from None
    is_file = stat.S_ISREG(os.fstat(handle).st_mode)
    file = os.fdopen(handle, "ab", buffering=-1 if is_file else 0)
    try:
        with _named(name):
            _prepare(name, file)

        def reject(rejected: Sequence[Rejected]) -> None:
            """Write rejected lines to disk, before they count as reported."""
            if missed:  # a full disk, or a reader that left: reported at the end
                return
            try:
                file.write(b"".join(to_line(_row(one)) for one in rejected))
                file.flush()
                if is_file:
                    os.fsync(handle)
            except OSError as error:
                missed.append(error.strerror or str(error))

        yield reject
    finally:
        with suppress(OSError):
            file.close()
        if missed:
            text = f"--rejects {name}: not every line is in it: {missed[0]}; see store dead"
            with suppress(OSError, ValueError):
                print(visible(text), file=sys.stderr)


def _row(rejected: Rejected) -> dict[str, Any]:
    line, letter = rejected.line, rejected.letter
    return {
        "line": line.number,
        "id": line.id,
        "outcome": rejected.outcome,
        **letter.to_dict(),
        "raw": line.raw.decode(errors="replace"),
    }


def _prepare(name: str, file: IO[bytes]) -> None:
    """Make it private, and start a new line, since a full disk may have cut the last one."""
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        return
    if found.st_mode & 0o077 and found.st_uid == os.geteuid():
        os.fchmod(file.fileno(), 0o600)
    if found.st_size and not _ends_a_line(name):
        file.write(b"\n")
