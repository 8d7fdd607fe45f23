"""How are examples that break a law searched for and shrunk?

By hypothesis, with a fixed seed; nothing is printed and no file is written.
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

from walkeros_klaviyo.core.walkeros.value.tree import fresh


class EnoughError(BaseException):
    """Ends a search; hypothesis lets through what is not an Exception."""


def search(
    strategy: SearchStrategy[Any],
    judge: Callable[[Any], bool],
    examples: int,
    seed: int,
    shrink: bool = False,
) -> None:
    """Pass examples to the judge until it returns true; then, on request, try simpler ones.

    A judge that is inconsistent just ends the search.
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
    """Isolate hypothesis: keep it from writing its character tables to a directory.

    Also keep it from trying constants found in imported modules, so that the same seed gives the
    same events in any program.
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


KEPT = ("name", "timestamp")
"""The fields that every event keeps."""


def reduced(given: Any, shows: Callable[[Any], bool]) -> Any:
    """The value without any member that is not needed for `shows`, trying large parts first.

    It ends even if `shows` changes its argument: each step removes a member and passes a copy.

    >>> reduced({"a": 1, "b": {"c": [7, 8]}}, lambda one: 7 in one.get("b", {}).get("c", []))
    {'b': {'c': [7]}}
    """
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(given, top=not isinstance(given, list)):
            if shows(fresh(smaller)):
                given, changed = smaller, True
                break
    return given


def _smaller(value: Any, top: bool) -> Iterator[Any]:
    """Yield the value with one member removed, at every place; whole members before their parts."""
    if isinstance(value, dict):
        for key in sorted(value, key=lambda key: -len(repr(value[key]))):
            if not (top and key in KEPT):
                yield {name: one for name, one in value.items() if name != key}
        for key, inner in value.items():
            for one in _smaller(inner, top=False):
                yield {**value, key: one}
    elif isinstance(value, list):
        for at in range(len(value)):
            yield [*value[:at], *value[at + 1 :]]
        for at, inner in enumerate(value):
            for one in _smaller(inner, top=isinstance(inner, dict) and "name" in inner):
                yield [*value[:at], one, *value[at + 1 :]]
