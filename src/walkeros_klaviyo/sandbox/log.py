"""How do a million lines fit into memory?

Full blocks are compressed; readers use a snapshot while writing goes on.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

BLOCK: Final = 256_000


class Log:
    """Lines of bytes, in order.

    >>> log = Log()
    >>> log.append(b"one"); log.append(b"two")
    >>> list(log), len(log)
    ([b'one', b'two'], 2)
    """

    def __init__(self) -> None:
        self._full: list[bytes] = []
        self._ends: list[int] = []  # the number of lines up to each full block's end
        self._open: list[bytes] = []
        self._size = 0
        self._count = 0

    def append(self, line: bytes) -> None:
        """Add a line, which must not contain a line ending."""
        self._open.append(line)
        self._size += len(line)
        self._count += 1
        if self._size >= BLOCK:
            self._full.append(zlib.compress(b"\n".join(self._open), 1))
            self._ends.append(self._count)
            self._open, self._size = [], 0

    def __len__(self) -> int:
        return self._count

    def pick(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """The lines with these numbers, from 0; a block is unpacked once for neighbouring lines.

        >>> log = Log()
        >>> log.append(b"one"); log.append(b"two")
        >>> list(log.pick([1, 0]))
        [b'two', b'one']
        """
        last, lines = -1, list[bytes]()
        for number in numbers:
            block = bisect_right(self._ends, number)
            if block != last:
                last, is_open = block, block == len(self._full)
                lines = self._open if is_open else zlib.decompress(self._full[block]).split(b"\n")
            yield lines[number - (self._ends[block - 1] if block else 0)]

    def __iter__(self) -> Iterator[bytes]:
        full, last = tuple(self._full), tuple(self._open)
        return _lines(full, last)


def _lines(full: tuple[bytes, ...], last: tuple[bytes, ...]) -> Iterator[bytes]:
    for block in full:
        yield from zlib.decompress(block).split(b"\n")
    yield from last
