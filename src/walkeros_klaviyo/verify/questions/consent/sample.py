"""Is what a configuration asks for ever granted?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW
from walkeros_klaviyo.verify.questions.near import nearest, split_words
from walkeros_klaviyo.verify.reads import consents_of, constant_of
from walkeros_klaviyo.verify.sample.look import Mapped, Shown, Stopped

MARKETING: Final = frozenset(
    "marketing advertising ads ad targeting newsletter crm email mail sms werbung publicidad "
    "publicité".split()
)
"""Words of what sites call the consent to what Klaviyo is for."""
NECESSARY: Final = frozenset(
    "functional necessary essential required technical notwendig erforderlich essenziell".split()
)
"""What they call what nobody can refuse."""
LESSER: Final = NECESSARY | set("analytics statistics statistik performance preferences".split())
"""And what is granted for another purpose."""
SOME: Final = 0.2
"""Of the events: that many people decline, or more; fewer may be a form's or the office's."""
Asked = tuple[str, frozenset[str], Counter[str]]
"""Where what is asked for, and what the events in question grant."""


def judge_consent(config: Config, shown: Shown) -> Iterator[Finding]:
    """Consents of the destination, of rules that events meet, and of the values that they map."""
    yield from _unasked(config, shown)
    yield from _too_little(config, shown)
    yield from _forced(config, shown)
    for where, names, granted in _asked(config, shown):
        if not names or any(granted[name] for name in names):
            continue
        wanted = ", ".join(sorted(names))
        near = next(filter(None, (nearest(name, shown.consents, 0.6) for name in names)), None)
        hint = f'; did you mean "{near}"?' if near else ""
        message = (
            f"no event of the sample grants {wanted}{hint}"
            if not shown.mentioned & names
            else f"{wanted} stands on events of the sample, and is true on none"
        )
        remedy = f'Write {{ "{near}": true }}.' if near else ""
        if shown.mentioned & names:
            remedy = "Send the state as true: no text and no number grants anything."
        yield Finding("consent.never", where, message, remedy)


def _unasked(config: Config, shown: Shown) -> Iterator[Finding]:
    """Nobody asks, and events that refuse something, or lack what others grant, are sent."""
    if config.consent is not None:
        return
    sent = [one for one in shown.mapped if one.plan.calls and one.rule.consent is None]
    wanted = next((name for name in sorted(shown.consents) if _is_marketing(name)), "")
    asked = [one for one in sent if not one.rule.is_open]
    lacking = [one for one in asked if wanted and not _is_granted(wanted, one)]
    sets_it = any(keys[0] == "consent" for keys, _ in config.policy)  # told as such
    if not config.is_open and not sets_it and len(lacking) >= max(FEW, len(asked) * SOME):
        message = f"{len(lacking):,} events without {wanted} are sent"
        yield Finding("consent.missing", "consent", message, _only(wanted), lacking[0].example)
        return
    refused = Counter(name for one in sent for name in _refused(one))
    if "marketing" in shown.mentioned:  # that is what Klaviyo is for
        refused = Counter({"marketing": refused["marketing"]})
    state, count = refused.most_common(1)[0] if refused else ("", 0)
    if not count:
        return
    first = next(one for one in sent if state in _refused(one))
    message = f"{count:,} events that refuse {state} are sent"
    yield Finding("consent.missing", "consent", message, _only(state), first.example)


def _too_little(config: Config, shown: Shown) -> Iterator[Finding]:
    """What is asked for does not keep back those who refuse, or were not asked for, marketing."""
    places = [("consent", config.consent, shown.mapped)]
    places += [
        (f"{events[0].rule.where}.consent", events[0].rule.consent, events)
        for events in shown.by_rule.values()
    ]
    wanted = next((name for name in sorted(shown.consents) if _is_marketing(name)), "")
    for where, names, events in places:
        sent = [one for one in events if one.plan.calls]
        refused = Counter(name for one in sent for name in _refused(one) if name in (names or ()))
        lesser = {name for name in names or () if name.lower() in LESSER}
        lacking = [one for one in sent if wanted and not _is_granted(wanted, one)]
        if names and len(names) > 1 and refused:
            state, count = refused.most_common(1)[0]
            first = next(one for one in sent if state in _refused(one))
            others = " or ".join(sorted(names - {state}))
            message = f"{count:,} events that refuse {state} are sent, for {others} is enough"
            yield Finding("consent.any", where, message, _only(state), first.example)
        elif (
            where == "consent"  # a rule may have a reason of its own, as orders do
            and names
            and len(lacking) >= FEW
            and lesser == names - {wanted}
        ):
            is_asked = wanted in names
            if not is_asked and not all(name.lower() in NECESSARY for name in names):
                continue  # a shop may use Klaviyo for its statistics alone
            code = "consent.any" if is_asked else "consent.missing"
            enough = " or ".join(sorted(lesser))
            message = f"{len(lacking):,} events without {wanted} are sent, for {enough} is enough"
            yield Finding(code, where, message, _only(wanted), lacking[0].example)


def _forced(config: Config, shown: Shown) -> Iterator[Finding]:
    """States that a policy sets to true, and that some events lack."""
    rules = [events[0].rule for events in shown.by_rule.values()]
    for keys, value in (*config.policy, *(one for rule in rules for one in rule.policy)):
        given = constant_of(value)
        states = given if isinstance(given, dict) and len(keys) == 1 else {keys[-1]: given}
        for state in (name for name, is_on in states.items() if is_on is True):
            every: list[Mapped | Stopped] = [*shown.mapped, *shown.stopped]
            lacking = [one for one in every if not _is_granted(state, one)]
            if keys[0] == "consent" and shown.consents[state] and len(lacking) >= FEW:
                message = f"it grants {state} on {len(lacking):,} events that do not"
                yield Finding("consent.forced", value.where, message, "", lacking[0].example)


def _is_marketing(name: str) -> bool:
    return not MARKETING.isdisjoint(split_words(name))


def _is_granted(state: str, one: Mapped | Stopped) -> bool:
    states = one.raw.get("consent")
    return isinstance(states, dict) and states.get(state) is True


def _refused(one: Mapped) -> list[str]:
    """States that the event holds and does not grant."""
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
    rules = [events[0].rule for events in shown.by_rule.values()]
    policies = [config.policy, *(rule.policy for rule in rules)]
    values = [value for policy in policies for _, value in policy]
    values += [value for rule in rules for _, value in rule.mappings()]
    for value in values:
        for where, names in consents_of(value):
            yield where, names, shown.consents
