"""What would be sent for one event, and what not, and why?"""

from __future__ import annotations

from typing import Any, Literal

from attrs import field, frozen

from .diagnostics import Diagnostics
from .klaviyo.calls import Call, CreateEvent, UpsertProfile

Outcome = Literal["send", "unchanged", "ignored", "denied", "unidentified", "refused", "invalid"]
"""Exactly one an event:

send          the calls go to Klaviyo
unchanged     a silent rule whose profile did not change
ignored       a rule says so, or the destination is disabled
denied        the consent it needs is not granted
unidentified  no identifier is left
refused       Klaviyo would refuse it, or a condition raised: it goes to the dead letters
invalid       not an event
"""


@frozen(slots=False)
class Plan:
    """An event's outcome, its calls in order, and everything worth saying about it.

    `key` names the profile whose state matters (None: nobody's), `account` the branch of a
    `route`.

    >>> Plan("ignored").to_dict()
    {'outcome': 'ignored', 'rule': None, 'calls': [], 'diagnostics': []}
    """

    outcome: Outcome
    calls: tuple[Call, ...] = ()
    diagnostics: Diagnostics = ()
    rule: str | None = None
    key: str | None = field(default=None, kw_only=True, repr=False)
    account: str | None = field(default=None, kw_only=True)

    @property
    def upsert(self) -> UpsertProfile | None:
        """What Klaviyo is told of the profile, if anything."""
        return next((call for call in self.calls if isinstance(call, UpsertProfile)), None)

    @property
    def event(self) -> CreateEvent | None:
        """The event that is recorded, if one is."""
        return next((call for call in self.calls if isinstance(call, CreateEvent)), None)

    def to_dict(self) -> dict[str, Any]:
        """As the command `plan` prints it: plain JSON."""
        account = {} if self.account is None else {"account": self.account}
        return {
            "outcome": self.outcome,
            "rule": self.rule,
            **account,
            "calls": [[call.name, call.body] for call in self.calls],
            "diagnostics": [one.to_dict() for one in self.diagnostics],
        }

    def _repr_html_(self) -> str:
        from html import escape

        rows = [("outcome", self.outcome), ("rule", self.rule or "none")]
        if self.upsert is not None:
            rows.append(("profile upsert", _shorten(self.upsert.attributes)))
        if self.event is not None:
            rows += [("metric", self.event.metric), ("whose", _shorten(self.event.identifiers))]
            rows.append(("properties", _shorten(self.event.properties)))
            if self.event.value is not None:
                rows.append(("value", f"{self.event.value} {self.event.value_currency or ''}"))
            rows += [("time", self.event.time), ("unique_id", self.event.unique_id)]
        rows += [(f"{one.severity}: {one.code}", str(one)) for one in self.diagnostics]
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in rows
        )
        return f"<table>{cells}</table>"


def _shorten(members: dict[str, Any]) -> str:
    text = ", ".join(f"{name}: {value!r}" for name, value in members.items())
    return text if len(text) <= 600 else text[:599] + "…"
