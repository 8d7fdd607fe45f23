"""Does a mapping take a whole context entry, which is a pair?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.sample.look import Shown
from walkeros_klaviyo.verify.sample.places import there


def judge_pairs(config: Config, shown: Shown) -> Iterator[Finding]:
    """Paths such as `context.stage`, at which events have the value and its order."""
    for where, (read, _) in shown.reads.items():
        if read.path.split(".")[-2:-1] != ["context"] or ".loop[0]" in where:
            continue
        rule = shown.tried_by[where].rule.where
        is_own = rule != "" and where.startswith(f"{rule}.")
        for one in shown.by_rule[rule] if is_own else shown.mapped:
            found = next(there(read, one.event), None)
            if found is not None:
                if _is_pair(found):
                    message = f'"{read.path}" is a pair of a value and its order'
                    remedy = f'Write "{read.path}.0".'
                    yield Finding("value.pair", where, message, remedy, one.example)
                break


def _is_pair(value: Any) -> bool:
    """The order is a whole number, and the value none of the like.

    >>> _is_pair(["open", 0]), _is_pair(["red", "blue"]), _is_pair("open")
    (True, False, False)
    """
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )
