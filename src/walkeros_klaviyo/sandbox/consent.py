"""Who is subscribed now, since when, and how often was that sent?

All changes of a profile's subscriptions are kept in order, and the current state follows from them.
The last change of a channel counts: subscribing somebody who had unsubscribed subscribes them
again. Unsubscribing from a list that the profile is on changes only that list, not the channel.
Source: Bulk Subscribe Profiles ("This API will remove any UNSUBSCRIBE […] suppressions"), Bulk
Unsubscribe Profiles ("Profiles not in the specified list will be globally unsubscribed").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from attrs import frozen

from .jobs import stamp


@frozen
class Consent:
    """One change for a channel and purpose."""

    channel: str
    purpose: str
    consent: str
    """SUBSCRIBED or UNSUBSCRIBED."""
    at: float
    """When it arrived."""
    consented_at: str | None = None
    """When consent was given, in a historical import."""
    source: str | None = None
    list: str | None = None
    list_only: bool = False
    """Whether it concerns only this list, not the channel."""

    def to_dict(self) -> dict[str, Any]:
        """As shown in `profiles.jsonl`."""
        return {
            "channel": self.channel,
            "purpose": self.purpose,
            "consent": self.consent,
            "at": stamp(self.at),
            **({} if self.consented_at is None else {"consented_at": self.consented_at}),
            **({} if self.source is None else {"source": self.source}),
            **({} if self.list is None else {"list": self.list}),
            **({"list_only": True} if self.list_only else {}),
        }


def consents(
    channels: dict[str, Any],
    now: float,
    source: str | None = None,
    chosen: str | None = None,
    lists: Collection[str] = (),
) -> list[Consent]:
    """The changes in a profile's `subscriptions`; `chosen` is the list, `lists` those it is on.

    >>> [said.consent for said in consents({"email": {"marketing": {"consent": "SUBSCRIBED"}}}, 0)]
    ['SUBSCRIBED']
    """
    return [
        Consent(
            channel,
            purpose,
            said["consent"],
            now,
            said.get("consented_at"),
            source,
            chosen,
            said["consent"] == "UNSUBSCRIBED" and chosen is not None and chosen in lists,
        )
        for channel, asked in channels.items()
        for purpose, said in (asked or {}).items()
        if isinstance(said, dict)
    ]


def standing(said: Iterable[Consent]) -> dict[str, dict[str, Any]]:
    """The state of each channel and purpose: value, since when, and how often it was sent since.

    >>> yes = Consent("sms", "marketing", "SUBSCRIBED", 0.0)
    >>> no = Consent("sms", "marketing", "UNSUBSCRIBED", 0.0)
    >>> standing([yes, no, no])["sms"]["marketing"]
    {'consent': 'UNSUBSCRIBED', 'since': '1970-01-01T00:00:00+00:00', 'told': 2}
    """
    now: dict[str, dict[str, Any]] = {}
    for each in said:
        if each.list_only:
            continue
        purposes = now.setdefault(each.channel, {})
        known = purposes.get(each.purpose)
        if known is not None and known["consent"] == each.consent:
            known["told"] += 1
            continue
        purposes[each.purpose] = {
            "consent": each.consent,
            "since": each.consented_at or stamp(each.at),
            "told": 1,
            **({} if each.source is None else {"source": each.source}),
        }
    return now
