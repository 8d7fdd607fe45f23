"""What is wrong with a configuration, as a sample of events shows?

What is wrong with single events is no finding: a rule, path or value counts as wrong where (nearly)
all events say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.core.identifier import parse_email, parse_identifier, parse_phone
from walkeros_klaviyo.core.path import ABSENT
from walkeros_klaviyo.core.rule import Rule
from walkeros_klaviyo.core.settings import DEFAULTS

from .findings import Finding
from .lint_metrics import nearest
from .sample_seen import Mapped, Shown

MOSTLY: Final = 0.5
"""More than this part of the events must be bad before the configuration is to blame."""


def judge(config: Config, shown: Shown) -> Iterator[Finding]:
    """Everything that a sample shows."""
    if not shown.events:
        return
    yield from _consent(config, shown)
    yield from _unmet(config, shown)
    yield from _unknown_paths(shown)
    yield from _nobody(shown)
    yield from _identifiers(shown)
    yield from _refused(shown)


def _consent(config: Config, shown: Shown) -> Iterator[Finding]:
    asked = [("consent", config.consent)] if config.consent is not None else []
    asked += [
        (f"{rule.where}.consent", rule.consent)
        for rule in config.rules
        if rule.consent is not None and shown.met[rule.where]
    ]
    for where, names in asked:
        if names is None or any(shown.consents[name] for name in names):
            continue
        wanted = ", ".join(sorted(names))
        near = next(filter(None, (nearest(name, shown.consents, 0.6) for name in names)), None)
        hint = f'; did you mean "{near}"?' if near else ""
        there = sorted(shown.mentioned & names)
        message = (
            f"no event of the sample grants {wanted}{hint}"
            if not there
            else f"{wanted} stands on events of the sample, and is true on none"
        )
        yield Finding("consent.never", where, message, f'{{ "{near}": true }}' if near else "")


def _unmet(config: Config, shown: Shown) -> Iterator[Finding]:
    taken = {rule.label.partition("[")[0] for rule in config.rules if rule.label is not None}
    loose = [name for name in shown.names if name not in taken]
    for rule in config.rules:
        label = (rule.label or "").partition("[")[0]
        if shown.met[rule.where] or ("[" in (rule.label or "") and _has_met_sibling(shown, rule)):
            continue
        near = None
        if "*" not in label:
            near = nearest(label, loose) or nearest(label, shown.names, 0.85)
        if near is None and rule.ignore:
            continue  # what it is to stop did not come: well and good
        hint = f'; did you mean "{near}"?' if near else ""
        write = f"mapping.{near.replace(' ', '.', 1)}" if near else ""
        yield Finding(
            "rule.unmet", rule.where, f'no event of the sample is a "{label}"{hint}', write
        )


def _has_met_sibling(shown: Shown, rule: Rule) -> bool:
    """Of a list of rules one was met: the others' conditions are for other days."""
    place = rule.where.rpartition("[")[0]
    return any(where.rpartition("[")[0] == place for where in shown.met)


def _unknown_paths(shown: Shown) -> Iterator[Finding]:
    for where, (read, value) in shown.reads.items():
        if shown.found[where] or (where in _DEFAULT_PLACES and read.path == _DEFAULT_PLACES[where]):
            continue
        if not shown.tried[where] or shown.mapped == []:
            continue
        own = {one.path for one, other in shown.reads.values() if other is value}
        stem = "".join(f"{source}.*." for source in read.within if source != "this")
        full = stem + read.path
        known = {path for where_, paths in shown.paths.items() for path in paths} - own
        near = _near_path(full, known)
        if (read.is_fallback or read.has_rest) and (near is None or near in own):
            continue
        short = near.removeprefix(stem) if near else None
        hint = f'; did you mean "{short}"?' if short else ""
        count = shown.tried[where]
        yield Finding(
            "path.unknown",
            where,
            f'none of the {count:,} events that come by has anything at "{read.path}"{hint}',
            f'"{short}"' if short else "",
            shown.tried_by[where].example,
        )


_DEFAULT_PLACES: Final = {f"settings.{name}": path for name, path in DEFAULTS.items()}


def _near_path(path: str, known: set[str]) -> str | None:
    """The nearest path that events have: the same but for a word, or the word elsewhere."""
    near = nearest(path, known, 0.8)
    if near is not None:
        return near
    last = path.rpartition(".")[2]
    there = [one for one in known if one.rpartition(".")[2].lower() == last.lower()]
    return there[0] if len(there) == 1 else None


def _nobody(shown: Shown) -> Iterator[Finding]:
    if not shown.mapped:
        return
    if any(one.told.plan.outcome != "unidentified" for one in shown.mapped):
        return
    found = sorted({path for one in shown.mapped[:200] for path in _looks_like_a_person(one)})
    hint = f"; there may be one at {' or '.join(found[:3])}" if found else ""
    yield Finding(
        "identity.nobody",
        "settings",
        f"of {len(shown.mapped):,} events none has an identifier{hint}",
        f'settings.email = "{found[0]}"' if found else "",
        shown.mapped[0].example,
    )


def _looks_like_a_person(one: Mapped) -> Iterator[str]:
    for section in ("user", "data", "context", "globals"):
        inner = one.event.get(section)
        if isinstance(inner, dict):
            for name, value in inner.items():
                if isinstance(value, str) and parse_email(value)[0] is not None:
                    yield f"{section}.{name}"


def _identifiers(shown: Shown) -> Iterator[Finding]:
    tried: dict[str, list[tuple[bool, Mapped, str]]] = defaultdict(list)
    for one in shown.mapped:
        region = one.rule.phone_region(one.event) if one.rule.phone_region else None
        judged: tuple[tuple[Any, Any], ...] = (
            (one.rule.email, lambda value: parse_email(value)[0]),
            (one.rule.external_id, lambda value: parse_identifier(value)[0]),
            (
                one.rule.phone_number,
                lambda value, region=region: parse_phone(
                    value, region if isinstance(region, str) else None
                )[0],
            ),
        )
        for mapping, judge_value in judged:
            value = ABSENT if mapping is None else mapping(one.event)
            if value is not ABSENT and value != "":
                tried[mapping.where].append((judge_value(value) is not None, one, mapping.reads))
    for where, found in tried.items():
        good = sum(is_good for is_good, _, _ in found)
        if len(found) - good > len(found) * MOSTLY:
            bad = next(one for is_good, one, _ in found if not is_good)
            yield Finding(
                "identifier.type",
                where,
                f'of {len(found):,} values at "{found[0][2]}" {len(found) - good:,} are unusable',
                "",
                bad.example,
            )


def _refused(shown: Shown) -> Iterator[Finding]:
    by_rule: dict[str, list[Mapped]] = defaultdict(list)
    for one in shown.mapped:
        by_rule[one.rule.where].append(one)
    for where, events in by_rule.items():
        bad = [one for one in events if one.told.plan.outcome == "refused"]
        if len(bad) > len(events) * MOSTLY:
            reasons = [note for note in bad[0].told.plan.diagnostics if note.severity == "error"]
            yield Finding(
                "klaviyo.refuses",
                where or "data",
                f"{len(bad):,} of {len(events):,} events would be refused: {reasons[-1]}",
                "",
                bad[0].example,
            )
