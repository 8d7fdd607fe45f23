"""How far was a source read, and is it still the same source?

A position carries a digest of the bytes just before it: the same file, grown or not, still has
them there; a rotated or rewritten one does not.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import IO, Final, Literal

from attrs import frozen

WINDOW: Final = 4096
"""Bytes before the offset that are compared."""

Standing = Literal["same", "grown", "rewritten"]


@frozen
class Position:
    """Everything before `offset` was accepted; `line` lines stand there."""

    offset: int
    line: int
    digest: str
    """Of the bytes just before the offset."""


def digest_of(before: bytes) -> str:
    """A digest of the last bytes that were read; only the last WINDOW count.

    >>> digest_of(b"x" * 5000) == digest_of(b"x" * 4096)
    True
    """
    return blake2b(before[-WINDOW:], digest_size=16).hexdigest()


def bytes_before(stream: IO[bytes], offset: int) -> bytes:
    """What stands just before an offset of a file; where it was read on from is kept."""
    here = stream.tell()
    start = max(offset - WINDOW, 0)
    stream.seek(start)
    found = stream.read(offset - start)
    stream.seek(here)
    return found


def compare(position: Position, stream: IO[bytes]) -> Standing:
    """Is the file the one that was read, has it grown since, or is it another one now?

    >>> import io
    >>> position = Position(4, 2, digest_of(b"a\\nb\\n"))
    >>> texts = (b"a\\nb\\n", b"a\\nb\\nc\\n", b"a\\nc\\n")
    >>> [compare(position, io.BytesIO(text)) for text in texts]
    ['same', 'grown', 'rewritten']
    """
    here = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    if size < position.offset:
        return "rewritten"
    if digest_of(bytes_before(stream, position.offset)) != position.digest:
        return "rewritten"
    return "same" if size == position.offset else "grown"
