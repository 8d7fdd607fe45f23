"""Is a subscription still news?

What Klaviyo was last told of an address stands under keys of its own: one for all marketing by its
channel, and one for each list. Consent goes with the address and not with whose it is, so what is
known of one survives whatever profiles merge. The API lifts a suppression, so an old event must
never subscribe again who has said no since; and a no must never be lost.
"""

from __future__ import annotations

from typing import Final, Literal

from .state import STALE_MS, ProfileState, States

Word = Literal["SUBSCRIBED", "UNSUBSCRIBED", "LISTED"]
"""Klaviyo's own, or that somebody is on a list; it stands as the fingerprint."""
_MARK: Final = "\x1f"
"""The unit separator: no identifier holds one."""


def topics_of(key: str, list_id: str | None = None) -> tuple[str, ...]:
    """The keys under which a subscription of an address is known: of the list, and of all.

    >>> topics_of("email:ada@example.com", "Y6nRLr")
    ('email:ada@example.com\\x1fY6nRLr', 'email:ada@example.com\\x1f')
    """
    every = f"{key}{_MARK}"
    return (every,) if list_id is None else (f"{every}{list_id}", every)


def list_topic(key: str, list_id: str) -> str:
    """The key under which it is known that somebody is on a list.

    >>> list_topic("external_id:7", "Y6nRLr")
    'external_id:7\\x1f\\x1fY6nRLr'
    """
    return f"{key}{_MARK}{_MARK}{list_id}"


def owner_of(topic: str) -> str | None:
    """The key of whom a topic is about; None for a key that is no topic.

    >>> owner_of("eu/email:ada@example.com\\x1f"), owner_of("external_id:7")
    ('eu/email:ada@example.com', None)
    """
    owner, mark, _ = topic.partition(_MARK)
    return owner if mark else None


def is_known(topics: tuple[str, ...], states: States, word: Word) -> bool:
    """Was Klaviyo told just this last?"""
    return all((state := states.get(one)) and state.fingerprint == word for one in topics)


def is_overruled(topics: tuple[str, ...], states: States, word: Word, time: float | None) -> bool:
    """Has the person said something else since?

    A yes holds only if it is later than every no. A no holds unless a yes is more than a day later:
    the clock of a browser may be fast, and must not keep anybody from leaving.

    >>> topics = topics_of("email:a@b.de", "Y6nRLr")
    >>> said = {topics[1]: ProfileState("UNSUBSCRIBED", time=5.0)}
    >>> is_overruled(topics, said, "SUBSCRIBED", 4.0), is_overruled(topics, said, "SUBSCRIBED", 6.0)
    (True, False)
    """
    known = [states[one] for one in topics if one in states]
    if word == "SUBSCRIBED":
        others = [one.time for one in known if one.fingerprint != word]
        return any(at is not None and (time is None or at >= time) for at in others)
    yeses = [one.time for one in known if one.fingerprint == "SUBSCRIBED"]
    return any(at is not None and time is not None and at - time > STALE_MS for at in yeses)


def said(
    topics: tuple[str, ...], states: States, word: Word, time: float | None
) -> dict[str, ProfileState]:
    """The new states after this was told, or said once more; the newest time is kept."""
    changes = {}
    for one in topics:
        state = states.get(one)
        before = None if state is None else state.time
        times = [at for at in (time, before) if at is not None]
        after = ProfileState(word, time=max(times, default=None))
        if state is None or (state.fingerprint, state.time) != (after.fingerprint, after.time):
            changes[one] = after
    return changes
