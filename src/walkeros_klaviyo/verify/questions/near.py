"""Which name was meant by a misspelt one?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from .facts import KLAVIYO, OTHERS


def near_metric(name: str) -> str | None:
    """The Klaviyo metric that a name nearly is, or None.

    >>> near_metric("Placed order"), near_metric("Palced Order"), near_metric("Placed Order")
    ('Placed Order', 'Placed Order', None)
    >>> near_metric("Add to Cart"), near_metric("Viewed Page"), near_metric("Placed B2B Order")
    ('Added to Cart', None, None)
    >>> near_metric("Order Placed"), near_metric("Product Viewed"), near_metric("Page Viewed")
    ('Placed Order', 'Viewed Product', None)
    """
    if name in KLAVIYO:
        return None
    wanted, words = plain(name), words_in(name)
    same = next((one for one in KLAVIYO if plain(one) == wanted), OTHERS.get(wanted))
    turned = next((one for one in KLAVIYO if sorted(words_in(one)) == sorted(words)), None)
    # Word by word: an extra or different word makes a different metric.
    others = ((one, words_in(one)) for one in KLAVIYO)
    alike = ((one, each) for one, each in others if len(each) == len(words))
    nearly = next((one for one, each in alike if all(map(is_slip, words, each))), None)
    return same or turned or nearly


def split_words(name: str) -> list[str]:
    """A name's words in lower case; a capital letter or a separator begins a word."""
    return [word.lower() for word in _WORD.findall(name)]


_WORD: Final = re.compile("[A-ZÄÖÜ]?[a-zäöüßéèñ]+|[A-ZÄÖÜ]+(?![a-z])")


def words_in(name: str) -> list[str]:
    return re.findall(r"\w+", name.casefold().replace("_", " "))


def is_slip(word: str, other: str) -> bool:
    """The same word except for one typing error or its ending.

    >>> is_slip("palced", "placed"), is_slip("add", "added"), is_slip("products", "product")
    (True, True, True)
    >>> is_slip("refused", "refunded"), is_slip("page", "product"), is_slip("funded", "refunded")
    (False, False, False)
    """
    if other in (word, f"{word}d", f"{word}ed"):
        return True
    if len(other) < 4 or abs(len(word) - len(other)) > 1:
        return False
    at = next(
        (i for i, pair in enumerate(zip(word, other, strict=False)) if len(set(pair)) > 1), 99
    )
    a, b = word[at:], other[at:]
    swapped = a[1::-1] + a[2:] if len(a) > 1 else a
    return b in (a[1:], swapped) or a in ("", b[1:]) or a[1:] in (b, b[1:])


def is_slip_of(path: str, other: str) -> bool:
    """The same path except for a typing error in one of its words."""
    steps, others = path.split("."), other.split(".")
    different = [(a, b) for a, b in zip(steps, others, strict=False) if a != b]
    return len(steps) == len(others) and len(different) == 1 and is_slip(*different[0])


def plain(name: str) -> str:
    """In lower case, without spaces and punctuation."""
    return "".join(filter(str.isalnum, name.casefold()))


def nearest(word: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """The nearest of the known names, if any is near enough."""
    found = tuple(known)
    lowered = {one.lower(): one for one in found}
    near = get_close_matches(word.lower(), lowered, n=1, cutoff=cutoff)
    return lowered[near[0]] if near else None


def near_path(path: str, known: set[str]) -> str | None:
    """The nearest path that events have: with one different word, or the same key elsewhere.

    >>> near_path("data.totl", {"data.total", "data.id"}), near_path("total", {"data.total"})
    ('data.total', 'data.total')
    >>> near_path("nested.data.name", {"name", "nested.*.data.name"})
    'nested.*.data.name'
    >>> near_path("data.weight", {"data.total", "user.id"}) is None
    True
    """
    steps = path.split(".")
    for at in range(1, len(steps)):
        of_each = ".".join([*steps[:at], "*", *steps[at:]])
        if of_each in known:
            return of_each
    known = {one for one in known if one.count("*") <= path.count("*") or "*" not in one}
    near = nearest(path, sorted(known), 0.8)
    if near is not None:
        return near
    last = path.rpartition(".")[2]
    there = [one for one in known if one.rpartition(".")[2].lower() == last.lower()]
    return there[0] if len(there) == 1 else None
