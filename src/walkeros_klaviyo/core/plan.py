"""What would be sent for one event, and what not, and why?"""

from __future__ import annotations

from typing import Any, Literal

from attrs import field, frozen

from walkeros_klaviyo.core.klaviyo.calls import Call, Calls

from .diagnostics import Diagnostics

Outcome = Literal["send", "unchanged", "ignored", "denied", "unidentified", "refused", "invalid"]
"""Exactly one an event:

send          the calls go to Klaviyo
unchanged     a silent rule whose profile did not change, or was told of a newer event
ignored       a rule says so, or the destination is disabled or mocked
denied        the consent it needs is not granted
unidentified  no identifier is left, or none that could be told something
refused       Klaviyo would refuse it, or a function raised: it goes to the dead letters
invalid       not an event
"""


@frozen(slots=False)
class Plan:
    """An event's outcome, its calls in order, and everything worth saying about it.

    `keys` name the person under whose keys states stand, `devices` the device in their hands,
    `account` the branch of a `route`, `time` when the event was, in milliseconds since 1970. Where
    the configuration never `tells` Klaviyo of profiles, nothing need be remembered.

    >>> Plan("ignored").to_dict()
    {'outcome': 'ignored', 'rule': None, 'calls': [], 'diagnostics': []}
    """

    outcome: Outcome
    calls: Calls = ()
    diagnostics: Diagnostics = ()
    rule: str | None = None
    keys: tuple[str, ...] = field(default=(), repr=False)
    account: str | None = None
    time: float | None = field(default=None, repr=False)
    tells: bool = field(default=True, repr=False, eq=False)
    devices: tuple[str, ...] = field(default=(), repr=False)

    @property
    def event(self) -> Call | None:
        """The event's own call: the first that records one."""
        return next((call for call in self.calls if call.metric is not None), None)

    @property
    def upserts(self) -> Calls:
        """The calls that tell Klaviyo something of a profile."""
        return tuple(call for call in self.calls if call.is_upsert)

    @property
    def state_keys(self) -> tuple[str, ...]:
        """The keys whose states must be known to settle it: the person's, their device's, and its
        calls' topics.
        """
        topics = [one for call in self.calls for one in call.topics]
        if not topics and not self.devices:
            return self.keys
        return (*self.keys, *self.devices, *dict.fromkeys(topics))

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
        for call in self.calls:
            rows += _shown(call)
        rows += [(f"{one.severity}: {one.code}", str(one)) for one in self.diagnostics]
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in rows
        )
        return f"<table>{cells}</table>"


def _shown(call: Call) -> list[tuple[str, str]]:
    if call.metric is None:
        return [(call.label, _shorten(call.attributes))]
    rows = [("metric", call.metric), ("whose", _shorten(call.profile))]
    rows.append(("properties", _shorten(call.properties)))
    if call.value is not None:
        rows.append(("value", f"{call.value} {call.value_currency or ''}"))
    return [*rows, ("time", str(call.time)), ("unique_id", str(call.unique_id))]


def _shorten(members: dict[str, Any]) -> str:
    text = ", ".join(f"{name}: {value!r}" for name, value in members.items())
    return text if len(text) <= 600 else text[:599] + "…"
