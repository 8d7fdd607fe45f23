"""Is each line an event, and has each event an id of its own?"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.diagnostics import CODES, Diagnostic
from walkeros_klaviyo.core.klaviyo.identifier import read_identifier
from walkeros_klaviyo.verify.findings import Example, Finding
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.sample.look import Mapped, Shown

OFTEN: Final = 0.05
"""From this part of the events on, ids that are not one of a kind are the sender's habit."""
LATEST_MS: Final = 4_102_444_800_000
"""The year 2100: a larger number counts less than milliseconds."""
Wrong = tuple[int, Any, Diagnostic]


def judge_events(config: Config, shown: Shown) -> Iterator[Finding]:
    """Lines that are no events, and ids that are missing or shared."""
    yield from _no_events(shown)
    yield from _without_id(shown)
    yield from _with_anothers_id(shown)


def _no_events(shown: Shown) -> Iterator[Finding]:
    """Most lines of the sample, or all that go by one name."""
    if not shown.events and not shown.invalid:
        yield Finding("sample.invalid", "--events", "the sample holds no event")
        return
    by_place: dict[str, list[Wrong]] = defaultdict(list)
    if shown.invalid > shown.events:
        places = {note.path for _, _, note in shown.wrong}
        by_place[next(iter(places)) if len(places) == 1 else ""] = shown.wrong
    else:
        alike: dict[tuple[str, str], list[Wrong]] = defaultdict(list)
        for line, raw, note in shown.wrong:
            if isinstance(raw, dict) and isinstance(raw.get("name"), str):
                alike[note.path, raw["name"]].append((line, raw, note))
        for (place, name), some in alike.items():
            if len(some) > max(FEW - 1, (len(some) + shown.raw_names[name]) * MOSTLY):
                by_place[place] += some
    for place, some in by_place.items():
        line, raw, note = some[0]
        count = shown.invalid if some is shown.wrong else len(some)
        message = f"{count:,} of the sample's lines are no events; line {line}: {note}"
        value = raw.get(place) if isinstance(raw, dict) and place else None
        instead = _in_two_words(value) if place == "name" else _in_milliseconds(value)
        remedy = (
            f"Send {instead} in place of {json.dumps(value)}."
            if instead
            else CODES[note.code].remedy
        )
        example = Example(raw, None, line) if isinstance(raw, dict) else None
        yield Finding("sample.invalid", place or "--events", message, remedy, example)


def _in_two_words(name: Any) -> str:
    """An event's name as walkerOS writes it; empty where it is no two words.

    >>> _in_two_words("orderComplete"), _in_two_words("add_to_cart"), _in_two_words("order")
    ('"order complete"', '"add to"', '')
    """
    words = re.findall(r"[^\W\d_][^\W_A-Z]*|\d+", name) if isinstance(name, str) else []
    return f'"{" ".join(words[:2]).lower()}"' if len(words) > 1 else ""


def _in_milliseconds(time: Any) -> str:
    """A time as walkerOS writes it; empty where it cannot be read.

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
    """Most events have none, so that a digest of all that they hold stands in."""
    bare = [
        one
        for one in shown.mapped
        if one.create is not None and read_identifier(one.raw.get("id"))[0] is None
    ]
    if len(bare) > max(FEW, len(shown.created) * MOSTLY):
        message = f"{len(bare):,} of {len(shown.created):,} events have no id of their own"
        yield Finding("sample.ids", "settings.uniqueId", message, "", bare[0].example)


def _with_anothers_id(shown: Shown) -> Iterator[Finding]:
    """Of one person and metric under one event id; what is only sent again has the same time."""
    first: dict[tuple[Any, ...], Mapped] = {}
    ids: Counter[str] = Counter()
    lost: list[tuple[Mapped, Mapped]] = []
    for one in shown.mapped:
        if one.create is None or one.create.unique_id != str(one.raw.get("id")):
            continue
        ids[one.create.unique_id] += 1
        known = first.setdefault((one.create.metric, one.who, one.create.unique_id), one)
        if known.raw["timestamp"] != one.raw["timestamp"]:
            lost.append((known, one))
    if len(lost) >= max(FEW, ids.total() * OFTEN):
        known, one = lost[0]
        message = (
            f"{len(lost):,} of {ids.total():,} events have the id of another one of the same "
            f"person, such as those of lines {known.line} and {one.line}"
        )
        yield Finding("sample.ids", "settings.uniqueId", message, "", one.example, is_grave=True)
