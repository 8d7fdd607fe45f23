"""Does a law hold for a configuration?

Events aimed at the configuration are judged until one breaks the law; hypothesis then searches for
the simplest that does. The result is a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, Final

from attrs import field, frozen
from hypothesis.strategies import SearchStrategy

from walkeros_klaviyo.core.stages import STAGES, Stages
from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.core.walkeros.value.tree import fresh
from walkeros_klaviyo.verify.strategies.aimed import events_for, streams_for
from walkeros_klaviyo.verify.strategies.json_values import hostile_values
from walkeros_klaviyo.verify.strategies.reads import Configured, configured

from .law import About, Breach, Law, Violation
from .purity import Question, functions_are_pure, nothing_is_mutated, questions
from .search import EnoughError, reduced, search
from .tracking import Tracking

EXAMPLES: Final = 200
TRIES: Final = 400
"""The most attempts to find a simpler example."""
REMEMBERED: Final = 100
"""Calls of users' functions that are repeated at the end, to detect use of a clock."""


def check_law(
    law: Law,
    config: Configured,
    examples: int = EXAMPLES,
    seed: int | None = None,
    stages: Stages = STAGES,
    shrink: bool = True,
    base: Sequence[Event] = (),
) -> Violation | None:
    """None if the law holds for so many generated events, else the simplest that breaks it.

    `config` is what parse_config returns or takes. The same `seed` gives the same events. Pass
    `stages` if you have custom ones. Without `shrink` you get the first example instead of the
    simplest, sooner. `base` are events of yours from which others are made, for conditions and
    functions whose needs cannot be read from the configuration.

    >>> from . import LAWS
    >>> check_law(LAWS[0], {"consent": {"marketing": True}}, examples=20, seed=1) is None
    True
    """
    found = check_laws([law], config, examples, seed, stages, shrink, base)
    return found[0] if found else None


def check_laws(
    laws: Iterable[Law],
    config: Configured,
    examples: int = EXAMPLES,
    seed: int | None = None,
    stages: Stages = STAGES,
    shrink: bool = True,
    base: Sequence[Event] = (),
) -> tuple[Violation, ...]:
    """Every broken law, in order; all judge the same events.

    If a user's function or stage is impure, that is reported instead of its consequences.

    >>> from . import LAWS
    >>> check_laws(LAWS[:3], {}, examples=20, seed=1)
    ()
    """
    laws = tuple(laws)
    seed = Random().getrandbits(64) if seed is None else seed
    trial = _Trial(Tracking(configured(config), stages), tuple(base), examples, seed)
    for about in ("event", "stream", "anything"):
        judged = (about, "anything") if about == "event" else (about,)
        trial.judge(about, [law for law in laws if law.about in judged])
    broken = list(trial.broken.values())
    if broken or set(laws) & {*_SPOILING}:
        broken = trial.impurities() or sorted(broken, key=lambda one: laws.index(one[0]))
    return tuple(trial.violation(one, shrink) for one in broken)


_SPOILING: Final = (functions_are_pure, nothing_is_mutated)
"""If user code breaks one of these, no other law can be judged."""


def strategy_for(
    about: About, config: Configured, base: Sequence[Event] = ()
) -> SearchStrategy[Any]:
    """The strategy for laws of this kind; those about anything get events too."""
    if about == "anything":
        return hostile_values()
    return events_for(config, base) if about == "event" else streams_for(config, base)


Broken = tuple[Law, Any, Breach]
"""A law, the example that breaks it, and the breach."""


@frozen
class _Trial:
    """One run of laws, with what it has learned about user code."""

    tracking: Tracking
    base: tuple[Event, ...]
    examples: int
    seed: int
    broken: dict[Law, Broken] = field(factory=dict)
    impure: dict[str, Broken] = field(factory=dict)
    """Impurities by place in the configuration; a stage has no place."""
    asked: list[tuple[Question, str]] = field(factory=list)

    def judge(self, about: About, laws: list[Law]) -> None:
        """Find the broken laws in a single run."""

        def judge_all(given: Any) -> bool:
            for event in given if about == "stream" else [given]:
                self._examine(event)
            for law in laws:
                # User code may change its arguments, so each law gets its own; else they share.
                own = fresh(given) if self.tracking.is_custom else given
                breach = None if law in self.broken else law(self.tracking, own)
                if breach is not None:
                    self.broken[law] = law, given, breach
            return self.broken.keys() >= set(laws)

        if laws:
            strategy = strategy_for(about, self.tracking.config, self.base)
            search(strategy, judge_all, self.examples, self.seed)

    def _examine(self, event: Any) -> None:
        """Test user code on the event before any law does."""
        is_pure = True
        for question in questions(self.tracking, event):
            breach = question.breach()
            if breach is not None:
                is_pure = False
                self.impure.setdefault(breach.path, (functions_are_pure, event, breach))
            elif len(self.asked) < REMEMBERED:
                self.asked.append((question, question.answer()[0]))
        if is_pure and self.tracking.stages != STAGES and isinstance(event, dict):
            breach = nothing_is_mutated(self.tracking, fresh(event))
            if breach is not None:
                self.impure.setdefault("", (nothing_is_mutated, event, breach))

    def impurities(self) -> list[Broken]:
        """Impurities, which void the other laws' verdicts; some only show after a while."""
        for question, earlier in self.asked:
            breach = question.breach(earlier)
            if breach is not None:
                self.impure.setdefault(breach.path, (functions_are_pure, question.event, breach))
        return list(self.impure.values())

    def violation(self, broken: Broken, shrink: bool) -> Violation:
        """Report a broken law by its simplest example, at its place."""
        law, given, breach = broken
        if shrink:
            given, breach = self._plainest(*broken)
        events = tuple(given) if law.about == "stream" else (given,)
        path = breach.path
        if not path and law.about != "anything":
            path = self.tracking.rule_of(self.tracking.plan(fresh(events[0]))).where
        return Violation(law, events, breach.seen, breach.call, path)

    def _plainest(self, law: Law, given: Any, breach: Breach) -> tuple[Any, Breach]:
        """The simplest example that breaks the law at that place, within TRIES attempts."""
        kept = [(given, breach)]
        tries = 0

        def breaks(one: Any) -> bool:
            found = law(self.tracking, fresh(one))
            if found is None or found.path != breach.path:
                return False
            kept.append((one, found))
            return True

        def tried(one: Any) -> bool:
            nonlocal tries
            tries += len(kept) > 1
            if tries > TRIES:
                raise EnoughError
            return breaks(one)

        strategy = strategy_for(law.about, self.tracking.config, self.base)
        if law.about == "anything":
            strategy |= strategy_for("event", self.tracking.config, self.base)
        search(strategy, tried, self.examples, self.seed, shrink=True)
        plain = min(reversed(kept), key=lambda one: len(repr(one[0])))
        kept.append(plain)
        reduced(plain[0], lambda one: bool(one) and breaks(one))
        return kept[-1]
