"""Which events did a sender post, and which did a pixel's address hold?"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo.shell.serve.body import Posted, Refusal, read_body
from walkeros_klaviyo.shell.serve.pixel import GIF, read_pixel

EVENT = {"name": "page view"}
MOST = 1_000
PACKED = gzip.compress(b'{"name": "page view"}', mtime=0)
BOMB = gzip.compress(b"x" * 100_000_000, mtime=0)


def read(value: Any, **more: int) -> Posted | Refusal:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_body(raw, more.get("bytes", MOST), more.get("events", 10))


@pytest.mark.parametrize(
    ("value", "events", "is_batch"),
    [
        (EVENT, (EVENT,), False),
        ([EVENT], (EVENT,), True),
        ([], (), True),
        ({"batch": [EVENT, EVENT]}, (EVENT, EVENT), True),
        ({"event": EVENT}, (EVENT,), False),
        ({"name": "page view", "event": EVENT}, ({"name": "page view", "event": EVENT},), False),
        (7, (7,), False),
        (PACKED, (EVENT,), False),
    ],
    ids=lambda one: f"{one!r:.20}",
)
def test_events_are_found_in_every_shape(value: Any, events: Any, is_batch: bool) -> None:
    assert read(value) == Posted(events, is_batch)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"a": NaN}', 400),
        (b"\xff\xfe{", 400),
        (b"[" * 10_000, 400),
        ([EVENT] * 11, 413),
        (BOMB, 413),
        (PACKED[:-9], 400),
        (b"\x1f\x8bno", 400),
    ],
    ids=lambda one: f"{one!r:.20}",
)
def test_what_is_none_is_refused_with_a_reason(value: Any, status: int) -> None:
    found = read(value)
    assert isinstance(found, Refusal)
    assert (found.status, bool(found.error)) == (status, True)


def test_what_is_small_and_would_fill_the_memory_is_refused_unread() -> None:
    wide = b"[" + b",".join([b"[]"] * 400_000) + b"]"
    found = read(gzip.compress(wide, mtime=0), bytes=5_000_000)
    assert found == Refusal(413, "400001 lists and objects; at most 300000 a request")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for body in (raw, gzip.compress(raw)):
        assert isinstance(read(body), Posted | Refusal)


@pytest.mark.parametrize(
    ("query", "event"),
    [
        ("name=product%20view", {"name": "product view"}),
        ("data[id]=p1&data[price]=9.5", {"data": {"id": "p1", "price": 9.5}}),
        ("consent[marketing]=true", {"consent": {"marketing": True}}),
        ("context[a][0]=x&context[a][1]=1", {"context": {"a": ["x", 1]}}),
        ("nested[0][data][id]=7", {"nested": [{"data": {"id": 7}}]}),
        ("a[]=x&a[]=y", {"a": ["x", "y"]}),
        ("data[zip]=00501", {"data": {"zip": "00501"}}),
        ("a=1&a[b]=2", {"a": 1}),
        ("a[999999999]=1", {"a": {"999999999": 1}}),
        ("&".join(f"a{n}=1" for n in range(501)), {}),
        ("a" + "[b]" * 30 + "=1", {}),
        ("]=1&[=2&[x]=3", {}),
    ],
)
def test_a_pixel_holds_an_event(query: str, event: dict[str, Any]) -> None:
    assert read_pixel(query) == event


@given(st.text(max_size=100))
def test_any_query_is_read(query: str) -> None:
    json.dumps(read_pixel(query))


def test_the_dot_is_walkeros_own() -> None:
    assert (len(GIF), GIF[:6]) == (42, b"GIF89a")
