"""Where do the events come from?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from walkeros_klaviyo.core.faults import did_you_mean


class SourceError(Exception):
    """The events cannot be read; the text says why and what to do."""


@contextmanager
def open_events(name: str) -> Iterator[BinaryIO]:
    """A file of JSON lines, or standard input for `-`.

    Raises SourceError for what is no readable file.
    """
    if name == "-":
        if sys.stdin is None:
            raise SourceError("standard input is closed; name a file of JSON lines")
        if sys.stdin.isatty():
            print("Reading events from the terminal; end with Ctrl-D.", file=sys.stderr)
        yield sys.stdin.buffer
        return
    path = Path(name)
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        folder = path.parent if path.parent.is_dir() else Path()
        names = [one.name for one in folder.iterdir()] if path.parent.is_dir() else []
        near = did_you_mean(path.name, names)
        hint = near if near.startswith("; did") else "; name a file of JSON lines, or - for stdin"
        raise SourceError(f"{name}: no such file{hint}") from None
    except IsADirectoryError:
        raise SourceError(f"{name}: is a folder; name a file of JSON lines") from None
    except OSError as error:
        raise SourceError(f"{name}: {error.strerror or 'cannot be read'}") from None
    with stream:
        yield stream
