"""What does a string reveal, by its shape or its name?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import md5, sha1, sha256
from ipaddress import ip_address
from typing import Final

from walkeros_klaviyo.verify.masking import EMAIL, NUMBER
from walkeros_klaviyo.verify.questions.facts import MOSTLY

Words = tuple[str, ...]
"""The words of a name, in lower case."""
SECRETS: Final = {
    "a password": "password passwd passwort pwd passphrase",
    "a token": "accesstoken authtoken refreshtoken sessiontoken resettoken apikey clientsecret jwt",
    "an account's number": "iban bankaccount bankaccountnumber routingnumber",
    "a card's number": "creditcard creditcardnumber ccnumber cvc cvv cardcode",
    "an official number": "ssn socialsecurity socialsecuritynumber passportnumber",
}
"""Secrets, by the last words of their name; a membership card has a number too."""
TYPED: Final = frozenset(
    "note notes comment comments message remark remarks instruction instructions feedback answer "
    "question review text wish reason bemerkung notiz nachricht kommentar nota".split()
)
"""Words in the names of fields that people type into."""
SOMETIMES: Final = 0.05
"""The share of strings from which people type in more than they should."""
_BY_NAME: Final = {name: what for what, names in SECRETS.items() for name in names.split()}
_IP: Final = frozenset(("ip", "addr"))
_HASH: Final = ("hash", "hashed", "digest", "encrypted", "sha", "md")
_SHAPES: Final = {
    "a password": re.compile(r"\$(2[abxy]|argon2\w*|pbkdf2\S*|scrypt|[156])\$\S{8,}"),
    "a token": re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.\S*|(sk|rk|pk)_(live|test)_\w{8,}"),
}
_CONTACT: Final = re.compile(rf"{EMAIL.pattern}|{NUMBER.pattern}|\b0\d[\d /-]{{6,}}\d\b")
DIGESTS: Final = {32: md5, 40: sha1, 64: sha256}


@lru_cache(4_096)
def secret_name(words: Words) -> str | None:
    """The secret that a name denotes, hashed or not.

    >>> secret_name(("payment", "iban")), secret_name(("password", "hash"))
    ("an account's number", 'a password')
    >>> secret_name(("payment", "method")), secret_name(("club", "card", "number"))
    (None, None)
    """
    kept = [word for word in words if word not in _HASH]
    tails = ("".join(kept[-count:]) for count in (3, 2, 1) if len(kept) >= count)
    return next((_BY_NAME[tail] for tail in tails if tail in _BY_NAME), None)


def is_hashed_contact(words: Words) -> bool:
    """Does the name denote a hashed address or number?"""
    return not {"email", "mail", "phone"}.isdisjoint(words) and not set(_HASH).isdisjoint(words)


def secrets_in(names: Iterable[Words], text: str) -> Iterator[tuple[str, float]]:
    """The kinds of secret in a string, and the share of strings at its place that must have it."""
    plain = re.sub(r"[\s-]", "", text)
    for words in names:
        named = secret_name(words)
        if named is not None and len(plain) > 2 and not re.search(r"[*•…]|[xX]{3}", plain):
            yield named, 0.0
        for what, shape in _SHAPES.items():
            if shape.fullmatch(plain):
                yield what, 0.0
        if is_iban(plain):
            yield "an account's number", MOSTLY
        if is_card(plain):
            yield "a card's number", MOSTLY


def is_iban(text: str) -> bool:
    """Is it an IBAN, by its check digits?

    >>> is_iban("CH9300762011623852957"), is_iban("CH9300762011623852958")
    (True, False)
    """
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text):
        return False
    return int("".join(str(int(one, 36)) for one in text[4:] + text[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Is it a card number, by its length, first digits and check digit?

    >>> is_card("4242424242424242"), is_card("4242424242424241"), is_card("9788700631625")
    (True, False, False)
    """
    if not re.fullmatch(r"(4|5[1-5]|2[2-7]|6[05])\d{14,15}|3[47]\d{13}", text):
        return False
    doubled = [int(one) * (1 + at % 2) for at, one in enumerate(reversed(text))]
    return len(text) in (15, 16) and sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def tells(names: Iterable[Words], text: str, known: Iterable[str]) -> Iterator[tuple[str, float]]:
    """What a string reveals about a person indirectly; `known` holds values that may be hashed."""
    size = len(text)
    if size in DIGESTS and re.fullmatch("[0-9a-fA-F]+", text):
        digests = (DIGESTS[size](one.encode()).hexdigest() for one in known)
        if text.lower() in digests:
            yield "the visitor's address or number, hashed,", MOSTLY
    elif not all(map(_IP.isdisjoint, names)) and _is_ip(text):
        yield "the visitor's address of IP", MOSTLY
    elif not all(map(TYPED.isdisjoint, names)) and " " in text.strip() and _CONTACT.search(text):
        yield "a string with an address or a number in it", SOMETIMES


def _is_ip(text: str) -> bool:
    """Is it a complete IP address? Without its last part it only names a district."""
    try:
        return not str(ip_address(text)).endswith((".0", "::"))
    except ValueError:
        return False
