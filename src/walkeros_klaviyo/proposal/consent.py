"""Which consent should an event need to be sent?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from walkeros_klaviyo.verify.questions.consent import MARKETING, NECESSARY
from walkeros_klaviyo.verify.questions.near import split_words

from .sample import Named, Sample

_REFUSING: Final = frozenset(
    "out optout no not non without never dont dnt deny denied decline declined refuse refused "
    "reject rejected revoke revoked withdraw withdrawn withdrawal unsubscribe unsubscribed "
    "unsubscription object objected objection block blocked disallow disallowed suppress "
    "suppressed exclude excluded remove removed kein keine ohne".split()
)
"""Words in a state's name that mean a refusal when it is true."""
_STRICTLY: Final = NECESSARY | {"strictly"}


def _is_marketing(state: str) -> bool:
    """Does the name say marketing, and nothing that negates it or cannot be refused?

    >>> _is_marketing("emailMarketing"), _is_marketing("no_marketing"), _is_marketing("analytics")
    (True, False, False)
    """
    words = {*split_words(state)}
    return not words.isdisjoint(MARKETING) and words.isdisjoint(_REFUSING | _STRICTLY)


def consent_of(sample: Sample, answer: str | None) -> tuple[dict[str, bool] | None, str]:
    """The consent to require, and the open question if any; the answer `none` requires nothing.

    >>> from .sample import sample_of
    >>> events = [(1, {"name": "a b", "timestamp": 1, "consent": {"marketing": True}})]
    >>> consent_of(sample_of(events), None)[0], consent_of(sample_of(events), "none")
    ({'marketing': True}, ({}, ''))
    """
    granted, mentioned = _states(sample.named)
    if answer == "none":
        return {}, ""
    if answer is not None:
        count = granted[answer]
        return {answer: True}, "" if count else f"no event of the sample grants {answer}"
    states = sorted(mentioned, key=lambda state: -granted[state])
    wanted = [one for one in states if _is_marketing(one)]
    every = sum(len(named.seen) for named in sample.named)
    seen = ", ".join(f"{state} ({granted[state]:,} of {every:,} events)" for state in states)
    if not wanted:
        which = f"the sample grants {seen}" if seen else "the sample's events hold none"
        return None, f"which consent must an event have to be sent? None is asked for; {which}"
    return {wanted[0]: True}, f"is this the consent that Klaviyo needs? The sample grants {seen}"


def _states(named: Sequence[Named]) -> tuple[Counter[str], set[str]]:
    granted: Counter[str] = Counter()
    mentioned: set[str] = set()
    for one in (each.event.get("consent") for some in named for each in some.seen):
        if isinstance(one, dict):
            mentioned.update(one)
            granted.update(state for state, is_on in one.items() if is_on is True)
    return granted, mentioned
