"""Is a subscription still news?

What Klaviyo was last told of an address stands under keys of its own: one for all marketing by its
channel, and one for each list. Consent goes with the address and not with whose it is, so what is
known of one survives whatever profiles merge. Of two events the later one holds, to the
millisecond: the API lifts a suppression, so an old event must never subscribe again who has said
no since.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from .state import ProfileState, States

Word = Literal["SUBSCRIBED", "UNSUBSCRIBED"]
"""Klaviyo's own; it stands as the fingerprint."""
_MARK: Final = " subscription"
_TOPIC: Final = re.compile(r"((?:.*/)?(?:email|phone_number):\S+) subscription(?: \S+)?")


def topics_of(key: str, list_id: str | None = None) -> tuple[str, ...]:
    """The keys under which a subscription of an address is known: of the list, and of all.

    >>> topics_of("email:ada@example.com", "Y6nRLr")
    ('email:ada@example.com subscription Y6nRLr', 'email:ada@example.com subscription')
    """
    every = f"{key}{_MARK}"
    return (every,) if list_id is None else (f"{every} {list_id}", every)


def address_of(topic: str) -> str | None:
    """The key of the address that a topic is about; None for any other key.

    >>> address_of("eu/email:ada@example.com subscription"), address_of("external_id:7")
    ('eu/email:ada@example.com', None)
    """
    found = _TOPIC.fullmatch(topic)
    return None if found is None else found[1]


def is_known(topics: tuple[str, ...], states: States, word: Word) -> bool:
    """Was Klaviyo told just this last? A list that was left is left, whatever holds elsewhere."""
    asked = topics if word == "SUBSCRIBED" else topics[:1]
    return all((state := states.get(one)) and state.fingerprint == word for one in asked)


def is_overruled(topics: tuple[str, ...], states: States, word: Word, time: float | None) -> bool:
    """Has the person said something else since? At the same moment a no holds.

    What is said of one list ends where that list says otherwise; a subscription also where all
    marketing was refused.

    >>> said = {"email:a@b.de subscription": ProfileState("UNSUBSCRIBED", time=5.0)}
    >>> topics = topics_of("email:a@b.de", "Y6nRLr")
    >>> is_overruled(topics, said, "SUBSCRIBED", 4.0), is_overruled(topics, said, "SUBSCRIBED", 6.0)
    (True, False)
    """
    known = [states[one] for one in topics if one in states]
    asks = word == "SUBSCRIBED"
    return any(
        state.fingerprint != word
        and state.time is not None
        and (time is None or (state.time >= time if asks else state.time > time))
        for state in (known if asks else known[:1])
    )


def said(
    topics: tuple[str, ...], states: States, word: Word, time: float | None
) -> dict[str, ProfileState]:
    """The new states after this was told, or said once more: where nothing newer is known."""
    return {
        one: ProfileState(word, time=time)
        for one in topics
        if (state := states.get(one)) is None
        or state.time is None
        or (time is not None and state.time < time)
        or (state.time == time and state.fingerprint != word)
    }
