"""Where is a reference, and which names are in scope there?

Source: walkerOS: `variables` of the step, else of its flow, else of the file.
"""

from __future__ import annotations

from typing import Any

from attrs import Factory, evolve, field, frozen

from walkeros_klaviyo.core import config
from walkeros_klaviyo.core.faults import join
from walkeros_klaviyo.core.walkeros import rules as mapping

Keys = tuple[str | int, ...]
"""A place in the configuration, as keys and list indices."""


@frozen
class Scope:
    """The names that `$var.` and the older `$def.` see.

    >>> Scope().within({"variables": {"a": 1}}).within({"variables": {"a": 2}}).variables
    {'a': 2}
    """

    variables: dict[str, Any] = Factory(dict)
    definitions: dict[str, Any] = Factory(dict)

    def within(self, holder: Any) -> Scope:
        """The scope inside a flow or step, whose own names take precedence."""
        if not isinstance(holder, dict):
            return self
        own = (holder.get(name) for name in ("variables", "definitions"))
        variables, definitions = (names if isinstance(names, dict) else {} for names in own)
        return Scope({**self.variables, **variables}, {**self.definitions, **definitions})


@frozen
class Site:
    """A place in the configuration, its scope, and the references followed to get there."""

    scope: Scope = field(repr=False)
    keys: Keys = ()
    chain: tuple[str, ...] = ()

    def below(self, key: str | int) -> Site:
        """The place one key further down."""
        return evolve(self, keys=(*self.keys, key))

    def through(self, ref: str, scope: Scope) -> Site:
        """The same place, inside the value of a reference."""
        return evolve(self, scope=scope, chain=(*self.chain, ref))

    @property
    def is_meaningless(self) -> bool:
        """Is it a walkerOS field without effect here, so that its references do not matter?

        >>> Site(Scope(), ("env",)).is_meaningless
        True
        """
        return is_meaningless(self.keys)


def is_meaningless(keys: Keys) -> bool:
    """Is the field at this place one without effect here?

    >>> is_meaningless(("env",)), is_meaningless(("mapping", "order", "complete", 0, "examples"))
    (True, True)
    """
    if len(keys) == 1:
        return keys[0] in config.NO_MEANING
    rule = keys[4:] if len(keys) == 5 and isinstance(keys[3], int) else keys[3:]
    return keys[:1] == ("mapping",) and len(rule) == 1 and rule[0] in mapping.NO_MEANING


def spell(where: str, keys: Keys) -> str:
    """A place as a readable path.

    >>> spell("config", ("mapping", "order", "complete", 0, "name"))
    'config.mapping.order.complete[0].name'
    """
    for key in keys:
        where = f"{where}[{key}]" if isinstance(key, int) else join(where, key)
    return where
