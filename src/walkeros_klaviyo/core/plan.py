"""What would be sent for one event, and what not, and why?"""

from __future__ import annotations

from html import escape
from typing import Any, Literal

from attrs import field, frozen

from .calls import Call
from .diagnostics import Diagnostics

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
    key: str | None = field(default=None, kw_only=True)
    account: str | None = field(default=None, kw_only=True)

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
        rows = [("outcome", self.outcome), ("rule", self.rule or "none")]
        rows += [(call.name, _shorten(call.body["data"]["attributes"])) for call in self.calls]
        rows += [(f"{one.severity}: {one.code}", str(one)) for one in self.diagnostics]
        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in rows
        )
        return f"<table>{cells}</table>"


def _shorten(attributes: dict[str, Any]) -> str:
    text = ", ".join(f"{name}: {value!r}" for name, value in attributes.items())
    return text if len(text) <= 600 else text[:599] + "…"
