"""What was Klaviyo last sent about each person?

Keys are stored only as digests. The caller names the keys of a plan; in the returned states, the
person's other keys appear under opaque names, by which they can be looked up again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from attrs import evolve

from walkeros_klaviyo.core.klaviyo.state import ProfileState, States, kind_of_key, merged
from walkeros_klaviyo.core.klaviyo.subscribed import owner_of
from walkeros_klaviyo.delivery.messages import WEAKER

from .rows import split
from .session import DIGEST, Known, Session

UNCERTAIN: Final = "-"
_NONE: Final[Mapping[str, int]] = MappingProxyType({})
_DEVICE: Final = "d"
_LETTERS: Final = {
    "external_id": "x",
    "email": "e",
    "phone_number": "p",
    "_kx": "k",
    "anonymous_id": _DEVICE,
}
"""A letter for each kind of key, strongest first, as stored for certain keys."""
_KINDS: Final = {letter: kind for kind, letter in _LETTERS.items()}
_OPAQUE: Final = "\0"


def lanes_of(session: Session, keys: Iterable[str]) -> bytes:
    """The digests of a person's keys, as a call's row stores them."""
    return b"".join(map(session.digest, keys))


def waits_with(session: Session, lanes: bytes | None) -> tuple[str, ...]:
    """A call's lanes (order keys): the keys it names, and all known to be linked with them."""
    own = () if lanes is None else split(lanes)
    everyone = dict.fromkeys(own)
    linked = b""
    for digest in own:
        row = session.known(digest)
        if row is not None and row.linked != linked:
            linked = row.linked
            everyone |= dict.fromkeys(split(linked))
    return tuple([digest.hex() for digest in everyone])


def prior(session: Session, keys: Iterable[str]) -> States:
    """The states under these keys, including uncommitted changes."""
    names = {session.digest(key): key for key in keys}
    states: dict[str, ProfileState] = {}
    before = state = None
    for digest, key in names.items():
        row = session.known(digest)
        if row is None:
            continue
        if state is None or (row is not before and row != before):
            before, state = row, _state(row, names)
        states[key] = state  # one person's keys nearly always share one
    return states


def _state(row: Known, names: Mapping[bytes, str]) -> ProfileState:
    linked, certain = [], []
    for digest, letter in _pairs(row):
        key = names.get(digest) or f"{_KINDS.get(letter, '?')}:{_OPAQUE}{digest.hex()}"
        linked.append(key)
        if letter != UNCERTAIN:
            certain.append(key)
    return ProfileState(row.told, tuple(certain), tuple(linked), row.time)


def learn(
    session: Session,
    changes: States,
    number: int | None = None,
    numbers: Mapping[str, int] = _NONE,
) -> None:
    """Record the state that the call of this number sends, or (None) that keys met in an event.

    `numbers` holds the numbers of the calls about subscriptions, by topic.
    """
    digests = {name: _digest(session, name) for name in changes}
    before = {name: session.known(digest) for name, digest in digests.items()}
    if number is None:
        number = max((one.number for one in before.values() if one is not None), default=0)
    known = {name: ProfileState(time=row.time) for name, row in before.items() if row is not None}
    shared = None
    for name, state in merged(known, changes).items():
        letters = (_letter(name) if name in state.certain else UNCERTAIN for name in state.linked)
        linked = b"".join(digests[name] for name in state.linked)
        by = numbers.get(name, number)
        if name not in numbers and owner_of(name) and (was := before[name]):
            by = was.number  # a repetition: the call that sent it first stays
        row = Known(state.fingerprint, state.time, linked, "".join(letters), by)
        shared = row if row != shared else shared
        session.keep(digests[name], shared)


def told_at(session: Session, keys: Iterable[str]) -> str | None:
    """When something was last sent under these keys, as stored with the next upsert."""
    rows = (session.known(session.digest(key)) for key in keys)
    times = [row.time for row in rows if row is not None and row.time is not None]
    return repr(max(times)) if times else None


def take_back(session: Session, lanes: bytes, number: int, was_told: str | None) -> None:
    """After the upsert of this number died, make sure that the next one is sent.

    Unless something was sent since, `told` becomes empty, matching no fingerprint, no key stays
    certain, and the time is set back. The number stays, so that older letters stay overtaken.
    """
    for keys, row in _own(session, lanes, number):
        nothing = UNCERTAIN * len(row.certain)
        _keep(session, keys, evolve(row, told="", certain=nothing, time=_time(was_told)))


def _time(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:  # a store of an earlier version has something else there
        return None


def lessen(session: Session, lanes: bytes, number: int, left_out: Collection[str]) -> None:
    """After an upsert was delivered without some identifiers, only the others are certain."""
    for keys, row in _own(session, lanes, number):
        own = split(lanes)
        pairs = list(_pairs(row))
        went = [
            letter
            for letter, kind in _KINDS.items()
            if kind not in left_out and any(k == letter and digest in own for digest, k in pairs)
        ]
        went = went[:1] if WEAKER in left_out else went
        certain = (k if k in went and digest in own else UNCERTAIN for digest, k in pairs)
        _keep(session, keys, evolve(row, certain="".join(certain)))


def is_overtaken(session: Session, keys: Iterable[str], number: int) -> bool:
    """Has a later call sent something about a person with one of these keys?"""
    rows = (session.known(session.digest(key)) for key in keys)
    return any(row is not None and row.number > number for row in rows)


def everything_of(session: Session, digests: Iterable[bytes]) -> tuple[set[bytes], set[bytes]]:
    """All keys of a person that these lead to: the certain ones, and the others.

    A device leads to nobody for certain, since others may use it.
    """
    sure, met = set(digests), set(digests)
    for digest in tuple(sure):
        row = session.known(digest)
        if row is not None and digest in (pairs := dict(_pairs(row))):
            met |= pairs.keys()
            if pairs[digest] not in (UNCERTAIN, _DEVICE):
                sure |= {one for one, letter in pairs.items() if letter != UNCERTAIN}
    return sure, met


def _pairs(row: Known) -> Iterable[tuple[bytes, str]]:
    return zip(split(row.linked), row.certain, strict=True)


def _own(session: Session, lanes: bytes, number: int) -> list[tuple[set[bytes], Known]]:
    """The states that the call of this number set, with their keys, unless replaced since.

    An upsert sets one, for the person; a subscription one for each topic.
    """
    digests = split(lanes)
    topics = [first + second for first, second in pairwise(digests)]
    rows = [(one, session.known(one)) for one in (*digests, *topics)]
    own = [(one, row) for one, row in rows if row is not None and row.number == number]
    told = [({one}, row) for one, row in own if len(one) > DIGEST]
    people = [({*digests, *split(row.linked)}, row) for _, row in own if row.linked]
    return told or people[:1]


def _keep(session: Session, keys: Iterable[bytes], row: Known) -> None:
    for digest in keys:
        session.keep(digest, row)


def _digest(session: Session, name: str) -> bytes:
    opaque = re.fullmatch(f"[a-z_?]+:{_OPAQUE}([0-9a-f]{{32}})", name)
    return session.digest(name) if opaque is None else bytes.fromhex(opaque[1])


def _letter(name: str) -> str:
    return _LETTERS.get(kind_of_key(name), "o")
