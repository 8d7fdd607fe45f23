"""Who looks on? What they raise is logged, and delivery goes on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import frozen

from walkeros_klaviyo.shell.store.letter import Letter

from .acceptance import Rejected

LOG: Final = logging.getLogger("walkeros_klaviyo")
LOG.addHandler(logging.NullHandler())  # silent, unless the program asks


@frozen
class Observers:
    """They are told in the loop's thread.

    `reject` writes down what was rejected, before that is committed: rather twice than never;
    `on_dead` is told of the same once it is durable; `watch` sees the loop after each turn.
    """

    reject: Callable[[Sequence[Rejected]], None] = lambda rejected: None
    on_dead: Callable[[Letter], None] = lambda letter: None
    watch: Callable[[Any], None] = lambda loop: None


def tell(observer: Callable[..., None], *given: Any) -> None:
    """Who only looks on cannot hurt delivery, whatever they do."""
    try:
        observer(*given)
    except BaseException as error:  # SystemExit too: it would end the loop, not the program
        is_ours = threading.current_thread() is threading.main_thread()
        if isinstance(error, KeyboardInterrupt) and is_ours:
            raise
        LOG.warning("an observer failed and was passed over: %s", type(error).__name__)
