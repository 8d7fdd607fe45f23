"""Which questions does `verify` ask of a configuration, by itself and with a sample of events?

Each question is a package or a module, which lints the configuration and judges the sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from attrs import frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import KINDS, Finding
from walkeros_klaviyo.verify.sample.look import Shown

from .consent import judge_consent
from .events import judge_events
from .identity.lint import lint_identity
from .identity.sample import judge_identity
from .metrics.lint import lint_metrics
from .metrics.sample import judge_metrics
from .privacy.lint import lint_privacy
from .privacy.sample import judge_privacy
from .profile.lint import lint_profile
from .profile.sample import judge_profile
from .properties import judge_properties
from .revenue.lint import lint_revenue
from .revenue.sample import judge_revenue
from .rules.lint import lint_rules
from .rules.sample import judge_rules
from .subscriptions import judge_subscriptions, lint_subscriptions
from .unique_ids.lint import lint_unique_ids
from .unique_ids.sample import judge_unique_ids
from .values.lint import lint_values
from .values.lost import judge_lost
from .values.paths import judge_pairs, judge_paths
from .values.policies import judge_policies

Lint = Callable[[Config], Iterator[Finding]]
Judge = Callable[[Config, Shown], Iterator[Finding]]


@frozen
class Question:
    """A question: its lint of the configuration alone, and its judge of a sample."""

    name: str
    lints: tuple[Lint, ...]
    judges: tuple[Judge, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The codes of its findings."""
        return tuple(code for code, kind in KINDS.items() if kind.question == self.name)


QUESTIONS: Final = (
    Question("events", (), (judge_events,)),
    Question("rules", (lint_rules,), (judge_rules,)),
    Question("metrics", (lint_metrics,), (judge_metrics,)),
    Question("values", (lint_values,), (judge_policies, judge_paths, judge_lost, judge_pairs)),
    Question("properties", (), (judge_properties,)),
    Question("identity", (lint_identity,), (judge_identity,)),
    Question("unique ids", (lint_unique_ids,), (judge_unique_ids,)),
    Question("revenue", (lint_revenue,), (judge_revenue,)),
    Question("profile", (lint_profile,), (judge_profile,)),
    Question("consent", (), (judge_consent,)),
    Question("subscriptions", (lint_subscriptions,), (judge_subscriptions,)),
    Question("privacy", (lint_privacy,), (judge_privacy,)),
)
"""All questions, in the order in which they are asked."""


def lint(config: Config) -> Iterator[Finding]:
    """All findings that need no sample."""
    for question in QUESTIONS:
        for asked in question.lints:
            yield from asked(config)


def judge(config: Config, shown: Shown) -> Iterator[Finding]:
    """All findings from a sample.

    Faults of a few events are not findings: a rule, path or value counts as wrong only if most of
    the events that concern it say so.
    """
    for question in QUESTIONS if shown.events else QUESTIONS[:1]:
        for asked in question.judges:
            yield from asked(config, shown)
