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
    with _no_files(), suppress(EnoughError, NoSuchExample, Unsatisfiable, Flaky):
        find(strategy, judge, settings=wanted, random=Random(seed))


@contextmanager
def _no_files() -> Iterator[None]:
    """Hypothesis keeps its tables of characters in a directory; here nothing is written."""
    before = vars(configuration).get("__hypothesis_home_directory")
    configuration.set_hypothesis_home_dir(f"{os.devnull}/nowhere")
    try:
        yield
    finally:
        configuration.set_hypothesis_home_dir(before)
