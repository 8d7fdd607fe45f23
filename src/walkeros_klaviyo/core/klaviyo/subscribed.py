"""Must a subscription still be sent?

What Klaviyo was last sent about an address is kept under keys of its own, called topics: one for
all marketing on its channel, and one for each list. Consent belongs to the address rather than the
profile, so it survives when profiles merge. Subscribing lifts a suppression at Klaviyo, so an old
event must never resubscribe somebody who has since said no; and a no must never be lost.
"""

from __future__ import annotations

from typing import Final, Literal

from .state import STALE_MS, ProfileState, States

Word = Literal["SUBSCRIBED", "UNSUBSCRIBED", "LISTED", "LEFT", ""]
"""The last thing sent about a topic, kept as the state's fingerprint. SUBSCRIBED and UNSUBSCRIBED
are Klaviyo's words; LISTED means on a list; LEFT means perhaps unsubscribed, since leaving a list
that one is not on leaves everything; empty means taken back, or unknown whether it arrived.
"""
_CONTRARY: Final[dict[str, tuple[Word, ...]]] = {
    "UNSUBSCRIBED": ("SUBSCRIBED", "LISTED", ""),
    "LISTED": ("UNSUBSCRIBED",),
}
"""For each word, the words on topics in doubt that it may invalidate. A yes that may have arrived
counts like one that did: it must not keep anybody from leaving.
"""
_MARK: Final = "\x1f"
"""The unit separator, which no identifier contains."""


def topics_of(key: str, list_id: str | None = None) -> tuple[str, ...]:
    """The topics of a subscription of an address: the list's, if any, and that of all marketing.

    >>> topics_of("email:ada@example.com", "Y6nRLr")
    ('email:ada@example.com\\x1fY6nRLr', 'email:ada@example.com\\x1f')
    """
    every = f"{key}{_MARK}"
    return (every,) if list_id is None else (f"{every}{list_id}", every)


def list_topic(key: str, list_id: str) -> str:
    """The topic that records that somebody is on a list.

    >>> list_topic("external_id:7", "Y6nRLr")
    'external_id:7\\x1f\\x1fY6nRLr'
    """
    return f"{key}{_MARK}{_MARK}{list_id}"


def owner_of(topic: str) -> str | None:
    """The identifier's key that a topic is about; None for a key that is not a topic.

    >>> owner_of("eu/email:ada@example.com\\x1f"), owner_of("external_id:7")
    ('eu/email:ada@example.com', None)
    """
    owner, mark, _ = topic.partition(_MARK)
    return owner if mark else None


def is_known(topics: tuple[str, ...], doubts: tuple[str, ...], states: States, word: Word) -> bool:
    """Was exactly this sent last, and nothing since that it would change?"""
    return all(
        (state := states.get(one)) and state.fingerprint == word for one in topics
    ) and not _doubted(doubts, states, word)


def _doubted(doubts: tuple[str, ...], states: States, word: Word) -> list[str]:
    contrary = _CONTRARY.get(word, ())
    return [one for one in doubts if one in states and states[one].fingerprint in contrary]


def is_overruled(topics: tuple[str, ...], states: States, word: Word, time: float | None) -> bool:
    """Has the person said the opposite since?

    A yes holds only if it is later than every no. A no holds unless a yes is more than a day later:
    a browser's fast clock must not keep anybody from leaving.

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
            or (one.time == time and one.fingerprint != "")  # an empty one may be this very yes
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
    """The new states after this was sent or repeated; the newest time is kept."""
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
