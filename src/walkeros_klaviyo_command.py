"""The command's door: a signal that comes while all is still being imported ends it, silently.

It stands beside the package, for to import anything of the package is to import its core.
"""

from __future__ import annotations

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup, or behind a shell's &
            signal.signal(number, _leave)
    from walkeros_klaviyo.shell.cli import main as command

    command()


def _leave(number: int, frame: FrameType | None) -> None:
    """Nothing is begun yet, or all is done."""
    os._exit(128 + number)
