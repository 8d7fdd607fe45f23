"""What is Klaviyo's configuration in a document, once its references are resolved?

Pure: the environment is an argument. Start here; `part` picks the part of the document,
`references` resolves references, `overlay` lays a second document over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from walkeros_klaviyo.core.diagnostics import Diagnostic, Diagnostics
from walkeros_klaviyo.core.faults import Fault, join
from walkeros_klaviyo.core.walkeros.event import kind_of
from walkeros_klaviyo.core.walkeros.extend import laid_over
from walkeros_klaviyo.core.walkeros.path import ABSENT

from .overlay import Over, places_over
from .part import NoPartError, Part, part_of
from .references import References
from .site import Scope, Site

CHAINS: Final = {
    "before": "its transformers do not run here: events arrive without their changes",
    "next": "its transformers do not run here after an event is sent",
    "cache": "is not kept here: every event is checked each time",
}
"""Fields of a destination step that change or add events in walkerOS but have no effect here."""


@frozen
class Found:
    """The destination's configuration in a document, with references resolved.

    If there are `faults`, it is what could be read nevertheless, or None. `origins` holds, by path,
    the strings that came from the environment, and by which reference. All paths are those of the
    first document, even for what an overlay (`over`) says.
    """

    config: dict[str, Any] | None = field(repr=False)
    where: str
    """The path from the top of the document to the configuration."""
    faults: tuple[Fault, ...] = ()
    warnings: Diagnostics = ()
    origins: Mapping[str, list[tuple[str, str]]] = field(factory=dict, repr=False)
    over: Over | None = None

    def within(self, path: str) -> str:
        """The path in the document of a place in the configuration."""
        return join(self.where, path) if path else self.where

    def without(self, place: str) -> Found:
        """The same without the faults at a place in the configuration, in either file."""
        at = self.within(place)
        own = None if self.over is None else self.over.own(at)
        kept = (f for f in self.faults if f.path != (own if f.file else at))
        return evolve(self, faults=tuple(kept))

    def told(self, inner: Iterable[Fault] = ()) -> tuple[Fault, ...]:
        """Its own faults and those of parsing the configuration, with paths in their own files.

        Faults that only follow from an unresolved reference are left out.
        """
        noted = {fault.path for fault in self.faults}
        more = (evolve(fault, path=self.within(fault.path)) for fault in inner)
        faults = (*self.faults, *(one for one in more if not _follows(one, noted)))
        return tuple(map(self._placed, faults))

    def _placed(self, fault: Fault) -> Fault:
        if fault.file:
            return fault
        fault = evolve(fault, message=self.conceal(fault.path, fault.message))
        if self.over is None or not self.over.has(fault.path):
            return fault
        return evolve(fault, path=self.over.own(fault.path), file=self.over.file)

    def conceal(self, path: str, message: str) -> str:
        """A message about a path, without strings that came from the environment."""
        for value, ref in self.origins.get(path, ()):
            message = message.replace(f'"{value}"', f'"{ref}"')
            if len(value) > 3:
                message = message.replace(value, ref)
        return message


def _follows(fault: Fault, noted: set[str]) -> bool:
    return fault.path in noted or any(path.startswith(f"{fault.path}[") for path in noted)


def find_config(
    document: Any,
    *,
    env: Mapping[str, str],
    flow: str | None = None,
    destination: str | None = None,
    over: Any = None,
    over_file: str = "",
) -> Found:
    """The Klaviyo destination's configuration in a parsed document, with every fault.

    `over` is a second document, whose configuration and variables are laid over the first's; its
    faults carry its own paths and file name.

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
        return Found(None, part.where, (evolve(error.fault, file=over_file),))
    try:
        found, references, scope = _resolve(document, part, above, env)
        return found if above is None else _laid(found, above, references, scope, over_file)
    except RecursionError:
        return Found(None, "", (Fault("", "nested too deeply to be a configuration"),))


def _resolve(
    document: dict[str, Any], part: Part, above: Part | None, env: Mapping[str, str]
) -> tuple[Found, References, Scope]:
    """Resolve the first document's part; also returns the References and Scope for the second."""
    scopes = [*part.scopes(Scope())]
    outside = scopes[max(0, len(scopes) - 2)]
    scope = scopes[-1] if above is None else [*above.scopes(scopes[-1])][-1]
    references = References(document, env, part.where, outside)
    config, faults = _object(references.resolve(part.step.get("config", {}), Site(scope)), part)
    found = Found(
        config,
        part.where,
        (*part.faults(), *references.faults, *faults),
        (*_warn_of_chains(part), *references.warnings),
        references.origins,
    )
    return found, References(document, env, part.where, outside), scope


def _laid(found: Found, above: Part, references: References, scope: Scope, file: str) -> Found:
    """Lay the second configuration over the first, dropping faults in what it replaces."""
    config, faults = _object(references.resolve(above.step.get("config", {}), Site(scope)), above)
    below = found.config or {}
    over = Over(found.where, above.where, file, frozenset(places_over(below, config)))
    looked_up = (evolve(fault, path=over.own(fault.path)) for fault in references.faults)
    own = (evolve(fault, file=file) for fault in (*above.faults(), *looked_up, *faults))
    kept = {path: texts for path, texts in found.origins.items() if not over.has(path)}
    return evolve(
        found,
        config=laid_over(below, config),
        faults=(*(one for one in found.faults if not over.has(one.path)), *own),
        warnings=(*(w for w in found.warnings if not over.has(w.path)), *references.warnings),
        origins={**kept, **references.origins},
        over=over,
    )


def _object(config: Any, part: Part) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    if isinstance(config, dict):
        return config, ()
    fault = Fault(part.where, f"expected an object, got {kind_of(config)}")
    return {}, () if config is ABSENT else (fault,)  # else there is a fault already


def _warn_of_chains(part: Part) -> Diagnostics:
    if part.at is None:
        return ()
    return tuple(
        Diagnostic("config.no-meaning", join(part.at, key), message)
        for key, message in CHAINS.items()
        if part.step.get(key)
    )
