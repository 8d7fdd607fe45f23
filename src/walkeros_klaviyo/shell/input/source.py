"""How is a file, a pipe or standard input opened as a stream of lines?

To add another kind of input, put a `Batch` into a loop's inbox; its future is done once the batch
is durable and may be acknowledged. `send.run` does so for files, `Destination` for a program.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Final

from walkeros_klaviyo.shell.problem import ProblemError, no_such_file

from .pipes import CHUNK, GZIP, Pipe, Unpacked, Unpacking

KINDS: Final = (".jsonl", ".ndjson", ".json", ".log", ".txt", ".gz")
"""Suffixes of files of events."""


class SourceError(ProblemError):
    """The events cannot be read; the message says why and what to do."""


@contextmanager
def open_events(name: str, tell: Callable[[str], None] = lambda text: None) -> Iterator[IO[bytes]]:
    """Open a file of events, or standard input for `-`; `tell` gets a note when it must wait.

    Input compressed with gzip is unpacked. Raises SourceError if it cannot be read.
    """
    if name == "-":
        if sys.stdin is None:
            raise SourceError("standard input is closed; name a file of JSON lines")
        if sys.stdin.isatty():
            tell("Reading events from the terminal; end with Ctrl-D.")
        yield _stdin()
        return
    raw = _opened(Path(name), name)
    with closing(raw):  # not its buffer, whose lock a reader may hold
        stream: Any
        if isinstance(raw, Pipe):
            stream = io.BufferedReader(Unpacking(raw), CHUNK)
        elif os.pread(raw.fileno(), 2, 0) == GZIP:
            stream = Unpacked(name, fileobj=raw)
        else:
            stream = io.BufferedReader(raw, CHUNK)
        yield stream


def _stdin() -> IO[bytes]:
    try:
        number = sys.stdin.fileno()
        is_file = stat.S_ISREG(os.fstat(number).st_mode)
        is_packed = is_file and os.pread(number, 2, 0) == GZIP
    except (OSError, ValueError):  # no file descriptor: a program's own stream
        is_file, is_packed = True, False
    if is_file and not is_packed:
        return sys.stdin.buffer
    inner = io.FileIO(number, closefd=False) if is_file else Pipe(number)
    return io.BufferedReader(Unpacking(inner), CHUNK)


def _opened(path: Path, name: str) -> io.FileIO | Pipe:
    try:
        mode = path.stat().st_mode
        if (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)) and os.access(path, os.R_OK):
            return Pipe(name)
        return path.open("rb", buffering=0)
    except FileNotFoundError:
        hint = "; name a file of JSON lines, or - for stdin"
        raise SourceError(f"{name}: {no_such_file(path, KINDS, hint)}") from None
    except IsADirectoryError:
        raise SourceError(f"{name}: is a folder; name a file of JSON lines") from None
    except OSError as error:
        raise SourceError(f"{name}: {error.strerror or 'cannot be read'}") from None
