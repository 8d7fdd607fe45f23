"""What do the terminal, and whoever else reads our outputs, get of what we print?

Text that others wrote is shown and never obeyed; and nothing ends because stderr cannot be written.
"""

from __future__ import annotations

import io
import os
import select
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from walkeros_klaviyo.core.shown import visible_lines
from walkeros_klaviyo.shell.input.pipes import Outlet


def open_streams() -> None:
    """A closed output (`>&-`) is written to nowhere, and no file of ours takes its number.

    Characters that a terminal cannot show, or would obey, are shown escaped.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    out = _opened(sys.stdout or open(1, "w", closefd=False))  # noqa: SIM115
    err = _opened(sys.stderr or open(2, "w", closefd=False))  # noqa: SIM115
    sys.stdout = cast(TextIO, Screen(out))
    sys.stderr = cast(TextIO, Screen(cast(TextIO, Unfailing(err))))


def _opened(stream: TextIO) -> TextIO:
    """An output that takes every character, and everything."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    with suppress(OSError):  # it has no number: a program's own
        number = stream.fileno()
        if not os.get_blocking(number):
            lines, encoding = stream.line_buffering, stream.encoding
            stream = io.TextIOWrapper(io.BufferedWriter(Outlet(number)), encoding)
            stream.reconfigure(line_buffering=lines)
    stream.reconfigure(errors="backslashreplace")
    return stream


class Screen:
    r"""An output on which every control is visible, but for the ends of lines.

    `beneath` is what takes styled text, whose words were made visible one by one.

    >>> import io
    >>> beneath = io.StringIO()
    >>> print("red: \x1b[31m", file=Screen(beneath))
    >>> beneath.getvalue()
    'red: \\x1b[31m\n'
    """

    def __init__(self, beneath: TextIO) -> None:
        self.beneath = beneath

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)

    def write(self, text: str) -> int:
        """Write it, made visible."""
        self.beneath.write(visible_lines(text))
        return len(text)


class Unfailing:
    """An output that says what it can: a lost terminal, a closed pipe and a full disk end nothing.

    >>> import io
    >>> closed = io.StringIO()
    >>> closed.close()
    >>> print("nobody hears it", file=Unfailing(closed))
    """

    def __init__(self, beneath: TextIO) -> None:
        self._beneath = beneath

    def __getattr__(self, name: str) -> Any:
        return getattr(self._beneath, name)

    def write(self, text: str) -> int:
        """Write it if that can be."""
        with suppress(OSError, ValueError):
            self._beneath.write(text)
        return len(text)

    def flush(self) -> None:
        """Out with it, if that can be."""
        with suppress(OSError, ValueError):
            self._beneath.flush()


def for_styles(stream: Any) -> Any:
    """The output that takes styled text."""
    return stream.beneath if isinstance(stream, Screen) else stream


def is_heard() -> bool:
    """Would stderr take a line at once?"""
    try:
        return bool(select.select([], [sys.stderr], [], 0.0)[1])
    except (OSError, ValueError, TypeError):  # it has no number: a program's own, or it is closed
        return True
