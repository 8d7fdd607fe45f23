"""Every place of a document is found on the line where a person wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkeros_klaviyo.core.faults import join
from walkeros_klaviyo.document.lines import line_at, lines_of
from walkeros_klaviyo.shell.config import places_of

SHOP = Path(__file__).parents[2] / "src/walkeros_klaviyo/shop/shop.toml"
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text(min_size=1).filter(lambda key: not set(key) & set(".["))
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    ),
)


def counted(value: Any, path: str, line: list[int]) -> Iterator[tuple[str, int]]:
    """Where `json.dumps` with an indent puts each place: a line each, and one for each end."""
    members = [(join(path, key), one) for key, one in value.items()] if type(value) is dict else []
    items = [(f"{path}[{at}]", one) for at, one in enumerate(value)] if type(value) is list else []
    for place, one in members + items:
        line[0] += 1
        yield place, line[0]
        yield from counted(one, place, line)
    line[0] += bool(members + items)


@given(DOCUMENTS, st.booleans())
def test_a_place_of_json_is_on_the_line_that_json_dumps_puts_it(raw: Any, is_ascii: bool) -> None:
    """Whatever texts and keys there are: brackets, quotes and commas in them count for nothing."""
    text = json.dumps(raw, indent=1, ensure_ascii=is_ascii)
    assert lines_of(text, "json") == dict(counted(raw, "", [1]))


def test_a_place_of_toml_is_on_the_line_of_its_table_or_key() -> None:
    """Of the shipped shop all of them: the line holds the place's last key."""
    text = SHOP.read_text("utf-8")
    lines, written = lines_of(text, "toml"), text.split("\n")
    assert len(lines) > 150
    for path, line in lines.items():
        assert path.rpartition(".")[2].partition("[")[0].strip('"') in written[line - 1], path


TOML = '''\
note = """
[mapping.a]
x = 1"""

[[mapping.order.complete]]
name = "One" # [mapping.b]
[[mapping.order.complete]]
settings.value = [
  "data.total",
  { value = "]" },
]
[ "mapping" . "b c" ]
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("note", 1),
        ("mapping.order.complete[0]", 5),
        ("mapping.order.complete[0].name", 6),
        ("mapping.order.complete[1]", 7),
        ("mapping.order.complete[1].settings.value[1].value", 8),
        ("mapping.order.complete[1].settings.uniqueId", 8),
        ("mapping.b c.complete.name", 12),
        ("mapping.a.x", 5),
        ("policy.name", None),
    ],
)
def test_texts_lists_of_tables_and_statements_of_many_lines(place: str, line: int | None) -> None:
    """What looks like a table within a string is none; the nearest line around stands in."""
    assert line_at(lines_of(TOML, "toml"), place) == line


def test_lines_that_end_as_on_windows_are_lines_all_the_same() -> None:
    """They were one statement once, and all of it on line 2."""
    assert lines_of(TOML.replace("\n", "\r\n"), "toml") == lines_of(TOML, "toml")


def test_tables_below_an_item_of_a_list_are_in_that_item() -> None:
    """TOML: a table's header names the list, and means its last item."""
    text = "[[a]]\nx = 1\n[a.s]\ny = 1\n[[a]]\n[a.s]\n[[a.b]]\nz = 1\n[[a.b]]\n"
    lines = lines_of(text, "toml")
    places = ("a[0].s.y", "a[1].s", "a[1].b[0].z", "a[1].b[1]")
    assert [lines[place] for place in places] == [4, 6, 8, 9]


def test_in_a_flow_the_place_is_within_the_destination(tmp_path: Path) -> None:
    """A finding names the place in the configuration, with the way to it or without."""
    config = {"mapping": {"order": {"complete": {"name": "Placed order"}}}}
    step = {"package": "@walkeros/server-destination-klaviyo", "config": config}
    flow = {"version": 4, "flows": {"default": {"destinations": {"klaviyo": step}}}}
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(flow, indent=2))
    place_of = places_of(file)
    wanted = next(
        number for number, text in enumerate(file.read_text().split("\n"), 1) if '"name"' in text
    )
    place = "mapping.order.complete.name"
    assert place_of(place) == (str(file), wanted)
    assert place_of(f"flows.default.destinations.klaviyo.config.{place}") == (str(file), wanted)


def test_what_can_be_read_only_once_has_no_lines(tmp_path: Path) -> None:
    """The report then goes without."""
    gone = tmp_path / "gone.json"
    assert places_of(gone)("mapping") == (str(gone), None)
