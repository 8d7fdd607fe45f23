"""Where are states kept, if not in a dict?

`settle` and `scan` read a mapping from key to `ProfileState`, and yield what changes in it. Here is
one over anything that gives and takes bytes under a string, such as Redis, SQLite, DynamoDB or a
file a key. It wants two functions: `read(key)` gives what was last given to `write(key, content)`,
or None. A state is a JSON object (`ProfileState.to_dict`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from walkeros_klaviyo.core.klaviyo.state import ProfileState, States, kind_of_key, merged


@frozen(eq=False)
class KeptStates(Mapping[str, ProfileState]):
    """States by key, wherever `read` and `write` keep them.

    >>> from walkeros_klaviyo import parse_config, pipeline, settle
    >>> kept = {}
    >>> states = KeptStates(kept.get, kept.__setitem__)  # redis: KeptStates(redis.get, redis.set)
    >>> transform = pipeline(parse_config({"settings": {"identify": {"map": {"title": "user.t"}}}}))
    >>> event = {"name": "page view", "timestamp": 1795518160712, "user": {"id": "u1", "t": "Dr"}}
    >>> def send(event):
    ...     plan = transform.plan(event)
    ...     plan, changes = settle(plan, states.under(plan.state_keys))
    ...     states.doubt(changes)  # on its way: should all end here, it goes again next time
    ...     print([call.name for call in plan.calls])
    ...     states.keep(changes)  # Klaviyo has it
    >>> send(event), send(event)
    ['profiles.create_or_update_profile', 'events.create_event']
    ['events.create_event']
    (None, None)

    A person's events must not be worked on in two places at once: the later state would win, and
    not the later upsert. A queue that keeps each person's order does it, or a lock. Keys hold
    identifiers, so keep them as you keep your customers' data, and erase both together.
    """

    read: Callable[[str], bytes | str | None]
    write: Callable[[str, bytes], Any]

    def __getitem__(self, key: str) -> ProfileState:
        """The state under a key. KeyError where there is none; ValueError where it is no state."""
        content = self.read(key)
        if content is None:
            raise KeyError(key)
        try:
            return ProfileState.from_dict(json.loads(content))
        except ValueError as error:
            raise ValueError(f"kept under a key of {kind_of_key(key)}: {error}") from None

    def __iter__(self) -> Iterator[str]:
        """What has no more than `read` and `write` cannot be listed."""
        raise TypeError("KeptStates can be asked for a key, not listed; keep each step's changes")

    def __len__(self) -> int:
        raise TypeError("KeptStates can be asked for a key, not counted")

    def under(self, keys: Iterable[str]) -> dict[str, ProfileState]:
        """The states under these keys, each read once: what it takes to settle a plan."""
        found = ((key, self.get(key)) for key in keys)
        return {key: state for key, state in found if state is not None}

    def keep(self, changes: States) -> None:
        """Write what changed, once Klaviyo has taken the calls."""
        for key, state in merged(self, changes).items():
            self.write(key, json.dumps(state.to_dict()).encode())

    def doubt(self, changes: States) -> None:
        """Write that nobody knows whether it arrives: the next upsert, or consent, is no repeat."""
        self.keep({key: doubted(one) for key, one in changes.items()})


def doubted(state: ProfileState) -> ProfileState:
    """A state of which nobody knows whether it arrived: what tells it again is no repeat.

    >>> doubted(ProfileState("f", ("email:a@b.de",), ("email:a@b.de",), 5.0))
    <ProfileState not known for sure; certain: none; linked: email; time: 5.0>
    """
    return evolve(state, fingerprint="", certain=())
