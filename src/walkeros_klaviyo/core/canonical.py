"""Do two JSON values have the same content?

A digest that does not depend on the order of keys. Strings are escaped to ASCII first, so that
unpaired surrogates have a digest too.
"""

from __future__ import annotations

import json
import marshal
from typing import Any


def digest(value: Any) -> str:
    """32 hex digits for a JSON value; an object that is not JSON counts as its type's name.

    >>> digest({"a": 1, "b": [True]}) == digest({"b": [True], "a": 1})
    True
    >>> digest({"a": 1}) == digest({"a": True})
    False

    Raises RecursionError for a value nested hundreds of levels deep.
    """
    from hashlib import blake2b  # pulls in OpenSSL, so only when needed

    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_foreign).encode()
    except (ValueError, TypeError):  # integers of thousands of digits, keys that are not strings
        text = _written(value).encode(errors="surrogatepass")
    return blake2b(text, digest_size=16).hexdigest()


def marshalled(value: Any) -> bytes | None:
    """The value as bytes by `marshal`, five times faster than JSON; None where that fails.

    Equal bytes mean equal content with keys in the same order.

    >>> marshalled({"a": 1}) == marshalled({"a": True})
    False
    """
    try:
        return marshal.dumps(value, 2)
    except ValueError:  # a subclass of str or float, which json accepts
        return None


def _written(value: Any) -> str:
    """A canonical text for what json refuses to write; hexadecimal has no limit on digits."""
    if isinstance(value, dict):
        pairs = sorted((_written(key), _written(member)) for key, member in value.items())
        return "{" + ",".join(f"{key}:{member}" for key, member in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    plain = value is None or isinstance(value, str | float | bool)
    return repr(value) if plain else _foreign(value)


def _foreign(value: Any) -> str:
    return type(value).__name__
