"""What does a second file say over the first, and what is there to write in it?"""

from __future__ import annotations

import pytest

from walkeros_klaviyo.document.overlay import Over, line_to_write, places_over
from walkeros_klaviyo.document.site import Keys

NAMED = '"$py:package.module:function"'
MADE = f'{{"fn": {NAMED}}}'


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("data",), f'{{"data": {MADE}}}'),
        (("data", "fn"), f'{{"data": {{"fn": {NAMED}}}}}'),
        (("data", "validate"), f'{{"data": {{"validate": {NAMED}}}}}'),
        (("policy", "user.id"), f'{{"policy": {{"user.id": {MADE}}}}}'),
        (("map", "größe"), f'{{"map": {{"größe": {MADE}}}}}'),
        (("settings", "value"), f'{{"settings": {{"value": {MADE}}}}}'),
        (("settings", "email"), f'{{"settings": {{"email": {MADE}}}}}'),
        (("data", "loop", 1), f'{{"data": {{"loop": […, {MADE}, …]}}}}'),
        (("data", 0, "condition"), f'{{"data": [{{"condition": {NAMED}}}, …]}}'),
        (
            ("mapping", "a", "b", "condition"),
            f'{{"mapping": {{"a": {{"b": {{"condition": {NAMED}}}}}}}}}',
        ),
        (("settings", "apiKey"), ""),
        (("mapping", "a", "b", "name"), ""),
        (("data", "value"), ""),
        (("data", "key"), ""),
        (("email",), ""),
        ((), ""),
    ],
)
def test_the_line_to_write_is_what_may_stand_there(keys: Keys, line: str) -> None:
    """A function where one is named, a value that one makes where a value stands, else nothing."""
    assert line_to_write(keys) == line


@pytest.mark.parametrize(
    ("base", "path", "has", "own"),
    [
        ("", "a.b", True, "c.a.b"),
        ("", "a.b[0].x", True, "c.a.b[0].x"),
        ("", "a", False, "c.a"),
        ("", "a.bc", False, "c.a.bc"),
        ("", "", False, "c"),
        ("f.g", "f.g.a.b", True, "c.a.b"),
        ("f.g", "a.b.d", True, "c.a.b.d"),
        ("f.g", "f.g", False, "c"),
        ("f.g", "f.h", False, "c.f.h"),
    ],
)
def test_a_place_is_the_second_files_where_that_says_all(
    base: str, path: str, has: bool, own: str
) -> None:
    """By the first file's path, or the configuration's own."""
    over = Over(base, "c", "over.json", frozenset({"a.b"}))
    assert (over.has(path), over.own(path)) == (has, own)


def test_a_configuration_that_is_the_whole_file_has_its_own_paths() -> None:
    """Nothing stands before them."""
    assert Over("f", "", "", frozenset()).own("f.a") == "a"
    assert Over("f", "", "", frozenset()).own("f") == ""


def test_where_one_of_both_is_no_object_the_second_says_all() -> None:
    """A list and a null, too."""
    below = {"a": {"b": {"c": 1}}, "d": [1], "e": 1}
    above = {"a": {"b": {"x": 1}, "y": {}}, "d": {"z": 1}, "e": {"q": 1}, "n": None}
    assert [*places_over(below, above)] == ["a.b.x", "a.y", "d", "e", "n"]
