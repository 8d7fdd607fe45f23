"""Is an error the user's to fix, and what do we say?"""

from __future__ import annotations

import errno
from collections.abc import Container
from pathlib import Path
from typing import Final

from walkeros_klaviyo.core.faults import ConfigError
from walkeros_klaviyo.core.shown import visible


class ProblemError(Exception):
    """An error that the user must fix: the message says what, where and how."""


class UsageError(ProblemError):
    """The command's arguments do not fit together; the message says what would."""


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


def no_such_file(path: Path, kinds: Container[str], otherwise: str) -> str:
    """The message for a missing file, with the nearest name of the same kind (by suffix)."""
    folder = path.parent
    try:
        names = sorted(one.name for one in folder.iterdir())
    except OSError:
        return f"no such file, for there is no folder {folder}"
    import difflib  # only a mistyped name needs it

    stems = {Path(name).stem.lower(): name for name in names if Path(name).suffix.lower() in kinds}
    near = difflib.get_close_matches(path.stem.lower(), stems, 1)
    return f'no such file; did you mean "{stems[near[0]]}"?' if near else f"no such file{otherwise}"


def problem_of(error: Exception) -> str | None:
    """The message for a user's error; None for a bug of ours, which should show its traceback.

    >>> problem_of(UsageError("choose one")), problem_of(KeyError("x"))
    ('choose one', None)
    """
    if isinstance(error, ConfigError):
        return str(error)  # may have several lines, each with controls visible
    if isinstance(error, ProblemError):
        return visible(str(error))
    if not isinstance(error, OSError):
        return None
    if error.errno in _DISK:
        return visible(f"{error.filename or _output()}: cannot be written: {error.strerror}")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return (
            "the system lets this program open no more files; raise the limit (ulimit -n 256) and "
            "do this again: nothing that was accepted is lost"
        )
    if isinstance(error, FileNotFoundError) and _is_nowhere():
        return "the working folder is gone; change to one that is there"
    return None


_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _output() -> str:
    """Standard output, with its file's name if the system tells it."""
    try:
        name = str(Path("/proc/self/fd/1").readlink())
    except OSError:
        name = ""
    return f"standard output ({name})" if name.startswith("/") else "standard output"


def _is_nowhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
