"""Is a subscription still news?

What Klaviyo was last told of an address stands under keys of its own: one for all marketing by its
channel, and one for each list. Consent goes with the address and not with whose it is, so what is
known of one survives whatever profiles merge. The API lifts a suppression, so an old event must
never subscribe again who has said no since; and a no must never be lost.
"""

from __future__ import annotations

from typing import Final, Literal

from .state import STALE_MS, ProfileState, States

Word = Literal["SUBSCRIBED", "UNSUBSCRIBED", "LISTED", "LEFT", ""]
"""Klaviyo's own, or that somebody is on a list, or may not be subscribed any more: who leaves a
list that they are not on leaves everything. It stands as the fingerprint; one that is empty was
taken back, or nobody knows whether it arrived.
"""
_CONTRARY: Final[dict[str, tuple[Word, ...]]] = {
    "UNSUBSCRIBED": ("SUBSCRIBED", "LISTED", ""),
    "LISTED": ("UNSUBSCRIBED",),
}
"""What of the topics in doubt is not so any more, once a word is told. A yes that may have arrived
counts for a no as one that did: it must not keep anybody from leaving.
"""
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


def is_known(topics: tuple[str, ...], doubts: tuple[str, ...], states: States, word: Word) -> bool:
    """Was Klaviyo told just this last, and nothing since that it would change?"""
    return all(
        (state := states.get(one)) and state.fingerprint == word for one in topics
    ) and not _doubted(doubts, states, word)


def _doubted(doubts: tuple[str, ...], states: States, word: Word) -> list[str]:
    contrary = _CONTRARY.get(word, ())
    return [one for one in doubts if one in states and states[one].fingerprint in contrary]


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
        noes = [one for one in known if one.fingerprint != word and one.time is not None]
        return any(
            time is None
            or (one.time or 0.0) > time
            or (one.time == time and one.fingerprint != "")  # else it may be this very yes
            for one in noes
        )
    yeses = [one.time for one in known if one.fingerprint == "SUBSCRIBED"]
    return any(at is not None and time is not None and at - time > STALE_MS for at in yeses)


def said(
    topics: tuple[str, ...],
    doubts: tuple[str, ...],
    states: States,
    word: Word,
    time: float | None,
) -> dict[str, ProfileState]:
    """The new states after this was told, or said once more; the newest time is kept."""
    told: dict[str, Word] = dict.fromkeys(topics, word)
    left: dict[str, Word] = dict.fromkeys(_doubted(doubts, states, word), "LEFT")
    at = {**dict.fromkeys(topics, time), **dict.fromkeys(left, time if word != "LISTED" else None)}
    changes = {}
    for one, said in (told | left).items():
        state = states.get(one)
        before = None if state is None else state.time
        times = [moment for moment in (at[one], before) if moment is not None]
        after = ProfileState(said, time=max(times, default=None))
        if state is None or (state.fingerprint, state.time) != (after.fingerprint, after.time):
            changes[one] = after
    return changes
