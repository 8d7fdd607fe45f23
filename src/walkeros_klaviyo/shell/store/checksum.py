"""How are rows sealed, and identifiers stored as digests?

Digests are keyed with the store's salt: without the store nobody can tell whose they are, and two
stores' digests never match. They are taken over ASCII, which every version of Python writes alike.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

from attrs import frozen

SALT_SIZE: Final = 32


@frozen
class Salted:
    """The digests of one store.

    >>> one, other = Salted(b"1" * 32), Salted(b"2" * 32)
    >>> one.of("lane", "email:ada@example.com") == one.of("lane", "email:ada@example.com")
    True
    >>> one.of("lane", "7") == other.of("lane", "7") or one.of("lane", "7") == one.of("key", "7")
    False
    """

    salt: bytes

    def of(self, purpose: str, text: str) -> bytes:
        """16 bytes that stand for a string, different for each purpose."""
        content = text.encode(errors="surrogatepass")
        return blake2b(content, key=self.salt, person=purpose.encode(), digest_size=16).digest()

    def seal(self, columns: tuple[Any, ...], *blobs: Any) -> bytes:
        """16 bytes over columns and blobs, including their types and boundaries.

        >>> salted = Salted(b"1" * 32)
        >>> salted.seal((1,), b"a") == salted.seal(("1",), b"a")
        False
        >>> salted.seal((), b"ab", b"c") == salted.seal((), b"a", b"bc")
        False
        """
        bordered = columns if not blobs else (columns, *map(_size, blobs))
        hashed = blake2b(ascii(bordered).encode(), key=self.salt, digest_size=16)
        for blob in blobs:
            hashed.update(blob if isinstance(blob, bytes) else ascii(blob).encode())
        return hashed.digest()


def _size(blob: object) -> int:
    """A blob's length; anything else gets a mark of its own, so that types cannot be confused."""
    return len(blob) if isinstance(blob, bytes) else -1
