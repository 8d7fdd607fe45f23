"""What does a change of the configuration change?

Two plans of one event are compared call by call: the first event call of one with the first of the
other, so that a metric's new name is a change of that call, and not one call less and one more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Any, Final, Literal

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.calls import Call

from .canonical import digest
from .plan import Plan

WHOLE: Final = "(call)"
"""The field of a difference that is a whole call, or an event's outcome."""

Kind = Literal["added", "removed", "changed"]


@frozen
class Difference:
    """One field of one call that comes out otherwise; what is not there is None.

    `call` is the label under which it is counted: its metric, by the new plan where both have it.
    """

    call: str
    field: str
    before: Any = None
    after: Any = None

    @property
    def kind(self) -> Kind:
        """Whether it is there in one of the two only."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def differences(before: Plan, after: Plan) -> tuple[Difference, ...]:
    """What comes out otherwise, in the order of the calls; empty where nothing does.

    >>> from .config import parse_config
    >>> from .pipeline import pipeline
    >>> rule = {"name": "Placed Order", "data": {"map": {"OrderId": "data.id"}}}
    >>> old, new = ({}, {"mapping": {"order": {"complete": rule}}})
    >>> event = {"name": "order complete", "timestamp": 1795518160712, "id": "e1",
    ...          "user": {"id": "u1"}, "data": {"id": "O-1"}}
    >>> for one in differences(*(pipeline(parse_config(it)).plan(event) for it in (old, new))):
    ...     print(one.call, one.field, one.kind)
    Placed Order metric changed
    Placed Order properties.OrderId added
    """
    first, second = _numbered(before.calls), _numbered(after.calls)
    return tuple(
        found
        for key in dict.fromkeys(chain(first, second))
        for found in _of_call(first.get(key), second.get(key))
    )


def _numbered(calls: Iterable[Call]) -> dict[tuple[str, int], Call]:
    """By the SDK's method, and how many of it came before."""
    seen: Counter[str] = Counter()
    found = {}
    for call in calls:
        found[call.name, seen[call.name]] = call
        seen[call.name] += 1
    return found


def _of_call(before: Call | None, after: Call | None) -> Iterable[Difference]:
    if before is None and after is not None:
        return [Difference(after.label, WHOLE, after=after.body)]
    if before is not None and after is None:
        return [Difference(before.label, WHOLE, before=before.body)]
    assert before is not None and after is not None
    old, new = fields_of(before), fields_of(after)
    return [
        Difference(after.label, field, old.get(field), new.get(field))
        for field in dict.fromkeys(chain(old, new))
        if (field in old) != (field in new) or digest(old.get(field)) != digest(new.get(field))
    ]


def fields_of(call: Call) -> dict[str, Any]:
    """What a call says, by field: an event's own, `profile.…` and `properties.…`.

    >>> from .klaviyo.calls import UPSERT_PROFILE
    >>> fields_of(Call(UPSERT_PROFILE, {"data": {"attributes": {"email": "a@b.de"}}}))
    {'profile.email': 'a@b.de'}
    """
    data = call.body["data"]
    own = () if call.profile is call.attributes else call.attributes.items()
    found = {
        name: value
        for name, value in own
        if name not in ("profile", "profiles", "metric", "properties")
    }
    if call.metric is not None:
        found = {"metric": call.metric, **found}
        found |= {f"properties.{name}": value for name, value in call.properties.items()}
    found |= {f"profile.{name}": value for name, value in call.profile.items()}
    return found | {name: data[name] for name in ("relationships", "meta") if name in data}
