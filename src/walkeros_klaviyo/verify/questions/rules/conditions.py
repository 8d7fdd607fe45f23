"""Which paths does a rule's condition read, and are they ever there?"""

from __future__ import annotations

from typing import Any

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.walkeros.consent import only_granted
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.user_code import UserCode
from walkeros_klaviyo.verify.questions.guess import ENOUGH
from walkeros_klaviyo.verify.sample.places import paths_of


def never_there(
    config: Config, condition: UserCode, raws: list[dict[str, Any]]
) -> tuple[list[str], set[str]]:
    """The paths that a condition reads if no event has any of them; and the events' paths."""
    asked: set[str] = set()
    known: set[str] = set()
    for raw in raws[:ENOUGH]:
        event = only_granted(config, raw)[0]
        event = apply_policy(config, event)[0] or event
        known.update(paths_of(event))
        watched = _Watched(event, "", asked)
        condition.holds(watched, watched, [])
    innermost = {one for one in asked if not any(other.startswith(f"{one}.") for other in asked)}
    return ([] if innermost & known else sorted(innermost)), known


class _Watched(dict[str, Any]):
    """An event, or an object in it, that records which keys a function reads."""

    def __init__(self, given: dict[str, Any], at: str, asked: set[str]) -> None:
        super().__init__()
        self._at, self._asked = at, asked
        for key, value in given.items():
            super().__setitem__(key, _watched(value, f"{at}{key}.", asked))

    def __getitem__(self, key: str) -> Any:
        self._asked.add(f"{self._at}{key}")
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._asked.add(f"{self._at}{key}")
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._asked.add(f"{self._at}{key}")
        return super().__contains__(key)


def _watched(value: Any, at: str, asked: set[str]) -> Any:
    if isinstance(value, dict):
        return _Watched(value, at, asked)
    return [_watched(one, f"{at}*.", asked) for one in value] if isinstance(value, list) else value
