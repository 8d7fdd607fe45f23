"""Is each line an event with an id of its own?"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.diagnostics import CODES, Diagnostic
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.verify.findings import Example, Finding
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

from .counted import are_most, grouped
from .facts import FEW

OFTEN: Final = 0.05
"""The share of events from which non-unique ids are the sender's habit."""
LATEST_MS: Final = 4_102_444_800_000
"""The year 2100; a larger number is in a unit smaller than milliseconds."""
Wrong = tuple[int, Any, Diagnostic]


def judge_events(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings: lines that are not events, and ids that are missing or shared."""
    yield from _no_events(shown)
    yield from _without_id(shown)
    yield from _with_anothers_id(shown)


def _no_events(shown: Shown) -> Iterator[Finding]:
    """Most lines of the sample, or all with one name, are not events."""
    if not shown.events and not shown.invalid:
        yield Finding("sample.invalid", "--events", "the sample holds no event")
        return
    by_place: dict[str, list[Wrong]] = defaultdict(list)
    if shown.invalid > shown.events:
        places = {note.path for _, _, note in shown.wrong}
        by_place[next(iter(places)) if len(places) == 1 else ""] = shown.wrong
    else:
        alike = grouped(
            ((one[2].path, one[1]["name"]), one)
            for one in shown.wrong
            if isinstance(one[1], dict) and isinstance(one[1].get("name"), str)
        )
        for (place, name), some in alike.items():
            if are_most(len(some), len(some) + shown.raw_names[name]):
                by_place[place] += some
    for place, some in by_place.items():
        line, raw, note = some[0]
        count = shown.invalid if some is shown.wrong else len(some)
        message = f"{count:,} of the sample's lines are not events; line {line}: {note}"
        value = raw.get(place) if isinstance(raw, dict) and place else None
        instead = _in_two_words(value) if place == "name" else _in_milliseconds(value)
        remedy = f"Send {instead} in place of {json.dumps(value)}." if instead else ""
        example = Example(raw, None, line) if isinstance(raw, dict) else None
        remedy = remedy or CODES[note.code].remedy
        yield Finding("sample.invalid", place or "--events", message, remedy, example)


def _in_two_words(name: Any) -> str:
    """An event's name as walkerOS writes it; empty if it cannot be two words."""
    words = re.findall(r"[^\W\d_][^\W_A-Z]*|\d+", name) if isinstance(name, str) else []
    return f'"{" ".join(words[:2]).lower()}"' if len(words) > 1 else ""


def _in_milliseconds(time: Any) -> str:
    """A time as walkerOS writes it; empty if it cannot be read.

    >>> _in_milliseconds("2026-10-12T10:00:00Z"), _in_milliseconds(1790838000000000)
    ('1791799200000', '1790838000000')
    """
    try:
        number = float(time)
    except (TypeError, ValueError):
        try:
            moment = datetime.fromisoformat(time)
        except (TypeError, ValueError):
            return ""
        number = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000
    while LATEST_MS < number < LATEST_MS * 1_000_000:
        number /= 1000
    return f"{number:.0f}" if 0 < number <= LATEST_MS else ""


def _without_id(shown: Shown) -> Iterator[Finding]:
    """Most events have no id, so that a digest of their content is used."""
    sent = shown.sent
    bare = [one for one in sent if read_identifier(one.raw.get("id"))[0] is None]
    if len(bare) > FEW and are_most(len(bare), len(sent)):
        message = f"{len(bare):,} of {len(sent):,} events have no id of their own"
        yield Finding("sample.ids", "settings.uniqueId", message, "", bare[0].example)


def _with_anothers_id(shown: Shown) -> Iterator[Finding]:
    """Different events of one person and metric with one id; mere resends have the same time."""
    first: dict[tuple[Any, ...], Mapped] = {}
    lost: list[tuple[Mapped, Mapped]] = []
    own = [one for one in shown.sent if one.unique_id == str(one.raw.get("id"))]
    for one in own:
        known = first.setdefault((one.metric, one.who, one.unique_id), one)
        if known.raw["timestamp"] != one.raw["timestamp"]:
            lost.append((known, one))
    if len(lost) >= max(FEW, len(own) * OFTEN):
        known, one = lost[0]
        message = (
            f"{len(lost):,} of {len(own):,} events have the id of another one of the same person, "
            f"such as those of lines {known.line} and {one.line}"
        )
        yield Finding("sample.ids", "settings.uniqueId", message, "", one.example, is_grave=True)
