"""What happens on Ctrl-C and SIGTERM?"""

from __future__ import annotations

import os
import signal
import threading

import pytest

from walkeros_klaviyo.shell.process import interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_told_and_ends_nothing(number: signal.Signals) -> None:
    """The old handlers come back."""
    before = signal.getsignal(number)
    told: list[int] = []
    with interruptible(told.append):
        os.kill(os.getpid(), number)
        signal.sigpending()  # a system call, so that the handler has run
    assert told == [number]
    assert signal.getsignal(number) == before


def test_old_handlers_come_back_after_an_error() -> None:
    """Whatever ends the block."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyError), interruptible(lambda number: None):
        raise KeyError
    assert signal.getsignal(signal.SIGTERM) == before


def test_in_another_thread_signals_are_left_alone() -> None:
    """Python lets only the main thread set them; embedding must work all the same."""
    before, seen = signal.getsignal(signal.SIGTERM), []

    def embedded() -> None:
        with interruptible(lambda number: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=embedded)
    thread.start()
    thread.join()
    assert seen == [before]
