"""How is an explanation shown to a person?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from attrs import evolve
from rich.text import Text

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.diagnostics import CODES
from walkeros_klaviyo.core.explain import Explanation, Seen, explain
from walkeros_klaviyo.core.klaviyo.state import ProfileState, merged
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.shown import visible
from walkeros_klaviyo.core.walkeros.event import EventError
from walkeros_klaviyo.core.walkeros.extend import SHIPPED
from walkeros_klaviyo.shell.input.line import Line, read_line
from walkeros_klaviyo.shell.input.lines import read_lines

from .table import console

_SELDOM: Final = ("put_on_lists", "change_subscriptions", "record_lines")
"""Stages that are shown only where they did something."""


def explained(config: Config, stream: IO[bytes]) -> Iterator[tuple[Line, Explanation]]:
    """Every line with its explanation; state carries from line to line, as in `plan`."""
    tell = explain(config)
    states: dict[str, ProfileState] = {}
    now = time.time() * 1_000
    for found in read_lines(stream):
        line = read_line(*found)
        if isinstance(line.value, EventError):
            yield line, Explanation(Plan("invalid", (), (line.value.diagnostic,)), {}, ())
            continue
        told = tell(line.value, states, now)
        states.update(merged(states, told.changes))
        if line.notes:
            noted = evolve(told.plan, diagnostics=line.notes + told.plan.diagnostics)
            told = evolve(told, plan=noted)
        yield line, told


def render(line: Line, told: Explanation) -> None:
    """Print an explanation as a tree."""
    from rich.tree import Tree

    plan = told.plan
    name = line.value.get("name") if isinstance(line.value, dict) else None
    head = _text(
        ("line ", "dim"), str(line.number), "  ", (str(name or "no event"), "bold"), "  → ",
        (plan.outcome, _COLOURS.get(plan.outcome, "yellow")),
    )  # fmt: skip
    tree = Tree(head)
    if plan.outcome != "invalid":
        tree.add(_text(("rule     ", "dim"), plan.rule or "none (the defaults hold)"))
        tree.add(
            _text(("profile  ", "dim"), ", ".join(plan.keys or plan.devices) or "nobody's state")
        )
    if told.stages:
        stages = tree.add(_text(("stages", "dim")))
        rows = tuple(stage_rows(told))
        width = max(15, *(len(name) + 2 for name, _ in rows))
        for name, text in rows:
            stages.add(_text((f"{name:<{width}}", "dim"), text))
    if told.unchanged:
        tree.add(_text("the profile's upsert is left out: Klaviyo was told the same before"))
    for at, call in enumerate(plan.calls):
        branch = tree.add(_text((call.name, "bold")))
        for origin in told.origins:
            if origin.at == at:
                branch.add(
                    _text(
                        (origin.field, "cyan"), " = ", _short(origin.value),
                        (f"   from {origin.source}", "green"),
                        (f"   by {_place(origin.configured)}", "dim"),
                    )
                )  # fmt: skip
    for one in plan.diagnostics:
        row = CODES[one.code]
        style = {"error": "red", "warning": "yellow"}.get(one.severity, "dim")
        note = tree.add(_text((f"{one.severity}: {one.code}", style), f"  {one}"))
        note.add(_text((row.remedy, "dim")))

    console(width=160).print(tree)


def _text(*parts: str | tuple[str, str]) -> Text:
    """Words of events, some of them with a style; never markup, nor controls."""
    pairs = ((part, "") if isinstance(part, str) else part for part in parts)
    return Text.assemble(*((visible(words), style) for words, style in pairs))


def stage_rows(told: Explanation) -> Iterator[tuple[str, str]]:
    """What each stage gave, in a few words, in the order of the pipeline."""
    for seen in told.stages:
        noted = ", ".join(dict.fromkeys(one.code for one in seen.diagnostics))
        if seen.stage == "base" and not seen.result.is_base_first:
            continue  # nearly always: the destination's data is read with the rule's
        if seen.stage in _SELDOM and not seen.result and not noted:
            continue
        text = _gave(seen)
        yield seen.stage, f"{text}  ({noted})" if noted else text


def _gave(seen: Seen) -> str:
    """One stage's result.

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
    return words.get(seen.stage, lambda: _short(result))()


def _place(configured: str) -> str:
    """An entry of the configuration, or of the preset that it names.

    >>> _place("preset.order.complete.name"), _place("settings.email")
    ('the preset: order.complete.name', 'settings.email')
    """
    head, dot, rest = configured.partition(".")
    return f"the preset: {rest}" if dot and head == SHIPPED else configured


def _keys(found: dict[str, Any]) -> str:
    return ", ".join(found) if found else "none"


_COLOURS = {"send": "green", "unchanged": "green", "invalid": "red", "refused": "red"}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:99] + "…"
