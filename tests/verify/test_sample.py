"""What is written down of a sample."""

from __future__ import annotations

from itertools import count

from walkeros_klaviyo import parse_config
from walkeros_klaviyo.verify.check import check
from walkeros_klaviyo.verify.sample.look import look


def test_a_sample_without_end_is_looked_at_up_to_a_bound() -> None:
    """So its size does not decide how much memory is needed, or whether there is an answer."""
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}}
    shown = look(parse_config({}), ((line, event) for line in count(1)), most=20)
    assert (shown.events, len(shown.mapped), shown.is_cut) == (20, 20, True)
    assert not look(parse_config({}), [(1, event)], most=1).is_cut


def test_that_nothing_came_to_be_mapped_is_said() -> None:
    """Else a report that tells of a consent only looks as if all the rest were right."""
    event = {"name": "page view", "timestamp": 1_795_518_160_712, "user": {"id": "u1"}}
    config = parse_config({"consent": {"marketing": True}})
    report = check(config, [(1, event)], examples=1)
    assert [one.code for one in report.findings] == ["consent.never"]
    assert report.findings[0].example is None
    assert any("unchecked" in note for note in report.notes)
    granted = {**event, "consent": {"marketing": True}}
    assert check(config, [(1, granted)], examples=1).notes == ()
