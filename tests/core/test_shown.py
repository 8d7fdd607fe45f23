"""Is what others wrote shown, and never obeyed?"""

from __future__ import annotations

import pytest

from walkeros_klaviyo.core.shown import plain_key, visible, visible_lines


@pytest.mark.parametrize(
    "control",
    [
        *map(chr, (0, 7, 9, 10, 13, 27, 31, 127, 128, 155, 159)),
        *("\u061c", "\u200e", "\u200f", "\u2028", "\u202a", "\u202e", "\u2066", "\u2069"),
    ],
)
def test_a_control_is_written_out(control: str) -> None:
    """Also the bidirectional ones, that turn a string round."""
    written = control.encode("unicode_escape").decode()
    assert visible(f"a{control}b") == f"a{written}b"


@pytest.mark.parametrize("text", ["Größe 5 €", "\u200b", "\xa0", "~!", "日本"])
def test_anything_else_stays(text: str) -> None:
    """It is somebody's language."""
    assert visible(text) == text


def test_lines_stay_lines() -> None:
    """But for what would overwrite one."""
    assert visible_lines("one\ntwo\r\nthree\x1b") == "one\ntwo\\r\nthree\\x1b"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("color", "color"),
        ("item_12345", "item_12345"),
        ("item_123456", "…"),
        ("ada@example.com", "…"),
        (7, "7"),
        (1234567, "…"),
    ],
)
def test_a_key_that_may_name_somebody_is_not_shown(key: object, shown: str) -> None:
    """An address, or six digits in a row."""
    assert plain_key(key) == shown
