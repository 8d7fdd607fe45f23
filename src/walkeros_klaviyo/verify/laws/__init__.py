"""Which laws must hold for every event, whatever the configuration?

Laws are values; bind them in your own tests:

    @pytest.mark.parametrize("law", LAWS, ids=str)
    def test_our_tracking(law):
        assert check_law(law, CONFIG) is None
"""

from __future__ import annotations

from typing import Final

from . import (
    bodies,
    dropped,
    explaining,
    identity,
    news,
    once,
    privacy,
    profile,
    properties,
    purity,
    revenue,
    rules,
    sending,
    subscriptions,
)
from .law import Breach, Law, Violation
from .tracking import Tracking
from .trial import check_law, check_laws

LAWS: Final[tuple[Law, ...]] = tuple(
    one
    for module in (
        sending,
        subscriptions,
        privacy,
        rules,
        properties,
        identity,
        profile,
        revenue,
        once,
        dropped,
        bodies,
        purity,
        news,
        explaining,
    )
    for one in vars(module).values()
    if isinstance(one, Law)
)
"""Every law, the most costly breach first."""

__all__ = ["LAWS", "Breach", "Law", "Tracking", "Violation", "check_law", "check_laws"]
