"""What do shops send as addresses, amounts, ids and times?

Valid values first, then those of broken senders.
"""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .json_values import LETTERS, Json, hostile_scalars

STATES: Final = ("marketing", "functional", "ads")


def emails() -> SearchStrategy[Json]:
    """Email addresses."""
    return st.sampled_from(
        ["ada@example.com", "Bob@Example.org", " eve@example.net ", "ada@@example", "", 7, None]
    )


def phones() -> SearchStrategy[Json]:
    """Phone numbers: international, national, impossible."""
    return st.sampled_from(
        ["+15551234567", "0151 23456789", "+49 30 123456", 15551234567, "1", "+999", "", None]
    )


def regions() -> SearchStrategy[Json]:
    """Country codes for national numbers."""
    return st.sampled_from(["DE", "us", "XX", 49, ""])


def identifiers() -> SearchStrategy[Json]:
    """Ids of customers, of guests, and from broken senders."""
    return st.one_of(
        st.sampled_from(["u1", "u2", "O-1"]),
        st.integers(0, 99),
        st.sampled_from(["guest", "(not set)", "0", "00000000-0000-0000-0000-000000000000", -1]),
        st.sampled_from([90210.0, 1e21, " u1", "undefined", "", " ", True, None, "\ud800"]),
        st.text(LETTERS, min_size=1, max_size=4),
    )


def decimals() -> SearchStrategy[str]:
    """Clean decimal strings, some with more digits than a float holds."""
    return st.one_of(
        st.decimals(0, 10**6, places=2).map(str),
        st.decimals(allow_nan=False, allow_infinity=False).map(str),
        st.from_regex(
            r"[ \t]?[+-]?[0-9]{0,20}\.?[0-9]{0,20}([eE][+-]?[0-9]{1,3})? ?",
            fullmatch=True,
            alphabet=" \t+-.eE0123456789",
        ),
    )


def amounts() -> SearchStrategy[Json]:
    """Amounts of orders and refunds, small and huge, and strings that must not be guessed at."""
    return st.one_of(
        st.integers(0, 1_000),
        st.sampled_from(["12.50", "1,299.00", 99.95, -79.95]),
        st.sampled_from([-79.95, "-12.50", -1, 10**12, 1e15, "99999999999999.99", -1e21]),
        st.floats(0, 10**6),
        decimals(),
        st.sampled_from(["1,299.00", "12abc", "1_000", "١٢", "", "NaN", "0x1", True, None, [1]]),
        st.integers(-(2**70), 2**70),
        hostile_scalars(),
    )


def currencies() -> SearchStrategy[Json]:
    """Currency codes, known and unknown."""
    return st.sampled_from(["EUR", "usd", "GBP", "CHF", " gbp ", "XXX", "EURO", "€", "", 978, None])


def timestamps() -> SearchStrategy[float]:
    """Milliseconds since 1970, in recent years."""
    return st.integers(1_600_000_000_000, 1_800_000_000_000)


def odd_timestamps() -> SearchStrategy[float]:
    """Any number that may pass for milliseconds: seconds, fractions, distant centuries."""
    return st.one_of(
        st.integers(1_600_000_000, 1_800_000_000),
        st.floats(0, 4e12),
        st.integers(-62_135_596_800_000, 253_402_300_799_999),
        st.sampled_from([0, -1, 631_151_999_999, 631_152_000_000, 631_152_000_000.5]),
    )


def consents() -> SearchStrategy[dict[str, Json]]:
    """Consent as collectors send it (only true states), and as they should not."""
    return st.one_of(
        st.dictionaries(st.sampled_from(STATES), st.just(True), max_size=3),
        st.dictionaries(st.sampled_from(STATES), st.sampled_from([True, False, 1, "true", None])),
    )
