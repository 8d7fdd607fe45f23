"""What do we know for certain about a person's profile at Klaviyo?

Klaviyo may merge profiles, move or refuse identifiers that meet in one upsert, and tells nobody. So
a state lists the identifiers that surely belong to one profile (`certain`) and all that ever met
(`linked`), and is stored under each of the latter. Skipping an upsert as unchanged must never alter
how profiles end up. Traits are kept as a digest, so that the store holds no personal data.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from attrs import evolve, frozen

from walkeros_klaviyo.core.canonical import digest, marshalled
from walkeros_klaviyo.core.display import Displayed, View
from walkeros_klaviyo.core.display.view import cell, clipped, line, listed
from walkeros_klaviyo.core.walkeros.event import kind_of

from .clock import format_time
from .identifier import DEVICES, FIELDS

MAX_LINKED: Final = 8
"""More identifiers than this are not one person's: a shared office address, for example."""
MAX_DEVICES: Final = 24
"""Devices per person, besides other identifiers: a browser that forgets is new every day."""
STALE_MS: Final = 24 * 3_600 * 1_000
"""An event older than the last one by more than this is stale; clocks may differ by hours."""


@frozen(repr=False)
class ProfileState(Displayed):
    """What Klaviyo was last sent about a person, stored under each of their linked keys.

    Only `time` may differ between those keys, after an event joined people known separately. It is
    that of the newest event sent, in milliseconds since 1970. A `tangled` person has too many
    identifiers to tell whose profile is whose.

    >>> ProfileState("f", ("email:a@b.de",), ("email:a@b.de",), 5.0).tangled
    False
    """

    fingerprint: str = ""
    """A digest of the traits, without identifiers; empty where they are not known for certain."""
    certain: tuple[str, ...] = ()
    """The keys that are certainly this profile's, at most one of each kind except devices."""
    linked: tuple[str, ...] = ()
    """All keys that were ever sent together with it, directly or through others."""
    time: float | None = None

    def __repr__(self) -> str:
        """Short and without personal data: only the kinds of its keys."""
        certain, linked = (_kinds(keys) for keys in (self.certain, self.linked))
        told = self.fingerprint[:12] or "not known for sure"
        return f"<ProfileState {told}; certain: {certain}; linked: {linked}; time: {self.time}>"

    def view(self) -> View:
        """What was sent, and whose it is."""
        certain = [line(cell("certain", "dim"), clipped(key)) for key in self.certain]
        others = [key for key in self.linked if key not in self.certain]
        told = cell(self.fingerprint[:12] or "not known for sure", "bold")
        since = cell("" if self.time is None else format_time(self.time), "dim")
        linked = (line(cell("linked", "dim"), clipped(key)) for key in others)
        return View(
            (cell("tangled", "yellow") if self.tangled else told, since), (*certain, *linked)
        )

    @property
    def tangled(self) -> bool:
        """Has it too many keys to be one person?"""
        return not self.linked

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, to be stored anywhere.

        >>> ProfileState("f", ("email:a@b.de",), ("email:a@b.de",), 1795518160712).to_dict()
        ... # doctest: +NORMALIZE_WHITESPACE
        {'fingerprint': 'f', 'certain': ['email:a@b.de'], 'linked': ['email:a@b.de'],
         'time': 1795518160712}
        """
        certain, linked = list(self.certain), list(self.linked)
        return {
            "fingerprint": self.fingerprint,
            "certain": certain,
            "linked": linked,
            "time": self.time,
        }

    @classmethod
    def from_dict(cls, raw: object) -> ProfileState:
        """The state that `to_dict` wrote; ValueError for anything else, never quoting the content.

        >>> ProfileState.from_dict(ProfileState("f", time=5.0).to_dict())
        <ProfileState f; certain: none; linked: none; time: 5.0>
        >>> ProfileState.from_dict({"fingerprint": "f"})
        Traceback (most recent call last):
        ValueError: no ProfileState: expected fingerprint, certain, linked and time
        """
        if not isinstance(raw, dict) or raw.keys() != {"fingerprint", "certain", "linked", "time"}:
            raise ValueError("no ProfileState: expected fingerprint, certain, linked and time")
        for name, kinds in _FIELDS.items():
            if not isinstance(raw[name], kinds) or isinstance(raw[name], bool):
                raise ValueError(f"no ProfileState: {name} is {kind_of(raw[name])}")
        if not all(isinstance(key, str) for key in (*raw["certain"], *raw["linked"])):
            raise ValueError("no ProfileState: certain and linked are lists of keys")
        told, certain, linked = raw["fingerprint"], raw["certain"], raw["linked"]
        return cls(told, tuple(certain), tuple(linked), raw["time"])


_FIELDS: Final[Mapping[str, Any]] = {
    "fingerprint": str,
    "certain": list,
    "linked": list,
    "time": int | float | None,
}


TANGLED: Final = ProfileState()

States = Mapping[str, ProfileState]
"""States by key. Those under a plan's `state_keys` suffice to settle it."""
NOTHING_KNOWN: Final[States] = MappingProxyType({})


def is_one(keys: tuple[str, ...], states: States) -> bool:
    """Do all these keys certainly belong to one profile?

    >>> is_one(("email:a@b.de",), {"email:a@b.de": ProfileState("f", ("email:a@b.de",))})
    True
    """
    seen = None
    for key in keys:
        state = states.get(key)
        if state is None:
            return False
        if state is seen:  # nearly always: all keys share one state
            continue
        for other in keys:
            if other not in state.certain:
                return False
        seen = state
    return True


def is_told(keys: tuple[str, ...], states: States, fingerprint: str) -> bool:
    """Was exactly this sent last, about exactly this profile? Then it need not be sent again."""
    for key in keys:
        state = states.get(key)
        if state is None or state.fingerprint != fingerprint:
            return False
    return is_one(keys, states)


def is_stale(keys: tuple[str, ...], states: States, time: float) -> bool:
    """Has an event that is more than a day newer been sent already?"""
    return any(
        (state := states.get(key)) is not None
        and state.time is not None
        and state.time - time > STALE_MS
        for key in keys
    )


def tell(
    keys: tuple[str, ...], states: States, fingerprint: str, time: float | None
) -> dict[str, ProfileState]:
    """The new states after an upsert with these keys and traits of this fingerprint.

    >>> first = tell(("external_id:7",), {}, "f", 1.0)
    >>> sorted(tell(("external_id:7", "email:a@b.de"), first, "g", 2.0))
    ['email:a@b.de', 'external_id:7']
    """
    touched = _touched(keys, states)
    linked = _linked(keys, touched)
    if _are_too_many(linked, touched):
        return dict.fromkeys(linked, TANGLED)
    times = [one.time for one in touched if one.time is not None]
    if time is not None:
        times.append(time)
    newest = max(times, default=None)
    after = ProfileState(fingerprint, _certain(keys, touched, ()), linked, newest)
    return dict.fromkeys(linked, after)


def meet(keys: tuple[str, ...], states: States) -> dict[str, ProfileState]:
    """The new states after an event with these keys: it sets no traits, but may join profiles.

    The traits then count as unknown, unless the only keys joined are new and surely this person's:
    a `_kx`, from a link in an email to them, or a device about which nothing was sent before. The
    time under each key stays.
    """
    touched = _touched(keys, states)
    linked = _linked(keys, touched)
    if _are_too_many(linked, touched):
        return dict.fromkeys(linked, TANGLED)
    new = {kind_of_key(key): key for key in keys if key not in states}
    devices = tuple(key for kind, key in new.items() if kind in DEVICES)
    certain = _certain(keys, touched, devices)
    times = {key: one.time for one in touched for key in one.linked}
    joined = {key for key in keys if not touched or key not in touched[0].certain}
    is_theirs = joined <= {*devices, new.get("_kx")}
    told = touched[0].fingerprint if len(touched) == 1 and is_theirs else ""
    return {key: ProfileState(told, certain, linked, times.get(key)) for key in linked}


def overwrite(devices: tuple[str, ...], states: States) -> dict[str, ProfileState]:
    """The new states after an anonymous event carried traits of whoever uses this device.

    A new device gets a state too: whoever logs in there is joined with what was sent.

    >>> known = {"anonymous_id:d1": ProfileState("f", ("email:a@b.de",), ("email:a@b.de",), 1.0)}
    >>> overwrite(("anonymous_id:d1",), known)["email:a@b.de"].fingerprint
    ''
    """
    return {
        key: evolve(state, fingerprint="")
        for device in devices
        for state in [states.get(device) or ProfileState("new", (device,), (device,))]
        if state.fingerprint
        for key in state.linked
    }


def _touched(keys: tuple[str, ...], states: States) -> list[ProfileState]:
    found: list[ProfileState] = []
    for key in keys:
        state = states.get(key)
        if state is not None and state not in found:
            found.append(state)
    return found


def _linked(keys: tuple[str, ...], touched: list[ProfileState]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*keys, *(key for one in touched for key in one.linked))))


def _are_too_many(linked: tuple[str, ...], touched: list[ProfileState]) -> bool:
    devices = sum(1 for key in linked if kind_of_key(key) in DEVICES)
    are_many = len(linked) - devices > MAX_LINKED or devices > MAX_DEVICES
    return are_many or TANGLED in touched


def _certain(
    keys: tuple[str, ...], touched: list[ProfileState], devices: tuple[str, ...]
) -> tuple[str, ...]:
    """The keys just sent, plus those certain before if nothing but new devices was added.

    Any other new identifier may belong to a profile unknown to us: adding one, taking another
    person's, or joining two people leaves only the keys just sent certain.
    """
    if len(touched) == 1 and set(keys) - set(devices) <= set(touched[0].certain):
        return (*touched[0].certain, *devices)
    return keys


def merged(known: States, changes: States) -> dict[str, ProfileState]:
    """The changes as they should be stored: each key keeps its newest time.

    >>> merged({"k": ProfileState("f", ("k",), ("k",), 5.0)}, {"k": ProfileState("", (), ("k",))})
    {'k': <ProfileState not known for sure; certain: none; linked: other; time: 5.0>}
    """
    kept = dict(changes)
    for key, state in changes.items():
        before = known.get(key)
        if before is None or before.time is None or state.tangled:
            continue
        if state.time is None or state.time < before.time:
            kept[key] = evolve(state, time=before.time)
    return kept


def _kinds(keys: tuple[str, ...]) -> str:
    kinds = map(kind_of_key, keys)
    return listed(one if one in FIELDS else "other" for one in kinds)


def kind_of_key(key: str) -> str:
    """The field of a key such as `email:…`, ignoring an account prefix.

    >>> kind_of_key("eu/email:ada@example.com"), kind_of_key("external_id:a/b:7")
    ('email', 'external_id')
    >>> kind_of_key("shop:eu/email:ada@example.com")
    'email'
    """
    head, colon, rest = key.partition(":")
    kind = head.rpartition("/")[2]
    return kind if kind in FIELDS or not colon else kind_of_key(rest)


def fingerprint(traits: dict[str, Any], content: bytes | None = None) -> str:
    """A digest of traits, independent of the order of keys; true is not 1.

    `content` is their `marshalled` form, where the caller has it already.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    >>> fingerprint({"a": True}) == fingerprint({"a": 1})
    False
    """
    content = marshalled(traits) if content is None else content
    is_kept = content is not None and len(content) <= _LONGEST_KEPT
    return _known(content) if content is not None and is_kept else digest(traits)


_LONGEST_KEPT: Final = 2_000
"""Bytes of traits up to which the digest is cached: 4,096 entries are 8 MB."""


@lru_cache(maxsize=4096)
def _known(marshalled: bytes) -> str:
    """Cached by content: marshalling is five times faster than the canonical text."""
    return digest(marshal.loads(marshalled))
