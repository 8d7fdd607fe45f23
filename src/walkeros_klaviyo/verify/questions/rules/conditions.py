"""Which paths does a rule's condition read, and are they ever there?"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.walkeros.consent import only_granted
from walkeros_klaviyo.core.walkeros.policy import apply_policy
from walkeros_klaviyo.core.walkeros.user_code import UserCode
from walkeros_klaviyo.verify.questions.guess import ENOUGH
from walkeros_klaviyo.verify.sample.places import at, paths_of


@frozen
class Asked:
    """What a condition asked the events for, and what it said."""

    paths: list[str]
    """The innermost of them."""
    known: set[str]
    """Every path that an event has."""
    flags: dict[str, set[Any]]
    """What stands at each of those, if it is true or false at all events."""
    is_ever_met: bool

    @property
    def never_there(self) -> list[str]:
        """Its paths, if no event has anything at any of them."""
        return self.paths if self.known.isdisjoint(self.paths) else []

    @property
    def unheard(self) -> str:
        """A path that is true at some events and false at others, if it looks at such alone.

        One that never holds then cannot mean what it says, and is not for other days.
        """
        are_flags = all(self.flags[path] == {True, False} for path in self.paths)
        return self.paths[0] if self.paths and are_flags and not self.is_ever_met else ""


def asked_for(config: Config, condition: UserCode, raws: list[dict[str, Any]]) -> Asked:
    """Try it on events of a rule's names."""
    asked: set[str] = set()
    known: set[str] = set()
    events = []
    is_ever_met = False
    for raw in raws[:ENOUGH]:
        event = only_granted(config, raw)[0]
        event = apply_policy(config, event)[0] or event
        events.append(event)
        known.update(paths_of(event))
        watched = _Watched(event, "", asked)
        is_ever_met = condition.holds(watched, watched, []) is True or is_ever_met
    paths = sorted(one for one in asked if not any(other.startswith(f"{one}.") for other in asked))
    stands = {path: [at(path, event) for event in events] for path in paths}
    flags = {
        path: {*found} if all(isinstance(one, bool) for one in found) else set()
        for path, found in stands.items()
    }
    return Asked(paths, known, flags, is_ever_met)


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
