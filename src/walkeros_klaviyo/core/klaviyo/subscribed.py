"""Is a subscription still news?

What Klaviyo was last told of an address stands under keys of its own: one for all marketing by its
channel, and one for each list. Consent goes with the address and not with whose it is, so what is
known of one survives whatever profiles merge. Of two events the later one holds, to the
millisecond: the API lifts a suppression, so an old event must never subscribe again who has said
no since.
"""

from __future__ import annotations

from typing import Final, Literal

from .state import ProfileState, States

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
    """Was Klaviyo told just this last? A list that was left is left, whatever holds elsewhere."""
    asked = _first(topics) if word == "UNSUBSCRIBED" else topics
    return all((state := states.get(one)) and state.fingerprint == word for one in asked)


def is_overruled(topics: tuple[str, ...], states: States, word: Word, time: float | None) -> bool:
    """Has the person said something else since? At the same moment a no holds.

    What is said of one list ends where that list says otherwise; a subscription also where all
    marketing was refused.

    >>> topics = topics_of("email:a@b.de", "Y6nRLr")
    >>> said = {topics[1]: ProfileState("UNSUBSCRIBED", time=5.0)}
    >>> is_overruled(topics, said, "SUBSCRIBED", 4.0), is_overruled(topics, said, "SUBSCRIBED", 6.0)
    (True, False)
    """
    known = tuple(one for one in topics if one in states)
    asks = word == "SUBSCRIBED"
    return any(
        (state := states[one]).fingerprint != word
        and state.time is not None
        and (time is None or (state.time >= time if asks else state.time > time))
        for one in (known if asks else _first(known))
    )


def _first(topics: tuple[str, ...]) -> tuple[str, ...]:
    """The first topic of each address: of the list, where there is one."""
    firsts: dict[str | None, str] = {}
    for one in topics:
        firsts.setdefault(owner_of(one), one)
    return tuple(firsts.values())


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
