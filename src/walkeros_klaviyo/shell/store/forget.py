"""Who is to be forgotten, and where do we know them?

One person's states, waiting calls and dead letters go: those of every key that is theirs for sure,
and every row whose body, line or detail holds an identifier of theirs, with the rest of that row's
person. Of keys that only met theirs, the states go too: they name them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import evolve, frozen

from walkeros_klaviyo.core.klaviyo.identifier import parse_identifier
from walkeros_klaviyo.core.klaviyo.phone import parse_phone

from . import people
from .letters import remove as remove_letter
from .rows import SELECT_CALLS, SELECT_LETTERS, as_blob, split
from .session import Session
from .waiting import remove as remove_call


@frozen
class Person:
    """One person's identifiers, as far as they are known; `key` is a plan's key."""

    key: str | None = None
    email: str | None = None
    external_id: str | None = None
    phone: str | None = None


@frozen
class Forgotten:
    """How much was removed of one person."""

    states: int = 0
    waiting: int = 0
    letters: int = 0


def person_of(key: str) -> Person:
    """The person of a plan's key, whatever the account.

    >>> person_of("eu/email:ada@example.com").email, person_of("external_id:a/b:7").external_id
    ('ada@example.com', 'a/b:7')
    """
    start = re.match(r"(?:[^:/]+/)*(email|external_id|phone_number):", key)
    if start is None:
        return Person(key)
    name = "phone" if start[1] == "phone_number" else start[1]
    return evolve(Person(key), **{name: key[start.end() :]})


def keys_of(person: Person, accounts: set[str]) -> set[str]:
    """Every key under which a person's state may stand.

    >>> sorted(keys_of(Person(email="Ada@example.com", external_id="7"), {"eu"}))
    ['email:ada@example.com', 'eu/email:ada@example.com', 'eu/external_id:7', 'external_id:7']
    """
    plain = set()
    if person.email:
        plain.add("email:" + person.email.strip().lower())
    if person.external_id:
        plain.add(f"external_id:{person.external_id}")
    if person.phone:
        plain.add(f"phone_number:{person.phone.strip()}")
    own = {person.key} if person.key else set()
    return own | plain | {f"{account}/{key}" for account in accounts for key in plain}


def finder(person: Person) -> Callable[[bytes], bool]:
    """Does a JSON text hold one of a person's identifiers?

    >>> find = finder(Person(email="ada@example.com", external_id="7"))
    >>> find(b'{"a": ["by ADA\\\\u0040example.com"]}'), find(b'{"email": "nada@example.com"}')
    (True, False)
    >>> find(b'{"external_id": "7"}'), find(b'{"quantity": "7"}'), find(b"ada@example.com is bad")
    (True, False, True)
    """
    words = [text.strip() for text in (person.email, person.phone) if text and text.strip()]
    anyone = "|".join(map(re.escape, words)) or r"(?!)"
    pattern = re.compile(rf"(?<![\w.+-])(?:{anyone})(?![\w-]|\.\w)", re.IGNORECASE)

    def find(blob: bytes) -> bool:
        text = blob.decode(errors="replace")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return pattern.search(text) is not None
        return any(
            (name in _ID_NAMES and is_id(found, person.external_id)) or pattern.search(str(found))
            for name, found in _scalars(value)
        )

    return find


def is_id(found: object, external_id: str | None) -> bool:
    """Is it this external id, as the pipeline would read it?

    >>> is_id(90210, "90210"), is_id("7", None)
    (True, False)
    """
    return external_id is not None and parse_identifier(found)[0] == external_id


def owner_of(body: bytes) -> dict[str, Any]:
    """The identifiers of the profile that a body is about.

    >>> owner_of(b'{"data": {"type": "profile", "attributes": {"email": "ada@example.com"}}}')
    {'email': 'ada@example.com'}
    """
    try:
        attributes = json.loads(body)["data"]["attributes"]
        if "profile" in attributes:
            attributes = attributes["profile"]["data"]["attributes"]
        return {name: attributes[name] for name in _IDENTIFIERS if name in attributes}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


_IDENTIFIERS: Final = ("email", "external_id", "phone_number")
_ID_NAMES: Final = frozenset({"external_id", "user.id"})
"""Where an external id stands: in bodies, and in a walkerOS event by default."""


def _scalars(value: Any) -> Iterator[tuple[str, Any]]:
    """Every text and number, keys too, with the name it stands under."""
    waiting = [("", value)]
    while waiting:
        name, one = waiting.pop()
        if isinstance(one, dict):
            for key, inner in one.items():
                yield "", key
                waiting.append(("user.id" if (name, key) == ("user", "id") else key, inner))
        elif isinstance(one, list):
            waiting.extend((name, inner) for inner in one)
        else:
            yield name, one


def forget(session: Session, person: Person) -> Forgotten:
    """Remove one person from the store."""
    if person.phone:  # kept as the pipeline writes it, however a person does
        person = evolve(person, phone=parse_phone(person.phone)[0] or person.phone)
    named = {session.digest(key) for key in keys_of(person, session.accounts)}
    session.flush()
    sure, met = people.everything_of(session, named)
    find = finder(person)
    calls = _found(session, SELECT_CALLS, find, sure)
    letters = _found(session, SELECT_LETTERS, find, sure)
    calls |= _of_people(session, "outbox", sure)
    letters |= _of_people(session, "letters", sure)
    states = sum(map(session.drop, sorted(sure | met)))
    waiting = sum(remove_call(session, one, "forgotten") for one in sorted(calls))
    dead = sum(remove_letter(session, one, "forgotten") for one in sorted(letters))
    return Forgotten(states, waiting, dead)


def _found(session: Session, sql: str, find: Callable[[bytes], bool], sure: set[bytes]) -> set[int]:
    """The rows that hold an identifier; those whose own profile has it add its keys to `sure`."""
    found = set()
    for row in session.connection.execute(sql):
        if any(find(as_blob(blob)) for blob in row[-3:]):  # the last ones are blobs
            found.add(row[0])
            owner = json.dumps(owner_of(as_blob(row[-2]))).encode()
            if isinstance(row[3], bytes) and find(owner):
                sure.update(split(row[3]))
    return found


def _of_people(session: Session, table: str, sure: set[bytes]) -> set[int]:
    rows = session.connection.execute(f"SELECT id, lane FROM {table} WHERE lane IS NOT NULL")
    return {identity for identity, lanes in rows if not sure.isdisjoint(split(as_blob(lanes)))}
