"""Which destination of a flow.json is Klaviyo's?

The one whose package is the Klaviyo destination, or one named `klaviyo` without a package, or the
one that `--flow` and `--destination` name. Source: walkerOS flow.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from walkeros_klaviyo.core.faults import did_you_mean
from walkeros_klaviyo.core.walkeros.event import kind_of

KLAVIYO: Final = "@walkeros/server-destination-klaviyo"


class PickError(ValueError):
    """No destination can be picked; the message lists them and says how to name one."""


def is_klaviyo(package: Any) -> bool:
    """Is it a package of the Klaviyo destination, for any platform and version?

    >>> is_klaviyo("@walkeros/server-destination-klaviyo@4.2.0"), is_klaviyo("@walkeros/collector")
    (True, False)
    """
    return isinstance(package, str) and "destination-klaviyo" in package


def pick(flows: Any, flow: str | None = None, destination: str | None = None) -> tuple[str, str]:
    """The names of the flow and the destination; raise PickError unless there is exactly one.

    >>> pick({"shop": {"destinations": {"klaviyo": {"config": {}}}}})
    ('shop', 'klaviyo')
    """
    if not isinstance(flows, dict) or not flows:
        raise PickError(f"expected flows by name, got {kind_of(flows)}")
    if flow is not None and flow not in flows:
        raise PickError(f'there is no flow "{flow}"{did_you_mean(flow, flows)}')
    steps = {
        (name, key): step
        for name, key, step in _destinations(flows)
        if flow is None or name == flow
    }
    if destination is not None:
        ids = dict.fromkeys(key for _, key in steps)
        if destination not in ids:
            hint = did_you_mean(destination, ids)
            raise PickError(f'there is no destination "{destination}"{hint}')
        steps = {names: step for names, step in steps.items() if names[1] == destination}
    found = [names for names, step in steps.items() if _may_be_klaviyo(names[1], step, destination)]
    if not found:
        raise PickError(_none_of(steps))
    if len(found) > 1:
        ways = " | ".join(
            f"--flow {name} --destination {key}" if name else f"--destination {key}"
            for name, key in found
        )
        raise PickError(f"{len(found)} destinations are Klaviyo's; pick one with {ways}")
    return found[0]


def _destinations(flows: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, flow in flows.items():
        steps = flow.get("destinations") if isinstance(flow, dict) else None
        for key, step in steps.items() if isinstance(steps, dict) else ():
            if isinstance(step, dict):
                yield name, key, step


def _may_be_klaviyo(key: str, step: dict[str, Any], destination: str | None) -> bool:
    if step.get("package") is None:
        return key in ("klaviyo", destination)
    return is_klaviyo(step["package"])


def _none_of(steps: dict[tuple[str, str], dict[str, Any]]) -> str:
    found = ", ".join(".".join(filter(None, names)) for names in steps) or "none at all"
    return f"no destination has the package {KLAVIYO}; found: {found}"
