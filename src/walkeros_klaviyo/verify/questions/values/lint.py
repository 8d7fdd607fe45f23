"""Is a constant a path that was meant to be read?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from walkeros_klaviyo.core.config import Config
from walkeros_klaviyo.verify.findings import Finding
from walkeros_klaviyo.verify.reads import constants_in, every_value

_PATH: Final = re.compile(
    r"(data|user|context|globals|custom|nested)(\.[\w*]+)+|source\.(url|type|id|referrer|platform)"
)


def lint_values(config: Config) -> Iterator[Finding]:
    """Constants and metrics' names that are spelled as paths of an event."""
    for value in every_value(config).values():
        for where, constant in constants_in(value.tree).items():
            if isinstance(constant, str) and _PATH.fullmatch(constant):
                message = f'the constant "{constant}" is spelled as a path'
                remedy = f'Write "{constant}" by itself, or in a list after another path.'
                yield Finding("value.path", where, message, remedy)
    for rule in config.rules:
        if rule.name is not None and _PATH.fullmatch(rule.name):
            message = f'the name "{rule.name}" is spelled as a path, and is taken as it stands'
            remedy = "Write the metric's name, or set the event's name by a policy."
            yield Finding("value.path", f"{rule.where}.name", message, remedy)
