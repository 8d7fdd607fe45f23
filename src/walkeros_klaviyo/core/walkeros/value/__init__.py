"""What does a mapping value yield?"""

from __future__ import annotations

from typing import Any

from attrs import Factory, field, frozen

from walkeros_klaviyo.core.faults import ConfigError, Findings
from walkeros_klaviyo.core.walkeros.event import Event

from .compile import compile_node
from .parse import parse_value
from .path_value import Resolve
from .tree import Applied, Guard, Node, Path, alternatives

__all__ = ["MappingValue", "mapping_value", "parse_mapping"]


@frozen
class MappingValue:
    """A compiled mapping value: call it with an event. `where` is its place in the configuration.

    >>> total = mapping_value({"key": "data.total", "value": 0}, "settings.value")
    >>> total({"data": {"total": 12.5}}), total({})
    (12.5, 0)
    """

    where: str
    tree: Node
    resolve: Resolve = field(
        default=Factory(lambda self: compile_node(self.tree), takes_self=True),
        eq=False,
        repr=False,
    )

    options: tuple[Resolve, ...] = field(
        default=Factory(lambda self: _options(self), takes_self=True), eq=False, repr=False
    )
    """The options of a list one by one, for callers that take the first they can use."""

    def __call__(self, event: Event) -> Any:
        """The value for an event, or ABSENT; diagnostics are discarded."""
        return self.resolve(event, event, [])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the tree and rebuild the closure."""
        return type(self), (self.where, self.tree)

    @property
    def reads(self) -> str:
        """Where a diagnostic about the result points: the event path if it is one, else `where`.

        >>> mapping_value("data.total", "settings.value").reads
        'data.total'
        """
        node = self.tree
        while isinstance(node, Applied | Guard):
            node = node.inner
        return node.text if isinstance(node, Path) else self.where


def _options(mapping: MappingValue) -> tuple[Resolve, ...]:
    every = alternatives(mapping.tree)
    return (mapping.resolve,) if len(every) == 1 else tuple(map(compile_node, every))


def mapping_value(raw: Any, where: str = "value") -> MappingValue:
    """Compile one mapping value, given as JSON; raise ConfigError if it is faulty.

    >>> mapping_value({"loop": ["nested", {"map": {"SKU": "data.sku"}}]})(
    ...     {"nested": [{"data": {"sku": "A"}}, {"data": {}}]})
    [{'SKU': 'A'}, {}]
    """
    findings = Findings()
    value = parse_mapping(raw, where, findings)
    if findings.faults:
        raise ConfigError(findings.faults)
    return value


def parse_mapping(raw: Any, where: str, findings: Findings) -> MappingValue:
    """Compile one mapping value of a configuration; faults go to `findings`."""
    return MappingValue(findings.placed(where), parse_value(raw, where, findings))
