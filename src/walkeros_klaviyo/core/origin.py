"""Where did each field of a call come from?

Taken from the traces of the mappings (`value.trace`): which configuration entry produced a field,
and which path of the event that entry read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

import attrs
from attrs import frozen

from walkeros_klaviyo.core.klaviyo.calls import SUBSCRIBE, UNSUBSCRIBE, Call
from walkeros_klaviyo.core.klaviyo.identifier import IDENTIFIERS, read_identifier
from walkeros_klaviyo.core.klaviyo.lines import line_properties, metric_of
from walkeros_klaviyo.core.klaviyo.settings import KlaviyoRule
from walkeros_klaviyo.core.klaviyo.subscription import parts_of
from walkeros_klaviyo.core.klaviyo.traits import CAMEL
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.value import MappingValue
from walkeros_klaviyo.core.walkeros.value.trace import Trace, trace
from walkeros_klaviyo.core.walkeros.value.tree import Items, Node, Path, bare
from walkeros_klaviyo.core.walkeros.value.walk import members_of

from .plan import Plan


@frozen
class Origin:
    """One field of a call: its value, and the configuration entry and event path it came from.

    `at` is the index of the call in the plan.
    """

    call: str
    field: str
    value: object = attrs.field(repr=False)
    configured: str
    source: str
    at: int = 0


Place = tuple[str, str]
"""The entry of the configuration, and what it read."""


def origins_of(
    rule: KlaviyoRule, event: Event, plan: Plan, traces: Mapping[str, Trace]
) -> tuple[Origin, ...]:
    """The origin of every field of the plan's calls, in the order of the calls.

    `event` is the event as the mappings saw it: after policies, under the rule's name. `traces`
    holds what they yielded, by their place in the configuration; a mapping that a custom stage did
    not evaluate is evaluated here.
    """
    ask = _Asked(rule, event, traces)

    def fields_of(call: Call) -> Iterator[Field]:
        if call.envelope is not None:
            return ask.job_fields(call)
        if call.metric is None:
            return chain(ask.profile_fields(call.attributes), ask.patch_fields(call))
        lines = rule.settings.lines
        is_line = lines is not None and call is not plan.event and call.metric == metric_of(lines)
        return ask.line_fields(call, lines) if is_line and lines else ask.event_fields(call)

    return tuple(
        Origin(call.name, field, value, *place, at)
        for at, call in enumerate(plan.calls)
        for field, value, place in fields_of(call)
    )


Field = tuple[str, object, Place]
_COMPUTED: Final = ("(default)", "computed")


@frozen
class _Asked:
    """One event under its rule, with the traces of its mappings."""

    rule: KlaviyoRule
    event: Event
    traces: Mapping[str, Trace]

    def trace(self, mapping: MappingValue | None) -> Trace:
        """What the mapping yielded, evaluated now if it was not before."""
        if mapping is None:
            return Trace(ABSENT, "", "nothing")
        found = self.traces.get(mapping.where)
        return trace(mapping.tree, self.event, self.event, []) if found is None else found

    def profile_fields(self, attributes: Mapping[str, object]) -> Iterator[Field]:
        """A profile's fields: identifiers from the settings, traits from the identify mapping."""
        rule = self.rule
        identifiers = {
            IDENTIFIERS[name].field: mapping for name, mapping in rule.settings.identifiers
        }
        for field, value in attributes.items():
            mapping = identifiers.get(field)
            if mapping is not None:
                yield field, value, (mapping.where, self.trace(mapping).source)
            elif rule.settings.identify is not None:
                yield (
                    field,
                    value,
                    self.member(rule.settings.identify, CAMEL.get(field, field), field),
                )

    def patch_fields(self, call: Call) -> Iterator[Field]:
        """The fields of a patch: what is appended, unappended and unset."""
        patch = self.rule.settings.patch
        if patch is None or not isinstance(patch.tree, Items):
            return
        told = call.body["data"].get("meta", {}).get("patch_properties", {})
        for name, node in zip(("append", "unappend"), patch.tree.items, strict=False):
            for key, value in told.get(name, {}).items():
                own = members_of(node).get(key, node)
                read = trace(own, self.event, self.event, []).source
                yield f"patch.{name}.{key}", value, (own.where, read)
        if "unset" in told:
            yield "patch.unset", told["unset"], (f"{patch.where}.unset", "a constant")

    def job_fields(self, call: Call) -> Iterator[Field]:
        """The fields of a subscription, or of an import into a list."""
        settings, whose = self.rule.settings, call.identifiers
        own = {SUBSCRIBE: settings.subscribe, UNSUBSCRIBE: settings.unsubscribe}.get(call.name)
        nodes: dict[str, Node] = {} if own is None else parts_of(own)
        channels = [one for one in call.profile.get("subscriptions", ()) if one in nodes]
        if channels:
            nodes["subscriptions"] = nodes[channels[0]]
        yield from self.profile_fields(whose)
        said = {**call.profile, **call.attributes}
        for name, related in call.body["data"].get("relationships", {}).items():
            said[name] = related["data"]
        for field, value in said.items():
            if field not in whose and field != "profiles":
                mapping = settings.backfill if field == "historical_import" else settings.lists
                other = None if mapping is None else mapping.tree
                by = nodes.get(field.removeprefix("custom_"), other)
                read = "" if by is None else trace(by, self.event, self.event, []).source
                yield field, value, _COMPUTED if by is None else (by.where, read)

    def event_fields(self, call: Call) -> Iterator[Field]:
        """An event's fields, in display order."""
        rule = self.rule
        yield from self.profile_fields(call.profile)
        named = ("(default)", "name") if rule.name is None else (rule.named_at, "a constant")
        yield "metric", call.metric, named
        for key, value in call.properties.items():
            yield f"properties.{key}", value, self.property_place(key)
        yield "time", call.time, ("(always)", "timestamp")
        for field, mappings in (
            ("value", (rule.settings.value,)),
            ("value_currency", (rule.settings.currency, rule.settings.default_currency)),
            ("unique_id", (rule.settings.unique_id,)),
            ("backfill", (rule.settings.backfill,)),
        ):
            if field in call.attributes:
                value = call.attributes[field]
                yield field, value, self.first_place(field, value, mappings)

    def line_fields(self, call: Call, lines: MappingValue) -> Iterator[Field]:
        """The fields of an order line: its own, and those it takes from the event."""
        yield from self.profile_fields(call.profile)
        yield "metric", call.metric, (f"{lines.where}.name", "a constant")
        own, shared = (members_of(node) for node in line_properties(lines))
        for key, value in call.properties.items():
            place = (lines.where, "computed")
            if key in own:
                node = bare(own[key])
                read = f"a line's {node.text}" if isinstance(node, Path) else "a line"
                place = (own[key].where, read)
            elif key in shared:
                found = trace(shared[key], self.event, self.event, [])
                place = (shared[key].where, found.source)
            yield f"properties.{key}", value, place
        yield "time", call.time, ("(always)", "timestamp")
        settings = self.rule.settings
        for field, name, mappings in (
            ("value", "value", ()),
            ("value_currency", "", (settings.currency, settings.default_currency)),
            ("unique_id", "uniqueId", ()),
            ("backfill", "", (settings.backfill,)),
        ):
            if field in call.attributes:
                value = call.attributes[field]
                own_place = (f"{lines.where}.{name}", "a line")
                yield field, value, own_place if name else self.first_place(field, value, mappings)

    def member(self, mapping: MappingValue, *names: str) -> Place:
        """The member of a mapping's object that made a field, known by one of these names."""
        members = self.trace(mapping).members
        for name in names:
            if name in members:
                return members[name].configured, members[name].source
        return mapping.where, "computed"

    def property_place(self, key: str) -> Place:
        """Where a property came from: the rule's data, the destination's or an included section."""
        rule = self.rule
        for mapping in (rule.data, rule.base):
            if mapping is not None and key in self.trace(mapping).members:
                return self.member(mapping, key)
        section = key.partition("_")[0]
        if section in rule.include or "all" in rule.include:
            return "include", section
        return rule.data.where if rule.data is not None else "data", "computed"

    def first_place(
        self, field: str, value: object, mappings: tuple[MappingValue | None, ...]
    ) -> Place:
        """The first mapping that yielded the field; for a unique id, failing that, the event's id.

        A value that nothing in the configuration yields was computed by a custom stage.
        """
        for mapping in mappings:
            found = self.trace(mapping)
            if mapping is not None and _gave(found.value, value):
                return mapping.where, found.source
        if field != "unique_id":
            return "(default)", "computed"
        is_own = value == read_identifier(self.event.get("id"))[0]
        return "(default)", "id" if is_own else "a digest of the event"


def _gave(yielded: object, value: object) -> bool:
    """Did a mapping's result become the value? An invalid unique id, for example, does not."""
    if isinstance(value, str):
        return read_identifier(yielded)[0] is not None
    return yielded is not ABSENT
