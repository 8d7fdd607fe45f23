"""What do the detail pages show? An event's whole body; a profile with its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from walkeros_klaviyo.core.klaviyo.currencies import shown_amount
from walkeros_klaviyo.pages.html import Html, body, facts, join, said, table, tag

from .consent import Consent, standing
from .page_events import EVENTS, clock, drawn, event_line, latest, money, named, person
from .people import Profile
from .record import Record
from .scalar import instant

if TYPE_CHECKING:
    from .answer import Sandbox

UNKNOWN: Final = (
    "The sandbox was sent this body and not the event that it was made of. That is shown where one "
    "command does both: demo --open, serve --sandbox. Elsewhere its id is the unique id, unless "
    "the configuration maps another, and this says where each field came from: "
)


def event_page(sandbox: Sandbox, number: int) -> Html | None:
    """The event with this number, beside its walkerOS event; None if there is none."""
    record = sandbox.record
    if not 0 <= number < len(record.events):
        return None
    row = next(record.event_rows([number]))
    profile = record.people.by_id(row["profile_id"])
    known = facts(
        [
            ("Profile", None if profile is None else person(profile)),
            ("Time", said(row.get("time"))),
            ("Amount", money(row)),
            ("Unique id", said(row.get("unique_id"))),
            ("Backfill", "yes" if row.get("backfill") else None),
        ]
    )
    origin = sandbox.origin(row["metric"], row.get("unique_id"))
    command = tag("code", "walkeros-klaviyo explain EVENTS --config FILE")
    beside = tag("p", UNKNOWN, command) if origin is None else body(origin)
    sent = row["body"] if "profile" in row["body"] else {"profile": row["profile"], **row["body"]}
    return join(
        (
            tag("h2", said(row["metric"]), id="detail"),
            known,
            tag(
                "div",
                tag("section", tag("h3", "What Klaviyo was sent"), body(sent)),
                tag("section", tag("h3", "The walkerOS event"), beside),
                class_="beside",
            ),
        )
    )


def profile_page(sandbox: Sandbox, profile_id: str) -> Html | None:
    """A profile's identifiers, subscriptions and timeline; None if there is none."""
    record = sandbox.record
    profile = record.people.by_id(profile_id)
    if profile is None:
        return None
    spent = record.spent().get(profile.id, {})
    known = facts(
        [
            ("Id", profile.id),
            ("First seen", f"{clock(profile.created)} UTC"),
            ("Lifetime value", _amounts(spent)),
            ("Lists", said(", ".join(profile.lists))),
            ("Was also", said(", ".join(profile.merged))),
        ]
    )
    many = len(profile.events)
    title = "Timeline" if many <= EVENTS else f"Timeline, the latest {EVENTS} of {many:,} events"
    lines = tag("ol", *_timeline(record, profile), class_="rows", role="list")
    return join(
        (
            tag("h2", said(named(profile)), id="detail"),
            known,
            tag(
                "div",
                tag("section", tag("h3", title), lines),
                tag(
                    "section",
                    tag("h3", "Subscriptions"),
                    _subscriptions(profile),
                    tag("h3", "Attributes"),
                    body(profile.attributes),
                ),
                class_="beside",
            ),
        )
    )


def _amounts(spent: Mapping[str, float]) -> str:
    return ", ".join(shown_amount(Decimal(repr(one)), name) for name, one in sorted(spent.items()))


def _subscriptions(profile: Profile) -> Html:
    rows = (
        (
            channel,
            purpose,
            known["consent"].lower(),
            said(known["since"]),
            said(known.get("source")),
        )
        for channel, purposes in standing(profile.consents).items()
        for purpose, known in purposes.items()
    )
    heads = ("Channel", "Purpose", "Consent", "Since", "Source")
    return table("What holds now", heads, rows)


def _timeline(record: Record, profile: Profile) -> list[Html]:
    """Events and subscription changes, latest first."""
    numbers = profile.events[: -EVENTS - 1 : -1]
    lines: list[tuple[float, Html]] = []
    at = latest(profile)
    for number, line in zip(numbers, drawn(record, numbers), strict=True):
        at = at if line.at is None else line.at  # else use the time of the following one
        lines.append((at, event_line(number, line)))
    for one in profile.consents[-EVENTS:]:
        given = instant(one.consented_at) if one.consented_at else None
        lines.append((one.at if given is None else given, _consent(one)))
    return [line for _, line in sorted(lines, key=lambda pair: -pair[0])]


def _consent(one: Consent) -> Html:
    what = f"{one.consent.capitalize()}: {one.channel} {one.purpose}"
    where = "" if one.list is None else f", list {one.list}"
    when = one.consented_at or f"{clock(one.at)} UTC"
    parts = (tag("span", said(f"{what}{where}")), tag("div", said(when), class_="wide"))
    return tag("li", *parts)
