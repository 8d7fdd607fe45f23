"""Which configurations, and which events that meet them?"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from property_tests.generated.configurations import configs
from property_tests.generated.values import Raw

from walkeros_klaviyo.core.walkeros.event import Event
from walkeros_klaviyo.verify.strategies import events_for, streams_for
from walkeros_klaviyo.verify.strategies.aimed import Base

_CONFIGS: Final = configs()


@st.composite
def aimed(
    draw: st.DrawFn,
    configurations: SearchStrategy[Raw] | None = None,
    base: Base = (),
) -> tuple[Raw, Event]:
    """A configuration as it is written, and an event aimed at it."""
    config = draw(_CONFIGS if configurations is None else configurations)
    return config, draw(events_for(config, base))


@st.composite
def streams(
    draw: st.DrawFn,
    configurations: SearchStrategy[Raw] | None = None,
    base: Base = (),
    max_size: int = 5,
) -> tuple[Raw, list[Any]]:
    """A configuration as it is written, and a stream aimed at it."""
    config = draw(_CONFIGS if configurations is None else configurations)
    return config, draw(streams_for(config, base, max_size))
