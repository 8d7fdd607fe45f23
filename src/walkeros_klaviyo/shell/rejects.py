"""Where do lines go that were not sent as they should?

`--rejects FILE` keeps them whole, a JSON line each, so that they can be mended and sent again.
The file holds personal data: it is made readable for its owner only.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .intake import Line
from .jsonl import to_line
from .letter import Letter
from .problem import UsageError

Reject = Callable[[Line, str, Letter], None]


def no_rejects(line: Line, outcome: str, letter: Letter) -> None:
    """Nobody wants to keep them."""


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
    with os.fdopen(handle, "ab") as file:
        found = os.fstat(handle)
        if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077 and found.st_uid == os.geteuid():
            os.fchmod(handle, 0o600)

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
            file.write(to_line(row))

        yield reject, file.flush
