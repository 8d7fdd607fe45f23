"""Is it the person's to mend? Then what do we say?"""

from __future__ import annotations

import errno
from typing import Final

from walkeros_klaviyo.core.faults import ConfigError
from walkeros_klaviyo.core.shown import visible


class ProblemError(Exception):
    """What the person at the keyboard must mend: its text says what, where and how."""


class UsageError(ProblemError):
    """The command's words do not fit together; the text says which would."""


class MissingExtraError(ProblemError):
    """A command needs packages that are not installed.

    >>> print(MissingExtraError("demo", "server", "starlette"))
    demo needs starlette, which is not installed; run: pip install "walkeros-klaviyo[server]"
    """

    def __init__(self, command: str, extra: str, package: str) -> None:
        super().__init__(
            f"{command} needs {package}, which is not installed; "
            f'run: pip install "walkeros-klaviyo[{extra}]"'
        )


def problem_of(error: Exception) -> str | None:
    """The text for a person's mistake; None for a fault of ours, which deserves its traceback.

    >>> problem_of(UsageError("choose one")), problem_of(KeyError("x"))
    ('choose one', None)
    """
    if isinstance(error, ConfigError):
        return str(error)  # of several lines, each of them made visible
    if isinstance(error, ProblemError):
        return visible(str(error))
    if isinstance(error, OSError) and error.errno in _DISK:
        return f"the output cannot be written: {error.strerror}"
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return (
            "the system lets this program open no more files; raise the limit (ulimit -n 256) and "
            "do this again: nothing that was accepted is lost"
        )
    return None


_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
