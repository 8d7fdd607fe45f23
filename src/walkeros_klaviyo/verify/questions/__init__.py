"""Which questions is a configuration asked, by itself and beside a sample of events?

A question a package: what it lints, what it reads off the sample; its kinds are in `kinds.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from attrs import frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify import kinds
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.sample.look import Shown

from .consent.sample import judge_consent
from .events.sample import judge_events
from .identity.lint import lint_identity
from .identity.sample import judge_identity
from .metrics.lint import lint_metrics
from .metrics.sample import judge_metrics
from .privacy.lint import lint_privacy
from .privacy.sample import judge_privacy
from .profile.lint import lint_profile
from .profile.sample import judge_profile
from .properties.sample import judge_properties
from .revenue.lint import lint_revenue
from .revenue.sample import judge_revenue
from .rules.lint import lint_rules
from .rules.sample import judge_rules
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
    """What is asked, and the kinds of finding that answer it."""

    name: str
    kinds: kinds.Kinds
    lints: tuple[Lint, ...] = ()
    """Judged from the configuration alone."""
    judges: tuple[Judge, ...] = ()
    """What a sample shows."""


QUESTIONS: Final = (
    Question("events", kinds.EVENTS, (), (judge_events,)),
    Question("rules", kinds.RULES, (lint_rules,), (judge_rules,)),
    Question("metrics", kinds.METRICS, (lint_metrics,), (judge_metrics,)),
    Question(
        "values",
        kinds.VALUES,
        (lint_values,),
        (judge_policies, judge_paths, judge_lost, judge_pairs),
    ),
    Question("properties", kinds.PROPERTIES, (), (judge_properties,)),
    Question("identity", kinds.IDENTITY, (lint_identity,), (judge_identity,)),
    Question("unique ids", kinds.UNIQUE_IDS, (lint_unique_ids,), (judge_unique_ids,)),
    Question("revenue", kinds.REVENUE, (lint_revenue,), (judge_revenue,)),
    Question("profile", kinds.PROFILE, (lint_profile,), (judge_profile,)),
    Question("consent", kinds.CONSENT, (), (judge_consent,)),
    Question("privacy", kinds.PRIVACY, (lint_privacy,), (judge_privacy,)),
)
"""All of them, in the order in which they are asked; the first needs no event to be answered."""


def lint(config: Config) -> Iterator[Finding]:
    """Everything that can be said without an event."""
    for question in QUESTIONS:
        for asked in question.lints:
            yield from asked(config)


def judge(config: Config, shown: Shown) -> Iterator[Finding]:
    """Everything that a sample shows.

    What is wrong with a few events is no finding: a rule, path or value counts as wrong where
    most of the events that concern it say so.
    """
    for question in QUESTIONS if shown.events else QUESTIONS[:1]:
        for asked in question.judges:
            yield from asked(config, shown)
