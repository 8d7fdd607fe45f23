"""What is wrong with a configuration, as a sample of events shows? Everything, in order."""

from __future__ import annotations

from collections.abc import Iterator

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding

from .consent import judge_consent
from .identity import judge_identity
from .look import Shown
from .lost import judge_lost
from .paths import judge_paths
from .personal import judge_personal
from .revenue import judge_revenue
from .rules import judge_rules
from .traits import judge_traits
from .unique_ids import judge_unique_ids


def judge(config: Config, shown: Shown) -> Iterator[Finding]:
    """Everything that a sample shows.

    What is wrong with a few events is no finding: a rule, path or value counts as wrong where
    most of the events that concern it say so.
    """
    if not shown.events:
        return
    yield from judge_consent(config, shown)
    yield from judge_rules(config, shown)
    yield from judge_paths(shown)
    yield from judge_identity(shown)
    yield from judge_lost(config, shown)
    yield from judge_revenue(shown)
    yield from judge_unique_ids(shown)
    yield from judge_traits(shown)
    yield from judge_personal(config, shown)
