"""Which events does the page list, and how?

The latest that match the chosen metric and person; of many, only the few rows shown are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from heapq import nlargest
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from attrs import frozen

from walkeros_klaviyo.core.klaviyo.currencies import shown_amount
from walkeros_klaviyo.pages.html import Html, join, said, tag

from .jobs import stamp
from .people import Profile
from .record import Metric, Record
from .scalar import instant
from .wire import dumps

EVENTS: Final = 50
"""The most rows shown."""
PEOPLE: Final = 1_000
"""The most profiles found by a search."""
KEPT: Final = 1_000
"""The most events whose display data is cached."""
PROPERTIES: Final = 6
NAMED: Final = ("email", "external_id", "phone_number", "_kx", "anonymous_id")
FULL_NAME: Final = ("first_name", "last_name")


@frozen
class Chosen:
    """The filter: a metric's name, and part of an identifier or name; empty for all."""

    metric: str = ""
    person: str = ""


def found(people: Iterable[Profile], part: str) -> list[Profile]:
    """The profiles with an identifier or name that contains `part`, latest first."""
    wanted = part.strip().lower()
    fitting = (one for one in people if not wanted or wanted in _known_by(one))
    return nlargest(PEOPLE, fitting, key=latest)


def latest(profile: Profile) -> float:
    """When the profile last changed or had an event."""
    return max(profile.updated, profile.last_event or 0.0)


def _known_by(profile: Profile) -> str:
    known = profile.attributes
    names = (*NAMED, *FULL_NAME)
    return "\n".join([profile.id, *(str(known.get(name) or "") for name in names)]).lower()


def event_list(record: Record, chosen: Chosen, people: Sequence[Profile]) -> Html:
    """The latest events of this metric and of these people."""
    metric = record.metrics.get(chosen.metric, Metric()).numbers if chosen.metric else None
    of_person = sorted({n for one in people for n in one.events}) if chosen.person else None
    if of_person is None:
        numbers: Sequence[int] = range(len(record.events)) if metric is None else metric
    elif metric is None:
        numbers = of_person
    else:
        there = set(metric)
        numbers = [number for number in of_person if number in there]
    shown = numbers[: -EVENTS - 1 : -1]
    if not shown:
        why = "No such event." if len(record.events) else "Nothing yet."
        return tag("p", why, class_="none")
    lines = []
    for number, line in zip(shown, drawn(record, shown), strict=True):
        profile = record.people.by_id(line.profile_id)
        whose = () if profile is None else (" · ", person(profile))
        lines.append(event_line(number, line, *whose))
    all_of = f"{len(numbers):,}"
    many = all_of if len(numbers) == len(shown) else f"the latest {EVENTS} of {all_of}"
    said_first = tag("p", f"Showing {many}.", class_="about")
    return join((said_first, tag("ol", *lines, class_="rows", role="list", id="events")))


def clock(seconds: float) -> str:
    """A time to the second.

    >>> clock(0.9)
    '1970-01-01 00:00:00'
    """
    return stamp(seconds)[:19].replace("T", " ")


def named(profile: Profile) -> str:
    """The name or identifier by which a person is displayed.

    >>> named(Profile("P1", 0.0, 0.0, {"phone_number": "+1500"})), named(Profile("P1", 0.0, 0.0))
    ('+1500', 'P1')
    """
    known = profile.attributes
    return str(next((known[name] for name in NAMED if known.get(name)), profile.id))


def person(profile: Profile) -> Html:
    """A link to a profile."""
    link = f"/sandbox/profile?id={quote(profile.id)}"
    return tag("a", said(named(profile)), href=link, data_opens=True)


def event_line(number: int, line: Line, *beside: object) -> Html:
    """One event in a list, with the first of its properties."""
    link = tag("a", line.metric, href=f"/sandbox/event?number={number}", data_opens=True)
    first = (tag("span", link, *beside), tag("span", line.money, class_="end"))
    return tag("li", *first, line.rest, id=f"e{number}")


@frozen
class Line:
    """The display data of an event."""

    profile_id: str
    at: float | None
    metric: Html
    money: str
    rest: Html


def drawn(record: Record, numbers: Sequence[int]) -> Iterator[Line]:
    """The display data of these events, cached so that large bodies are not read every time."""
    known = record.drawn
    new = [number for number in numbers if number not in known]
    if len(known) + len(new) > KEPT:
        known.clear()
        new = list(numbers)
    known.update(zip(new, map(_line, record.event_rows(new)), strict=True))
    return (known[number] for number in numbers)


def _line(row: dict[str, Any]) -> Line:
    properties, time = row["properties"], row.get("time")
    shown = [
        tag("span", tag("b", said(name, 60)), " ", said(short(value), 80))
        for name, value in islice(properties.items(), PROPERTIES)
    ]
    if len(properties) > len(shown):
        shown.append(tag("span", f"and {len(properties) - len(shown)} more"))
    when = tag("span", said(time), " · backfill" if row.get("backfill") else "")
    rest = join(tag("div", one, class_="wide") for one in (when, join(shown)) if one)
    at = instant(time) if time else None
    return Line(row["profile_id"], at, said(row["metric"]), money(row), rest)


def short(value: Any) -> str:
    """A property in a few words.

    >>> short(["Tent", 2]), short(None), short("a")
    ('["Tent",2]', 'null', 'a')
    """
    return value if isinstance(value, str) else dumps(value).decode()


def money(row: dict[str, Any]) -> str:
    """An event's amount; empty if it has none."""
    if row.get("value") is None:
        return ""
    return shown_amount(Decimal(repr(row["value"])), row.get("value_currency") or "")
