"""Was it closed well, and is it as it was?

A closed store ends in a seal: a digest of the whole file, behind SQLite's last page, where SQLite
does not look. Whoever opens it takes the seal off first. So a store with a good seal is exactly
as it was left, and one without was not closed, or is damaged, and is looked at thoroughly.
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
    """Seal a file that nobody has open."""
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        size = os.fstat(file).st_size
        os.pwrite(file, _MARK + _digest(file, size), size)
        os.fsync(file)
    finally:
        os.close(file)


def take_off(path: Path) -> bool:
    """Take the seal off, for good; was there one, and does all stand as it did?

    With writes in a -wal the file is not the whole store, and a seal says nothing.
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
