"""Is the required consent ever granted, and respected where it is not?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.reads import consents_of, constant_of
from walkeros_klaviyo.verify.sample.look import Mapped, Shown, Stopped

from .facts import FEW
from .near import nearest, split_words

MARKETING: Final = frozenset(
    "marketing advertising ads ad targeting newsletter crm email mail sms werbung publicidad "
    "publicité".split()
)
"""Words in the names of consent states for marketing."""
NECESSARY: Final = frozenset(
    "functional necessary essential required technical notwendig erforderlich essenziell".split()
)
"""Names of consent states that cannot be refused."""
LESSER: Final = NECESSARY | set("analytics statistics statistik performance preferences".split())
"""Names of consent states for other purposes."""
SOME: Final = 0.2
"""The share of events that lack consent in reality; fewer may be from a form or the office."""
Asked = tuple[str, frozenset[str], Counter[str]]
"""(the place, the required states, counts of what the events concerned grant)."""


def judge_consent(config: Config, shown: Shown) -> Iterator[Finding]:
    """Findings about the consent of the destination, of rules with events, and of their values."""
    words = {name: {*split_words(name)} for name in sorted(shown.consents)}
    wanted = next((name for name in words if not MARKETING.isdisjoint(words[name])), "")
    yield from _unasked(config, shown, wanted)
    yield from _too_little(config, shown, wanted)
    yield from _forced(config, shown)
    for where, names, granted in _asked(config, shown):
        if names and not any(granted[name] for name in names):
            yield _never(where, names, shown)


def _never(where: str, names: frozenset[str], shown: Shown) -> Finding:
    listed = ", ".join(sorted(names))
    if shown.mentioned & names:
        message = f"{listed} is on events of the sample, and true on none"
        remedy = "Send the state as true: no string and no number grants anything."
        return Finding("consent.never", where, message, remedy)
    near = next(filter(None, (nearest(name, shown.consents, 0.6) for name in sorted(names))), None)
    hint, remedy = (
        (f'; did you mean "{near}"?', f'Write {{ "{near}": true }}.') if near else ("", "")
    )
    message = f"no event of the sample grants {listed}{hint}"
    return Finding("consent.never", where, message, remedy)


def _unasked(config: Config, shown: Shown, wanted: str) -> Iterator[Finding]:
    """No consent is required, and events are sent that refuse it or lack what others grant."""
    if config.consent is not None:
        return
    sent = [
        one
        for one in shown.mapped
        if one.plan.calls
        and one.rule.consent is None
        # Who unsubscribes has refused, and Klaviyo must hear of it.
        and one.rule.settings.unsubscribe is None
    ]
    asked = [one for one in sent if not one.rule.is_open]
    lacking = _lacking(wanted, asked)
    sets_it = any(keys[0] == "consent" for keys, _ in config.policy)  # reported separately
    if not config.is_open and not sets_it and len(lacking) >= max(FEW, len(asked) * SOME):
        message = f"{len(lacking):,} events without {wanted} are sent"
        yield Finding("consent.missing", "consent", message, _only(wanted), lacking[0].example)
        return
    refused = Counter(name for one in sent for name in _refused(one))
    if "marketing" in shown.mentioned:  # that is what Klaviyo is for
        refused = Counter({"marketing": refused["marketing"]})
    for state, count in refused.most_common(1) if refused.total() else ():
        first = next(one for one in sent if state in _refused(one))
        message = f"{count:,} events that refuse {state} are sent"
        yield Finding("consent.missing", "consent", message, _only(state), first.example)


def _too_little(config: Config, shown: Shown, wanted: str) -> Iterator[Finding]:
    """The required consent does not exclude people who refused marketing or were not asked."""
    places = [("consent", config.consent, shown.mapped)]
    places += [(f"{rule.where}.consent", rule.consent, events) for rule, events in shown.rules]
    for where, asked, events in places:
        names = asked or frozenset()
        sent = [one for one in events if one.plan.calls]
        refused = Counter(name for one in sent for name in _refused(one) if name in names)
        lesser = {name for name in names if name.lower() in LESSER}
        if len(names) > 1 and refused:
            state, count = refused.most_common(1)[0]
            first = next(one for one in sent if state in _refused(one))
            others = " or ".join(sorted(names - {state}))
            message = f"{count:,} events that refuse {state} are sent, for {others} is enough"
            yield Finding("consent.any", where, message, _only(state), first.example)
            continue
        # A rule may have its own reason, as for orders, and a shop may use Klaviyo for statistics.
        is_lesser = where == "consent" and names and lesser == names - {wanted}
        is_bare = wanted in names or all(name.lower() in NECESSARY for name in names)
        lacking = _lacking(wanted, sent)
        if is_lesser and is_bare and len(lacking) >= FEW:
            code = "consent.any" if wanted in names else "consent.missing"
            enough = " or ".join(sorted(lesser))
            message = f"{len(lacking):,} events without {wanted} are sent, for {enough} is enough"
            yield Finding(code, where, message, _only(wanted), lacking[0].example)


def _forced(config: Config, shown: Shown) -> Iterator[Finding]:
    """States that a policy sets to true although some events lack them."""
    policies = (*config.policy, *(one for rule, _ in shown.rules for one in rule.policy))
    for keys, value in policies:
        given = constant_of(value)
        states = given if isinstance(given, dict) and len(keys) == 1 else {keys[-1]: given}
        for state in (name for name, is_on in states.items() if is_on is True):
            lacking = _lacking(state, [*shown.mapped, *shown.stopped])
            if keys[0] == "consent" and shown.consents[state] and len(lacking) >= FEW:
                message = f"it grants {state} on {len(lacking):,} events that do not"
                yield Finding("consent.forced", value.where, message, "", lacking[0].example)


def _lacking(state: str, events: Sequence[Mapped | Stopped]) -> list[Mapped | Stopped]:
    """The events that do not grant the state; without a state, none."""
    states = [(one, one.raw.get("consent")) for one in events] if state else []
    return [one for one, has in states if not isinstance(has, dict) or has.get(state) is not True]


def _refused(one: Mapped) -> list[str]:
    """States on the event that are not granted."""
    states = one.raw.get("consent")
    return [name for name, is_given in states.items() if is_given is False] if states else []


def _only(state: str) -> str:
    return f"consent = {{ {state} = true }}"


def _asked(config: Config, shown: Shown) -> Iterator[Asked]:
    if config.consent is not None:
        yield "consent", config.consent, shown.consents
    for rule in config.rules:
        if rule.consent is not None and shown.met[rule.where]:
            yield f"{rule.where}.consent", rule.consent, shown.granted[rule.where]
    rules = [rule for rule, _ in shown.rules]
    policies = [config.policy, *(rule.policy for rule in rules)]
    values = [value for policy in policies for _, value in policy]
    values += [value for rule in rules for _, value in rule.mappings()]
    for value in values:
        for where, names in consents_of(value):
            yield where, names, shown.consents
