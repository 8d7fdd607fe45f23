"""Is it another person's: the recipient's, the seller's?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from walkeros_klaviyo.core.walkeros.value.tree import Node
from walkeros_klaviyo.core.walkeros.value.walk import is_computed, walk
from walkeros_klaviyo.verify.sample.look import Mapped
from walkeros_klaviyo.verify.sample.places import at, leaves_of

from .facts import FEW, MOSTLY
from .meaning import OTHERS, OWN, meaning_of, words_of_path

SURE: Final = ("email", "first name", "last name")
"""What people rarely have two of, as they have a number at home and one on the way."""
NEARLY: Final = 0.9
"""Of the events that must disagree where no word of a name says whose it is."""


def of_another(slot: str, node: Node, events: Iterable[Mapped]) -> tuple[str, str, Mapped] | None:
    """What a value looks at first, and is mostly another's than the event's own user has.

    The path, the user's own path, and an event that shows it.
    """
    if is_computed(node):
        return None
    first = [read.path for read in walk(node) if not read.is_fallback and not read.within]
    paths = [path for path in first if not path.startswith("user.") and "." in path]
    for path in paths:
        words = words_of_path(path)
        is_known = not OTHERS.isdisjoint(words)
        if not is_known and (slot not in SURE or not OWN.isdisjoint(words)):
            continue
        both, other, places = 0, [], Counter[str]()
        for one in events:
            given, own = at(path, one.event), _own(slot, one)
            if own is None or not isinstance(given, str) or not given.strip():
                continue
            both += 1
            if _plain(given) != _plain(own[1]):
                other.append(one)
                places[own[0]] += 1
        if len(other) >= FEW and len(other) > both * (MOSTLY if is_known else NEARLY):
            return path, places.most_common(1)[0][0], other[0]
    return None


def _own(slot: str, one: Mapped) -> tuple[str, Any] | None:
    """Where the user has it, and what stands there."""
    found = leaves_of({"user": one.event.get("user")})
    return next(((path, raw) for path, raw in found if raw and meaning_of(path) == slot), None)


def _plain(value: Any) -> str:
    """Without what two spellings of one address, number or name differ by.

    >>> _plain("+49 151 2345678") == _plain("0151/2345678"), _plain(" Ada") == _plain("ADA")
    (True, True)
    """
    text = "".join(filter(str.isalnum, str(value).casefold()))
    return text[-7:] if text.isdigit() else text
