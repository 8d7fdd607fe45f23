"""A line's plan does not depend on which lines are planned together with it."""

from __future__ import annotations

import io
import json
from typing import Any
from weakref import ReferenceType, ref

from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo import parse_config, pipeline, scan
from walkeros_klaviyo.shell.input.line import Line, line_of
from walkeros_klaviyo.shell.planned import CHUNK, LONG, in_chunks, planned

TRANSFORM = pipeline(
    parse_config({"settings": {"identify": {"map": {"title": "user.title"}}, "email": "user.mail"}})
)


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, Any]]:
    """More events of a few people than fit in a chunk, some of them long."""
    who = st.fixed_dictionaries(
        {}, optional={"id": st.sampled_from("ab"), "mail": st.just("a@b.de")}
    )
    size = draw(st.sampled_from([0, 1, CHUNK, CHUNK + 1, 2 * CHUNK + 5]))
    person = st.tuples(who, st.sampled_from(["", "Dr"]))
    drawn = draw(st.lists(person, min_size=size, max_size=size))
    long = draw(st.sets(st.integers(0, size), max_size=3))
    return [
        {
            "name": "page view",
            "timestamp": 1_700_000_000_000 + number,
            "id": f"e{number % 50}",  # some are reused
            "user": {**user, "title": title},
            "data": {"text": "x" * (LONG if number in long else 1)},
        }
        for number, (user, title) in enumerate(drawn)
    ]


@given(events())
def test_lines_planned_together_have_the_plans_of_a_scan(found: list[dict[str, Any]]) -> None:
    stream = io.BytesIO(b"".join(json.dumps(event).encode() + b"\n" for event in found))
    together = list(planned(TRANSFORM, stream))
    assert [plan for _, plan in together] == [plan for plan, _ in scan(TRANSFORM, found)]
    assert [line.value for line, _ in together] == found


@given(events())
def test_a_chunk_is_short_and_only_its_last_line_is_long(found: list[dict[str, Any]]) -> None:
    lines = [line_of(number, event) for number, event in enumerate(found)]
    chunks = list(in_chunks(lines))
    assert [line for chunk in chunks for line in chunk] == lines
    for at, chunk in enumerate(chunks):
        is_long = [len(line.raw) > LONG for line in chunk]
        assert 0 < len(chunk) <= CHUNK
        assert not any(is_long[:-1])
        assert len(chunk) == CHUNK or is_long[-1] or at == len(chunks) - 1


def test_only_the_lines_of_one_chunk_are_in_memory() -> None:
    lines = (b'{"name": "page view", "id": "e%d"}\n' % number for number in range(20 * CHUNK))
    seen: list[ReferenceType[Line]] = []
    for line, _ in planned(TRANSFORM, io.BytesIO(b"".join(lines))):
        seen.append(ref(line))
        assert sum(one() is not None for one in seen) <= CHUNK + 1
