"""What remains of a draft once everything that `verify` calls an error is left out?"""

from __future__ import annotations

from typing import Final

from walkeros_klaviyo.core.config import parse_config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.loss_findings import with_losses
from walkeros_klaviyo.verify.losses import losses_of
from walkeros_klaviyo.verify.masking import masked
from walkeros_klaviyo.verify.masking import people_of as people_in
from walkeros_klaviyo.verify.questions import judge, lint
from walkeros_klaviyo.verify.sample.look import look

from .draft import Draft
from .rules import Raw, rule_of

ROUNDS: Final = 40
"""The most rounds of leaving out errors."""


def mend(draft: Draft) -> None:
    """Leave out whatever causes an error; errors that cannot be fixed that way become questions."""
    kept: set[tuple[str, str]] = set()
    for _ in range(ROUNDS):
        found = (one for one in _findings(draft) if one.severity == "error")
        error = next((one for one in found if (one.code, one.path) not in kept), None)
        if error is None:
            return
        if not _left_out(draft, error):
            kept.add((error.code, error.path))
            if error.code not in _ASKED:
                draft.open.append(f"{error.path}: {error.message} ({error.code})")


_ASKED: Final = ("identity.nobody", "revenue.currency")
"""Findings that are open questions already."""


def _findings(draft: Draft) -> tuple[Finding, ...]:
    """The findings of `verify` on the sample, without its laws."""
    config = parse_config(draft.config)
    shown = look(config, draft.sample.lines)
    found = [*lint(config), *judge(config, shown)]
    known = draft.config.get("verify", {}).get("known", [])
    every = with_losses(found, losses_of(config, shown))
    people = people_in(config, shown)
    return tuple(masked(one, people) for one in every if f"{one.code}:{one.path}" not in known)


def _left_out(draft: Draft, error: Finding) -> bool:
    """Leave out the cause of an error; did that work?"""
    why = f"{error.path}: {error.message} ({error.code})"
    if error.code in _ASKED or error.code.startswith("consent."):
        return False  # never drop a required consent
    if error.code.startswith(("loss.", "sample.")):
        draft.config.setdefault("verify", {}).setdefault("known", []).append(
            f"{error.code}:{error.path}"
        )
        draft.said.append(f"{why}: the events are at fault, so verify.known says to expect it")
        return True
    for place, entity, action, rule in draft.rules:
        if error.path == place or error.path.startswith((f"{place}.", f"{place}[")):
            said = _rule_without(rule, error.path.removeprefix(place).lstrip("."))
            if said is None:
                named = next(one for one in draft.sample.named if one.words == (entity, action))
                own = rule_of(named, None, ())
                is_own = rule.get("name") == own.get("name")
                draft.config["mapping"][entity][action] = {"ignore": True} if is_own else own
                said = "the rule" if is_own else f'the metric "{rule.get("name")}"'
            draft.said.append(f"{why}: {said} is left out")
            return True
    steps = error.path.split(".")
    holder = draft.config
    for step in steps[:-1]:
        holder = holder.get(step, {}) if isinstance(holder, dict) else {}
    key = steps[-1].partition("[")[0]
    if isinstance(holder, dict) and key in holder:
        del holder[key]
        draft.said.append(f"{why}: it is left out")
        return True
    return False


def _rule_without(rule: Raw, path: str) -> str | None:
    """The part of the rule that was left out; None if only the whole rule would do."""
    steps = path.replace("[", ".").split(".")
    if steps[:2] == ["data", "map"] and len(steps) > 2:
        return _without(rule.get("data", {}).get("map", {}), steps[2])
    if steps[:1] == ["settings"] and len(steps) > 1:
        return _without(rule.get("settings", {}), steps[1])
    return None


def _without(holder: Raw, key: str) -> str | None:
    return key if holder.pop(key, None) is not None else None
