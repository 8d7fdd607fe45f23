"""Laws: does an explanation agree with what is sent?"""

from __future__ import annotations

from typing import Any, Final

from walkeros_klaviyo.core.klaviyo.calls import Call
from walkeros_klaviyo.core.klaviyo.state import ProfileState
from walkeros_klaviyo.core.walkeros.event import Event

from .law import Breach, Breaches, law
from .sameness import has, text_of, upserts
from .tracking import Tracking

SOURCE: Final = "explain runs the pipeline itself, over stages that write down what they saw"
SELF_TOLD: Final = ("event.", "rule.ignored", "destination.", "subscription.stale")
"""Diagnostics of the pipeline itself, not of any stage."""


@law(SOURCE)
def an_explanation_agrees_with_the_plan(tracking: Tracking, event: Event) -> Breaches:
    """An explanation's plan and state are the transform's, whatever was known before."""
    planned, told = tracking.transform(event)
    other = dict.fromkeys(planned.keys, ProfileState("other", planned.keys, planned.keys, 0.0))
    for prior in ({}, told, other):
        explained = tracking.explain(event, prior)
        plan, changes = tracking.transform(event, prior)
        if (explained.plan, explained.changes) != (plan, changes):
            yield Breach("the explanation is of another plan", *plan.calls[-1:])
        is_shorter = len(upserts(plan)) < len(upserts(planned))
        if explained.unchanged != (is_shorter and not has(plan, "profile.stale")):
            yield Breach("it is wrong about what is news", *plan.calls[-1:])


@law(SOURCE)
def every_field_has_an_origin(tracking: Tracking, event: Event) -> Breaches:
    """Every field of every call has one origin, with the value that is sent."""
    told = tracking.explain(event)
    named = {(one.at, one.field): one for one in told.origins}
    for at, call in enumerate(told.plan.calls):
        for field, value in _fields(call).items():
            origin = named.pop((at, field), None)
            if origin is None or text_of(origin.value) != text_of(value):
                yield Breach(f"{field} has no origin, or one with another value", call)
            elif not origin.configured or not origin.source:
                yield Breach(f"the origin of {field} is blank", call)
    if named:
        yield Breach("there are origins of fields that are not sent")


def _fields(call: Call) -> dict[str, Any]:
    if call.envelope is not None:
        related = call.body["data"].get("relationships", {})
        said = {**call.profile, **call.attributes, **{key: related[key]["data"] for key in related}}
        return {key: one for key, one in said.items() if key != "profiles"}
    if call.metric is None:
        return {**call.attributes, **_patched(call)}
    own = {key: one for key, one in call.attributes.items() if key not in ("profile", "properties")}
    properties = {f"properties.{key}": one for key, one in call.properties.items()}
    return {**own, **call.profile, **properties, "metric": call.metric}


@law(SOURCE)
def every_diagnostic_is_told_by_a_stage(tracking: Tracking, event: Event) -> Breaches:
    """Every diagnostic of a plan comes from a stage, or is a call's refusal."""
    told = tracking.explain(event)
    said = {one for seen in told.stages for one in seen.diagnostics}
    said |= {one for call in told.plan.calls for one in call.refusal}
    for one in told.plan.diagnostics:
        if one not in said and not one.code.startswith(SELF_TOLD):
            yield Breach(f"no stage reports {one.code}", *told.plan.calls[-1:])


def _patched(call: Call) -> dict[str, Any]:
    """A patch by field: appended and unappended by property, unset as one."""
    told = call.body["data"].get("meta", {}).get("patch_properties", {})
    each = {
        f"patch.{name}.{key}": value
        for name in ("append", "unappend")
        for key, value in told.get(name, {}).items()
    }
    return {**each, **({"patch.unset": told["unset"]} if "unset" in told else {})}
