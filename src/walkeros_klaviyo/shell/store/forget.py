"""How is a person erased from the store?

One identifier is enough: it leads to the others by the person's states and by rows that name both.
All of the person's states, pending calls, dead and retried letters are deleted, and every row that
mentions them. States of keys that only met theirs are deleted too, since they mention them. A
device leads only to its anonymous events, never to another person.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.identifier import read_email, read_identifier, read_person_id
from walkeros_klaviyo.core.klaviyo.phone import parse_phone

from . import people
from .letters import remove as remove_letter
from .letters import remove_again
from .rows import as_blob, split
from .session import Session
from .waiting import remove as remove_call

DEVICE: Final = "anonymous_id"
Known = Mapping[str, Iterable[str]]
"""A person's identifiers, by Klaviyo's field names."""

_JUDGES: Final[Mapping[str, Callable[[str], str | None]]] = {
    "email": lambda text: read_email(text)[0],
    "external_id": lambda text: read_person_id(text)[0],
    "phone_number": lambda text: parse_phone(text)[0],
    "_kx": lambda text: read_identifier(text)[0],
    DEVICE: lambda text: read_identifier(text)[0],
}
_PLACES: Final = {
    **{kind: kind for kind in _JUDGES},
    "user.id": "external_id",
    "user.email": "email",
    "user.device": DEVICE,
}
"""Where identifiers are found: in bodies, and by default in a walkerOS event."""
_ROWS: Final = {
    "outbox": "SELECT id, lane, raw, body, NULL FROM outbox",
    "letters": "SELECT id, lane, raw, body, detail FROM letters",
    "again": "SELECT id, lane, raw, NULL, NULL FROM again",
}


@frozen
class Forgotten:
    """How much was removed about one person."""

    states: int = 0
    """Identifiers with a known state."""
    waiting: int = 0
    letters: int = 0
    again: int = 0
    """Retried dead letters."""


def known_by(key: str) -> dict[str, str]:
    """The identifier in a plan's key, ignoring an account prefix.

    >>> known_by("eu/email:ada@example.com"), known_by("external_id:a/b:7")
    ({'email': 'ada@example.com'}, {'external_id': 'a/b:7'})
    """
    found = re.match(rf"(?:[^:/]+/)*({'|'.join(_JUDGES)}):", key)
    return {} if found is None else {found[1]: key[found.end() :]}


def keys_of(known: Known, accounts: Iterable[str] = ()) -> set[str]:
    """Every key under which the pipeline may keep the person's state.

    >>> sorted(keys_of({"email": [" Ada@example.com"], "external_id": ["7"]}, {"eu"}))
    ['email:ada@example.com', 'eu/email:ada@example.com', 'eu/external_id:7', 'external_id:7']
    """
    plain = set()
    for kind, texts in known.items():
        for text in texts:
            found = _JUDGES[kind](text) or text.strip()
            plain.add(f"{kind}:{found.lower() if kind == 'email' else found}")
    return plain | {f"{account}/{key}" for account in accounts for key in plain}


def finder(known: Known) -> Callable[[bytes], bool]:
    """A test whether JSON contains one of a person's identifiers.

    Ids count only where ids belong: elsewhere the same characters may be any number.

    >>> find = finder({"email": ["ada@example.com"], "external_id": ["7"]})
    >>> find(b'{"a": ["by ADA\\\\u0040example.com"]}'), find(b'{"email": "nada@example.com"}')
    (True, False)
    >>> find(b'{"external_id": "7"}'), find(b'{"quantity": "7"}'), find(b"ada@example.com is bad")
    (True, False, True)
    """
    words = [one.strip() for kind in ("email", "phone_number") for one in known.get(kind, ())]
    anyone = "|".join(map(re.escape, filter(None, words))) or r"(?!)"
    pattern = re.compile(rf"(?<![\w.+-])(?:{anyone})(?![\w-]|\.\w)", re.IGNORECASE)
    ids = {(kind, one) for kind in ("external_id", DEVICE) for one in known.get(kind, ())}

    def find(blob: bytes) -> bool:
        text = blob.decode(errors="replace")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return pattern.search(text) is not None
        return any(
            pattern.search(str(found)) or (ids and (_PLACES.get(name), _id(found)) in ids)
            for name, found in _scalars(value)
        )

    return find


def owner_of(body: bytes | None, raw: bytes = b"") -> dict[str, str]:
    """The identifiers of a body's profile; without a body, those at an event's usual places.

    >>> owner_of(b'{"data": {"type": "profile", "attributes": {"email": "ada@example.com"}}}')
    {'email': 'ada@example.com'}
    >>> owner_of(None, b'{"user": {"id": 7}}')
    {'external_id': '7'}
    """
    try:
        found = json.loads(raw if body is None else body)
        if body is not None:
            found = found["data"]["attributes"]
            found = found["profile"]["data"]["attributes"] if "profile" in found else found
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    depth = "user." if body is None else ""
    pairs = ((_PLACES.get(name), _id(one)) for name, one in _scalars(found) if depth in name)
    return {kind: one for kind, one in pairs if kind is not None and one is not None}


def _id(found: object) -> str | None:
    """An identifier as the pipeline reads it: numbers become strings."""
    return found if isinstance(found, str) else read_person_id(found)[0]


def _scalars(value: Any) -> Iterator[tuple[str, Any]]:
    """Every string and number, keys included, with the name of its member."""
    waiting = [("", value)]
    while waiting:
        name, one = waiting.pop()
        if isinstance(one, dict):
            for key, inner in one.items():
                yield "", key
                waiting.append((f"user.{key}" if name == "user" else key, inner))
        elif isinstance(one, list):
            waiting.extend((name, inner) for inner in one)
        else:
            yield name, one


def forget(
    session: Session,
    key: str | None = None,
    *,
    email: str | None = None,
    external_id: str | None = None,
    phone: str | None = None,
    anonymous_id: str | None = None,
) -> Forgotten:
    """Erase a person, found by one or several identifiers; `key` is a plan's."""
    session.flush()
    given = {"email": email, "external_id": external_id, "phone_number": phone}
    texts: dict[str, set[str]] = defaultdict(set)
    for kind, text in {**(known_by(key) if key else {}), **given, DEVICE: anonymous_id}.items():
        if text and text.strip():
            texts[kind] |= {text, _JUDGES[kind](text) or text}
    named = _digests(session, texts) | ({session.digest(key)} if key else set())
    theirs, met = people.everything_of(session, named)
    is_more = True
    while is_more:  # a row may name identifiers that only a later row links
        before = len(theirs)
        for _, row in _rows(session):
            own, device, owner = _whose(session, row)
            if own & theirs or device & named:
                theirs |= own | device
                for kind in owner.keys() - {DEVICE}:
                    texts[kind].add(owner[kind])
        theirs, more = people.everything_of(session, theirs)
        met |= more
        is_more = len(theirs) > before
    find = finder(texts)
    gone: dict[str, list[int]] = {table: [] for table in _ROWS}
    for table, row in _rows(session):
        own, device, _ = _whose(session, row)
        if own & theirs or device & named or any(find(as_blob(blob)) for blob in row[2:]):
            gone[table].append(row[0])
    return Forgotten(
        sum(map(session.drop, sorted(theirs | met))),
        sum(remove_call(session, one, "forgotten") for one in gone["outbox"]),
        sum(remove_letter(session, one, "forgotten") for one in gone["letters"]),
        sum(remove_again(session, one, "forgotten") for one in gone["again"]),
    )


def _rows(session: Session) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for table, sql in _ROWS.items():
        yield from ((table, row) for row in session.connection.execute(sql))


def _digests(session: Session, known: Known) -> set[bytes]:
    return {session.digest(key) for key in keys_of(known, session.accounts)}


def _whose(session: Session, row: tuple[Any, ...]) -> tuple[set[bytes], set[bytes], dict[str, str]]:
    """A row's digests of the person and of the device, and the identifiers in its body."""
    _, lanes, raw, body, _ = row
    owner = owner_of(None if body is None else as_blob(body), as_blob(raw))
    named = {kind: [text] for kind, text in owner.items()}
    device = _digests(session, {DEVICE: named.pop(DEVICE, ())})
    own = _digests(session, named) | set(split(as_blob(lanes)))
    return own or device, device, owner
