"""Laws: is a transform a pure and total function, including user code?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final

import attrs
from attrs import evolve, frozen

from walkeros_klaviyo.core.explain import explain
from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.core.pipeline import enter, pipeline
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.stages import STAGES, Stages
from walkeros_klaviyo.core.walkeros.event import Event, EventError, parse_event
from walkeros_klaviyo.core.walkeros.user_code import UserCode
from walkeros_klaviyo.core.walkeros.value.tree import fresh
from walkeros_klaviyo.verify.reads import mappings_of
from walkeros_klaviyo.verify.strategies.aim import as_matched
from walkeros_klaviyo.verify.strategies.places import Path, found
from walkeros_klaviyo.verify.strategies.reads import functions_of

from .law import Breach, Breaches, law
from .rules import candidates
from .sameness import text_of
from .tracking import Tracking

NOW: Final = 1_700_000_000_000
SOURCE: Final = "functional core: (event, prior state) -> (plan, new state), and nothing else"


@frozen
class Question:
    """A call of a user's function: the event, and the place of the value in it."""

    code: UserCode
    path: Path
    event: Event

    def answer(self) -> tuple[str, bool]:
        """Its result as text, and whether it changed the event."""
        own = fresh(self.event)
        before = repr(own)
        values = found(own, self.path)
        try:
            answer = self.code.fn(values[0] if values else None, own)
            said = json.dumps(answer, default=lambda one: type(one).__name__)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # user code may raise anything
            said = type(error).__name__
        return said, repr(own) != before

    def breach(self, earlier: str | None = None) -> Breach | None:
        """Call it again: is the result the same, and the event unchanged?"""
        said, has_written = self.answer()
        name = getattr(self.code.fn, "__qualname__", type(self.code.fn).__name__)
        if has_written:
            seen = f"the function {name} writes into the event; return a new value instead"
        elif said != (self.answer()[0] if earlier is None else earlier):
            seen = (
                f"the function {name} is impure: for equal events it gives different answers; "
                "use the event alone, no clock, random number or memory of earlier events"
            )
        else:
            return None
        return Breach(seen, path=self.code.where)


def questions(tracking: Tracking, event: object) -> Iterator[Question]:
    """The calls of users' functions for an event, in order, each before the pipeline's own."""
    config = tracking.config
    if not tracking.is_custom or isinstance(parsed := parse_event(event), EventError):
        return
    yield from _asked((value.tree for _, value in config.policy), parsed)
    matched = as_matched(config, parsed)
    for rule in () if matched is None else candidates(config, matched):
        if rule.condition is not None and matched is not None:
            yield Question(rule.condition, (), matched)
    entered = enter(config, tracking.stages)(fresh(parsed))
    if not isinstance(entered, Plan):
        mapped, rule, *_ = entered
        yield from _asked((value.tree for value in mappings_of(rule)), mapped)


def _asked(trees: Iterator[Any], event: Event) -> Iterator[Question]:
    for tree in trees:
        for path, code in functions_of(tree):
            yield Question(code, path, event)


@law(SOURCE)
def functions_are_pure(tracking: Tracking, event: Event) -> Breaches:
    """A function of the configuration answers alike for equal events, and changes none."""
    for question in questions(tracking, event):
        if (breach := question.breach()) is not None:
            yield breach


@law(SOURCE)
def nothing_is_mutated(tracking: Tracking, event: Event) -> Breaches:
    """Planning and explaining change nothing of what they are given."""
    writers: list[str] = []
    transform, tell = pipeline(tracking.config, tracking.stages), tracking.explain
    if tracking.stages != STAGES:  # custom stages may share objects
        stages = _watched(tracking.stages, writers)
        transform, tell = pipeline(tracking.config, stages), explain(tracking.config, stages)
    before = repr(event)
    states = {"external_id:u1": ProfileState("f")}
    plan, _ = transform(event, states, NOW)
    tell(event, states, NOW).to_dict()
    told = text_of([call.body for call in plan.calls])
    transform.plan(event)
    if writers:
        yield Breach(f"the stage {writers[0]} writes into the event; let it return a copy")
    if repr(event) != before:
        yield Breach("the event has changed", *plan.calls[-1:])
    if states != {"external_id:u1": ProfileState("f")}:
        yield Breach("the states have changed")
    if text_of([call.body for call in plan.calls]) != told:
        yield Breach("an earlier plan has changed", *plan.calls[-1:])


def _watched(stages: Stages, writers: list[str]) -> Stages:
    """The stages, noting in `writers` which of them change their arguments."""

    def watch(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(stage)
        def asked(*given: Any) -> Any:
            before = repr(given[-1])
            result = stage(*given)
            if repr(given[-1]) != before:
                writers.append(name)
            return result

        return asked

    named = {one.name: getattr(stages, one.name) for one in attrs.fields(Stages)}
    makers = tuple(watch(getattr(one, "__name__", "calls"), one) for one in named.pop("calls"))
    return evolve(stages, calls=makers, **{name: watch(name, one) for name, one in named.items()})


@law(SOURCE, about="anything")
def a_transform_never_raises(tracking: Tracking, raw: Any) -> Breaches:
    """A transform never raises, whatever JSON it is given."""
    given = [raw]
    if isinstance(raw, dict):
        given += [{**raw, key: [raw.get(key)]} for key in ("user", "data", "consent", "id")]
    for one in given:
        try:
            plan, _ = tracking.transform(one, {}, NOW)
            tracking.explain(one, {}, NOW).to_dict()
        except Exception as error:
            yield Breach(f"it raises {type(error).__name__}")
        if not isinstance(one, dict) and plan.outcome != "invalid":
            yield Breach(f"what is not an object is {plan.outcome}", *plan.calls[-1:])
