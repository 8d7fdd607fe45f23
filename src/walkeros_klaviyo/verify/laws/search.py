"""How is an example looked for?

By hypothesis, with one seed and in silence: nothing is printed and no file is written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, configuration, find, settings
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable
from hypothesis.internal.conjecture import providers as _providers
from hypothesis.strategies import SearchStrategy


class EnoughError(BaseException):
    """The judge has seen enough; hypothesis lets what is no Exception through."""


def search(
    strategy: SearchStrategy[Any],
    judge: Callable[[Any], bool],
    examples: int,
    seed: int,
    shrink: bool = False,
) -> None:
    """Show examples to the judge until it says yes; then, if asked to, plainer ones.

    A judge that changes its mind ends the search, no more.
    """
    wanted = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    with _alone(), suppress(EnoughError, NoSuchExample, Unsatisfiable, Flaky):
        find(strategy, judge, settings=wanted, random=Random(seed))


@contextmanager
def _alone() -> Iterator[None]:
    """Hypothesis keeps its tables of characters in a directory; here nothing is written.

    It also tries constants out of the source of all modules at hand, where it can; here not, for
    the same seed is to give the same events, whoever imports us.
    """
    before = vars(configuration).get("__hypothesis_home_directory")
    configuration.set_hypothesis_home_dir(f"{os.devnull}/nowhere")
    providers: Any = _providers
    looked = getattr(providers, "_get_local_constants", None)
    try:
        if looked is not None:
            providers._get_local_constants = providers.Constants
        yield
    finally:
        if looked is not None:
            providers._get_local_constants = looked
        configuration.set_hypothesis_home_dir(before)
