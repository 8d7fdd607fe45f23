"""What is written down of a sample."""

from __future__ import annotations

from itertools import count

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.verify.sample.look import look


def test_a_sample_without_end_is_looked_at_up_to_a_bound() -> None:
    """So its size does not decide how much memory is needed, or whether there is an answer."""
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}}
    shown = look(parse_config({}), ((line, event) for line in count(1)), most=20)
    assert (shown.events, len(shown.mapped), shown.is_cut) == (20, 20, True)
    assert not look(parse_config({}), [(1, event)], most=1).is_cut
