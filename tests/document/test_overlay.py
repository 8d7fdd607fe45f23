"""What does a second file say over the first, and what is there to write in it?"""

from __future__ import annotations

from typing import Any

import pytest

from walkeros_klaviyo.core.faults import Fault
from walkeros_klaviyo.document.flow import find_config
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
    assert Over("", "c", "o.json", frozenset({".a"})).own(".a") == "c..a"
    assert Over("f", "", "", frozenset()).own("f.a") == "a"
    assert Over("f", "", "", frozenset()).own("f") == ""


def test_where_one_of_both_is_no_object_the_second_says_all() -> None:
    """A list and a null, too."""
    below = {"a": {"b": {"c": 1}}, "d": [1], "e": 1}
    above = {"a": {"b": {"x": 1}, "y": {}}, "d": {"z": 1}, "e": {"q": 1}, "n": None}
    assert [*places_over(below, above)] == ["a.b.x", "a.y", "d", "e", "n"]


KLAVIYO = "@walkeros/server-destination-klaviyo"


def a_flow(*names: str, **config: Any) -> dict[str, Any]:
    """A flow.json with a Klaviyo destination under each name."""
    steps = {name: {"package": KLAVIYO, "config": {"id": name, **config}} for name in names}
    return {"version": 4, "flows": {"shop": {"destinations": steps}}}


def test_what_came_from_the_environment_is_known_for_what_still_stands() -> None:
    """The first file's where it counts, else the second's: so that no message shows either."""
    first = {"settings": {"email": "$env.A", "currency": "$env.B"}}
    second = {"config": {"settings": {"email": "$env.C"}}}
    env = {"A": "user.a", "B": "EUR", "C": "user.c"}
    found = find_config(first, env=env, over=second)
    assert found.config == {"settings": {"email": "user.c", "currency": "EUR"}}
    assert dict(found.origins) == {
        "settings.email": [("user.c", "$env.C")],
        "settings.currency": [("EUR", "$env.B")],
    }


def test_what_is_doubtful_is_told_of_what_still_stands() -> None:
    """Not of what the second file replaces."""
    first = {"id": "$def.a", "mock": "$def.a", "definitions": {"a": "x"}}
    found = find_config(first, env={}, over={"id": "y"})
    assert [one.path for one in found.warnings] == ["mock"]
    assert find_config({}, env={}, over=first).warnings != ()


def test_a_fault_has_the_path_of_its_own_file() -> None:
    """However deep the configuration stands there."""
    second = a_flow("klaviyo", settings={"apiKey": "$env.X", "email": "$env.Y"})
    second["flows"]["shop"]["variables"] = 7
    found = find_config({"id": "a"}, env={}, over=second, over_file="o.json")
    at = "flows.shop.destinations.klaviyo.config"
    assert [(one.path, one.file) for one in found.told()] == [
        ("flows.shop.variables", "o.json"),
        (f"{at}.settings.apiKey", "o.json"),
        (f"{at}.settings.email", "o.json"),
    ]
    left = found.without("settings.apiKey").faults
    assert [one.path for one in left] == ["flows.shop.variables", f"{at}.settings.email"]
    inner = found.told([Fault("id", "is wrong"), Fault("batch", "is wrong")])[3:]
    assert [(one.path, one.file) for one in inner] == [(f"{at}.id", "o.json"), ("batch", "")]


def test_a_step_that_says_nothing_lays_nothing() -> None:
    """It has no configuration."""
    found = find_config({"id": "a"}, env={}, over={"package": KLAVIYO}, over_file="o.json")
    assert (found.config, found.told()) == ({"id": "a"}, ())
    found = find_config({"id": "a"}, env={}, over={"config": 7}, over_file="o.json")
    assert [(str(one), found.config) for one in found.told()] == [
        ("o.json: config  expected an object, got a number", {"id": "a"})
    ]


def test_the_options_pick_in_both_files() -> None:
    """As far as there is something to pick in the second."""
    both = a_flow("eu", "us")
    fragment = {"destinations": {"eu": {"config": {"batch": 1}}, "us": {"config": {"batch": 2}}}}
    for over, batch in ((fragment, 2), (a_flow("eu", "us", batch=3), 3), ({"batch": 4}, 4)):
        found = find_config(both, env={}, flow="shop", destination="us", over=over)
        assert found.config == {"id": "us", "batch": batch}


def test_a_second_file_that_is_none_is_named() -> None:
    """The first one is sound."""
    (fault,) = find_config({}, env={}, over=[], over_file="o.json").faults
    assert str(fault) == "o.json: (top level)  expected an object, got a list"
    (fault,) = find_config([], env={}, over={}, over_file="o.json").faults
    assert str(fault) == "(top level)  expected an object, got a list"
