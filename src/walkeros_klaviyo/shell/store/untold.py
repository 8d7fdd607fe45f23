"""Of whom does Klaviyo not have what it was to be told?

Whoever settles plans elsewhere counts what a plan tells as told. Where that is a dead letter, they
must learn of it. What is given are identifiers, as a plan's keys have them: keep it from others.
"""

from __future__ import annotations

from walkeros_klaviyo.core.klaviyo.limits import ENDPOINTS

from .forget import keys_of, owner_of
from .letters import letters
from .rows import DeadLetter
from .session import Session


def untold(session: Session) -> tuple[str, ...]:
    """The keys of everybody whose profile, or subscription, a dead letter was to change."""
    found: set[str] = set()
    for one in letters(session):
        if isinstance(one, DeadLetter) and one.body is not None and _changes(one.letter.call):
            who = owner_of(one.body)
            found |= keys_of({kind: [value] for kind, value in who.items()}, session.accounts)
    return tuple(sorted(found))


def _changes(call: str | None) -> bool:
    return call is not None and call in ENDPOINTS and ENDPOINTS[call].changes_profile
