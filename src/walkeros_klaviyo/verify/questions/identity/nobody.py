"""Is anybody known at all, and if not, where does a person stand?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.klaviyo.identifier import parse_email
from walkeros_klaviyo.core.klaviyo.settings import TABLE
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.questions.facts import FEW, MOSTLY
from walkeros_klaviyo.verify.questions.guess import name_of
from walkeros_klaviyo.verify.reads import paths_read
from walkeros_klaviyo.verify.sample.look import Mapped, Shown
from walkeros_klaviyo.verify.sample.places import leaves_of

from .others import regions_of

SECTIONS: Final = ("user", "data", "context", "globals", "custom")
"""Parts of an event where a person may stand."""


def judge_unidentified(config: Config, shown: Shown) -> Iterator[Finding]:
    """All of the sample, or most events of a rule that have an address where nobody looks."""
    lost = [one for one in shown.mapped if one.plan.outcome == "unidentified"]
    is_all = len(lost) == len(shown.mapped)
    if lost and (is_all or len(lost) > max(FEW, len(shown.mapped) * MOSTLY)):
        yield from _nobody(config, lost, len(shown.mapped), is_all)
        return
    for events in shown.by_rule.values():
        lost = [one for one in events if one.plan.outcome == "unidentified"]
        if len(lost) > max(FEW - 1, len(events) * MOSTLY):
            yield from _nobody(config, lost, len(events), False)


def _nobody(config: Config, lost: list[Mapped], total: int, is_all: bool) -> Iterator[Finding]:
    read = {path for _, value in config.settings.identifiers for path in paths_read(value)}
    places = Counter(each for one in lost[:200] for each in set(_looks_like_a_person(one)))
    found = [(name, path) for (name, path), _ in places.most_common() if path not in read]
    if not found and not is_all:
        return
    hint = f"; there may be one at {' or '.join(path for _, path in found[:3])}" if found else ""
    how = "none" if is_all else f"{total - len(lost):,}"
    yield Finding(
        "identity.nobody",
        f"settings.{TABLE[found[0][0]].name}" if found else "settings",
        f"of {total:,} events {how} has an identifier{hint}",
        _also(config, *found[0], is_all) if found else "",
        lost[0].example,
    )


def _also(config: Config, name: str, path: str, is_only: bool) -> str:
    """What to write so that a path is read too."""
    before = getattr(config.settings, name)
    paths = [*(() if is_only else sorted(paths_read(before))), path]
    written = ", ".join(f'"{one}"' for one in paths)
    return f"settings.{TABLE[name].name} = " + (f"[{written}]" if len(paths) > 1 else written)


def _looks_like_a_person(one: Mapped) -> Iterator[tuple[str, str]]:
    """Settings, and the paths that they could read."""
    for path, value in leaves_of({name: one.event.get(name) for name in SECTIONS}):
        if not isinstance(value, str):
            continue
        if parse_email(value)[0] is not None:
            yield "email", path
        elif any(word in name_of(path) for word in ("phone", "tel", "mobile")) and regions_of(
            value
        ):
            yield "phone_number", path
