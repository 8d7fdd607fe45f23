"""How is printing made safe for terminals, and robust against lost outputs?

Control characters in untrusted text are shown, never obeyed, and a failing stderr ends nothing.
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
    """Point closed outputs (`>&-`) to /dev/null, so that no file of ours takes their descriptor.

    Characters that a terminal cannot show, or would obey, are escaped.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor, which is this one
    out = _opened(sys.stdout or open(1, "w", closefd=False))  # noqa: SIM115
    err = _opened(sys.stderr or open(2, "w", closefd=False))  # noqa: SIM115
    sys.stdout = cast(TextIO, Screen(out))
    sys.stderr = cast(TextIO, Screen(cast(TextIO, Unfailing(err))))


def _opened(stream: TextIO) -> TextIO:
    """An output that accepts every character and writes everything."""
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
    r"""An output on which every control character except line endings is made visible.

    `beneath` takes styled text, whose parts were made visible already.

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
        """Write the text with control characters visible."""
        self.beneath.write(visible_lines(text))
        return len(text)


class Unfailing:
    """An output that ignores a lost terminal, a closed pipe or a full disk.

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
        """Write if possible."""
        with suppress(OSError, ValueError):
            self._beneath.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush if possible."""
        with suppress(OSError, ValueError):
            self._beneath.flush()


def for_styles(stream: Any) -> Any:
    """The underlying output, which takes styled text."""
    return stream.beneath if isinstance(stream, Screen) else stream


def is_heard() -> bool:
    """Would stderr accept a line without blocking?"""
    try:
        return bool(select.select([], [sys.stderr], [], 0.0)[1])
    except (OSError, ValueError, TypeError):  # closed, or a program's own stream
        return True
