"""What has been proposed so far, with which notes and questions?"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import Factory, define, frozen

from walkeros_klaviyo.core.faults import join

from .rules import Raw
from .sample import Sample

Place = tuple[str, ...]
"""A path in the configuration, as keys."""


@frozen
class Proposal:
    """A proposed configuration, with notes on it."""

    config: Raw
    remarks: dict[Place, str]
    """Comments, by place in the configuration."""
    said: tuple[str, ...] = ()
    """Notes on what could not be proposed, and why."""
    open: tuple[str, ...] = ()
    """Questions to answer before going live."""


@define
class Draft:
    """A configuration being written."""

    sample: Sample
    config: Raw = Factory(lambda: {"consent": None, "settings": {}, "mapping": {}})
    remarks: dict[Place, str] = Factory(dict)
    said: list[str] = Factory(list)
    open: list[str] = Factory(list)

    @property
    def rules(self) -> Iterator[tuple[str, str, str, Raw]]:
        """Every rule with its place, entity and action."""
        for entity, actions in self.config["mapping"].items():
            for action, rule in actions.items():
                yield join(join("mapping", entity), action), entity, action, rule

    def proposal(self) -> Proposal:
        """The proposal as it is now."""
        config = {
            key: one for key, one in self.config.items() if one or (key == "consent" and one == {})
        }
        return Proposal(config, self.remarks, tuple(self.said), tuple(self.open))
