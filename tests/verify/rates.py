"""How many of people's faults are found, and how many sound shops are left in peace?

    python -m tests.verify.rates [--seeds 5] [--examples 50] [--kind fault] [NAME …]

Each case of `practice.py` goes through `check`. A fault is found where a finding (an error or a
warning) that the sound case does not have points at one of the places that the case names; its
mend is right where that finding then goes away and no other one comes.
"""

from __future__ import annotations

import argparse
import importlib
from copy import deepcopy
from typing import Any

from tests.verify import practice

from walkeros_klaviyo.core.config import parse_config
from walkeros_klaviyo.core.faults import ConfigError
from walkeros_klaviyo.verify.check import check

NOW = practice.START + 60 * practice.DAY
"""When the samples are looked at, in milliseconds."""
EXAMPLES = 50
"""Generated events for each law, unless told: the sample shows nearly all of it."""


def compiled(value: Any) -> Any:
    """The configuration with its functions in place of their names."""
    if isinstance(value, dict):
        return {key: compiled(one) for key, one in value.items()}
    if isinstance(value, list):
        return list(map(compiled, value))
    if isinstance(value, str) and value.startswith("$py:"):
        module, _, name = value.removeprefix("$py:").partition(":")
        place = practice if module == practice.HERE else importlib.import_module(module)
        return getattr(place, name)
    return value


def findings(config: Any, events: Any, seed: int, examples: int) -> set[tuple[str, str, str]]:
    """Code, place and severity of each finding; a configuration that cannot be read has faults."""
    try:
        parsed = parse_config(compiled(config))
    except ConfigError as error:
        return {("config", fault.path, "error") for fault in error.faults}
    lines = list(enumerate(deepcopy(events), 1))
    report = check(parsed, lines, examples=examples, seed=seed, now=NOW)
    return {(one.code, one.path, one.severity) for one in report.findings}


def points_at(place: str, wanted: tuple[str, ...]) -> bool:
    """Does a finding point at one of the places, or at what holds it?"""
    return any(place.startswith(one) for one in wanted)


def judge(case: Any, seed: int, examples: int = EXAMPLES) -> tuple[bool, str]:
    """Did it go as it should, and what was there."""
    found = findings(case.config, case.events, seed, examples)
    told = ", ".join(sorted(f"{code} at {place}" for code, place, _ in found)) or "nothing"
    if case.kind != "fault":
        dirt = tuple(case.expect.dirt)
        false = {one for one in found if not dirt or one[2] == "error"}
        return not false, told
    wanted = case.expect
    hit = {one for one in found if points_at(one[1], wanted.where)}
    if not hit:
        return False, f"missed; found {told}"
    right = wanted.right(deepcopy(case.config))
    mended = findings(right, wanted.right_events(case.events), seed, examples)
    left = {one[:2] for one in hit & mended}
    # Of a file that could not be read nothing else was known: what is there now is the sound case.
    is_read = any(code != "config" for code, _, _ in found)
    worse = {one[:2] for one in mended - found} if is_read else set()
    if left or worse:
        return True, f"found, but mended there is still {sorted(left)} and newly {sorted(worse)}"
    return True, ""


def main() -> int:
    """Print what went wrong, and the rates."""
    parser = argparse.ArgumentParser(description="Rates of the checker on practice's cases.")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--kind", choices=("clean", "habit", "fault"))
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    rates: dict[str, list[bool]] = {}
    for case in practice.cases():
        if (given.kind and case.kind != given.kind) or (
            given.names and case.name not in given.names
        ):
            continue
        if case.kind == "fault" and not case.expect.detectable:
            continue
        seeds = range(1 if case.kind == "fault" else given.seeds)
        outcomes = [judge(case, seed, given.examples) for seed in seeds]
        good = all(one for one, _ in outcomes)
        rates.setdefault(case.kind, []).append(good)
        for seed, (one, said) in zip(seeds, outcomes, strict=True):
            if said and not (one and case.kind != "fault"):
                print(f"{case.kind} {case.name} (seed {seed}): {said}", flush=True)
    for kind, all_of in rates.items():
        print(f"{kind}: {sum(all_of)} of {len(all_of)} as they should be")
    return 0 if all(map(all, rates.values())) else 1


if __name__ == "__main__":
    raise SystemExit(main())
