"""What is Klaviyo's configuration in a document, once its references are looked up?

Pure: the environment is an argument. Start here; `part` says which part of the document it is,
`references` what its references stand for, `overlay` what a second document says over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.faults import Fault, join
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.path import ABSENT
from walkeros_klaviyo.core.walkeros.rules import laid_over

from .overlay import Over, places_over
from .part import NoPartError, Part, part_of
from .references import References
from .site import Scope, Site

CHAINS: Final = {
    "before": "its transformers do not run here: events arrive without their changes",
    "next": "its transformers do not run here after an event is sent",
    "cache": "is not kept here: every event is looked at anew",
}
"""Fields of a destination step that would change events or their number, and do not here."""


@frozen
class Found:
    """The destination's configuration within a document, its references looked up.

    With `faults` it is what could be read all the same; None where there is none to read.
    `origins` holds, by path, which texts came from the environment, and by which reference.
    All paths are the document's, also of what another one said `over` it.
    """

    config: dict[str, Any] | None = field(repr=False)
    where: str
    """The path from the document's top to the configuration."""
    faults: tuple[Fault, ...] = ()
    warnings: Diagnostics = ()
    origins: Mapping[str, list[tuple[str, str]]] = field(factory=dict, repr=False)
    over: Over | None = None

    def within(self, path: str) -> str:
        """The document's path to a place in the configuration."""
        return join(self.where, path) if path else self.where

    def conceal(self, path: str, message: str) -> str:
        """A message about a path, without the texts that came from the environment."""
        for value, ref in self.origins.get(path, ()):
            message = message.replace(f'"{value}"', f'"{ref}"')
            if len(value) > 3:
                message = message.replace(value, ref)
        return message


def find_config(
    document: Any,
    *,
    env: Mapping[str, str],
    flow: str | None = None,
    destination: str | None = None,
    over: Any = None,
) -> Found:
    """The Klaviyo destination's configuration, with every fault found on the way.

    `over` is a second document, whose configuration and variables are laid over the first's.

    >>> find_config({"version": 4, "flows": {"shop": {"destinations": {"klaviyo": {
    ...     "package": "@walkeros/server-destination-klaviyo",
    ...     "config": {"settings": {"apiKey": "$env.KEY"}}}}}}}, env={"KEY": "pk_1"},
    ...     over={"settings": {"currency": "EUR"}}).config
    {'settings': {'apiKey': 'pk_1', 'currency': 'EUR'}}
    """
    try:
        part = part_of(document, flow, destination)
    except NoPartError as error:
        return Found(None, "", (error.fault,))
    try:
        above = None if over is None else part_of(over, flow, destination, is_over=True)
    except NoPartError as error:
        return Found(None, part.where, over=Over(part.where, "", faults=(error.fault,)))
    try:
        return _resolve(document, part, above, env)
    except RecursionError:
        return Found(None, "", (Fault("", "nested too deeply to be a configuration"),))


def _resolve(
    document: dict[str, Any], part: Part, above: Part | None, env: Mapping[str, str]
) -> Found:
    scopes = [*part.scopes(Scope())]
    outside = scopes[max(0, len(scopes) - 2)]
    scope = scopes[-1] if above is None else [*above.scopes(scopes[-1])][-1]
    references = References(document, env, part.where, outside)
    config = references.resolve(part.step.get("config", {}), Site(scope))
    faults = [*part.faults(), *references.faults]
    if config is not ABSENT and not isinstance(config, dict):
        faults.append(Fault(part.where, f"expected an object, got {kind_of(config)}"))
    config = config if isinstance(config, dict) else {}
    found = Found(
        config,
        part.where,
        tuple(faults),
        (*_warn_of_chains(part), *references.warnings),
        references.origins,
    )
    if above is None:
        return found
    return _laid(found, above, References(document, env, part.where, outside), scope)


def _laid(found: Found, above: Part, references: References, scope: Scope) -> Found:
    """With the second configuration over it; what it replaces can be at fault no more."""
    config = references.resolve(above.step.get("config", {}), Site(scope))
    below = found.config or {}
    over = Over(found.where, above.where)
    faults = [*above.faults(), *(evolve(f, path=over.own(f.path)) for f in references.faults)]
    if not isinstance(config, dict):
        if config is not ABSENT:
            faults.append(Fault(above.where, f"expected an object, got {kind_of(config)}"))
        config = {}
    over = evolve(over, places=frozenset(places_over(below, config)), faults=tuple(faults))
    kept = {path: of for path, of in found.origins.items() if not over.has(path)}
    return evolve(
        found,
        config=laid_over(below, config),
        faults=tuple(one for one in found.faults if not over.has(one.path)),
        warnings=(*(w for w in found.warnings if not over.has(w.path)), *references.warnings),
        origins={**kept, **references.origins},
        over=over,
    )


def _warn_of_chains(part: Part) -> Diagnostics:
    if part.at is None:
        return ()
    return tuple(
        Diagnostic("config.no-meaning", join(part.at, key), message)
        for key, message in CHAINS.items()
        if part.step.get(key)
    )
