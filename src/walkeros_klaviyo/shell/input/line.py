"""What does one line of input hold?

JSON in, a value out; a broken line gives an EventError that says what is wrong, and does not
affect the next one. Lines are parsed by a fast JSON library, except those where it would be
inexact (long numbers) or refuses (unpaired surrogates, NaN, hostile depth).
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final

import orjson
from attrs import evolve, frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.plan import Plan
from walkeros_klaviyo.core.walkeros.event import EventError

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of one line; Klaviyo takes 5 MB."""
_DIGITS: Final = bytes(
    ord("0") if chr(byte).isdigit() and byte < 128 else 32 for byte in range(256)
)
_LONG_NUMBER: Final = b"0" * 18
"""A run of 18 digits, after translating digits to 0: ten times faster than a regular expression.
Beyond 64 bits, orjson silently rounds integers to floats."""
_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')


@frozen(slots=False)
class Line:
    """One line of the input: its number, its bytes, and what it holds."""

    number: int
    raw: bytes
    value: Any
    """A JSON value, or an EventError."""
    notes: Diagnostics = ()
    end: int = 0
    """The offset of the next line in the input, in bytes."""
    is_whole: bool = True
    """Was it followed by a line ending? A last line without one may still be being written."""
    plan: Plan | None = None
    """The plan that came with it, if it was planned elsewhere."""

    @property
    def may_go_on(self) -> bool:
        """May it still become an event, once its writer has finished the line?"""
        is_event = isinstance(self.value, dict)
        # The bytes of a line that is too long were not kept.
        return not self.is_whole and not is_event and self.raw.lstrip()[:1] in (b"", b"{")

    @property
    def id(self) -> str | None:
        """The event's id as a string, if it has one."""
        own = self.value.get("id") if isinstance(self.value, dict) else None
        plain = isinstance(own, str | int) and not isinstance(own, bool)
        return str(own)[:200] if plain else None


def read_line(number: int, raw: bytes, end: int = 0, is_whole: bool = True) -> Line:
    """Parse one line: a JSON value, or an EventError that says why it is not one.

    >>> read_line(1, b'{"name": "page view"}').value
    {'name': 'page view'}
    >>> read_line(2, b'{"total": NaN}').value.message
    'column 11: NaN is not JSON'
    """
    if len(raw) <= MAX_LINE and not has_long_number(raw):
        try:
            return Line(number, raw, orjson.loads(raw), (), end, is_whole)
        except orjson.JSONDecodeError:
            pass  # the slow parser says why, or accepts what only orjson refuses
    return evolve(_read_slowly(number, raw), end=end, is_whole=is_whole)


def line_of(number: int, event: Any) -> Line:
    """An event as if read from a file, and so independent of the caller's object.

    >>> line_of(1, {"name": "page view"}).raw
    b'{"name": "page view"}'
    >>> line_of(1, {"total": float("nan")}).value.code
    'event.not-json'
    """
    try:
        raw = json.dumps(event, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        reason = "its nesting is too deep" if isinstance(error, RecursionError) else str(error)
        return Line(number, b"", EventError("event.not-json", "", f"not JSON: {reason}"))
    return read_line(number, raw)


def has_long_number(raw: bytes) -> bool:
    """May it hold a number that the fast parser would round?

    >>> has_long_number(b'{"total": 123456789012345678901}'), has_long_number(b'{"total": 12}')
    (True, False)
    """
    return _LONG_NUMBER in raw.translate(_DIGITS, b".")


def _read_slowly(number: int, raw: bytes) -> Line:
    if len(raw) > MAX_LINE:
        return _broken(number, b"", f"longer than {MAX_LINE // 2**20} MB")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        message = f"not UTF-8: byte {raw[error.start]:#04x} at position {error.start + 1}"
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:4]:
            message += "; this looks like UTF-16, save the file as UTF-8"
        return _broken(number, raw, message)
    notes: list[Diagnostic] = []
    try:
        value = json.loads(
            text,
            parse_float=lambda digits: _number(digits, notes),
            parse_int=_integer,
            parse_constant=lambda name: _refuse(text, name),
        )
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at").removesuffix(" starting")
        hint = "; one event a line is expected" if text.strip() in ("[", "{", "]", "}") else ""
        return _broken(number, raw, f"not JSON: {what} at column {error.colno}{hint}")
    except ValueError as error:
        return _broken(number, raw, str(error))
    except RecursionError:
        message = "nested too deeply to be read"
        return Line(number, raw, EventError("event.too-deep", "", message))
    return Line(number, raw, *_whole_characters(value, tuple(notes)))


def _broken(number: int, raw: bytes, message: str) -> Line:
    return Line(number, raw, EventError("event.not-json", "", message))


def _refuse(text: str, name: str) -> None:
    bare = _TEXT.sub(lambda found: " " * len(found[0]), text)  # NaN within a string is fine
    raise ValueError(f"column {bare.find(name) + 1}: {name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > 1_000:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _number(digits: str, notes: list[Diagnostic]) -> float:
    number = float(digits)
    if number - number != 0.0:
        raise ValueError("a number too large for JSON's readers (about 1.8e308)")
    significant = len(digits.lower().partition("e")[0].lstrip("-0.").replace(".", ""))
    if significant > 17 and Decimal(repr(number)) != Decimal(digits):
        message = f"a number of {significant} digits was rounded to what a double holds"
        notes.append(Diagnostic("event.number-rounded", "", message))
    return number


def _whole_characters(value: Any, notes: Diagnostics) -> tuple[Any, Diagnostics]:
    """Replace unpaired surrogates (a string cut within an emoji) by U+FFFD, with a diagnostic."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return EventError("event.too-deep", "", "nested too deeply to be read"), notes
    try:
        text.encode()
    except UnicodeEncodeError:
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        note = Diagnostic("event.not-unicode", "", "an unpaired surrogate was replaced by U+FFFD")
        return json.loads(whole), (*notes, note)
    return value, notes
