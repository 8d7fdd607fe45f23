"""What does a path hold, and whose is it, judging by its name and values?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.phone import is_phone_region
from walkeros_klaviyo.core.walkeros.value.tree import Node
from walkeros_klaviyo.core.walkeros.value.walk import is_computed, walk
from walkeros_klaviyo.verify.sample.look import Mapped
from walkeros_klaviyo.verify.sample.places import WithEvent, at, leaves_of

from .counted import are_most
from .facts import MOSTLY
from .guess import ENOUGH
from .near import split_words

NAMES: Final = {
    "email": "email mail emailaddress mailaddress",
    "phone number": "phone telephone tel mobile cell phonenumber telefon handy telefono msisdn",
    "first name": "firstname givenname forename namefirst namegiven fname vorname prenom",
    "last name": "lastname surname familyname namelast namefamily lname nachname apellido",
    "organization": "organization organisation company companyname firm firma employer",
    "image": "image picture avatar photo imageurl pictureurl avatarurl photourl thumbnail bild",
    "city": "city cityname town locality stadt ort ville ciudad",
    "zip": "zip zipcode postcode postalcode postal plz postleitzahl codepostal codigopostal",
    "region": "region regioncode state statecode province county prefecture bundesland kanton",
    "country": "country countrycode countryname land pays nation",
    "language": "language languagecode lang langcode sprache langue idioma",
    "locale": "locale",
}
"""Meanings by the last words of a name, in lower case without punctuation."""
MEANT: Final = {
    **{name: (name,) for name in NAMES},
    "locale": ("locale", "language"),
    "external_id": ("email", "phone number", "organization"),
    "title": (),
    "anonymous_id": (),
    "kx": (),
}
"""The meanings that each setting or trait may read."""
OTHERS: Final = frozenset(
    "recipient receiver consignee addressee giftee gift friend invitee invited referrer referral "
    "shipping ship shipto delivery deliver parcel support seller vendor merchant host guest "
    "agent sender staff driver courier partner".split()
)
"""Words in names that suggest another person."""
OWN: Final = frozenset(
    "new changed billing bill payer customer buyer contact account owner work business private "
    "personal home main primary own preferred".split()
)
"""Words in names that suggest the visitor, though not as known to the site before."""
BY_NAME: Final = {name: meaning for meaning, names in NAMES.items() for name in names.split()}
_SECTIONS: Final = frozenset("user data context custom globals nested".split())


@lru_cache(maxsize=4096)
def words_of_path(path: str) -> tuple[str, ...]:
    """Every word of a path, without the event's section."""
    keys = [key for key in path.split(".") if key != "*" and not key.isdigit()]
    while len(keys) > 1 and keys[0] in _SECTIONS:
        del keys[0]
    return tuple(split_words("_".join(keys)))


@lru_cache(maxsize=4096)
def meaning_of(path: str) -> str | None:
    """The meaning of a path, by its name."""
    words = words_of_path(path)
    tails = ("".join(words[-count:]) for count in (3, 2, 1) if len(words) >= count)
    return next((BY_NAME[tail] for tail in tails if tail in BY_NAME), None)


def path_of(slot: str, events: Sequence[WithEvent]) -> str | None:
    """The path at which many events hold a setting's or trait's value, preferably the visitor's."""
    wanted = MEANT[slot]
    counts = Counter(
        path
        for one in islice(events, ENOUGH)
        for path, _ in leaves_of(one.event, *_SECTIONS)
        if meaning_of(path) in wanted and OTHERS.isdisjoint(words_of_path(path))
    )

    def rank(path: str) -> tuple[bool, int, int]:
        return not path.startswith("user."), wanted.index(meaning_of(path) or ""), -counts[path]

    return min(counts, key=rank, default=None)


_COUNTRIES_ONLY: Final = frozenset("AT AU CN CZ DK GB IE IN JP MX NZ US ZA".split())
"""Country codes that are not language codes."""
_SHAPES: Final = {
    "an address of email": r"[^\s@]+@[^\s@]+\.\w+",
    "an address on the web": r"(https?:)?//\S+",
    "a number": r"\+?[\d ().-]+",
    "a hash": r"[0-9a-f]{32,}",
}
_MAY_BE: Final = {
    "zip": ("a number",),
    "region": ("a number",),
    "organization": ("a number",),
    "image": ("an address on the web", "a hash"),
    "title": tuple(_SHAPES),
}
"""The shapes that each trait's values may have."""


def misfit(slot: str, value: Any) -> str | None:
    """What a value looks like, if it cannot be right for the trait; else None.

    >>> misfit("city", "89073"), misfit("zip", "Ulm"), misfit("country", "en"), misfit("zip", "1 A")
    ('a number', 'without a digit', 'no code of a country', None)
    >>> misfit("country", "Osaka"), misfit("last name", "O'Neill"), misfit("country", "uk")
    (None, None, None)
    """
    text = str(value).strip()
    for shape, pattern in _SHAPES.items():
        if shape not in _MAY_BE.get(slot, ()) and re.fullmatch(pattern, text):
            return shape
    if slot == "zip" and not any(map(str.isdigit, text)):
        return "without a digit"
    if slot == "country" and re.fullmatch(r"[A-Za-z]{2}|[a-z]{2}[-_][A-Za-z]{2}", text):
        is_one = is_phone_region(text.upper()) or text.upper() in ("UK", "EU")
        return None if is_one else "no code of a country"
    return None


def acquits(slot: str, meaning: str, values: Iterable[Any]) -> bool:
    """Do the values fit so well that the path's name proves nothing?

    >>> acquits("country", "region", ["DE"]), acquits("country", "language", ["de"])
    (True, False)
    >>> acquits("locale", "country", ["at"]), acquits("region", "country", ["Wales"])
    (False, True)
    """
    texts = {str(value).strip() for value in values}
    if slot == "country":
        return all(text.isupper() and is_phone_region(text) for text in texts)
    if slot == "region" and meaning == "country":
        codes = [text for text in texts if len(text) == 2 and is_phone_region(text.upper())]
        return len(codes) <= len(texts) * MOSTLY
    if slot == "locale":
        return all(
            text.upper() not in _COUNTRIES_ONLY and re.fullmatch(r"[a-z]{2,3}([-_]\w+)*", text)
            for text in texts
        )
    if slot == "phone number":
        return all(sum(map(str.isdigit, text)) > 6 for text in texts)
    return False


SURE: Final = ("email", "first name", "last name")
"""Traits of which people rarely have two, unlike phone numbers."""
NEARLY: Final = 0.9
"""The share of events that must disagree if no word of the name says whose it is."""


def of_another(slot: str, node: Node, events: Iterable[Mapped]) -> tuple[str, str, Mapped] | None:
    """A value's first path, if it mostly differs from the user's own value.

    Returns (the path, the user's own path, an event that shows it).
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
        known = ((one, at(path, one.event), _own(slot, one)) for one in events)
        both = [
            (one, given, own)
            for one, given, own in known
            if own is not None and isinstance(given, str) and given.strip()
        ]
        other = [(one, own) for one, given, own in both if _plain(given) != _plain(own[1])]
        if are_most(len(other), len(both), MOSTLY if is_known else NEARLY):
            places = Counter(own[0] for _, own in other)
            return path, places.most_common(1)[0][0], other[0][0]
    return None


def _own(slot: str, one: Mapped) -> tuple[str, Any] | None:
    """The user's own path and value."""
    found = leaves_of(one.event, "user")
    return next(((path, raw) for path, raw in found if raw and meaning_of(path) == slot), None)


def _plain(value: Any) -> str:
    """A value normalised for comparison of addresses, numbers and names."""
    text = "".join(filter(str.isalnum, str(value).casefold()))
    return text[-7:] if text.isdigit() else text
