"""What does an explanation of an event's calls hold, and how is it displayed?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import asdict, frozen

from walkeros_klaviyo.core.klaviyo.identity import Identity
from walkeros_klaviyo.core.klaviyo.state import States
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.core.walkeros.extend import SHIPPED
from walkeros_klaviyo.core.walkeros.rule import Rule

from .diagnostics import Diagnostics
from .display import Displayed, View
from .display.view import Cell, cell, clipped, field, line, listed, short
from .origin import Origin
from .plan import Plan, outcome_cell

_SELDOM: Final = ("put_on_lists", "change_subscriptions", "record_lines")
"""Stages that are displayed only where they did something."""


@frozen(slots=False, repr=False)
class Seen:
    """What one stage received and returned, and its diagnostics."""

    stage: str
    given: tuple[Any, ...]
    result: Any
    diagnostics: Diagnostics = ()

    def __repr__(self) -> str:
        """Short and without personal data: arguments and result come from the event."""
        return f"<Seen {clipped(self.stage, 60)}: {listed(one.code for one in self.diagnostics)}>"


@frozen(slots=False, repr=False)
class Explanation(Displayed):
    """A plan, the states it changes, what each stage returned, and where each field came from.

    >>> Explanation(Plan("ignored"), {}, ())
    <Explanation of 0 stages: <Plan ignored: none>>
    """

    plan: Plan
    changes: States
    stages: tuple[Seen, ...]
    origins: tuple[Origin, ...] = ()
    unchanged: bool = False
    """Whether an upsert was left out because Klaviyo already has the same."""

    def __repr__(self) -> str:
        """Short, and no personal data."""
        return f"<Explanation of {len(self.stages)} stages: {self.plan!r}>"

    def view(self) -> View:
        """A tree of the rule, the stages, each call's fields and their origins, and diagnostics."""
        plan, below = self.plan, list[View]()
        if plan.outcome != "invalid":
            whose = ", ".join(plan.keys or plan.devices) or "nobody's state"
            below += [
                line((("rule     ", "dim"), (plan.rule or "none (the defaults hold)", ""))),
                line((("profile  ", "dim"), (whose, ""))),
            ]
        if self.stages:
            rows = tuple(stage_rows(self))
            width = max(len(name) for name, _ in rows)
            stages = tuple(line(cell(name.ljust(width), "dim"), text) for name, text in rows)
            below.append(View((cell("stages", "dim"),), stages, is_folded=True))
        if self.unchanged:
            below.append(line("the profile's upsert is left out: Klaviyo already has the same"))
        for at, call in enumerate(plan.calls):
            fields = tuple(_origin_row(one) for one in self.origins if one.at == at)
            below.append(View((cell(call.name, "bold"),), fields))
        below += (one.view() for one in plan.diagnostics)
        return View((self._head(),), tuple(below))

    def _head(self) -> Cell:
        given = self.stages[0].given[0] if self.stages else None
        name = given.get("name") if isinstance(given, dict) else None
        return (
            (str(name or "no event"), "bold"),
            ("  → ", ""),
            *outcome_cell(self.plan.outcome),
        )

    def to_dict(self) -> dict[str, Any]:
        """The plain JSON that `explain --json` prints."""
        return {
            **self.plan.to_dict(),
            "keys": list(self.plan.keys),
            "upsertUnchanged": self.unchanged,
            "stages": [
                {
                    "stage": seen.stage,
                    "result": _plain(seen.result),
                    "diagnostics": [one.to_dict() for one in seen.diagnostics],
                }
                for seen in self.stages
            ],
            "origins": [asdict(origin) for origin in self.origins],
        }


def stage_rows(told: Explanation) -> Iterator[tuple[str, str]]:
    """What each stage returned, in a few words, in the order of the pipeline."""
    for seen in told.stages:
        noted = ", ".join(dict.fromkeys(one.code for one in seen.diagnostics))
        if seen.stage == "base" and not seen.result.is_base_first:
            continue  # nearly always: the destination's data is read together with the rule's
        if seen.stage in _SELDOM and not seen.result and not noted:
            continue
        text = _gave(seen)
        yield seen.stage, f"{text}  ({noted})" if noted else text


def _gave(seen: Seen) -> str:
    """One stage's result in a few words.

    >>> _gave(Seen("consent", (), True)), _gave(Seen("backfill", (), False))
    ('granted', 'no')
    """
    result = seen.result
    words: dict[str, Callable[[], str]] = {
        "parse": lambda: "an event" if isinstance(result, dict) else "no event",
        "consent": lambda: "granted" if result else "denied",
        "granted": lambda: _keys(result.get("consent") or {}),
        "name": lambda: result["name"],
        "policy": lambda: "refused" if result is None else "set",
        "rule": lambda: "none can be told" if result is None else result.label or "the defaults",
        "properties": lambda: _keys(result),
        "identity": lambda: "nobody" if result is None else ", ".join(result.identifiers),
        "profile": lambda: "no upsert" if result is None else _keys(result),
        "revenue": lambda: (
            "none" if result is None else f"{result.value} {result.currency or 'without currency'}"
        ),
        "backfill": lambda: "yes" if result else "no",
        "base": lambda: "the destination's data, before the name",
    }
    if isinstance(result, tuple):
        return ", ".join(call.label for call in result) or "none"
    return words.get(seen.stage, lambda: short(result))()


def _place(configured: str) -> str:
    """A configuration path for display; one inside a preset says so.

    >>> _place("preset.order.complete.name"), _place("settings.email")
    ('the preset: order.complete.name', 'settings.email')
    """
    head, dot, rest = configured.partition(".")
    return f"the preset: {rest}" if dot and head == SHIPPED else configured


def _keys(found: dict[str, Any]) -> str:
    return ", ".join(found) if found else "none"


def _origin_row(one: Origin) -> View:
    source, place = f"from {one.source}", f"by {_place(one.configured)}"
    return line(field(one.field, one.value), cell(source, "green"), cell(place, "dim"))


def _plain(result: Any) -> Any:
    if isinstance(result, Rule):
        return {"rule": result.label, "metric": result.name, "where": result.where or None}
    if isinstance(result, Identity):
        return {"identifiers": dict(result.identifiers)}
    if isinstance(result, EventError):
        return {"path": result.path, "message": result.message}
    if isinstance(result, tuple):
        return [_plain(one) for one in result]
    return asdict(result) if hasattr(result, "__attrs_attrs__") else result
