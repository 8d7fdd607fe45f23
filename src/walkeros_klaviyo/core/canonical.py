"""Is it the same content?

A digest of a JSON value that does not depend on the order of keys. Text is escaped to ASCII
first, so that half characters have a digest too.
"""

from __future__ import annotations

import json
import marshal
from typing import Any


def digest(value: Any) -> str:
    """32 hex digits for a JSON value; foreign objects count by their type's name.

    >>> digest({"a": 1, "b": [True]}) == digest({"b": [True], "a": 1})
    True
    >>> digest({"a": 1}) == digest({"a": True})
    False

    Raises RecursionError for a value nested hundreds of levels deep.
    """
    from hashlib import blake2b  # OpenSSL comes with it: only who digests pays

    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_foreign).encode()
    except (ValueError, TypeError):  # integers of thousands of digits, keys that are no texts
        text = marshal.dumps(value, 2)
    return blake2b(text, digest_size=16).hexdigest()


def _foreign(value: Any) -> str:
    return type(value).__name__
