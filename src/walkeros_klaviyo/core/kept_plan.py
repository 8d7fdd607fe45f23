"""How is a plan stored as JSON without losing anything?

`Plan.to_dict` is for display. This is lossless: it keeps what settling and delivering the plan
later, in another process, need besides the bodies of its calls.
"""

from __future__ import annotations

from typing import Any, get_args

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.calls import SENDABLE, Call
from walkeros_klaviyo.core.walkeros.event import kind_of

from .diagnostics import CODES, Diagnostic, Diagnostics
from .plan import Outcome, Plan


def plan_to_record(plan: Plan) -> dict[str, Any]:
    """A whole plan as plain JSON: what `to_dict` has, and what settling and delivery need.

    >>> plan_to_record(Plan("ignored", keys=("external_id:7",)))["keys"]
    ['external_id:7']
    """
    return {
        **plan.to_dict(),
        "calls": [_call_record(call) for call in plan.calls],
        "keys": list(plan.keys),
        "devices": list(plan.devices),
        "time": plan.time,
        "tells": plan.tells,
    }


def plan_from_record(raw: object) -> Plan:
    """The plan of a record from `plan_to_record`; ValueError, never quoting it, for anything else.

    >>> plan = Plan("ignored", keys=("external_id:7",), time=5.0)
    >>> plan_from_record(plan_to_record(plan)) == plan
    True
    >>> plan_from_record({"outcome": "sent"})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: no plan: outcome is none of send, unchanged, ...
    """
    found = _Object(raw, "plan")
    outcome = found.of("outcome", str)
    if outcome not in get_args(Outcome):
        raise ValueError(f"no plan: outcome is none of {', '.join(get_args(Outcome))}")
    return Plan(
        outcome,
        tuple(_call(one) for one in found.of("calls", list)),
        _diagnostics(found.of("diagnostics", list)),
        found.of("rule", str | None),
        found.texts("keys"),
        found.of("account", str | None),
        found.of("time", int | float | None),
        found.of("tells", bool),
        found.texts("devices"),
    )


def _call_record(call: Call) -> list[Any]:
    """Name and body, as `plan` prints a call, then its other fields if it has any."""
    more = {
        "refusal": [one.to_dict() for one in call.refusal],
        "fingerprint": call.fingerprint,
        "topics": list(call.topics),
        "doubts": list(call.doubts),
    }
    told = {name: value for name, value in more.items() if value not in (None, [])}
    return [call.name, call.body, told] if told else [call.name, call.body]


def _call(raw: object) -> Call:
    if not isinstance(raw, list) or len(raw) not in (2, 3) or not isinstance(raw[1], dict):
        raise ValueError("no plan: a call is not a name with its body")
    name, body, more = raw[0], raw[1], _Object(raw[2] if len(raw) == 3 else {}, "call")
    call = Call(
        name,
        body,
        _diagnostics(more.of("refusal", list | None) or []),
        more.of("fingerprint", str | None),
        more.texts("topics"),
        more.texts("doubts"),
    )
    if name not in SENDABLE and not call.refusal:
        raise ValueError("no plan: nothing here can send one of its calls")
    if not _can_be_delivered(call):
        raise ValueError("no plan: the body of a call is not as Klaviyo's calls are")
    return call


def _can_be_delivered(call: Call) -> bool:
    """Does the call have every field that settling and delivery need, with the right types?"""
    try:
        texts = (call.time, call.unique_id, call.value_currency, *call.identifiers.values())
        _ = call.metric, call.envelope, call.profile.keys()
    except (AttributeError, IndexError, KeyError, TypeError):
        return False
    has_numbers = isinstance(call.value, int | float | None)
    has_objects = isinstance(call.properties, dict)
    return has_numbers and has_objects and all(isinstance(one, str | None) for one in texts)


def _diagnostics(raw: list[Any]) -> Diagnostics:
    return tuple(_diagnostic(_Object(one, "diagnostic")) for one in raw)


def _diagnostic(found: _Object) -> Diagnostic:
    code = found.of("code", str)
    if code not in CODES:
        raise ValueError("no plan: a diagnostic has a code that this version does not know")
    return Diagnostic(code, found.of("path", str), found.of("message", str))


@frozen
class _Object:
    """A JSON object whose fields are read with a type check."""

    raw: Any
    what: str

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.raw, dict):
            raise ValueError(f"no plan: a {self.what} is {kind_of(self.raw)}")

    def of(self, name: str, kinds: Any) -> Any:
        """A field of one of these types; None if missing. A boolean is not a number."""
        value = self.raw.get(name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise ValueError(f"no plan: {name} is {kind_of(value)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; empty if missing."""
        value = self.of(name, list | None) or []
        if not all(isinstance(one, str) for one in value):
            raise ValueError(f"no plan: {name} is not a list of strings")
        return tuple(value)
