"""How are states kept in a database instead of a dict?

`settle` and `scan` read a mapping from key to `ProfileState` and return what changes in it. This is
such a mapping over any store of bytes by string key: Redis, SQLite, DynamoDB, or one file per key.
It needs two functions: `read(key)` returns what `write(key, content)` last wrote, or None. A state
is stored as a JSON object (`ProfileState.to_dict`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from walkeros_klaviyo.core.klaviyo.state import ProfileState, States, kind_of_key, merged


@frozen(eq=False)
class KeptStates(Mapping[str, ProfileState]):
    """States by key, in whatever store `read` and `write` use.

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

    Never process one person's events in two places at once, or the stored state may not match the
    last upsert: use a queue that keeps each person's order, or a lock. Keys contain identifiers, so
    protect them like your customers' data, and erase both together.
    """

    read: Callable[[str], bytes | str | None]
    write: Callable[[str, bytes], Any]

    def __getitem__(self, key: str) -> ProfileState:
        """The state under a key. KeyError if there is none; ValueError if it is not a state."""
        content = self.read(key)
        if content is None:
            raise KeyError(key)
        try:
            return ProfileState.from_dict(json.loads(content))
        except ValueError as error:
            raise ValueError(f"kept under a key of {kind_of_key(key)}: {error}") from None

    def __iter__(self) -> Iterator[str]:
        """Raises TypeError: with only `read` and `write`, keys cannot be listed."""
        raise TypeError("KeptStates can be asked for a key, not listed; keep each step's changes")

    def __len__(self) -> int:
        raise TypeError("KeptStates can be asked for a key, not counted")

    def under(self, keys: Iterable[str]) -> dict[str, ProfileState]:
        """The states under these keys, each read once: what `settle` needs for a plan."""
        found = ((key, self.get(key)) for key in keys)
        return {key: state for key, state in found if state is not None}

    def keep(self, changes: States) -> None:
        """Write the changes, once Klaviyo has accepted the calls."""
        for key, state in merged(self, changes).items():
            self.write(key, json.dumps(state.to_dict()).encode())

    def doubt(self, changes: States) -> None:
        """Before sending, write the changes as uncertain: sending them again is then no repeat."""
        self.keep({key: doubted(one) for key, one in changes.items()})


def doubted(state: ProfileState) -> ProfileState:
    """The state of a call that may not have arrived, so that sending it again is no repeat.

    >>> doubted(ProfileState("f", ("email:a@b.de",), ("email:a@b.de",), 5.0))
    <ProfileState not known for sure; certain: none; linked: email; time: 5.0>
    """
    return evolve(state, fingerprint="", certain=())
