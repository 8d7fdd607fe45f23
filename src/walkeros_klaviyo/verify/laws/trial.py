"""Does a configuration keep a law?

Events aimed at the configuration are judged until one breaks the law; hypothesis then looks for
the plainest that does. Nothing is printed and no file is written: what was found is a value.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from random import Random
from typing import Any, Final

from hypothesis import HealthCheck, Phase, configuration, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from walkeros_klaviyo.core.pipeline import STAGES, Stages
from walkeros_klaviyo.verify.strategies.aimed import events_for, streams_for
from walkeros_klaviyo.verify.strategies.json_values import hostile_values
from walkeros_klaviyo.verify.strategies.reads import Configured, configured

from .law import About, Breach, Law, Tracking, Violation
from .plainest import reduced

EXAMPLES: Final = 200
TRIES: Final = 400
"""How often a plainer example is looked for."""


def check_law(
    law: Law,
    config: Configured,
    examples: int = EXAMPLES,
    seed: int | None = None,
    stages: Stages = STAGES,
    shrink: bool = True,
) -> Violation | None:
    """None where the law holds for so many events, else the plainest that breaks it.

    `config` is what parse_config returns, or what it takes. The same `seed` judges the same
    events. `stages` are the pipeline's, where you have some of your own. Without `shrink` the
    first example is given instead of the plainest, and sooner.

    >>> from . import LAWS
    >>> check_law(LAWS[0], {"consent": {"marketing": True}}, examples=20, seed=1) is None
    True
    """
    found = check_laws([law], config, examples, seed, stages, shrink)
    return found[0] if found else None


def check_laws(
    laws: Iterable[Law],
    config: Configured,
    examples: int = EXAMPLES,
    seed: int | None = None,
    stages: Stages = STAGES,
    shrink: bool = True,
) -> tuple[Violation, ...]:
    """Every law that is broken, in their order; all of them judge the same events.

    >>> from . import LAWS
    >>> check_laws(LAWS[:3], {}, examples=20, seed=1)
    ()
    """
    laws = tuple(laws)
    tracking = Tracking(configured(config), stages)
    seed = Random().getrandbits(64) if seed is None else seed
    found = [
        one
        for about in ("event", "stream", "anything")
        for one in _judged(
            tracking, [law for law in laws if law.about == about], examples, seed, shrink
        )
    ]
    return tuple(sorted(found, key=lambda one: laws.index(one.law)))


def strategy_for(about: About, config: Configured) -> SearchStrategy[Any]:
    """What such laws are judged on."""
    if about == "stream":
        return streams_for(config)
    events: SearchStrategy[Any] = events_for(config)
    return st.one_of(events, hostile_values()) if about == "anything" else events


def _judged(
    tracking: Tracking, laws: list[Law], examples: int, seed: int, shrink: bool
) -> Iterator[Violation]:
    """One run finds which laws are broken; the plainest example of each is looked for then."""
    if not laws:
        return
    strategy = strategy_for(laws[0].about, tracking.config)
    broken: dict[Law, Any] = {}

    def judge_all(given: Any) -> bool:
        for law in laws:
            if law not in broken and law(tracking, given) is not None:
                broken[law] = given
        return len(broken) == len(laws)

    _search(strategy, judge_all, examples, seed, (Phase.generate,))
    for law, given in broken.items():
        if shrink:
            given = _plainest(strategy, partial(law, tracking), given, examples, seed)
        yield _violation(tracking, law, given)


class _EnoughError(BaseException):
    """The search has tried enough; hypothesis lets what is no Exception through."""


def _plainest(
    strategy: SearchStrategy[Any],
    breach_of: Callable[[Any], Breach | None],
    given: Any,
    examples: int,
    seed: int,
) -> Any:
    """The plainest example that breaks the law, as far as so many tries find it."""
    kept: list[Any] = [given]
    tries = 0

    def judge(one: Any) -> bool:
        nonlocal tries
        tries += len(kept) > 1
        if tries > TRIES:
            raise _EnoughError
        broken = breach_of(one) is not None
        if broken:
            kept.append(one)
        return broken

    with suppress(_EnoughError):
        _search(strategy, judge, examples, seed, (Phase.generate, Phase.shrink))
    plain = min(reversed(kept), key=lambda one: len(repr(one)))
    return reduced(plain, lambda one: bool(one) and breach_of(one) is not None)


def _search(
    strategy: SearchStrategy[Any],
    judge: Callable[[Any], bool],
    examples: int,
    seed: int,
    phases: tuple[Phase, ...],
) -> None:
    wanted = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    with _no_files(), suppress(NoSuchExample, Unsatisfiable):
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


def _violation(tracking: Tracking, law: Law, given: Any) -> Violation:
    breach = law(tracking, given) or Breach("")
    events = tuple(given) if law.about == "stream" else (given,)
    path = tracking.rule_of(tracking.plan(events[0])).where if law.about != "anything" else ""
    return Violation(law, events, breach.seen, breach.call, path)
