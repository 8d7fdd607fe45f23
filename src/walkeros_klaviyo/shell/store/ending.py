"""Was the store closed properly, and is it unchanged since?

A closed store ends in a seal: a digest of the whole file after SQLite's last page, where SQLite
does not look. Opening a store removes the seal first. So a store with a valid seal is exactly as
it was left; one without was not closed properly or is damaged, and is examined thoroughly.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import Final

_MARK: Final = b"walkeros-klaviyo closed\n"
_DIGEST: Final = 40
SEAL_SIZE: Final = len(_MARK) + _DIGEST
_CHUNK: Final = 1 << 20


def put_on(path: Path) -> None:
    """Seal a file that no process has open."""
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        size = os.fstat(file).st_size
        os.pwrite(file, _MARK + _digest(file, size), size)
        os.fsync(file)
    finally:
        os.close(file)


def take_off(path: Path) -> bool:
    """Remove the seal; was there a valid one?

    If there are writes in a -wal, the file is not the whole store, and a seal proves nothing.
    """
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        size = os.fstat(file).st_size - SEAL_SIZE
        seal = os.pread(file, SEAL_SIZE, max(size, 0))
        if not seal.startswith(_MARK):
            return False
        is_good = seal == _MARK + _digest(file, size)
        os.ftruncate(file, size)
        os.fsync(file)
    finally:
        os.close(file)
    return is_good


def _digest(file: int, size: int) -> bytes:
    hashed = blake2b(digest_size=_DIGEST)
    for at in range(0, size, _CHUNK):
        hashed.update(os.pread(file, min(_CHUNK, size - at), at))
    return hashed.digest()
