"""What does a change of the configuration change in the calls?

Two plans of one event are compared call by call. Equal calls are paired first, then calls about the
same subject, then the rest by order, so that renaming a metric shows as one changed call and not
as one removed and one added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final, Literal

from attrs import frozen
from toolz import groupby

from walkeros_klaviyo.core.klaviyo.calls import Call, Calls

from .canonical import digest
from .plan import Plan

WHOLE: Final = "(call)"
"""The field of a difference that is a whole call, or an event's outcome."""

Kind = Literal["added", "removed", "changed"]


@frozen
class Difference:
    """One field of one call that differs; a missing value is None.

    `call` is the label under which it is counted: its metric, in the new plan where both have one.
    """

    call: str
    field: str
    kind: Kind
    before: Any = None
    after: Any = None


def differences(before: Plan, after: Plan) -> tuple[Difference, ...]:
    """The fields that differ, call by call; empty where the plans agree.

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
    return tuple(found for pair in _pairs(before.calls, after.calls) for found in _of_call(*pair))


def _pairs(before: Calls, after: Calls) -> Iterator[tuple[Call | None, Call | None]]:
    """Pair equal calls, then calls about the same subject, then others of a kind, in order."""
    old, new = list(before), list(after)
    for about in (_content, _subject, lambda call: call.name):
        others = groupby(about, new)
        for one in tuple(old):
            same = others.get(about(one))
            if same:
                other = same.pop(0)
                old.remove(one)
                new.remove(other)
                yield one, other
    yield from ((one, None) for one in old)
    yield from ((None, one) for one in new)


def _content(call: Call) -> object:
    return call.name, digest(call.body)


def _subject(call: Call) -> object:
    """What a call is about: an event's metric and unique id, or a profile change's topics."""
    return call.name, call.metric, call.unique_id, call.topics


def _of_call(before: Call | None, after: Call | None) -> Iterable[Difference]:
    if before is None or after is None:
        if after is not None:
            return [Difference(after.label, WHOLE, "added", after=after.body)]
        return [] if before is None else [Difference(before.label, WHOLE, "removed", before.body)]
    old, new = fields_of(before), fields_of(after)
    return [
        Difference(after.label, field, _kind(field, old, new), old.get(field), new.get(field))
        for field in dict.fromkeys(chain(old, new))
        if (field in old) != (field in new) or digest(old.get(field)) != digest(new.get(field))
    ]


def _kind(field: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Kind:
    """Added, removed or changed; a null counts as present, since it clears a trait."""
    if field not in old:
        return "added"
    return "changed" if field in new else "removed"


def fields_of(call: Call) -> dict[str, Any]:
    """A call's contents as flat fields: the event's own, `profile.…` and `properties.…`.

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
