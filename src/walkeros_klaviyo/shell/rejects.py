"""Where do lines go that were not sent as they should?

`--rejects FILE` keeps them whole, a JSON line each, so that they can be mended and sent again.
The file holds personal data: it is made readable for its owner only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .intake import Line
from .jsonl import to_line
from .problem import UsageError

Reject = Callable[[Line, str, str, str], None]


@contextmanager
def rejects(name: str | None) -> Iterator[Reject]:
    """A function (line, outcome, code, message) that appends to the file; none, and it forgets."""
    if name is None:
        yield lambda line, outcome, code, message: None
        return
    try:
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise UsageError(f"--rejects {name}: {error.strerror}") from None
    with os.fdopen(handle, "ab") as file:

        def reject(line: Line, outcome: str, code: str, message: str) -> None:
            row = {
                "line": line.number,
                "id": line.id,
                "outcome": outcome,
                "code": code,
                "message": message,
                "raw": line.raw.decode(errors="replace"),
            }
            file.write(to_line(row))

        yield reject
