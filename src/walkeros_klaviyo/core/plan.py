"""What would be sent for one event, what not, and why?"""

from __future__ import annotations

from typing import Any, Literal

from attrs import field, frozen

from walkeros_klaviyo.core.klaviyo.calls import Call, Calls

from .diagnostics import Diagnostics
from .display import Displayed, View
from .display.view import Cell, cell, clipped, listed, short

Outcome = Literal["send", "unchanged", "ignored", "denied", "unidentified", "refused", "invalid"]
"""Every event has exactly one:

send          the calls go to Klaviyo
unchanged     a silent rule whose profile did not change, or was updated by a newer event
ignored       a rule says so, or the destination is disabled or mocked
denied        the consent it needs is not granted
unidentified  no valid identifier is left, or only an anonymous one that no upsert can use
refused       Klaviyo would refuse it, or a function raised: it goes to the dead letters
invalid       not an event
"""


@frozen(slots=False, repr=False)
class Plan(Displayed):
    """An event's outcome, its calls in sending order, and the diagnostics.

    `keys` are the person's identifiers, under which states are kept, `devices` those of their
    device; `account` is the branch of a `route`; `time` is the event's, in milliseconds since 1970.
    `tells` is false where the configuration never changes profiles, so that no state need be kept.

    >>> Plan("ignored").to_dict()
    {'outcome': 'ignored', 'rule': None, 'calls': [], 'diagnostics': []}
    """

    outcome: Outcome
    calls: Calls = ()
    diagnostics: Diagnostics = ()
    rule: str | None = None
    keys: tuple[str, ...] = ()
    account: str | None = None
    time: float | None = None
    tells: bool = field(default=True, eq=False)
    devices: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Short and without personal data."""
        by = "" if self.rule is None else f" by {short(self.rule, 60)}"
        to = "" if self.account is None else f" to {short(self.account, 60)}"
        noted = listed(dict.fromkeys(one.code for one in self.diagnostics), longest=30)
        said = f"; {noted}" if self.diagnostics else ""
        return f"<Plan {self.outcome}{by}{to}: {listed(map(repr, self.calls), 3, 80)}{said}>"

    @property
    def event(self) -> Call | None:
        """The first call that records an event, if any."""
        return next((call for call in self.calls if call.metric is not None), None)

    @property
    def upserts(self) -> Calls:
        """The calls that create or update a profile."""
        return tuple(call for call in self.calls if call.is_upsert)

    @property
    def state_keys(self) -> tuple[str, ...]:
        """The keys whose states `settle` needs: of person and device, and the calls' topics."""
        topics = [one for call in self.calls for one in (*call.topics, *call.doubts)]
        if not topics and not self.devices:
            return self.keys
        return (*self.keys, *self.devices, *dict.fromkeys(topics))

    def to_dict(self) -> dict[str, Any]:
        """The plain JSON that the command `plan` prints."""
        account = {} if self.account is None else {"account": self.account}
        return {
            "outcome": self.outcome,
            "rule": self.rule,
            **account,
            "calls": [[call.name, call.body] for call in self.calls],
            "diagnostics": [one.to_dict() for one in self.diagnostics],
        }

    def view(self) -> View:
        """Outcome and rule, with the calls, their fields and the diagnostics below."""
        below = (*self.calls, *self.diagnostics)
        return View(
            (outcome_cell(self.outcome), _rule_cell(self.rule)), tuple(one.view() for one in below)
        )


def outcome_cell(word: str) -> Cell:
    """An outcome as a coloured cell."""
    good, bad = ("send", "unchanged"), ("invalid", "refused")
    return cell(word, "green" if word in good else "red" if word in bad else "yellow")


def _rule_cell(label: str | None) -> Cell:
    """The label of the rule that matched."""
    return (("rule ", "dim"), (clipped(label or "none (the defaults hold)"), ""))
