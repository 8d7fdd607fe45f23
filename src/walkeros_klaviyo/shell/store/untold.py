"""Whose profile or subscription change is a dead letter, and so never reached Klaviyo?

A program that settles plans elsewhere (Spark) assumes that its calls are delivered, so it must
learn which were not. The keys contain people's identifiers: keep them private.
"""

from __future__ import annotations

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

from .forget import keys_of, owner_of
from .letters import letters
from .rows import DeadLetter
from .session import Session


def untold(session: Session) -> tuple[str, ...]:
    """The keys, as in plans, of everybody whose profile or subscription a dead letter concerns."""
    found: set[str] = set()
    for one in letters(session):
        if isinstance(one, DeadLetter) and one.body is not None and _changes(one.letter.call):
            who = owner_of(one.body)
            found |= keys_of({kind: [value] for kind, value in who.items()}, session.accounts)
    return tuple(sorted(found))


def _changes(call: str | None) -> bool:
    return call is not None and call in ENDPOINTS and ENDPOINTS[call].changes_profile
